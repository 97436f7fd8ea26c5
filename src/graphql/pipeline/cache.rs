//! The cache of validated documents, which are neither parsed nor validated again.

use std::sync::Arc;

use async_graphql::parser::types::ExecutableDocument;
use moka::sync::Cache;

/// The approximate size of the whole cache, in bytes.
const MAX_BYTES: u64 = 32 * 1024 * 1024;
/// The approximate size of a parsed document, in bytes for each byte of its text.
const PARSED_BYTES: usize = 40;
/// The approximate size of an entry without its document, in bytes.
const ENTRY_BYTES: usize = 512;

/// A document that has passed the limits and the validation for one of its operations.
#[derive(Debug)]
pub struct ValidatedDocument {
    pub document: ExecutableDocument,
    pub tokens: usize,
}

/// The name of the executed operation, on which the validation depends, and the document's text.
pub type DocumentKey = (Option<String>, String);

#[derive(Debug, Clone)]
pub struct DocumentCache(Cache<DocumentKey, Arc<ValidatedDocument>>);

impl Default for DocumentCache {
    fn default() -> Self {
        let weigh = |(_, text): &DocumentKey, _: &Arc<ValidatedDocument>| {
            let bytes = text.len().saturating_mul(PARSED_BYTES).saturating_add(ENTRY_BYTES);
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        Self(Cache::builder().max_capacity(MAX_BYTES).weigher(weigh).build())
    }
}

impl DocumentCache {
    pub fn get(&self, key: &DocumentKey) -> Option<Arc<ValidatedDocument>> {
        self.0.get(key)
    }

    pub fn insert(&self, key: DocumentKey, document: Arc<ValidatedDocument>) {
        self.0.insert(key, document);
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    #[test]
    fn the_cache_is_bounded() {
        let cache = DocumentCache::default();
        for n in 0..100 {
            let text = format!("{{ __typename }} #{n}{}", "x".repeat(100_000));
            let document = parse_query(&text).expect("a document");
            cache.insert((None, text), Arc::new(ValidatedDocument { document, tokens: 3 }));
            cache.0.run_pending_tasks();
            assert!(cache.0.weighted_size() <= MAX_BYTES);
        }
        assert!(cache.0.entry_count() > 5);
    }
}
