use uuid::Uuid;

use super::Instant;

/// A conversation of two people, as one of them sees it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct MessageGroup {
    pub uuid: Uuid,
    /// The other person.
    pub other_uuid: Uuid,
    /// The text of the last message.
    pub last_message: String,
    /// When the last message was sent.
    pub last_message_at: Instant,
}

/// One direct message.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Message {
    pub uuid: Uuid,
    pub group_uuid: Uuid,
    /// The sender.
    pub user_uuid: Uuid,
    pub message: String,
    pub created_at: Instant,
}
