//! The doorkeeper of a cache, as in TinyLFU (Einziger, Friedman, Manes: TinyLFU, 4.4.2): what is seen
//! once is remembered by its hash only, and what is seen again may enter.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hash},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// The hashes that are remembered, each in a slot of its own: 256 kB. A key is forgotten when another
/// one takes its slot, on average after as many other keys.
const SLOTS: usize = 32 * 1024;

/// Remembers what was seen once. Its size is fixed.
#[derive(Debug, Clone)]
pub struct Doorkeeper {
    slots: Arc<[AtomicU64]>,
    /// Keyed at random, so that clients cannot choose the slots of their keys.
    hasher: RandomState,
}

impl Default for Doorkeeper {
    fn default() -> Self {
        let slots = (0..SLOTS).map(|_| AtomicU64::new(0)).collect();
        Self { slots, hasher: RandomState::new() }
    }
}

impl Doorkeeper {
    /// Returns whether a key was seen before, and remembers it.
    pub fn seen<K: Hash + ?Sized>(&self, key: &K) -> bool {
        // An empty slot is 0.
        let hash = self.hasher.hash_one(key) | 1;
        let slot = (hash >> 1) as usize % SLOTS;
        self.slots[slot].swap(hash, Ordering::Relaxed) == hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_seen_from_the_second_time_on() {
        let doorkeeper = Doorkeeper::default();
        for n in 0..100 {
            assert!(!doorkeeper.seen(&n), "{n}");
            assert!(doorkeeper.seen(&n), "{n}");
        }
        let still_seen = (0..100).filter(|n| doorkeeper.seen(n)).count();
        assert!(still_seen > 90, "{still_seen}");
    }

    #[test]
    fn keys_are_forgotten_when_many_others_are_seen() {
        let doorkeeper = Doorkeeper::default();
        doorkeeper.seen(&-1);
        // By then each slot is taken, but for a chance of one in 10^13.
        for n in 0..SLOTS * 30 {
            doorkeeper.seen(&n);
        }
        assert!(!doorkeeper.seen(&-1));
    }
}
