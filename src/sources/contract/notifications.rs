//! Notifications.

use async_trait::async_trait;
use uuid::Uuid;

use crate::{
    domain::{Cursor, Notification, Page, Pagination, Timestamp, WithSnapshot},
    error::Result,
};

/// Notifications.
#[async_trait]
pub trait Notifications: Send + Sync + 'static {
    /// A user's notifications, newest first. Those of an activity that is not visible are left out.
    async fn notifications(
        &self,
        user: Uuid,
        unread_only: bool,
        page: &Pagination,
        now: Timestamp,
    ) -> Result<WithSnapshot<Page<Notification>>>;

    /// Notifications of this user only.
    async fn notifications_by_uuids(
        &self,
        user: Uuid,
        uuids: &[Uuid],
        now: Timestamp,
    ) -> Result<Vec<Notification>>;

    async fn unread_notifications(&self, user: Uuid, now: Timestamp) -> Result<i64>;

    /// Adds a notification of no activity, unless it is there.
    async fn insert_notification(&self, notification: &Notification) -> Result<()>;

    /// Marks as read what is unread among this notification of the user's and all before it. Whether
    /// there is such a notification.
    async fn mark_notifications_read(
        &self,
        user: Uuid,
        up_to: Uuid,
        now: Timestamp,
    ) -> Result<bool>;

    /// Marks as read what tells a user of messages by `sender` up to this one.
    async fn mark_message_notifications_read(
        &self,
        user: Uuid,
        sender: Uuid,
        up_to: Cursor,
        now: Timestamp,
    ) -> Result<()>;
}
