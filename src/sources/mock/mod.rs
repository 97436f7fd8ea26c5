//! The source in memory: the shortest true statement of the contract, and the model that the SQL
//! sources are compared with. Every read goes through all of the data.

mod accounts;
mod activities;
mod changes;
mod follows;
mod idempotency;
mod lifecycle;
mod messages;
mod notifications;
mod reactions;
mod users;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use uuid::Uuid;

use super::Idempotency;
use crate::domain::{
    Activity, Cursor, Follow, Message, Notification, Order, Page, Pagination, Reaction,
    ReactionKind, Timestamp, User,
};

/// All data, in memory, gone with the process.
#[derive(Debug, Default)]
pub struct Mock {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    users: BTreeMap<Uuid, User>,
    /// The users who are banned, with the time since which they are.
    banned: BTreeMap<Uuid, Timestamp>,
    /// The number of bans and erasures.
    account_changes: i64,
    activities: BTreeMap<Uuid, Activity>,
    /// The activities that are hidden until they are deleted.
    hidden: BTreeSet<Uuid>,
    /// By kind, activity and user.
    reactions: BTreeMap<(ReactionKind, Uuid, Uuid), Reaction>,
    /// By follower and followed user.
    follows: BTreeMap<(Uuid, Uuid), Follow>,
    notifications: BTreeMap<Uuid, Notification>,
    messages: BTreeMap<Uuid, Message>,
    /// The two people of each conversation, the lower uuid first.
    groups: BTreeMap<Uuid, [Uuid; 2]>,
    /// The last message that a person has read, by conversation and person.
    read_up_to: BTreeMap<(Uuid, Uuid), Cursor>,
    /// The uuid of what was inserted with an idempotency key, by user and key.
    keys: BTreeMap<(Uuid, String), (Idempotency, Uuid)>,
    /// Activities and notifications in the order in which they were inserted.
    log: Vec<Uuid>,
}

impl Mock {
    /// No method can panic halfway through a change, so a poisoned lock guards whole data.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the page of the items, which may come in any order.
fn page<T>(
    order: Order,
    pagination: &Pagination,
    items: impl Iterator<Item = (Cursor, T)>,
) -> Page<T> {
    let (low, high) = pagination.range(order);
    let mut rows: Vec<_> = items.filter(|(at, _)| low < *at && *at < high).collect();
    rows.sort_by_key(|(at, _)| *at);
    if pagination.descending(order) {
        rows.reverse();
    }
    pagination.paginate(rows)
}

/// A count as the contract returns it.
fn count(items: impl Iterator) -> i64 {
    i64::try_from(items.count()).unwrap_or(i64::MAX)
}
