//! Who follows whom.

use async_trait::async_trait;
use uuid::Uuid;

use crate::{
    domain::{Follow, Notification},
    error::Result,
};

/// Who follows whom.
#[async_trait]
pub trait Follows: Send + Sync + 'static {
    /// Adds the follow and its notification unless it is there. Whether it was added.
    async fn insert_follow(&self, follow: &Follow, notification: &Notification) -> Result<bool>;

    /// Takes the follow back, and the notification of it. Whether it was there.
    async fn delete_follow(&self, follower: Uuid, followed: Uuid) -> Result<bool>;

    /// Which of the users the follower follows.
    async fn followed_among(&self, follower: Uuid, users: &[Uuid]) -> Result<Vec<Uuid>>;
}
