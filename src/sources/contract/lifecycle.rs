//! Preparing, filling and checking a store.

use async_trait::async_trait;

use super::NewMessage;
use crate::{
    domain::{Activity, Follow, Notification, Reaction, User},
    error::Result,
};

/// Preparing, filling and checking a store.
#[async_trait]
pub trait Lifecycle: Send + Sync + 'static {
    /// Brings the store to the present schema, adopting an original Cruddur database where there
    /// is one. Safe to run from several processes at once, and to repeat.
    async fn migrate(&self) -> std::result::Result<Migrated, MigrateError>;

    /// Answers once the store can answer.
    async fn ping(&self) -> Result<()>;

    /// The connections to the store; absent where there are none.
    fn connections(&self) -> Option<Connections> {
        None
    }

    /// Adds a whole data set, which may hang on what is in the store already. `activities` must
    /// hold parents before their replies.
    async fn import(&self, dataset: &Dataset) -> Result<()>;
}

/// How many connections to a store are open, and how many of them nobody uses.
#[derive(Debug, Clone, Copy)]
pub struct Connections {
    pub open: u32,
    pub idle: u32,
}

/// Data to start from.
#[derive(Debug, Clone, Default)]
pub struct Dataset {
    pub users: Vec<User>,
    pub activities: Vec<Activity>,
    pub reactions: Vec<Reaction>,
    pub follows: Vec<Follow>,
    pub notifications: Vec<Notification>,
    pub messages: Vec<NewMessage>,
}

/// What [`Store::migrate`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Migrated {
    /// There is not a user in the store.
    Empty,
    /// An original Cruddur database, now adopted.
    Adopted { users: i64, activities: i64 },
    /// A store with data of the gateway's own.
    Current,
}

/// Why a store was not brought to the present schema. Nothing has been changed then.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// Worth another try.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// The data has to be mended first; the text names the rows.
    #[error("the database cannot be adopted: {0}")]
    Refused(String),
    #[error("the migration failed: {0}")]
    Failed(String),
}
