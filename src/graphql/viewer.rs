//! The viewer: all that only the signed-in user may read.

use std::sync::Arc;

use async_graphql::{Context, Object};
use uuid::Uuid;

use super::{
    connection::{Connection, connection, connection_with_snapshot},
    notification::Unread,
    priming,
    scope::{int, scope},
};
use crate::{
    domain::{Activity, MessageGroup, Notification, Pagination, User, Viewer},
    error::Result,
};

/// The user who is signed in.
pub struct SignedIn(Uuid);

impl SignedIn {
    /// None for a viewer who is no user.
    pub fn from_viewer(viewer: Viewer) -> Option<Self> {
        viewer.user().map(Self)
    }
}

/// The signed-in user, with everything that only they may read.
#[Object(name = "Viewer")]
impl SignedIn {
    /// The viewer as everybody sees them.
    async fn user(&self, ctx: &Context<'_>) -> Result<Arc<User>> {
        scope(ctx).user(self.0).await
    }

    /// The cruds of those whom the viewer follows, newest first.
    async fn feed(
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
        let scope = scope(ctx);
        let cruds = scope.service.following_feed(scope.viewer, &page).await?.map(Arc::new);
        priming::prime_connection(ctx, cruds.nodes()).await;
        Ok(connection(cruds))
    }

    /// What others did that concerns the viewer, newest first.
    async fn notifications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many to return from the beginning, 1 to 100. 20 without `last`.")]
        first: Option<i32>,
        #[graphql(desc = "Return only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many to return from the end, 1 to 100. Excludes `first`.")]
        last: Option<i32>,
        #[graphql(desc = "Return only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "Whether to leave out what is marked as read.", default = false)]
        unread_only: bool,
    ) -> Result<Connection<Arc<Notification>, Unread>> {
        let page = Pagination::from_relay(first, after.as_deref(), last, before.as_deref())?;
        let scope = scope(ctx);
        let told = scope.service.notifications(scope.viewer, unread_only, &page).await?;
        Ok(connection_with_snapshot(told.map(|told| told.map(Arc::new)), Unread))
    }

    /// The viewer's conversations, the one with the newest message first.
    async fn message_groups(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many to return from the beginning, 1 to 100. 20 without `last`.")]
        first: Option<i32>,
        #[graphql(desc = "Return only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many to return from the end, 1 to 100. Excludes `first`.")]
        last: Option<i32>,
        #[graphql(desc = "Return only what comes before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Arc<MessageGroup>>> {
        let page = Pagination::from_relay(first, after.as_deref(), last, before.as_deref())?;
        let scope = scope(ctx);
        let groups = scope.service.message_groups(scope.viewer, &page).await?.map(Arc::new);
        priming::prime_message_groups(ctx, &groups).await;
        Ok(connection(groups))
    }

    /// The viewer's conversation with a person. Null where they have sent each other no message.
    async fn message_group(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person's handle, with or without its `@`. Case matters.")]
        with_handle: String,
    ) -> Option<Result<Arc<MessageGroup>>> {
        let scope = scope(ctx);
        let found = scope.service.message_group_with(scope.viewer, &with_handle).await;
        found.map(|group| group.map(Arc::new)).transpose()
    }

    /// How many of the viewer's notifications are unread.
    async fn unread_notifications_count(&self, ctx: &Context<'_>) -> Result<i32> {
        let scope = scope(ctx);
        Ok(int(scope.service.unread_notifications(scope.viewer).await?))
    }
}
