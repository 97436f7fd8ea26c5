use async_graphql::{Enum, SimpleObject};
use uuid::Uuid;

use super::{Cursor, HasCursor, Timestamp};

/// The kind of event that a notification is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Enum, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum NotificationKind {
    /// A user replied to one of the viewer's activities.
    Reply,
    /// A user liked one of the viewer's activities.
    Like,
    /// A user reposted one of the viewer's activities.
    Repost,
    /// A user mentioned the viewer with `@handle`.
    Mention,
    /// A user followed the viewer.
    Follow,
    /// A user sent the viewer a direct message.
    Message,
}

/// An event that another user caused and that concerns the viewer.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject, sqlx::FromRow)]
#[graphql(complex)]
pub struct Notification {
    #[graphql(skip)]
    pub uuid: Uuid,
    /// The recipient.
    #[graphql(skip)]
    pub user_uuid: Uuid,
    /// The user who did it.
    #[graphql(skip)]
    pub actor_uuid: Uuid,
    /// The kind of event.
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
