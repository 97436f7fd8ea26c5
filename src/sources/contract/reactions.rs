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
    /// Adds the reaction and its notification, unless the user has this reaction already. Returns
    /// the activity with its new counts; `None` if it is not visible at the reaction's time.
    async fn insert_reaction(
        &self,
        reaction: &Reaction,
        notification: Option<&Notification>,
    ) -> Result<Option<Activity>>;

    /// Deletes the reaction and its notification, if they exist. Returns the activity with its new
    /// counts; `None` if it is not visible.
    async fn delete_reaction(
        &self,
        kind: ReactionKind,
        activity: Uuid,
        user: Uuid,
        now: Timestamp,
    ) -> Result<Option<Activity>>;

    /// Returns the user's reactions to these activities, in any order.
    async fn reactions_by_user(
        &self,
        user: Uuid,
        activities: &[Uuid],
    ) -> Result<Vec<(ReactionKind, Uuid)>>;
}
