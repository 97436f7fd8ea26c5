//! The cache of valid documents, which are neither parsed nor validated again.
//!
//! A document enters when its text comes for the second time, so that documents that come once take no
//! memory. The cache evicts at once, in `insert`, and frees what it evicts: a cache that does so later
//! would hold many documents of some megabytes above its bound.

use std::sync::{Arc, Mutex, PoisonError};

use quick_cache::{
    DefaultHashBuilder, OptionsBuilder, Weighter,
    sync::{Cache, DefaultLifecycle},
};

use super::{
    doorkeeper::Doorkeeper,
    heap::{Heap, block, shared, table},
    operation::{NormalOperation, OperationKey},
    validation::ValidDocument,
};

/// The heap memory of the whole cache, in bytes.
pub const MAX_BYTES: u64 = 32 * 1024 * 1024;
/// The memory that an entry takes in the tables of the cache, which double when they are full.
const ENTRY_BYTES: usize = 192;
/// The parts of the cache, each with a lock of its own. The largest document, with about 5 MB, fits in
/// one.
const SHARDS: usize = 4;
/// The entries that are expected, and twice the hashes of evicted ones that are remembered.
const ENTRIES: usize = 2048;

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

    /// Returns the memory of the document with all that it owns now, in bytes.
    pub fn bytes(&self) -> usize {
        let ValidDocument { document, text, summary, .. } = &self.valid;
        let conditions = table(summary.conditions.capacity(), size_of::<apollo_compiler::Name>());
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let last = last.as_ref().map_or(0, |(key, operation)| key.heap() + operation.bytes());
        shared(size_of::<Self>()) + shared(text.len()) + document.heap() + conditions + last
    }
}

#[derive(Debug, Clone)]
struct Entry {
    document: Arc<CachedDocument>,
    /// The memory of the document when it was inserted. What an entry weighs must not change.
    bytes: u64,
}

#[derive(Debug, Clone)]
struct ByBytes;

impl Weighter<Arc<str>, Entry> for ByBytes {
    fn weight(&self, _: &Arc<str>, entry: &Entry) -> u64 {
        entry.bytes
    }
}

/// Valid documents by their text. Clones share them.
#[derive(Debug, Clone)]
pub struct DocumentCache {
    documents: Arc<Cache<Arc<str>, Entry, ByBytes>>,
    doorkeeper: Doorkeeper,
}

impl Default for DocumentCache {
    fn default() -> Self {
        let options = OptionsBuilder::new()
            .shards(SHARDS)
            .estimated_items_capacity(ENTRIES)
            .weight_capacity(MAX_BYTES)
            .build()
            .expect("both capacities are set");
        let documents = Cache::with_options(
            options,
            ByBytes,
            DefaultHashBuilder::default(),
            DefaultLifecycle::default(),
        );
        Self { documents: Arc::new(documents), doorkeeper: Doorkeeper::default() }
    }
}

impl DocumentCache {
    pub fn get(&self, text: &str) -> Option<Arc<CachedDocument>> {
        self.documents.get(text).map(|entry| entry.document)
    }

    pub fn contains(&self, text: &str) -> bool {
        self.documents.contains_key(text)
    }

    /// Inserts a document if its text is offered for the second time.
    pub fn offer(&self, document: &Arc<CachedDocument>) {
        if self.doorkeeper.seen(&document.valid.text) {
            self.insert(document);
        }
    }

    pub fn insert(&self, document: &Arc<CachedDocument>) {
        let (text, entry) = entry(document);
        self.documents.insert(text, entry);
    }

    /// Weighs a document again that has grown, if it is in the cache.
    pub fn update(&self, document: &Arc<CachedDocument>) {
        if self.contains(&document.valid.text) {
            let (text, entry) = entry(document);
            // It was evicted meanwhile, or it is larger than a part of the cache.
            let _ = self.documents.replace(text, entry, true);
        }
    }
}

fn entry(document: &Arc<CachedDocument>) -> (Arc<str>, Entry) {
    let bytes = (document.bytes() + block(ENTRY_BYTES)) as u64;
    (Arc::clone(&document.valid.text), Entry { document: Arc::clone(document), bytes })
}

#[cfg(test)]
mod tests {
    use apollo_compiler::Schema;

    use super::*;
    use crate::graphql::pipeline::{limits::DocumentLimits, validation::Validator};

    fn validator() -> Validator {
        let schema = Schema::parse_and_validate("type Query { name: String }", "").unwrap();
        let limits = DocumentLimits { bytes: 200_000, ..DocumentLimits::default() };
        Validator::new(Arc::new(schema), limits)
    }

    fn document(validator: &Validator, text: &str) -> Arc<CachedDocument> {
        Arc::new(CachedDocument::new(validator.validate(text).unwrap()))
    }

    #[test]
    fn the_cache_is_bounded() {
        let (validator, cache) = (validator(), DocumentCache::default());
        for n in 0..1000 {
            let text = format!("{{ name }} #{n}{}", "x".repeat(100_000));
            cache.insert(&document(&validator, &text));
            assert!(cache.documents.weight() <= MAX_BYTES);
        }
        // Each has its text twice: as it was sent, and as the parser keeps it.
        assert!(cache.documents.len() > 120, "{}", cache.documents.len());
    }

    #[test]
    fn documents_that_come_once_are_not_kept() {
        let (validator, cache) = (validator(), DocumentCache::default());
        let once = document(&validator, "{ name }");
        cache.offer(&once);
        cache.update(&once);
        assert!(!cache.contains("{ name }"));
        cache.offer(&once);
        assert!(cache.contains("{ name }"));
    }
}
