//! Documents that requests name by the SHA-256 hash of their text: those that clients have sent
//! before (Apollo's automatic persisted queries), and those of the operator's manifest (trusted
//! documents).

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use async_graphql::{Request, Value};
use moka::sync::Cache;
use sha2::{Digest, Sha256};

/// The approximate size of all documents that clients have registered, in bytes.
const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// The approximate size of an entry without its text, in bytes.
const ENTRY_BYTES: usize = 128;

type Hash = [u8; 32];

/// The SHA-256 hash of a document's text.
fn hash(text: &str) -> Hash {
    Sha256::digest(text).into()
}

/// Parses a hash from 64 hexadecimal digits in either case. Returns `None` for any other text.
fn parse_hash(digits: &str) -> Option<Hash> {
    let mut hash = Hash::default();
    hex::decode_to_slice(digits, &mut hash).ok()?;
    Some(hash)
}

/// Why a request has no document that may be executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersistedQueryError {
    /// The extension `persistedQuery` is not `{ version: 1, sha256Hash: "…" }`.
    Malformed,
    /// The text does not match the hash in the request.
    HashMismatch,
    /// No client has registered a document with this hash, or it was evicted.
    NotFound,
    /// The document is not a trusted one, and only those are executed.
    NotTrusted,
}

/// Resolves the hashes in requests to documents.
#[derive(Debug, Clone)]
pub struct PersistedQueries {
    registered: Cache<Hash, Arc<str>>,
    trusted: TrustedDocuments,
}

impl PersistedQueries {
    pub fn new(trusted: TrustedDocuments) -> Self {
        let weigh = |_: &Hash, text: &Arc<str>| {
            u32::try_from(text.len().saturating_add(ENTRY_BYTES)).unwrap_or(u32::MAX)
        };
        let registered = Cache::builder().max_capacity(MAX_BYTES).weigher(weigh).build();
        Self { registered, trusted }
    }

    /// Resolves a persisted query into its text. Returns the hash to register once the document has
    /// passed the limits.
    pub fn resolve(&self, request: &mut Request) -> Result<Option<Hash>, PersistedQueryError> {
        let expected = match request.extensions.get("persistedQuery") {
            None | Some(Value::Null) => None,
            Some(extension) => Some(hash_in(extension).ok_or(PersistedQueryError::Malformed)?),
        };
        if request.query.is_empty() {
            let Some(hash) = expected else { return Ok(None) };
            let text = self.trusted.text(&hash).or_else(|| self.registered.get(&hash));
            request.query = match text {
                Some(text) => text.to_string(),
                None if self.trusted.is_exclusive() => return Err(PersistedQueryError::NotTrusted),
                None => return Err(PersistedQueryError::NotFound),
            };
            return self.trusted.check(&hash).map(|()| None);
        }
        if expected.is_none() && self.trusted.0.is_none() {
            return Ok(None);
        }
        let hash = hash(&request.query);
        if expected.is_some_and(|expected| expected != hash) {
            return Err(PersistedQueryError::HashMismatch);
        }
        self.trusted.check(&hash)?;
        Ok(expected)
    }

    /// Registers a document, so that requests can name it by its hash.
    pub fn register(&self, hash: Hash, text: &str) {
        self.registered.insert(hash, text.into());
    }
}

/// Returns the hash in the extension `persistedQuery`, and `None` if the extension is malformed.
fn hash_in(extension: &Value) -> Option<Hash> {
    let Value::Object(extension) = extension else { return None };
    let Value::Number(version) = extension.get("version")? else { return None };
    let Value::String(hash) = extension.get("sha256Hash")? else { return None };
    if version.as_u64() == Some(1) { parse_hash(hash) } else { None }
}

/// The documents that the operator trusts, and whether others are executed. By default there is no
/// manifest, and all documents are executed.
#[derive(Debug, Clone, Default)]
pub struct TrustedDocuments(Option<Arc<Manifest>>);

#[derive(Debug)]
struct Manifest {
    file: PathBuf,
    /// Whether other documents are rejected. Otherwise they are logged and executed.
    only: bool,
    texts: RwLock<HashMap<Hash, Arc<str>>>,
}

impl TrustedDocuments {
    /// Reads a manifest: a JSON object from hashes to texts. With `only`, other documents are
    /// rejected; otherwise they are logged and executed.
    ///
    /// Fails if the file cannot be read, or a hash does not match its text.
    pub fn open(file: &Path, only: bool) -> io::Result<Self> {
        let texts = RwLock::new(read_manifest(file)?);
        Ok(Self(Some(Arc::new(Manifest { file: file.to_owned(), only, texts }))))
    }

    /// Reads the manifest again and returns its number of documents. If it cannot be read, the
    /// previous documents stay in force. Returns `None` if there is no manifest.
    pub fn reload(&self) -> Option<io::Result<usize>> {
        let manifest = self.0.as_ref()?;
        Some(read_manifest(&manifest.file).map(|texts| {
            let count = texts.len();
            *manifest.texts.write().unwrap_or_else(PoisonError::into_inner) = texts;
            count
        }))
    }

    /// Returns the file of the manifest, and whether other documents are rejected.
    pub fn setting(&self) -> Option<(&Path, bool)> {
        self.0.as_ref().map(|manifest| (&*manifest.file, manifest.only))
    }

    fn is_exclusive(&self) -> bool {
        self.0.as_ref().is_some_and(|manifest| manifest.only)
    }

    fn text(&self, hash: &Hash) -> Option<Arc<str>> {
        let texts = self.0.as_ref()?.texts.read().unwrap_or_else(PoisonError::into_inner);
        texts.get(hash).cloned()
    }

    /// Rejects or logs a document that is not trusted.
    fn check(&self, hash: &Hash) -> Result<(), PersistedQueryError> {
        let Some(manifest) = &self.0 else { return Ok(()) };
        if self.text(hash).is_some() {
            return Ok(());
        }
        if manifest.only {
            return Err(PersistedQueryError::NotTrusted);
        }
        tracing::warn!(sha256 = hex::encode(hash), "executing an untrusted document");
        Ok(())
    }
}

fn read_manifest(file: &Path) -> io::Result<HashMap<Hash, Arc<str>>> {
    let texts: HashMap<String, String> = serde_json::from_slice(&fs::read(file)?)?;
    let checked = texts.into_iter().map(|(key, text)| {
        // Some tools prefix the hash with the name of the algorithm.
        match parse_hash(key.trim_start_matches("sha256:")) {
            Some(expected) if expected == hash(&text) => Ok((expected, text.into())),
            _ => Err(io::Error::other(format!("{key:?} is not the SHA-256 hash of its document"))),
        }
    });
    checked.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_64_hexadecimal_digits() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hex::encode(hash("")), empty);
        assert_eq!(parse_hash(empty), Some(hash("")));
        assert_eq!(parse_hash(&empty.to_uppercase()), Some(hash("")));
        for wrong in ["", "e3", &empty[1..], &format!("{}g", &empty[1..]), &"é".repeat(32)] {
            assert_eq!(parse_hash(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn registered_documents_are_bounded() {
        let queries = PersistedQueries::new(TrustedDocuments::default());
        for n in 0..100 {
            let text = format!("#{n}{}", "x".repeat(1_000_000));
            queries.register(hash(&text), &text);
            queries.registered.run_pending_tasks();
            assert!(queries.registered.weighted_size() <= MAX_BYTES);
        }
        assert!(queries.registered.entry_count() > 10);
    }
}
