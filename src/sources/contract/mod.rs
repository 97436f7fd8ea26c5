//! What every source answers, and in which words.
//!
//! The contract, which tests/sources/story tells every source as one story:
//! * A source never reads a clock, makes an id or checks a rule; time and ids are passed in.
//! * A method is one transaction: it happens whole or not at all, and it may be dropped at any
//!   await without leaving half of it behind.
//! * `now` decides what has expired. An activity is visible while its thread's root has not
//!   expired; a row without an author, or a reply without a parent, is never visible. No method
//!   answers with what is not visible.
//! * Look-ups by keys answer in any order, each row once, and leave out what is not there. Lists by
//!   keys answer one page for each key, in the keys' order.
//! * Lists are ordered by time, then uuid. Counts are kept in the transaction that changes the rows.

mod activities;
mod changes;
mod follows;
mod idempotency;
mod lifecycle;
mod messages;
mod notifications;
mod reactions;
mod users;

pub use self::{
    activities::{Activities, NewActivity},
    changes::{ChangeBatch, Changes},
    follows::Follows,
    idempotency::{Idempotency, Inserted},
    lifecycle::{Connections, Dataset, Lifecycle, MigrateError, Migrated},
    messages::{Messages, NewMessage},
    notifications::Notifications,
    reactions::Reactions,
    users::{InsertUserOutcome, UserRelation, Users},
};

/// Everything but direct messages: one database.
pub trait Store:
    Users + Activities + Reactions + Follows + Notifications + Changes + Lifecycle
{
}

impl<S> Store for S where
    S: Users + Activities + Reactions + Follows + Notifications + Changes + Lifecycle
{
}
