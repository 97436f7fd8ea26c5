//! Preparing, filling, checking and cleaning a store.

use async_trait::async_trait;

use super::{MigrateError, Migrated, NewMessage};
use crate::{
    domain::{Activity, Follow, Notification, Reaction, Timestamp, User},
    error::Result,
};

/// Preparing, filling, checking and cleaning a store.
#[async_trait]
pub trait Lifecycle: Send + Sync + 'static {
    /// Brings the store to the current schema, and adopts an original Cruddur database. Several
    /// processes may call it at once, and again; a failure changes nothing. Returns what it found.
    async fn migrate(&self) -> std::result::Result<Migrated, MigrateError>;

    /// Returns once the store has answered; an error if it does not.
    async fn ping(&self) -> Result<()>;

    /// Returns the number of connections to the store; `None` if it has no connections.
    fn connections(&self) -> Option<Connections> {
        None
    }

    /// Deletes up to `limit` idempotency keys of the store that were claimed at `until` or before.
    /// Returns the number deleted; fewer than `limit` means that none are left.
    async fn delete_idempotency_keys(&self, until: Timestamp, limit: u32) -> Result<u64>;

    /// Inserts a whole data set, which may refer to what is in the store. `activities` must hold
    /// parents before their replies. Fails if a row exists.
    async fn import(&self, dataset: &Dataset) -> Result<()>;
}

/// The number of connections to a store.
#[derive(Debug, Clone, Copy)]
pub struct Connections {
    /// All connections, with the idle ones.
    pub open: u32,
    /// The connections that are not in use.
    pub idle: u32,
}

/// Data to start with.
#[derive(Debug, Clone, Default)]
pub struct Dataset {
    pub users: Vec<User>,
    pub activities: Vec<Activity>,
    pub reactions: Vec<Reaction>,
    pub follows: Vec<Follow>,
    pub notifications: Vec<Notification>,
    pub messages: Vec<NewMessage>,
}
