use uuid::Uuid;

use super::Service;
use crate::{
    domain::{Notification, Page, Pagination, Viewer, WithSnapshot},
    error::{Result, UserErrorCode},
};

impl Service {
    /// Returns the viewer's notifications, newest first.
    ///
    /// `Error::Unauthenticated`.
    pub async fn notifications(
        &self,
        viewer: Viewer,
        unread_only: bool,
        pagination: &Pagination,
    ) -> Result<WithSnapshot<Page<Notification>>> {
        let user = viewer.require_user()?;
        self.sources.store.notifications(user, unread_only, pagination, self.clock.now()).await
    }

    /// Returns those of the notifications that belong to the viewer; empty if the viewer is not a user.
    pub async fn notifications_by_uuids(
        &self,
        viewer: Viewer,
        uuids: &[Uuid],
    ) -> Result<Vec<Notification>> {
        let Some(user) = viewer.user() else { return Ok(Vec::new()) };
        self.sources.store.notifications_by_uuids(user, uuids, self.clock.now()).await
    }

    /// Returns the number of the viewer's unread notifications.
    ///
    /// `Error::Unauthenticated`.
    pub async fn unread_notifications(&self, viewer: Viewer) -> Result<i64> {
        let user = viewer.require_user()?;
        self.sources.store.unread_notifications(user, self.clock.now()).await
    }

    /// Marks one of the viewer's notifications and all older ones as read. Returns the number that is
    /// still unread.
    ///
    /// In this order: `Error::Unauthenticated`, [`UserErrorCode::ViewerUnknown`],
    /// [`UserErrorCode::NotificationNotFound`].
    pub async fn mark_notifications_read(
        &self,
        viewer: Viewer,
        up_to: Option<Uuid>,
    ) -> Result<i64> {
        let user = viewer.require_registered()?;
        let up_to = up_to.ok_or(UserErrorCode::NotificationNotFound)?;
        let now = self.clock.now();
        let marked = self.sources.store.mark_notifications_read(user, up_to, now).await;
        if !self.written(marked)? {
            return Err(UserErrorCode::NotificationNotFound.into());
        }
        self.sources.store.unread_notifications(user, now).await
    }
}
