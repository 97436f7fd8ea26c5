//! The inputs of mutations.

use async_graphql::{ID, InputObject};

use crate::domain::Ttl;

/// A crud to post.
#[derive(InputObject)]
pub struct CreateActivityInput {
    /// The text, 1 to 280 characters. Each `@handle` in it, up to 20, notifies that user.
    pub message: String,
    /// How long the crud is shown.
    pub ttl: Ttl,
    /// A client-chosen key that makes retries safe: for a day, the same key with the same input
    /// returns the original crud instead of posting again. 1 to 255 characters.
    pub idempotency_key: Option<String>,
}

/// A reply to post.
#[derive(InputObject)]
pub struct CreateReplyInput {
    /// The global id of the activity to reply to: a crud or another reply.
    pub activity_id: ID,
    /// The text, 1 to 1024 characters. Each `@handle` in it, up to 20, notifies that user.
    pub message: String,
    /// A client-chosen key that makes retries safe: for a day, the same key with the same input
    /// returns the original reply instead of posting again. 1 to 255 characters.
    pub idempotency_key: Option<String>,
}

/// An activity to delete.
#[derive(InputObject)]
pub struct DeleteActivityInput {
    /// The global id of one of the viewer's activities.
    pub activity_id: ID,
}

/// An activity to like.
#[derive(InputObject)]
pub struct LikeActivityInput {
    /// The global id of the activity.
    pub activity_id: ID,
}

/// An activity to unlike.
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

/// An activity whose repost to remove.
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

/// A user to unfollow.
#[derive(InputObject)]
pub struct UnfollowUserInput {
    /// The global id of the user.
    pub user_id: ID,
}

/// The user to create.
#[derive(InputObject)]
pub struct RegisterViewerInput {
    /// The handle, with or without the `@`: 1 to 64 ASCII letters, digits, `_`, `-` and `.`,
    /// neither starting nor ending with `-` or `.`. It must be unique, regardless of case, must not
    /// look like another one, as `w0rf` looks like `worf`, and cannot be changed.
    pub handle: String,
    /// The display name, 1 to 64 characters without control characters, bidirectional controls and
    /// invisible characters. Each run of white space becomes one space.
    pub display_name: String,
}

/// The new profile of the viewer.
#[derive(InputObject)]
pub struct UpdateProfileInput {
    /// The display name, 1 to 64 characters without control characters, bidirectional controls and
    /// invisible characters. Each run of white space becomes one space.
    pub display_name: String,
    /// The viewer's self-description, up to 1024 characters. Null or omitted removes the current
    /// one.
    pub bio: Option<String>,
}

/// Notifications to mark as read.
#[derive(InputObject)]
pub struct MarkNotificationsReadInput {
    /// The global id of one of the viewer's notifications. It and all older ones are marked.
    pub up_to_id: ID,
}

/// A direct message to send.
#[derive(InputObject)]
pub struct SendMessageInput {
    /// The handle of the recipient, with or without the `@`. Required without `groupId`.
    pub to_handle: Option<String>,
    /// The global id of one of the viewer's conversations to send the message to. Takes precedence
    /// over `toHandle`.
    pub group_id: Option<ID>,
    /// The text, 1 to 1024 characters.
    pub message: String,
    /// A client-chosen key that makes retries safe: for a day, the same key with the same input
    /// returns the original message instead of sending again. 1 to 255 characters.
    pub idempotency_key: Option<String>,
}

/// Messages to mark as read.
#[derive(InputObject)]
pub struct MarkMessagesReadInput {
    /// The global id of a message. It and all older ones of its conversation are marked.
    pub up_to_id: ID,
}
