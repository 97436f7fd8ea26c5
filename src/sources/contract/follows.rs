//! Follows between users.

use async_trait::async_trait;
use uuid::Uuid;

use crate::{
    domain::{Follow, Notification},
    error::Result,
};

/// Follows between users.
#[async_trait]
pub trait Follows: Send + Sync + 'static {
    /// Adds the follow and its notification, unless the follow exists. Returns whether it was added.
    /// [`crate::error::UserErrorCode::UserNotFound`] if the followed user does not exist.
    async fn insert_follow(&self, follow: &Follow, notification: &Notification) -> Result<bool>;

    /// Deletes the follow and its notification. Returns whether the follow existed.
    async fn delete_follow(&self, follower: Uuid, followed: Uuid) -> Result<bool>;

    /// Returns those of the users that the follower follows, in any order.
    async fn followed_among(&self, follower: Uuid, users: &[Uuid]) -> Result<Vec<Uuid>>;
}
