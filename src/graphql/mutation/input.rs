//! What mutations take.

use async_graphql::{ID, InputObject};

use crate::domain::Ttl;

/// A crud to post.
#[derive(InputObject)]
pub struct CreateActivityInput {
    /// The text, 1 to 280 characters. Every `@handle` in it notifies its user.
    pub message: String,
    /// For how long the crud is shown.
    pub ttl: Ttl,
    /// A text of the client's own, 1 to 255 characters, that makes a retry safe: within a day, the
    /// same key with the same input posts nothing again and gives the first crud.
    pub idempotency_key: Option<String>,
}

/// A reply to post.
#[derive(InputObject)]
pub struct CreateReplyInput {
    /// The global id of the activity to reply to, which may be a reply itself.
    pub activity_id: ID,
    /// The text, 1 to 1024 characters. Every `@handle` in it notifies its user.
    pub message: String,
    /// A text of the client's own, 1 to 255 characters, that makes a retry safe: within a day, the
    /// same key with the same input posts nothing again and gives the first reply.
    pub idempotency_key: Option<String>,
}

/// An activity to delete.
#[derive(InputObject)]
pub struct DeleteActivityInput {
    /// The global id of an activity of the viewer's own.
    pub activity_id: ID,
}

/// An activity to like.
#[derive(InputObject)]
pub struct LikeActivityInput {
    /// The global id of the activity.
    pub activity_id: ID,
}

/// An activity to like no more.
#[derive(InputObject)]
pub struct UnlikeActivityInput {
    /// The global id of the activity.
    pub activity_id: ID,
}

/// An activity to repost.
#[derive(InputObject)]
pub struct RepostActivityInput {
    /// The global id of the activity.
    pub activity_id: ID,
}

/// An activity whose repost to take back.
#[derive(InputObject)]
pub struct UndoRepostInput {
    /// The global id of the activity.
    pub activity_id: ID,
}

/// A user to follow.
#[derive(InputObject)]
pub struct FollowUserInput {
    /// The global id of the user.
    pub user_id: ID,
}

/// A user to follow no more.
#[derive(InputObject)]
pub struct UnfollowUserInput {
    /// The global id of the user.
    pub user_id: ID,
}

/// The user whom the viewer is going to be.
#[derive(InputObject)]
pub struct RegisterViewerInput {
    /// The handle, with or without its `@`: up to 64 letters from A to Z, digits, `_`, and inner `-`
    /// and `.`. Nobody else may have it, regardless of case, and it stays.
    pub handle: String,
    /// The name to show, 1 to 64 characters.
    pub display_name: String,
}

/// The viewer's profile as it shall be.
#[derive(InputObject)]
pub struct UpdateProfileInput {
    /// The name to show, 1 to 64 characters.
    pub display_name: String,
    /// What the viewer says about themselves, up to 1024 characters. Null, or left out, takes the
    /// present one away.
    pub bio: Option<String>,
}

/// Notifications to mark as read.
#[derive(InputObject)]
pub struct MarkNotificationsReadInput {
    /// The global id of a notification of the viewer's: this one and all older ones are marked.
    pub up_to_id: ID,
}

/// A direct message to send.
#[derive(InputObject)]
pub struct SendMessageInput {
    /// The handle of the person to send it to, with or without its `@`. Needed without `groupId`.
    pub to_handle: Option<String>,
    /// The global id of a conversation of the viewer's to send it to. Where it is given, `toHandle`
    /// does not count.
    pub group_id: Option<ID>,
    /// The text, 1 to 1024 characters.
    pub message: String,
    /// A text of the client's own, 1 to 255 characters, that makes a retry safe: within a day, the
    /// same key with the same input sends nothing again and gives the first message.
    pub idempotency_key: Option<String>,
}

/// Messages to mark as read.
#[derive(InputObject)]
pub struct MarkMessagesReadInput {
    /// The global id of a message: this one and all older ones of its conversation are marked.
    pub up_to_id: ID,
}
