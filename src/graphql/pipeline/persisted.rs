//! Documents that requests name by an id in place of their text: those that clients have sent before
//! (Apollo's automatic persisted queries), by the SHA-256 hash of their text, and those of the
//! operator's manifest (trusted documents), by its ids too.
//!
//! A client that does not know whether the gateway has a document sends its hash alone, then hash and
//! text, and from then on the hash. The text is kept if the hash came before, alone or with the text,
//! or if the sender is signed in. A text that comes once with its hash is therefore not kept. Apollo's
//! clients need no more: each answer `PersistedQueryNotFound` makes them send the text again.

use std::sync::Arc;

use async_graphql::{Request, Value};
use quick_cache::{
    DefaultHashBuilder, OptionsBuilder, Weighter,
    sync::{Cache, DefaultLifecycle},
};

use super::{
    document_id::{DocumentId, Hash, hash, hash_of_id, parse_hash},
    doorkeeper::Doorkeeper,
    heap::{block, shared},
    manifest::TrustedDocuments,
};

/// The heap memory of all texts that clients have registered, in bytes.
const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// The memory that an entry takes in the tables of the cache, which double when they are full.
const ENTRY_BYTES: usize = 192;
/// The parts of the cache, each with a lock of its own.
const SHARDS: usize = 4;
/// The entries that are expected, and twice the hashes of evicted ones that are remembered.
const ENTRIES: usize = 4096;

/// Marks a request of a signed-in client, whose documents are registered when they first come. It is
/// part of [`Request::data`], so that only the gateway sets it.
#[derive(Debug, Clone, Copy)]
pub struct SignedIn;

/// Why a request has no document that may be executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersistedQueryError {
    /// The extension `persistedQuery` is not `{ version: 1, sha256Hash: "…" }`, or the text comes with
    /// an id that is neither a hash nor the manifest's id of the text.
    Malformed,
    /// The text does not match the hash in the request.
    HashMismatch,
    /// The manifest has no document with this id, and no client has registered one with this hash, or
    /// it was evicted.
    NotFound,
    /// The document is not a trusted one, and only those are executed.
    NotTrusted,
}

#[derive(Debug, Clone)]
struct ByBytes;

impl Weighter<Hash, Arc<str>> for ByBytes {
    fn weight(&self, _: &Hash, text: &Arc<str>) -> u64 {
        (shared(text.len()) + block(ENTRY_BYTES)) as u64
    }
}

/// How a request names its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolved {
    /// By its text.
    Text,
    /// By its text, with the hash to register once the document has passed the limits.
    TextAndHash(Hash),
    /// By an id that the gateway knows.
    Id,
}

/// Resolves the ids in requests to documents. Clones share them.
#[derive(Debug, Clone)]
pub struct PersistedQueries {
    registered: Arc<Cache<Hash, Arc<str>, ByBytes>>,
    /// The hashes that came without being registered.
    doorkeeper: Doorkeeper,
    trusted: TrustedDocuments,
}

impl PersistedQueries {
    pub fn new(trusted: TrustedDocuments) -> Self {
        let options = OptionsBuilder::new()
            .shards(SHARDS)
            .estimated_items_capacity(ENTRIES)
            .weight_capacity(MAX_BYTES)
            .build()
            .expect("both capacities are set");
        let registered = Cache::with_options(
            options,
            ByBytes,
            DefaultHashBuilder::default(),
            DefaultLifecycle::default(),
        );
        Self { registered: Arc::new(registered), doorkeeper: Doorkeeper::default(), trusted }
    }

    /// Resolves the id in a request into the text of a document.
    pub fn resolve(&self, request: &mut Request) -> Result<Resolved, PersistedQueryError> {
        let extension = id_in_extension(request)?;
        if !request.query.is_empty() {
            let hash = self.check_text(&request.query, extension)?;
            return Ok(hash.map_or(Resolved::Text, Resolved::TextAndHash));
        }
        let Some((id, hash)) = id_of(request, extension) else { return Ok(Resolved::Text) };
        let Some(text) = self.text(id, hash) else {
            if self.trusted.is_exclusive() {
                return Err(PersistedQueryError::NotTrusted);
            }
            if let Some(hash) = hash {
                self.doorkeeper.seen(&hash);
            }
            return Err(PersistedQueryError::NotFound);
        };
        if let Some(hash) = hash.filter(|_| self.trusted.text(id).is_none()) {
            self.check(&hash)?;
        }
        request.query = text.to_string();
        Ok(Resolved::Id)
    }

    /// Returns the text of the document that a request without one names, `None` if it names none that
    /// the gateway knows.
    pub fn text_of(&self, request: &Request) -> Option<Arc<str>> {
        let (id, hash) = id_of(request, id_in_extension(request).ok()?)?;
        self.text(id, hash)
    }

    fn text(&self, id: &str, hash: Option<Hash>) -> Option<Arc<str>> {
        self.trusted.text(id).or_else(|| self.registered.get(&hash?))
    }

    /// Checks a text against the id that came with it, and whether it is trusted. Returns the hash to
    /// register.
    fn check_text(
        &self,
        text: &str,
        id: Option<&str>,
    ) -> Result<Option<Hash>, PersistedQueryError> {
        if id.is_none() && !self.trusted.exists() {
            return Ok(None);
        }
        let hash = hash(text);
        let expected = id.and_then(hash_of_id);
        if let Some(id) = id
            && expected != Some(hash)
        {
            return match (self.trusted.text(id), expected) {
                (Some(trusted), _) if *trusted == *text => Ok(None),
                (_, Some(_)) => Err(PersistedQueryError::HashMismatch),
                (_, None) => Err(PersistedQueryError::Malformed),
            };
        }
        self.check(&hash)?;
        Ok(expected)
    }

    /// Rejects a document that is not trusted if only those are executed.
    fn check(&self, hash: &Hash) -> Result<(), PersistedQueryError> {
        if self.trusted.allows(hash) { Ok(()) } else { Err(PersistedQueryError::NotTrusted) }
    }

    /// Registers a document, so that requests can name it by its hash, if the hash came before or the
    /// client is signed in.
    pub fn register(&self, hash: Hash, text: &Arc<str>, is_signed_in: bool) {
        let seen = self.doorkeeper.seen(&hash);
        if (seen || is_signed_in) && !self.registered.contains_key(&hash) {
            self.registered.insert(hash, Arc::clone(text));
        }
    }
}

/// Returns the id in a request's extension `persistedQuery`, `None` if it has none.
fn id_in_extension(request: &Request) -> Result<Option<&str>, PersistedQueryError> {
    match request.extensions.get("persistedQuery") {
        None | Some(Value::Null) => Ok(None),
        Some(extension) => id_in(extension).map(Some).ok_or(PersistedQueryError::Malformed),
    }
}

/// Returns the id of a request without a text, with the hash that it is or stands for. `extension` is
/// the id in the extension `persistedQuery`.
fn id_of<'r>(request: &'r Request, extension: Option<&'r str>) -> Option<(&'r str, Option<Hash>)> {
    if let Some(id) = extension {
        return Some((id, hash_of_id(id)));
    }
    let DocumentId(id) = DocumentId::of(request)?;
    Some((id, id.strip_prefix("sha256:").and_then(parse_hash)))
}

/// Returns the id in the extension `persistedQuery`, and `None` if the extension is malformed.
fn id_in(extension: &Value) -> Option<&str> {
    let Value::Object(extension) = extension else { return None };
    let Value::Number(version) = extension.get("version")? else { return None };
    let Value::String(id) = extension.get("sha256Hash")? else { return None };
    (version.as_u64() == Some(1)).then_some(id)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn queries() -> PersistedQueries {
        PersistedQueries::new(TrustedDocuments::default())
    }

    fn by_hash(text: &str) -> Request {
        let extension = json!({ "version": 1, "sha256Hash": hex::encode(hash(text)) });
        let request = json!({ "extensions": { "persistedQuery": extension } });
        serde_json::from_value(request).unwrap()
    }

    #[test]
    fn registered_documents_are_bounded() {
        let queries = queries();
        for n in 0..100 {
            let text: Arc<str> = format!("#{n}{}", "x".repeat(1_000_000)).into();
            queries.register(hash(&text), &text, true);
            assert!(queries.registered.weight() <= MAX_BYTES);
        }
        assert!(queries.registered.len() > 10);
    }

    #[test]
    fn a_text_is_kept_if_its_hash_came_before_or_the_client_is_signed_in() {
        let queries = queries();
        for (text, hash_alone, times, is_signed_in, is_kept) in [
            ("{a}", false, 1, false, false),
            ("{b}", false, 2, false, true),
            ("{c}", true, 1, false, true),
            ("{d}", false, 1, true, true),
        ] {
            if hash_alone {
                let unknown = queries.resolve(&mut by_hash(text));
                assert_eq!(unknown, Err(PersistedQueryError::NotFound), "{text}");
            }
            for _ in 0..times {
                queries.register(hash(text), &text.into(), is_signed_in);
            }
            let mut request = by_hash(text);
            assert_eq!(queries.resolve(&mut request).is_ok(), is_kept, "{text}");
            assert_eq!(request.query, if is_kept { text } else { "" });
        }
    }

    #[test]
    fn documents_that_come_once_take_no_memory() {
        let queries = queries();
        for n in 0..1000 {
            let text: Arc<str> = format!("{{__typename}}#{n}").into();
            queries.register(hash(&text), &text, false);
        }
        assert_eq!(queries.registered.len(), 0);
    }
}
