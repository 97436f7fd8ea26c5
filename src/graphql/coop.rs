//! Cooperative scheduling: a long execution gives way to the other tasks of its thread.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_graphql::parser::types::{Selection, SelectionSet};
use tokio::task::coop::consume_budget;

/// The fields that one unit of tokio's budget pays for. A task has 128 units between two turns of
/// the scheduler, so that it resolves about 2000 fields at a time: a millisecond or two.
const FIELDS_PER_UNIT: usize = 16;

/// The fields that a request has resolved, and whether it has given way.
///
/// Loaders wait while a field is [suspended](Self::is_suspended), because it may ask for a value of
/// the same batch when it continues.
#[derive(Debug, Default)]
pub struct CoopBudget {
    spent: AtomicUsize,
    suspended: AtomicUsize,
}

impl CoopBudget {
    /// Counts fields that are about to be resolved. Yields to the scheduler if the task has used up
    /// its turn.
    pub async fn spend(&self, fields: usize) {
        let spent = self.spent.fetch_add(fields, Ordering::Relaxed);
        let units = spent.wrapping_add(fields) / FIELDS_PER_UNIT - spent / FIELDS_PER_UNIT;
        if units > 0 {
            let _suspended = Suspended::new(&self.suspended);
            for _ in 0..units {
                consume_budget().await;
            }
        }
    }

    /// Returns whether a field waits for the next turn.
    pub fn is_suspended(&self) -> bool {
        self.suspended.load(Ordering::Relaxed) > 0
    }
}

/// Counts a field as suspended until it is dropped, also if the field is cancelled.
struct Suspended<'a>(&'a AtomicUsize);

impl<'a> Suspended<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Suspended<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Returns the number of fields of a selection, with those of objects below it. The items of lists
/// below it count once here, and again when each is resolved. A fragment spread counts as one field.
pub fn count_fields(selected: &SelectionSet) -> usize {
    let fields = |selection: &Selection| match selection {
        Selection::Field(field) => 1 + count_fields(&field.node.selection_set.node),
        Selection::InlineFragment(fragment) => count_fields(&fragment.node.selection_set.node),
        Selection::FragmentSpread(_) => 1,
    };
    selected.items.iter().map(|selection| fields(&selection.node)).sum()
}
