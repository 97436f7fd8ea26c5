use async_graphql::SimpleObject;
use uuid::Uuid;

use super::{Cursor, HasCursor, Timestamp};

/// A conversation between two users, as one of them sees it.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject, sqlx::FromRow)]
#[graphql(complex)]
pub struct MessageGroup {
    #[graphql(skip)]
    pub uuid: Uuid,
    /// The other person.
    #[graphql(skip)]
    pub other_uuid: Uuid,
    /// The text of the last message.
    #[graphql(skip)]
    pub last_message: String,
    /// When the most recent message was sent.
    #[graphql(name = "updatedAt")]
    pub last_message_at: Timestamp,
}

impl HasCursor for MessageGroup {
    fn cursor(&self) -> Cursor {
        Cursor { at: self.last_message_at, uuid: self.uuid }
    }
}

/// A direct message.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject, sqlx::FromRow)]
#[graphql(complex)]
pub struct Message {
    #[graphql(skip)]
    pub uuid: Uuid,
    #[graphql(skip)]
    pub group_uuid: Uuid,
    /// The sender.
    #[graphql(skip)]
    pub user_uuid: Uuid,
    /// The text.
    pub message: String,
    /// When it was sent.
    pub created_at: Timestamp,
}

impl HasCursor for Message {
    fn cursor(&self) -> Cursor {
        Cursor { at: self.created_at, uuid: self.uuid }
    }
}

impl Message {
    pub fn key(&self) -> MessageKey {
        MessageKey { group_uuid: self.group_uuid, at: self.cursor() }
    }
}

/// The key of a message: its conversation and its position there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageKey {
    pub group_uuid: Uuid,
    pub at: Cursor,
}

/// A conversation of a user, with its other person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Conversation {
    pub group_uuid: Uuid,
    pub other_uuid: Uuid,
}
