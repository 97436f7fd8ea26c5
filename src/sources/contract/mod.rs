//! What every source must do.
//!
//! The rules, which tests/it/sources/story checks against every source:
//! * A source never reads a clock, makes an id or checks a rule; time and ids are passed in. The one
//!   exception is the time of a crud, see [`Activities::insert_activity`].
//! * A method is one transaction: it happens whole or not at all. A caller may drop it at any await
//!   without leaving half of it behind.
//! * `now` decides what has expired. An activity is visible while the root of its thread has not
//!   expired; a row without an author, or a reply without a parent, is never visible, nor is one that
//!   [`Activities::delete_activity`] has hidden. No method returns what is not visible. A banned user
//!   does not exist, but for [`Accounts`].
//! * Look-ups by keys return rows in any order, each row once, and leave out what does not exist.
//!   Lists by keys return one page for each key, in the order of the keys.
//! * Lists are ordered by time, then uuid. Counts are kept in the transaction that changes the rows.
//! * A write on behalf of a user who does not exist or is banned changes nothing and fails with
//!   [`crate::error::UserErrorCode::ViewerUnknown`]. The check is part of the write's transaction.
//!   Notifications of such a user are left out.
//! * Every method may fail with [`crate::error::Error::Unavailable`] if the store does not answer,
//!   and with [`crate::error::Error::Internal`], which the source has logged.

mod accounts;
mod activities;
mod changes;
mod follows;
mod idempotency;
mod lifecycle;
mod messages;
mod migration;
mod notifications;
mod reactions;
mod users;

pub use self::{
    accounts::{Accounts, ActivityPart},
    activities::{Activities, MAX_HIDDEN, NewActivity},
    changes::{ChangeBatch, Changes},
    follows::Follows,
    idempotency::{Idempotency, Inserted},
    lifecycle::{Connections, Dataset, Lifecycle},
    messages::{Messages, NewMessage},
    migration::{MigrateError, Migrated},
    notifications::Notifications,
    reactions::Reactions,
    users::{InsertUserOutcome, UserRelation, Users},
};

/// Everything but direct messages. It lives in one database.
pub trait Store:
    Users + Accounts + Activities + Reactions + Follows + Notifications + Changes + Lifecycle
{
}

impl<S> Store for S where
    S: Users + Accounts + Activities + Reactions + Follows + Notifications + Changes + Lifecycle
{
}
