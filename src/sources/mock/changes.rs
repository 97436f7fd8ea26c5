//! The change log: the numbers of activities and notifications in the order of their insertion.

use async_trait::async_trait;
use uuid::Uuid;

use super::{Mock, State};
use crate::{
    domain::{
        Activity, Cursor, HasCursor, LogPosition, Notification, Snapshot, Timestamp, WithSnapshot,
    },
    error::Result,
    sources::{ChangeBatch, Changes},
};

#[async_trait]
impl Changes for Mock {
    async fn snapshot(&self) -> Result<Snapshot> {
        Ok(self.state().snapshot())
    }

    async fn activities_after(
        &self,
        position: &LogPosition,
        now: Timestamp,
    ) -> Result<ChangeBatch<Activity>> {
        let state = self.state();
        Ok(state.changes_after(position, |uuid| {
            let activity = state.activity(*uuid, now).cloned();
            activity.filter(|it| it.reply_to_activity_uuid.is_none())
        }))
    }

    async fn activity_log_position(&self, at: Cursor) -> Result<Option<LogPosition>> {
        let state = self.state();
        let cruds = state.activities.values().filter(|it| it.reply_to_activity_uuid.is_none());
        Ok(state.latest_position(cruds, at))
    }

    async fn notifications_after(
        &self,
        user: Option<Uuid>,
        position: &LogPosition,
        now: Timestamp,
    ) -> Result<ChangeBatch<Notification>> {
        let state = self.state();
        Ok(state.changes_after(position, |uuid| {
            let notification = state.notifications.get(uuid).cloned();
            notification
                .filter(|it| user.is_none_or(|user| it.user_uuid == user))
                .filter(|it| state.notification_is_visible(it, now))
        }))
    }

    async fn notification_log_position(
        &self,
        user: Uuid,
        at: Cursor,
    ) -> Result<Option<LogPosition>> {
        let state = self.state();
        Ok(state
            .latest_position(state.notifications.values().filter(|it| it.user_uuid == user), at))
    }
}

impl State {
    /// The log, each uuid with its position.
    fn positions(&self) -> impl Iterator<Item = (i64, Uuid)> {
        (1..).zip(self.log.iter().copied())
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot::after(self.positions().last().map_or(0, |(position, _)| position))
    }

    pub(super) fn with_snapshot<T>(&self, value: T) -> WithSnapshot<T> {
        WithSnapshot { value, snapshot: Some(self.snapshot()) }
    }

    /// What the log holds after a position, as far as `find` finds it.
    fn changes_after<T: HasCursor>(
        &self,
        position: &LogPosition,
        find: impl Fn(&Uuid) -> Option<T>,
    ) -> ChangeBatch<T> {
        let all = self.positions().filter_map(|(position, uuid)| {
            let item = find(&uuid)?;
            Some((LogPosition { position, at: item.cursor() }, item))
        });
        let items = all.filter(|(at, _)| at > position).take(ChangeBatch::<T>::MAX).collect();
        ChangeBatch { items, has_pending: false }
    }

    /// The position of the latest of these items that is no later than `at`.
    fn latest_position<'a, T: HasCursor + 'a>(
        &self,
        items: impl Iterator<Item = &'a T>,
        at: Cursor,
    ) -> Option<LogPosition> {
        let at = items.map(HasCursor::cursor).filter(|cursor| *cursor <= at).max()?;
        let (position, _) = self.positions().find(|(_, uuid)| *uuid == at.uuid)?;
        Some(LogPosition { position, at })
    }
}
