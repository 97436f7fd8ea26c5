//! Documents that requests name by an id in place of their text: those that clients have sent before
//! (Apollo's automatic persisted queries), by the SHA-256 hash of their text, and those of the
//! operator's manifest (trusted documents), by its ids too.

use std::sync::Arc;

use async_graphql::{Request, Value};
use moka::sync::Cache;

use super::{
    document_id::{DocumentId, Hash, hash, hash_of_id, parse_hash},
    manifest::TrustedDocuments,
};

/// The approximate size of all documents that clients have registered, in bytes.
const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// The approximate size of an entry without its text, in bytes.
const ENTRY_BYTES: usize = 128;

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

/// Resolves the ids in requests to documents.
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

    /// Resolves the id in a request into the text of a document. Returns the hash to register once
    /// the document has passed the limits.
    pub fn resolve(&self, request: &mut Request) -> Result<Option<Hash>, PersistedQueryError> {
        let extension = match request.extensions.get("persistedQuery") {
            None | Some(Value::Null) => None,
            Some(extension) => Some(id_in(extension).ok_or(PersistedQueryError::Malformed)?),
        };
        if !request.query.is_empty() {
            return self.check_text(&request.query, extension);
        }
        let (id, hash) = match (DocumentId::of(request), extension) {
            (None, None) => return Ok(None),
            (_, Some(id)) => (id, hash_of_id(id)),
            (Some(DocumentId(id)), None) => {
                (&**id, id.strip_prefix("sha256:").and_then(parse_hash))
            }
        };
        let text = match self.trusted.text(id) {
            Some(text) => text,
            None => self.registered(hash)?,
        };
        request.query = text.to_string();
        Ok(None)
    }

    /// Returns the text that a client has registered, if it may be executed.
    fn registered(&self, hash: Option<Hash>) -> Result<Arc<str>, PersistedQueryError> {
        let found = hash.and_then(|hash| Some((hash, self.registered.get(&hash)?)));
        let Some((hash, text)) = found else {
            return Err(if self.trusted.is_exclusive() {
                PersistedQueryError::NotTrusted
            } else {
                PersistedQueryError::NotFound
            });
        };
        self.check(&hash)?;
        Ok(text)
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

    /// Registers a document, so that requests can name it by its hash.
    pub fn register(&self, hash: Hash, text: &str) {
        self.registered.insert(hash, text.into());
    }
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
    use super::*;

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
