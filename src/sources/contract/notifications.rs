//! Notifications.

use async_trait::async_trait;
use uuid::Uuid;

use crate::{
    domain::{Cursor, Notification, Page, Pagination, Timestamp, WithSnapshot},
    error::Result,
};

/// Notifications. One of an activity is visible while the activity is.
#[async_trait]
pub trait Notifications: Send + Sync + 'static {
    /// Returns a page of the user's visible notifications, newest first.
    async fn notifications(
        &self,
        user: Uuid,
        unread_only: bool,
        pagination: &Pagination,
        now: Timestamp,
    ) -> Result<WithSnapshot<Page<Notification>>>;

    /// Returns those of the notifications that are the user's and visible, in any order.
    async fn notifications_by_uuids(
        &self,
        user: Uuid,
        uuids: &[Uuid],
        now: Timestamp,
    ) -> Result<Vec<Notification>>;

    /// Returns the number of the user's visible notifications that are unread.
    async fn unread_notifications(&self, user: Uuid, now: Timestamp) -> Result<i64>;

    /// Adds a notification that is about no activity, unless it exists, or its user or actor does not
    /// exist.
    async fn insert_notification(&self, notification: &Notification) -> Result<()>;

    /// Marks this notification of the user's and all before it as read. Those that are read keep
    /// their `read_at`. Returns whether the user has such a notification.
    async fn mark_notifications_read(
        &self,
        user: Uuid,
        up_to: Uuid,
        now: Timestamp,
    ) -> Result<bool>;

    /// Marks the user's notifications of messages by `sender` as read, up to this message.
    async fn mark_message_notifications_read(
        &self,
        user: Uuid,
        sender: Uuid,
        up_to: Cursor,
        now: Timestamp,
    ) -> Result<()>;
}
