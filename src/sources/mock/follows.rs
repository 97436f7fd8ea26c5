//! Follows between users.

use async_trait::async_trait;
use uuid::Uuid;

use super::Mock;
use crate::{
    domain::{Follow, Notification, NotificationKind},
    error::{Result, UserErrorCode},
    sources::Follows,
};

#[async_trait]
impl Follows for Mock {
    async fn insert_follow(&self, follow: &Follow, notification: &Notification) -> Result<bool> {
        let mut state = self.state();
        state.check_author(follow.follower_uuid)?;
        if !state.is_active(follow.followed_uuid) {
            return Err(UserErrorCode::UserNotFound.into());
        }
        let key = (follow.follower_uuid, follow.followed_uuid);
        if state.follows.contains_key(&key) {
            return Ok(false);
        }
        state.follows.insert(key, *follow);
        state.add_notification(notification);
        Ok(true)
    }

    async fn delete_follow(&self, follower: Uuid, followed: Uuid) -> Result<bool> {
        use NotificationKind::Follow;
        let mut state = self.state();
        state.check_author(follower)?;
        if state.follows.remove(&(follower, followed)).is_none() {
            return Ok(false);
        }
        state
            .notifications
            .retain(|_, it| (it.kind, it.user_uuid, it.actor_uuid) != (Follow, followed, follower));
        Ok(true)
    }

    async fn followed_among(&self, follower: Uuid, users: &[Uuid]) -> Result<Vec<Uuid>> {
        let state = self.state();
        let followed =
            state.follows.keys().filter(|(by, of)| *by == follower && users.contains(of));
        Ok(followed.map(|(_, of)| *of).collect())
    }
}
