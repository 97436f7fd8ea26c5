//! What hangs on a conversation and on its messages.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID};
use uuid::Uuid;

use super::{
    connection::{Connection, connection},
    id::{self, Kind},
    scope::{int, scope},
};
use crate::{
    domain::{Message, MessageGroup, Pagination, User},
    error::{Error, Result},
};

/// A page that holds the last message alone.
fn last() -> Pagination {
    Pagination::last(1)
}

#[ComplexObject]
impl MessageGroup {
    /// The global id, which `node` looks up for the two people, and for nobody else.
    pub(super) async fn id(&self) -> ID {
        id::encode(Kind::MessageGroup, self.uuid)
    }

    /// The id by which the REST routes know the conversation.
    fn uuid(&self) -> Uuid {
        self.uuid
    }

    /// The other person.
    async fn person(&self, ctx: &Context<'_>) -> Result<Arc<User>> {
        scope(ctx).user(self.other_uuid).await
    }

    /// The last message.
    async fn last_message(&self, ctx: &Context<'_>) -> Result<Arc<Message>> {
        let page = scope(ctx).loaders.message_pages.load(last(), self.uuid).await?;
        page.nodes().next().cloned().ok_or_else(|| {
            tracing::error!(group = %self.uuid, "a conversation has no message");
            Error::Internal
        })
    }

    /// How many messages of the other person the viewer has not marked as read.
    async fn unread_count(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(int(scope(ctx).loaders.unread.load((), self.uuid).await?))
    }

    /// The messages, oldest first. The end of the list is read with `last`, what comes before a
    /// page with its `startCursor` as `before`.
    async fn messages(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many to return from the beginning, 1 to 100. 20 without `last`.")]
        first: Option<i32>,
        #[graphql(desc = "Return only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many to return from the end, 1 to 100. Excludes `first`.")]
        last: Option<i32>,
        #[graphql(desc = "Return only what comes before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Arc<Message>>> {
        let page = Pagination::from_relay(first, after.as_deref(), last, before.as_deref())?;
        let messages = scope(ctx).loaders.message_pages.load(page, self.uuid).await?;
        Ok(connection(Arc::unwrap_or_clone(messages)))
    }
}

#[ComplexObject]
impl Message {
    /// The global id, which `node` looks up for the two people of the conversation, and for nobody
    /// else.
    pub(super) async fn id(&self) -> ID {
        id::encode_message(self)
    }

    /// The id by which the REST routes know the message.
    fn uuid(&self) -> Uuid {
        self.uuid
    }

    /// Who sent it.
    async fn sender(&self, ctx: &Context<'_>) -> Result<Arc<User>> {
        scope(ctx).user(self.user_uuid).await
    }

    /// The conversation that it belongs to.
    async fn group(&self, ctx: &Context<'_>) -> Result<Arc<MessageGroup>> {
        let found = scope(ctx).loaders.message_groups.load((), self.group_uuid).await?;
        found.ok_or_else(|| {
            tracing::error!(group = %self.group_uuid, "a message has no conversation");
            Error::Internal
        })
    }
}
