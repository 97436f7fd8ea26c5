//! The fields of an activity that need more than its row.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID};
use uuid::Uuid;

use super::{
    connection::{Connection, connection},
    id::{self, ObjectKind},
    user::related_users,
};
use crate::{
    domain::{Activity, Pagination, ReactionKind, User},
    error::Result,
    graphql::{context::ContextExt, loaders::ActivityList, lookahead},
    service::UserRelation,
};

#[ComplexObject]
impl Activity {
    /// The global id. Pass it to `node` or `activity` to fetch the activity again.
    pub(super) async fn id(&self) -> ID {
        id::encode(ObjectKind::Activity, self.uuid)
    }

    /// The activity's id in the REST API.
    fn uuid(&self) -> Uuid {
        self.uuid
    }

    /// The user who posted it.
    async fn author(&self, ctx: &Context<'_>) -> Result<Arc<User>> {
        ctx.request().user(ctx, self.user_uuid).await
    }

    /// Whether the viewer likes it. False if the viewer is anonymous.
    async fn viewer_has_liked(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(ctx.request().loaders.reactions.load(ctx, self.uuid).await?.liked)
    }

    /// Whether the viewer has reposted it. False if the viewer is anonymous.
    async fn viewer_has_reposted(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(ctx.request().loaders.reactions.load(ctx, self.uuid).await?.reposted)
    }

    /// Whether the viewer may delete it. True only for its author.
    fn viewer_can_delete(&self, ctx: &Context<'_>) -> bool {
        ctx.request().viewer.user() == Some(self.user_uuid)
    }

    /// The activity that this one replies to. Null for a crud.
    async fn reply_to(&self, ctx: &Context<'_>) -> Option<Result<Arc<Activity>>> {
        activity(ctx, self.reply_to_activity_uuid?).await
    }

    /// The direct replies, oldest first.
    async fn replies(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Return the first n items, 1 to 100. Defaults to 20 without `last`.")]
        first: Option<i32>,
        #[graphql(desc = "Return only items after this cursor.")] after: Option<String>,
        #[graphql(desc = "Return the last n items, 1 to 100. Cannot be combined with `first`.")]
        last: Option<i32>,
        #[graphql(desc = "Return only items before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Arc<Activity>>> {
        let pagination = Pagination::from_relay(first, after.as_deref(), last, before.as_deref())?;
        let key = (ActivityList::Replies, pagination, self.uuid);
        let request = ctx.request();
        let mut replies =
            Arc::unwrap_or_clone(request.loaders.activity_pages.load(ctx, key).await?);
        request.missing.retain_known(&mut replies);
        Ok(connection(replies))
    }

    /// The users who like it, most recent like first.
    async fn likers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Return the first n items, 1 to 100. Defaults to 20 without `last`.")]
        first: Option<i32>,
        #[graphql(desc = "Return only items after this cursor.")] after: Option<String>,
        #[graphql(desc = "Return the last n items, 1 to 100. Cannot be combined with `first`.")]
        last: Option<i32>,
        #[graphql(desc = "Return only items before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Arc<User>>> {
        let pagination = Pagination::from_relay(first, after.as_deref(), last, before.as_deref())?;
        let relation = UserRelation::Reacted(ReactionKind::Like);
        related_users(ctx, relation, pagination, self.uuid).await
    }

    /// The users who reposted it, most recent repost first.
    async fn reposters(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Return the first n items, 1 to 100. Defaults to 20 without `last`.")]
        first: Option<i32>,
        #[graphql(desc = "Return only items after this cursor.")] after: Option<String>,
        #[graphql(desc = "Return the last n items, 1 to 100. Cannot be combined with `first`.")]
        last: Option<i32>,
        #[graphql(desc = "Return only items before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Arc<User>>> {
        let pagination = Pagination::from_relay(first, after.as_deref(), last, before.as_deref())?;
        let relation = UserRelation::Reacted(ReactionKind::Repost);
        related_users(ctx, relation, pagination, self.uuid).await
    }
}

/// Loads an activity for the current field and prefetches what the document selects below it.
/// Returns `None` if there is no such activity, it has expired, or its author is gone.
pub(super) async fn activity(ctx: &Context<'_>, uuid: Uuid) -> Option<Result<Arc<Activity>>> {
    let found = ctx.request().loaders.activities.load(ctx, uuid).await.transpose()?;
    if let Ok(activity) = &found {
        lookahead::prefetch_selected(ctx, [activity]).await;
        if ctx.request().missing.own(&**activity) {
            return None;
        }
    }
    Some(found)
}
