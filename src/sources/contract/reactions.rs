//! Likes and reposts.

use async_trait::async_trait;
use uuid::Uuid;

use crate::{
    domain::{Activity, Notification, Reaction, ReactionKind, Timestamp},
    error::Result,
};

/// Likes and reposts.
#[async_trait]
pub trait Reactions: Send + Sync + 'static {
    /// Adds the reaction and its notification unless the user has reacted so already. The activity
    /// as it is now; none where it is not visible.
    async fn insert_reaction(
        &self,
        reaction: &Reaction,
        notification: Option<&Notification>,
    ) -> Result<Option<Activity>>;

    /// Takes the reaction back, and the notification of it. The activity as it is now; none where
    /// it is not visible.
    async fn delete_reaction(
        &self,
        kind: ReactionKind,
        activity: Uuid,
        user: Uuid,
        now: Timestamp,
    ) -> Result<Option<Activity>>;

    /// Which of the activities the user has reacted to, and how.
    async fn reactions_by_user(
        &self,
        user: Uuid,
        activities: &[Uuid],
    ) -> Result<Vec<(ReactionKind, Uuid)>>;
}
