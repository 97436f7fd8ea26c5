//! Documents that have been run before: they are neither read nor validated again.

use std::sync::Arc;

use async_graphql::parser::types::ExecutableDocument;
use moka::sync::Cache;

/// How many bytes the documents may take together, about.
const MAX_BYTES: u64 = 32 * 1024 * 1024;
/// What a byte of text becomes in a document that has been read, about.
const GROWTH: usize = 40;
/// What an entry takes beside its document, about.
const ENTRY: usize = 512;

/// A document that has passed the guard and the schema's validation, for one of its operations.
#[derive(Debug)]
pub struct Known {
    pub document: ExecutableDocument,
    pub tokens: usize,
}

/// The name of the operation that was run, which decides what is valid, and the text.
pub type Key = (Option<String>, String);

#[derive(Debug, Clone)]
pub struct KnownDocuments(Cache<Key, Arc<Known>>);

impl Default for KnownDocuments {
    fn default() -> Self {
        let weigh = |(_, text): &Key, _: &Arc<Known>| {
            let bytes = text.len().saturating_mul(GROWTH).saturating_add(ENTRY);
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        Self(Cache::builder().max_capacity(MAX_BYTES).weigher(weigh).build())
    }
}

impl KnownDocuments {
    pub fn find(&self, key: &Key) -> Option<Arc<Known>> {
        self.0.get(key)
    }

    pub fn keep(&self, key: Key, known: Arc<Known>) {
        self.0.insert(key, known);
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    #[test]
    fn what_is_known_is_bounded() {
        let known = KnownDocuments::default();
        for n in 0..100 {
            let text = format!("{{ __typename }} #{n}{}", "x".repeat(100_000));
            let document = parse_query(&text).expect("a document");
            known.keep((None, text), Arc::new(Known { document, tokens: 3 }));
            known.0.run_pending_tasks();
            assert!(known.0.weighted_size() <= MAX_BYTES);
        }
        assert!(known.0.entry_count() > 5);
    }
}
