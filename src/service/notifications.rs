use uuid::Uuid;

use super::Service;
use crate::{
    domain::{AsOf, Notification, Page, Slice, Viewer},
    error::{Result, Rule},
};

impl Service {
    /// The viewer's notifications, newest first.
    pub async fn notifications(
        &self,
        viewer: Viewer,
        unread_only: bool,
        page: &Page,
    ) -> Result<AsOf<Slice<Notification>>> {
        let user = viewer.reader()?;
        self.sources.activities.notifications(user, unread_only, page, self.clock.now()).await
    }

    /// Those of the notifications that are the viewer's.
    pub async fn notifications_by_uuids(
        &self,
        viewer: Viewer,
        uuids: &[Uuid],
    ) -> Result<Vec<Notification>> {
        let Some(user) = viewer.member() else { return Ok(Vec::new()) };
        self.sources.activities.notifications_by_uuids(user, uuids, self.clock.now()).await
    }

    pub async fn unread_notifications(&self, viewer: Viewer) -> Result<i64> {
        let user = viewer.reader()?;
        self.sources.activities.unread_notifications(user, self.clock.now()).await
    }

    /// Marks a notification of the viewer's and all before it as read. How many are unread then.
    ///
    /// [`Rule::NotificationNotFound`].
    pub async fn mark_notifications_read(
        &self,
        viewer: Viewer,
        up_to: Option<Uuid>,
    ) -> Result<i64> {
        let user = viewer.writer()?;
        let up_to = up_to.ok_or(Rule::NotificationNotFound)?;
        let now = self.clock.now();
        if !self.sources.activities.mark_notifications_read(user, up_to, now).await? {
            return Err(Rule::NotificationNotFound.into());
        }
        self.sources.activities.unread_notifications(user, now).await
    }
}
