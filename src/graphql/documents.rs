//! Documents that are known by the SHA-256 of their text: those that clients have sent before
//! (Apollo's automatic persisted queries), and those that the operator trusts.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use async_graphql::{Request, Value};
use moka::sync::Cache;
use sha2::{Digest, Sha256};

/// How many bytes the documents that clients have sent may take together.
const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// What an entry takes beside its text, about.
const ENTRY: usize = 128;

type Hash = [u8; 32];

/// The SHA-256 of a document's text.
pub fn hash(text: &str) -> Hash {
    Sha256::digest(text).into()
}

/// A hash as it is written: 64 hexadecimal digits.
pub fn written(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read(text: &str) -> Option<Hash> {
    let digits = text.as_bytes();
    let mut hash = [0; 32];
    if digits.len() != 2 * hash.len() {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |at: usize| char::from(pair[at]).to_digit(16).and_then(|it| it.try_into().ok());
        let (high, low): (u8, u8) = (digit(0)?, digit(1)?);
        *byte = high << 4 | low;
    }
    Some(hash)
}

/// Why a request names no document that may be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// The extension `persistedQuery` is not `{ version: 1, sha256Hash: "…" }`.
    Malformed,
    /// The text has another hash than the request says.
    Mismatch,
    /// Nobody has sent the text to this hash yet.
    NotFound,
    /// The document is none of the trusted ones, and no other is run.
    NotTrusted,
}

/// Finds the documents of requests.
#[derive(Debug, Clone)]
pub struct Documents {
    sent: Cache<Hash, Arc<str>>,
    trusted: Trusted,
}

impl Documents {
    pub fn new(trusted: Trusted) -> Self {
        let weigh = |_: &Hash, text: &Arc<str>| {
            u32::try_from(text.len().saturating_add(ENTRY)).unwrap_or(u32::MAX)
        };
        Self { sent: Cache::builder().max_capacity(MAX_BYTES).weigher(weigh).build(), trusted }
    }

    /// Gives a request that names its document only by a hash the text of it. What comes back is
    /// the hash under which the document is to be kept once it is known to be harmless.
    pub fn complete(&self, request: &mut Request) -> Result<Option<Hash>, Unknown> {
        let named = match request.extensions.get("persistedQuery") {
            None | Some(Value::Null) => None,
            Some(extension) => Some(named(extension).ok_or(Unknown::Malformed)?),
        };
        if request.query.is_empty() {
            let Some(hash) = named else { return Ok(None) };
            let text = self.trusted.text(&hash).or_else(|| self.sent.get(&hash));
            request.query = match text {
                Some(text) => text.to_string(),
                None if self.trusted.only() => return Err(Unknown::NotTrusted),
                None => return Err(Unknown::NotFound),
            };
            return self.trusted.judge(&hash).map(|()| None);
        }
        if named.is_none() && self.trusted.0.is_none() {
            return Ok(None);
        }
        let hash = hash(&request.query);
        if named.is_some_and(|named| named != hash) {
            return Err(Unknown::Mismatch);
        }
        self.trusted.judge(&hash)?;
        Ok(named)
    }

    pub fn keep(&self, hash: Hash, text: &str) {
        self.sent.insert(hash, text.into());
    }
}

/// The hash in the extension `persistedQuery`.
fn named(extension: &Value) -> Option<Hash> {
    let Value::Object(extension) = extension else { return None };
    let Value::Number(version) = extension.get("version")? else { return None };
    let Value::String(hash) = extension.get("sha256Hash")? else { return None };
    if version.as_u64() == Some(1) { read(hash) } else { None }
}

/// The documents that the operator trusts, and what becomes of others. By default there are none,
/// and others are run.
#[derive(Debug, Clone, Default)]
pub struct Trusted(Option<Arc<List>>);

#[derive(Debug)]
struct List {
    file: PathBuf,
    /// Whether no other document is run; else those are logged.
    only: bool,
    texts: RwLock<HashMap<Hash, Arc<str>>>,
}

impl Trusted {
    /// Those of a manifest: a JSON object of hashes and texts. With `only` no other document is
    /// run, else others are logged.
    pub fn open(file: &Path, only: bool) -> io::Result<Self> {
        let texts = RwLock::new(manifest(file)?);
        Ok(Self(Some(Arc::new(List { file: file.to_owned(), only, texts }))))
    }

    /// Reads the manifest again and says how many documents it has; where it cannot be read, all
    /// stays as it was. None where there is no manifest.
    pub fn reload(&self) -> Option<io::Result<usize>> {
        let list = self.0.as_ref()?;
        Some(manifest(&list.file).map(|texts| {
            let count = texts.len();
            *list.texts.write().unwrap_or_else(PoisonError::into_inner) = texts;
            count
        }))
    }

    /// The manifest and whether no other document is run.
    pub fn setting(&self) -> Option<(&Path, bool)> {
        self.0.as_ref().map(|list| (&*list.file, list.only))
    }

    fn only(&self) -> bool {
        self.0.as_ref().is_some_and(|list| list.only)
    }

    fn text(&self, hash: &Hash) -> Option<Arc<str>> {
        let texts = self.0.as_ref()?.texts.read().unwrap_or_else(PoisonError::into_inner);
        texts.get(hash).cloned()
    }

    fn judge(&self, hash: &Hash) -> Result<(), Unknown> {
        let Some(list) = &self.0 else { return Ok(()) };
        if self.text(hash).is_some() {
            return Ok(());
        }
        if list.only {
            return Err(Unknown::NotTrusted);
        }
        tracing::warn!(sha256 = written(hash), "a document that is not trusted is run");
        Ok(())
    }
}

fn manifest(file: &Path) -> io::Result<HashMap<Hash, Arc<str>>> {
    let texts: HashMap<String, String> = serde_json::from_slice(&fs::read(file)?)?;
    // Some tools name the algorithm before the digits.
    let checked =
        texts.into_iter().map(|(named, text)| match read(named.trim_start_matches("sha256:")) {
            Some(of) if of == hash(&text) => Ok((of, text.into())),
            _ => Err(io::Error::other(format!("{named:?} is not the SHA-256 of its document"))),
        });
    checked.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_read_as_it_is_written() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(written(&hash("")), empty);
        assert_eq!(read(empty), Some(hash("")));
        assert_eq!(read(&empty.to_uppercase()), Some(hash("")));
        for wrong in ["", "e3", &empty[1..], &format!("{}g", &empty[1..]), &"é".repeat(32)] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_clients_send_is_bounded() {
        let documents = Documents::new(Trusted::default());
        for n in 0..100 {
            let text = format!("#{n}{}", "x".repeat(1_000_000));
            documents.keep(hash(&text), &text);
            documents.sent.run_pending_tasks();
            assert!(documents.sent.weighted_size() <= MAX_BYTES);
        }
        assert!(documents.sent.entry_count() > 10);
    }
}
