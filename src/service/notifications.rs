use uuid::Uuid;

use super::Service;
use crate::{
    domain::{Notification, Page, Pagination, Viewer, WithSnapshot},
    error::{Result, UserErrorCode},
};

impl Service {
    /// The viewer's notifications, newest first.
    pub async fn notifications(
        &self,
        viewer: Viewer,
        unread_only: bool,
        page: &Pagination,
    ) -> Result<WithSnapshot<Page<Notification>>> {
        let user = viewer.require_user()?;
        self.sources.store.notifications(user, unread_only, page, self.clock.now()).await
    }

    /// Those of the notifications that are the viewer's.
    pub async fn notifications_by_uuids(
        &self,
        viewer: Viewer,
        uuids: &[Uuid],
    ) -> Result<Vec<Notification>> {
        let Some(user) = viewer.user() else { return Ok(Vec::new()) };
        self.sources.store.notifications_by_uuids(user, uuids, self.clock.now()).await
    }

    pub async fn unread_notifications(&self, viewer: Viewer) -> Result<i64> {
        let user = viewer.require_user()?;
        self.sources.store.unread_notifications(user, self.clock.now()).await
    }

    /// Marks a notification of the viewer's and all before it as read. How many are unread then.
    ///
    /// [`UserErrorCode::NotificationNotFound`].
    pub async fn mark_notifications_read(
        &self,
        viewer: Viewer,
        up_to: Option<Uuid>,
    ) -> Result<i64> {
        let user = viewer.require_registered()?;
        let up_to = up_to.ok_or(UserErrorCode::NotificationNotFound)?;
        let now = self.clock.now();
        if !self.sources.store.mark_notifications_read(user, up_to, now).await? {
            return Err(UserErrorCode::NotificationNotFound.into());
        }
        self.sources.store.unread_notifications(user, now).await
    }
}
