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
    /// What can be read at present.
    async fn snapshot(&self) -> Result<Snapshot>;

    /// Cruds after a place, in the order of places; at most [`ChangeBatch::MAX`].
    async fn activities_after(
        &self,
        place: &LogPosition,
        now: Timestamp,
    ) -> Result<ChangeBatch<Activity>>;

    /// The place of the latest crud that is no later than `at`.
    async fn activity_log_position(&self, at: Cursor) -> Result<Option<LogPosition>>;

    /// Notifications after a place, of one user or of all, in the order of places; at most
    /// [`ChangeBatch::MAX`].
    async fn notifications_after(
        &self,
        user: Option<Uuid>,
        place: &LogPosition,
        now: Timestamp,
    ) -> Result<ChangeBatch<Notification>>;

    /// The place of a user's latest notification that is no later than `at`.
    async fn notification_log_position(
        &self,
        user: Uuid,
        at: Cursor,
    ) -> Result<Option<LogPosition>>;
}

/// What has become readable after a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeBatch<T> {
    pub items: Vec<(LogPosition, T)>,
    /// Whether there is more that cannot be read yet, because something may come before it.
    pub has_pending: bool,
}

impl<T> ChangeBatch<T> {
    /// The most that are read at a time.
    pub const MAX: usize = 100;

    /// Whether there may be more.
    pub fn is_full(&self) -> bool {
        self.items.len() == Self::MAX
    }
}
