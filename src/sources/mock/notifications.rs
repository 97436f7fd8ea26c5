//! Notifications.

use async_trait::async_trait;
use uuid::Uuid;

use super::{Mock, State, count, page};
use crate::{
    domain::{
        Cursor, HasCursor, Notification, NotificationKind, Order, Page, Pagination, Timestamp,
        WithSnapshot,
    },
    error::Result,
    sources::Notifications,
};

#[async_trait]
impl Notifications for Mock {
    async fn notifications(
        &self,
        user: Uuid,
        unread_only: bool,
        pagination: &Pagination,
        now: Timestamp,
    ) -> Result<WithSnapshot<Page<Notification>>> {
        let state = self.state();
        let visible = state
            .notifications
            .values()
            .filter(|it| it.user_uuid == user && !(unread_only && it.read_at.is_some()))
            .filter(|it| state.notification_is_visible(it, now))
            .map(|it| it.clone().with_cursor());
        Ok(state.with_snapshot(page(Order::NewestFirst, pagination, visible)))
    }

    async fn notifications_by_uuids(
        &self,
        user: Uuid,
        uuids: &[Uuid],
        now: Timestamp,
    ) -> Result<Vec<Notification>> {
        let state = self.state();
        let own = |it: &&Notification| {
            it.user_uuid == user
                && uuids.contains(&it.uuid)
                && state.notification_is_visible(it, now)
        };
        Ok(state.notifications.values().filter(own).cloned().collect())
    }

    async fn unread_notifications(&self, user: Uuid, now: Timestamp) -> Result<i64> {
        let state = self.state();
        Ok(count(state.notifications.values().filter(|it| {
            it.user_uuid == user && it.read_at.is_none() && state.notification_is_visible(it, now)
        })))
    }

    async fn insert_notification(&self, notification: &Notification) -> Result<()> {
        let mut state = self.state();
        let is_new = !state.notifications.contains_key(&notification.uuid);
        if is_new && state.is_active(notification.actor_uuid) {
            state.notify(notification);
        }
        Ok(())
    }

    async fn mark_notifications_read(
        &self,
        user: Uuid,
        up_to: Uuid,
        now: Timestamp,
    ) -> Result<bool> {
        let mut state = self.state();
        state.check_author(user)?;
        let own = state.notifications.get(&up_to).filter(|it| it.user_uuid == user);
        let Some(last) = own.map(HasCursor::cursor) else { return Ok(false) };
        for it in state.notifications.values_mut() {
            if it.user_uuid == user && it.read_at.is_none() && it.cursor() <= last {
                it.read_at = Some(now);
            }
        }
        Ok(true)
    }

    async fn mark_message_notifications_read(
        &self,
        user: Uuid,
        sender: Uuid,
        up_to: Cursor,
        now: Timestamp,
    ) -> Result<()> {
        let mut state = self.state();
        state.check_author(user)?;
        for it in state.notifications.values_mut() {
            let is_unread = it.user_uuid == user && it.read_at.is_none();
            let is_message = it.kind == NotificationKind::Message && it.actor_uuid == sender;
            if is_unread && is_message && it.cursor() <= up_to {
                it.read_at = Some(now);
            }
        }
        Ok(())
    }
}

impl State {
    pub(super) fn notification_is_visible(
        &self,
        notification: &Notification,
        now: Timestamp,
    ) -> bool {
        self.is_active(notification.actor_uuid)
            && notification.activity_uuid.is_none_or(|uuid| self.activity(uuid, now).is_some())
    }

    /// Adds a notification, unless its user does not exist or is banned.
    pub(super) fn notify(&mut self, notification: &Notification) {
        if self.is_active(notification.user_uuid) {
            self.add_notification(notification);
        }
    }

    pub(super) fn add_notification(&mut self, notification: &Notification) {
        self.log.push(notification.uuid);
        self.notifications.insert(notification.uuid, notification.clone());
    }
}
