//! The viewer: everything that only the signed-in user may read.

use std::sync::Arc;

use async_graphql::{Context, Object};
use uuid::Uuid;

use super::{
    connection::{Connection, connection, connection_with_snapshot},
    notification::{NotificationConnection, NotificationConnectionFields},
};
use crate::{
    domain::{Activity, MessageGroup, Pagination, User, Viewer},
    error::Result,
    graphql::{
        context::{ContextExt, int},
        lookahead,
    },
};

/// The GraphQL object of the signed-in user.
pub struct ViewerObject(Uuid);

impl ViewerObject {
    /// Returns `None` if the viewer is anonymous or unregistered.
    pub fn from_viewer(viewer: Viewer) -> Option<Self> {
        viewer.user().map(Self)
    }
}

/// The signed-in user, with everything that only this user may read.
#[Object(name = "Viewer")]
impl ViewerObject {
    /// The viewer's public profile.
    async fn user(&self, ctx: &Context<'_>) -> Result<Arc<User>> {
        ctx.request().user(ctx, self.0).await
    }

    /// The cruds of the users that the viewer follows, newest first. Replies and expired cruds are
    /// left out.
    async fn feed(
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
        let request = ctx.request();
        let mut cruds =
            request.service.following_feed(request.viewer, &pagination).await?.map(Arc::new);
        lookahead::prefetch_nodes(ctx, cruds.nodes()).await;
        request.missing.retain_known(&mut cruds);
        Ok(connection(cruds))
    }

    /// The viewer's notifications, newest first. The cursor of the first edge can be passed to the
    /// subscription `notificationReceived` to continue from this page.
    async fn notifications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Return the first n items, 1 to 100. Defaults to 20 without `last`.")]
        first: Option<i32>,
        #[graphql(desc = "Return only items after this cursor.")] after: Option<String>,
        #[graphql(desc = "Return the last n items, 1 to 100. Cannot be combined with `first`.")]
        last: Option<i32>,
        #[graphql(desc = "Return only items before this cursor.")] before: Option<String>,
        #[graphql(
            desc = "Whether to leave out notifications that are marked as read.",
            default = false
        )]
        unread_only: bool,
    ) -> Result<NotificationConnection> {
        let pagination = Pagination::from_relay(first, after.as_deref(), last, before.as_deref())?;
        let request = ctx.request();
        let notifications =
            request.service.notifications(request.viewer, unread_only, &pagination).await?;
        let mut page = notifications.map(|page| page.map(Arc::new));
        lookahead::prefetch_owners(ctx, page.value.nodes(), "actor").await;
        request.missing.retain_known(&mut page.value);
        Ok(connection_with_snapshot(page, NotificationConnectionFields))
    }

    /// The viewer's conversations, most recent message first.
    async fn message_groups(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Return the first n items, 1 to 100. Defaults to 20 without `last`.")]
        first: Option<i32>,
        #[graphql(desc = "Return only items after this cursor.")] after: Option<String>,
        #[graphql(desc = "Return the last n items, 1 to 100. Cannot be combined with `first`.")]
        last: Option<i32>,
        #[graphql(desc = "Return only items before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Arc<MessageGroup>>> {
        let pagination = Pagination::from_relay(first, after.as_deref(), last, before.as_deref())?;
        let request = ctx.request();
        let mut groups =
            request.service.message_groups(request.viewer, &pagination).await?.map(Arc::new);
        lookahead::prefetch_message_groups(ctx, &groups).await;
        request.missing.retain_known(&mut groups);
        Ok(connection(groups))
    }

    /// The viewer's conversation with another user. Null if there is no such user, or the two have
    /// not exchanged any messages.
    async fn message_group(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The other user's handle, with or without the `@`. Case-sensitive.")]
        with_handle: String,
    ) -> Option<Result<Arc<MessageGroup>>> {
        let request = ctx.request();
        let found = request.service.message_group_with(request.viewer, &with_handle).await;
        found.map(|group| group.map(Arc::new)).transpose()
    }

    /// The number of the viewer's unread notifications.
    async fn unread_notifications_count(&self, ctx: &Context<'_>) -> Result<i32> {
        let request = ctx.request();
        Ok(int(request.service.unread_notifications(request.viewer).await?))
    }

    /// The number of unread messages in all of the viewer's conversations.
    async fn unread_messages_count(&self, ctx: &Context<'_>) -> Result<i32> {
        let request = ctx.request();
        Ok(int(request.service.unread_messages(request.viewer).await?))
    }
}
