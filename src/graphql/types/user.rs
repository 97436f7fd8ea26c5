//! The fields of a user that need more than their row.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID};
use uuid::Uuid;

use super::{
    connection::{Connection, connection},
    id::{self, ObjectKind},
};
use crate::{
    domain::{Activity, Pagination, User},
    error::Result,
    graphql::{
        context::{ContextExt, int},
        loaders::ActivityList,
        lookahead,
    },
    service::UserRelation,
};

#[ComplexObject]
impl User {
    /// The global id. Pass it to `node` to fetch the user again.
    pub(super) async fn id(&self) -> ID {
        id::encode(ObjectKind::User, self.uuid)
    }

    /// The number of the user's cruds that have not expired. Replies are not counted.
    async fn activities_count(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(int(ctx.request().loaders.user_counts.load(ctx, self.uuid).await?.activities))
    }

    /// The number of users who follow this user.
    async fn followers_count(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(int(ctx.request().loaders.user_counts.load(ctx, self.uuid).await?.followers))
    }

    /// The number of users that this user follows.
    async fn following_count(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(int(ctx.request().loaders.user_counts.load(ctx, self.uuid).await?.following))
    }

    /// Whether this user is the viewer.
    fn is_viewer(&self, ctx: &Context<'_>) -> bool {
        ctx.request().viewer.user() == Some(self.uuid)
    }

    /// Whether the viewer follows this user. False if the viewer is anonymous.
    async fn viewer_is_following(&self, ctx: &Context<'_>) -> Result<bool> {
        ctx.request().loaders.followed.load(ctx, self.uuid).await
    }

    /// The user's cruds, newest first. Replies and expired cruds are left out.
    async fn activities(
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
        let key = (ActivityList::OfUser, pagination, self.uuid);
        let request = ctx.request();
        let mut cruds = Arc::unwrap_or_clone(request.loaders.activity_pages.load(ctx, key).await?);
        lookahead::prefetch_nodes(ctx, cruds.nodes()).await;
        request.missing.retain_known(&mut cruds);
        Ok(connection(cruds))
    }

    /// The users who follow this user, most recent follower first.
    async fn followers(
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
        related_users(ctx, UserRelation::Followers, pagination, self.uuid).await
    }

    /// The users that this user follows, most recently followed first.
    async fn following(
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
        related_users(ctx, UserRelation::Following, pagination, self.uuid).await
    }
}

/// Loads a page of the users on the other side of a relation of `uuid`.
pub(super) async fn related_users(
    ctx: &Context<'_>,
    relation: UserRelation,
    pagination: Pagination,
    uuid: Uuid,
) -> Result<Connection<Arc<User>>> {
    let users = ctx.request().loaders.user_pages.load(ctx, (relation, pagination, uuid)).await?;
    Ok(connection(Arc::unwrap_or_clone(users)))
}
