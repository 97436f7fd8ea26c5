//! The change log: activities and notifications in the order of their commits.

use async_trait::async_trait;
use uuid::Uuid;

use crate::{
    domain::{Activity, Cursor, LogPosition, Notification, Snapshot, Timestamp},
    error::Result,
};

/// The change log: activities and notifications in the order of their commits.
#[async_trait]
pub trait Changes: Send + Sync + 'static {
    /// Returns the current snapshot: the positions whose rows can be read.
    async fn snapshot(&self) -> Result<Snapshot>;

    /// Returns the visible cruds after a position, in the order of positions; at most
    /// [`ChangeBatch::MAX`].
    async fn activities_after(
        &self,
        position: &LogPosition,
        now: Timestamp,
    ) -> Result<ChangeBatch<Activity>>;

    /// Returns the position of the latest crud by time that is no later than `at`; `None`
    /// if all cruds are later.
    async fn activity_log_position(&self, at: Cursor) -> Result<Option<LogPosition>>;

    /// Returns the visible notifications after a position, of one user or of all, in the order of
    /// positions; at most [`ChangeBatch::MAX`].
    async fn notifications_after(
        &self,
        user: Option<Uuid>,
        position: &LogPosition,
        now: Timestamp,
    ) -> Result<ChangeBatch<Notification>>;

    /// Returns the position of a user's latest notification by time that is no later than `at`;
    /// `None` if the user has none.
    async fn notification_log_position(
        &self,
        user: Uuid,
        at: Cursor,
    ) -> Result<Option<LogPosition>>;
}

/// What has become readable after a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeBatch<T> {
    pub items: Vec<(LogPosition, T)>,
    /// Whether further items are left out because others may still come before them.
    pub has_pending: bool,
}

impl<T> ChangeBatch<T> {
    /// The most items of a batch.
    pub const MAX: usize = 100;

    /// Whether the next batch may have items already.
    pub fn is_full(&self) -> bool {
        self.items.len() == Self::MAX
    }
}
