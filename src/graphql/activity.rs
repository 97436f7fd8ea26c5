//! What hangs on an activity.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID};
use uuid::Uuid;

use super::{
    connection::{Connection, connection},
    id::{self, Kind},
    loaders::ActivityList,
    priming,
    scope::scope,
};
use crate::{
    domain::{Activity, Pagination, ReactionKind, User},
    error::Result,
    service::UserRelation,
};

#[ComplexObject]
impl Activity {
    /// The global id, which `node` and `activity` look up.
    pub(super) async fn id(&self) -> ID {
        id::encode(Kind::Activity, self.uuid)
    }

    /// The id by which the REST routes know the activity.
    fn uuid(&self) -> Uuid {
        self.uuid
    }

    /// Who posted it.
    async fn author(&self, ctx: &Context<'_>) -> Result<Arc<User>> {
        scope(ctx).user(self.user_uuid).await
    }

    /// Whether the viewer likes it. False for a viewer who is not signed in.
    async fn viewer_has_liked(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(scope(ctx).loaders.reactions.load((), self.uuid).await?.liked)
    }

    /// Whether the viewer reposted it. False for a viewer who is not signed in.
    async fn viewer_has_reposted(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(scope(ctx).loaders.reactions.load((), self.uuid).await?.reposted)
    }

    /// Whether the viewer may delete it, which is for its author alone.
    fn viewer_can_delete(&self, ctx: &Context<'_>) -> bool {
        scope(ctx).viewer.user() == Some(self.user_uuid)
    }

    /// The activity that this one replies to. Null for a crud.
    async fn reply_to(&self, ctx: &Context<'_>) -> Option<Result<Arc<Activity>>> {
        activity(ctx, self.reply_to_activity_uuid?).await
    }

    /// The direct replies, oldest first.
    async fn replies(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many to return from the beginning, 1 to 100. 20 without `last`.")]
        first: Option<i32>,
        #[graphql(desc = "Return only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many to return from the end, 1 to 100. Excludes `first`.")]
        last: Option<i32>,
        #[graphql(desc = "Return only what comes before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Arc<Activity>>> {
        let page = Pagination::from_relay(first, after.as_deref(), last, before.as_deref())?;
        let list = (ActivityList::Replies, page);
        let replies = scope(ctx).loaders.activity_pages.load(list, self.uuid).await?;
        Ok(connection(Arc::unwrap_or_clone(replies)))
    }

    /// The users who like it, the latest first.
    async fn likers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many to return from the beginning, 1 to 100. 20 without `last`.")]
        first: Option<i32>,
        #[graphql(desc = "Return only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many to return from the end, 1 to 100. Excludes `first`.")]
        last: Option<i32>,
        #[graphql(desc = "Return only what comes before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Arc<User>>> {
        let page = Pagination::from_relay(first, after.as_deref(), last, before.as_deref())?;
        let relation = UserRelation::Reacted(ReactionKind::Like);
        scope(ctx).related_users(relation, self.uuid, page).await
    }

    /// The users who reposted it, the latest first.
    async fn reposters(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many to return from the beginning, 1 to 100. 20 without `last`.")]
        first: Option<i32>,
        #[graphql(desc = "Return only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many to return from the end, 1 to 100. Excludes `first`.")]
        last: Option<i32>,
        #[graphql(desc = "Return only what comes before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Arc<User>>> {
        let page = Pagination::from_relay(first, after.as_deref(), last, before.as_deref())?;
        let relation = UserRelation::Reacted(ReactionKind::Repost);
        scope(ctx).related_users(relation, self.uuid, page).await
    }
}

/// The activity that a field of the context shows, with what is selected of it; none where there
/// is no such activity, or it has expired.
pub(super) async fn activity(ctx: &Context<'_>, uuid: Uuid) -> Option<Result<Arc<Activity>>> {
    let found = scope(ctx).loaders.activities.load((), uuid).await.transpose()?;
    if let Ok(activity) = &found {
        priming::prime_shown(ctx, [activity]).await;
    }
    Some(found)
}
