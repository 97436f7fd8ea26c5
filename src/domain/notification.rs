use async_graphql::{Enum, SimpleObject};
use uuid::Uuid;

use super::{Cursor, HasCursor, Timestamp};

/// What a notification tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Enum, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum NotificationKind {
    /// Somebody replied to an activity of yours.
    Reply,
    /// Somebody likes an activity of yours.
    Like,
    /// Somebody reposted an activity of yours.
    Repost,
    /// Somebody mentioned you with `@handle`.
    Mention,
    /// Somebody follows you.
    Follow,
    /// Somebody sent you a direct message.
    Message,
}

/// Something that others did and that concerns the viewer.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject, sqlx::FromRow)]
#[graphql(complex)]
pub struct Notification {
    #[graphql(skip)]
    pub uuid: Uuid,
    /// The user who is told.
    #[graphql(skip)]
    pub user_uuid: Uuid,
    /// The user who did it.
    #[graphql(skip)]
    pub actor_uuid: Uuid,
    /// What happened.
    pub kind: NotificationKind,
    #[graphql(skip)]
    pub activity_uuid: Option<Uuid>,
    /// When it happened.
    pub created_at: Timestamp,
    /// When the viewer marked it as read. Null while it is unread.
    pub read_at: Option<Timestamp>,
}

impl HasCursor for Notification {
    fn cursor(&self) -> Cursor {
        Cursor { at: self.created_at, uuid: self.uuid }
    }
}
