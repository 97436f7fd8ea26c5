//! What hangs on a user.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID};

use super::{
    connection::{Connection, connection},
    id::{self, Kind},
    loaders::ActivityList,
    priming,
    scope::{int, scope},
};
use crate::{
    domain::{Activity, Pagination, User},
    error::Result,
    service::UserRelation,
};

#[ComplexObject]
impl User {
    /// The global id, which `node` looks up.
    pub(super) async fn id(&self) -> ID {
        id::encode(Kind::User, self.uuid)
    }

    /// How many cruds the user has posted that have not expired. Replies do not count.
    async fn activities_count(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(int(scope(ctx).loaders.counts.load((), self.uuid).await?.activities))
    }

    /// How many users follow this user.
    async fn followers_count(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(int(scope(ctx).loaders.counts.load((), self.uuid).await?.followers))
    }

    /// How many users this user follows.
    async fn following_count(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(int(scope(ctx).loaders.counts.load((), self.uuid).await?.following))
    }

    /// Whether this user is the viewer.
    fn is_viewer(&self, ctx: &Context<'_>) -> bool {
        scope(ctx).viewer.user() == Some(self.uuid)
    }

    /// Whether the viewer follows this user. False for a viewer who is not signed in.
    async fn viewer_is_following(&self, ctx: &Context<'_>) -> Result<bool> {
        scope(ctx).loaders.followed.load((), self.uuid).await
    }

    /// The user's cruds, newest first. Replies are left out.
    async fn activities(
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
        let list = (ActivityList::OfUser, page);
        let cruds = scope(ctx).loaders.activity_pages.load(list, self.uuid).await?;
        priming::prime_connection(ctx, cruds.nodes()).await;
        Ok(connection(Arc::unwrap_or_clone(cruds)))
    }

    /// The users who follow this user, the latest first.
    async fn followers(
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
        scope(ctx).related_users(UserRelation::Followers, self.uuid, page).await
    }

    /// The users whom this user follows, the latest followed first.
    async fn following(
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
        scope(ctx).related_users(UserRelation::Following, self.uuid, page).await
    }
}
