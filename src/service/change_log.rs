//! The change logs that subscriptions follow: the cruds, and the notifications of a user.

use std::sync::Arc;

use uuid::Uuid;

use super::Service;
use crate::{
    domain::{Activity, Cursor, LogPosition, Notification},
    error::Result,
    events::Event,
    sources::ChangeBatch,
};

/// An item of a change log and its position.
pub type Change<T> = (LogPosition, Arc<T>);

/// A change log as one subscriber reads it.
///
/// A log is ordered by position, the order in which items became readable. Their times may be in
/// another order. A batch has at most [`ChangeBatch::MAX`] items, and a failed read can be retried.
pub trait ChangeLog: Send + Sync + 'static {
    type Item: Send + Sync + 'static;

    /// The event that announces new items.
    const EVENT: Event;

    /// Returns the position of the latest item whose time and uuid are at most `at`; `None` if there
    /// is none.
    fn position_up_to(
        &self,
        at: Cursor,
    ) -> impl Future<Output = Result<Option<LogPosition>>> + Send;

    /// Reads the items after a position, for all subscribers.
    fn read_all(
        &self,
        after: LogPosition,
    ) -> impl Future<Output = Result<ChangeBatch<Self::Item>>> + Send;

    /// Reads the items after a position, for this subscriber.
    fn read_own(
        &self,
        after: LogPosition,
    ) -> impl Future<Output = Result<ChangeBatch<Self::Item>>> + Send;

    /// Returns whether an item is for this subscriber.
    fn matches(&self, item: &Self::Item) -> bool;
}

/// The log of cruds, which is the same for every subscriber.
pub struct ActivityLog {
    pub service: Service,
}

impl ChangeLog for ActivityLog {
    type Item = Activity;

    const EVENT: Event = Event::ActivityCreated;

    async fn position_up_to(&self, at: Cursor) -> Result<Option<LogPosition>> {
        self.service.sources.store.activity_log_position(at).await
    }

    async fn read_all(&self, after: LogPosition) -> Result<ChangeBatch<Activity>> {
        self.service.sources.store.activities_after(&after, self.service.clock.now()).await
    }

    async fn read_own(&self, after: LogPosition) -> Result<ChangeBatch<Activity>> {
        self.read_all(after).await
    }

    /// A crud may have expired since it was read.
    fn matches(&self, crud: &Activity) -> bool {
        crud.expires_at.is_none_or(|end| end > self.service.clock.now())
    }
}

/// The log of notifications, as the subscriber `user` reads it.
pub struct NotificationLog {
    pub service: Service,
    pub user: Uuid,
}

impl NotificationLog {
    /// Reads the notifications of one user, or of all users.
    async fn read(
        &self,
        user: Option<Uuid>,
        after: LogPosition,
    ) -> Result<ChangeBatch<Notification>> {
        let now = self.service.clock.now();
        self.service.sources.store.notifications_after(user, &after, now).await
    }
}

impl ChangeLog for NotificationLog {
    type Item = Notification;

    const EVENT: Event = Event::NotificationCreated;

    async fn position_up_to(&self, at: Cursor) -> Result<Option<LogPosition>> {
        self.service.sources.store.notification_log_position(self.user, at).await
    }

    async fn read_all(&self, after: LogPosition) -> Result<ChangeBatch<Notification>> {
        self.read(None, after).await
    }

    async fn read_own(&self, after: LogPosition) -> Result<ChangeBatch<Notification>> {
        self.read(Some(self.user), after).await
    }

    fn matches(&self, notification: &Notification) -> bool {
        notification.user_uuid == self.user
    }
}
