//! The cache of valid documents, which are neither parsed nor validated again.

use std::sync::{Arc, Mutex, PoisonError};

use moka::sync::Cache;

use super::{
    operation::{NormalOperation, OperationKey},
    validation::ValidDocument,
};

/// The approximate size of the whole cache, in bytes.
const MAX_BYTES: u64 = 32 * 1024 * 1024;
/// The approximate size of a document and its normal form, in bytes for each byte of its text.
const DOCUMENT_BYTES: usize = 100;
/// The approximate size of an entry without its document, in bytes.
const ENTRY_BYTES: usize = 1024;

/// A valid document, and the normal form of the last operation of it that was executed.
#[derive(Debug)]
pub struct CachedDocument {
    pub valid: ValidDocument,
    last: Mutex<Option<(OperationKey, Arc<NormalOperation>)>>,
}

impl CachedDocument {
    pub fn new(valid: ValidDocument) -> Self {
        Self { valid, last: Mutex::new(None) }
    }

    /// Returns the normal form for this key, if it was the last one.
    pub fn last(&self, key: &OperationKey) -> Option<Arc<NormalOperation>> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().filter(|(of, _)| of == key).map(|(_, operation)| Arc::clone(operation))
    }

    pub fn set_last(&self, key: OperationKey, operation: &Arc<NormalOperation>) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some((key, Arc::clone(operation)));
    }
}

/// Valid documents by their text.
#[derive(Debug, Clone)]
pub struct DocumentCache(Cache<Arc<str>, Arc<CachedDocument>>);

impl Default for DocumentCache {
    fn default() -> Self {
        let weigh = |text: &Arc<str>, _: &Arc<CachedDocument>| {
            let bytes = text.len().saturating_mul(DOCUMENT_BYTES).saturating_add(ENTRY_BYTES);
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        Self(Cache::builder().max_capacity(MAX_BYTES).weigher(weigh).build())
    }
}

impl DocumentCache {
    pub fn get(&self, text: &str) -> Option<Arc<CachedDocument>> {
        self.0.get(text)
    }

    pub fn insert(&self, document: Arc<CachedDocument>) {
        self.0.insert(Arc::clone(&document.valid.text), document);
    }
}

#[cfg(test)]
mod tests {
    use apollo_compiler::Schema;

    use super::*;
    use crate::graphql::pipeline::{limits::DocumentLimits, validation::Validator};

    #[test]
    fn the_cache_is_bounded() {
        let schema = Schema::parse_and_validate("type Query { name: String }", "").unwrap();
        let limits = DocumentLimits { bytes: 200_000, ..DocumentLimits::default() };
        let validator = Validator::new(Arc::new(schema), limits);
        let cache = DocumentCache::default();
        for n in 0..100 {
            let text = format!("{{ name }} #{n}{}", "x".repeat(100_000));
            let document = CachedDocument::new(validator.validate(&text).unwrap());
            cache.insert(Arc::new(document));
            cache.0.run_pending_tasks();
            assert!(cache.0.weighted_size() <= MAX_BYTES);
        }
        assert!(cache.0.entry_count() > 2);
    }
}
