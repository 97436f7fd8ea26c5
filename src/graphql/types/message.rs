//! The fields of conversations and messages that need more than their rows.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID};
use uuid::Uuid;

use super::{
    connection::{Connection, connection},
    id::{self, ObjectKind},
};
use crate::{
    domain::{Message, MessageGroup, Pagination, User},
    error::{Error, Result},
    graphql::{
        context::{ContextExt, int},
        lookahead,
    },
};

#[ComplexObject]
impl MessageGroup {
    /// The global id. Only the two participants can fetch it through `node`.
    pub(super) async fn id(&self) -> ID {
        id::encode(ObjectKind::MessageGroup, self.uuid)
    }

    /// The conversation's id in the REST API.
    fn uuid(&self) -> Uuid {
        self.uuid
    }

    /// The other participant.
    async fn person(&self, ctx: &Context<'_>) -> Result<Arc<User>> {
        ctx.request().user(ctx, self.other_uuid).await
    }

    /// The most recent message.
    async fn last_message(&self, ctx: &Context<'_>) -> Result<Arc<Message>> {
        let page =
            ctx.request().loaders.message_pages.load(ctx, (Pagination::last(1), self.uuid)).await?;
        page.nodes().next().cloned().ok_or_else(|| {
            tracing::error!(group = %self.uuid, "a conversation has no message");
            Error::Internal
        })
    }

    /// The number of messages from the other participant that the viewer has not marked as read.
    async fn unread_count(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(int(ctx.request().loaders.unread_counts.load(ctx, self.uuid).await?))
    }

    /// The messages, oldest first. Use `last` to read the most recent ones, and pass a page's
    /// `startCursor` as `before` to read the page before it.
    async fn messages(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Return the first n items, 1 to 100. Defaults to 20 without `last`.")]
        first: Option<i32>,
        #[graphql(desc = "Return only items after this cursor.")] after: Option<String>,
        #[graphql(desc = "Return the last n items, 1 to 100. Cannot be combined with `first`.")]
        last: Option<i32>,
        #[graphql(desc = "Return only items before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Arc<Message>>> {
        let pagination = Pagination::from_relay(first, after.as_deref(), last, before.as_deref())?;
        let request = ctx.request();
        let key = (pagination, self.uuid);
        let mut messages =
            Arc::unwrap_or_clone(request.loaders.message_pages.load(ctx, key).await?);
        lookahead::prefetch_owners(ctx, messages.nodes(), "sender").await;
        request.missing.retain_known(&mut messages);
        Ok(connection(messages))
    }
}

#[ComplexObject]
impl Message {
    /// The global id. Only the two participants of the conversation can fetch it through `node`.
    pub(super) async fn id(&self) -> ID {
        id::encode_message(self)
    }

    /// The message's id in the REST API.
    fn uuid(&self) -> Uuid {
        self.uuid
    }

    /// The user who sent it.
    async fn sender(&self, ctx: &Context<'_>) -> Result<Arc<User>> {
        ctx.request().user(ctx, self.user_uuid).await
    }

    /// The conversation that it belongs to.
    async fn group(&self, ctx: &Context<'_>) -> Result<Arc<MessageGroup>> {
        let found = ctx.request().loaders.message_groups.load(ctx, self.group_uuid).await?;
        found.ok_or_else(|| {
            tracing::error!(group = %self.group_uuid, "a message has no conversation");
            Error::Internal
        })
    }
}
