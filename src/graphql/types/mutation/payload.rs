//! The results of mutations.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, SimpleObject};

use crate::{
    domain::{Activity, HasCursor, Message, MessageGroup, User},
    error::{Result, UserErrorCode},
    graphql::types::{
        activity::activity,
        connection::{self, Edge},
        viewer::ViewerObject,
    },
};

/// A reason why a mutation failed, to show to the user.
#[derive(SimpleObject)]
pub struct UserError {
    /// The rule that the input broke, for programs.
    code: UserErrorCode,
    /// A sentence in English that explains the rule.
    message: String,
    /// The path to the invalid input, such as `["input", "message"]`. Empty if the error is not
    /// about one input.
    path: Vec<&'static str>,
}

impl From<UserErrorCode> for UserError {
    fn from(code: UserErrorCode) -> Self {
        let field = match code {
            UserErrorCode::MessageBlank
            | UserErrorCode::MessageTooLong
            | UserErrorCode::MessageInvalid => Some("message"),
            UserErrorCode::TtlBlank => Some("ttl"),
            UserErrorCode::IdempotencyKeyInvalid | UserErrorCode::IdempotencyKeyReused => {
                Some("idempotencyKey")
            }
            UserErrorCode::ActivityNotFound
            | UserErrorCode::ActivityNotYours
            | UserErrorCode::ThreadTooDeep => Some("activityId"),
            UserErrorCode::UserNotFound | UserErrorCode::CannotFollowYourself => Some("userId"),
            UserErrorCode::DisplayNameBlank | UserErrorCode::DisplayNameInvalid => {
                Some("displayName")
            }
            UserErrorCode::BioInvalid => Some("bio"),
            UserErrorCode::NotificationNotFound | UserErrorCode::MessageNotFound => Some("upToId"),
            UserErrorCode::RecipientBlank | UserErrorCode::RecipientNotFound => Some("toHandle"),
            UserErrorCode::MessageGroupNotFound => Some("groupId"),
            UserErrorCode::HandleBlank
            | UserErrorCode::HandleInvalid
            | UserErrorCode::HandleTaken => Some("handle"),
            UserErrorCode::ViewerUnknown
            | UserErrorCode::ViewerRegistered
            | UserErrorCode::SearchTermBlank
            | UserErrorCode::SearchTermTooLong => None,
        };
        let path = field.map(|field| vec!["input", field]).unwrap_or_default();
        Self { code, message: code.to_string(), path }
    }
}

/// The result of `createActivity`.
#[derive(SimpleObject)]
pub struct CreateActivityPayload {
    /// The new crud. Null if the mutation failed.
    pub activity: Option<Arc<Activity>>,
    /// The edge of the new crud in the lists of cruds. Null if the mutation failed.
    pub edge: Option<Edge<Arc<Activity>>>,
    /// Why the mutation failed. Empty on success.
    pub user_errors: Vec<UserError>,
}

/// The result of `createReply`.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct CreateReplyPayload {
    /// The new reply. Null if the mutation failed.
    pub reply: Option<Arc<Activity>>,
    /// The edge of the new reply in the list of replies. Null if the mutation failed.
    pub edge: Option<Edge<Arc<Activity>>>,
    /// Why the mutation failed. Empty on success.
    pub user_errors: Vec<UserError>,
}

#[ComplexObject]
impl CreateReplyPayload {
    /// The activity that it replies to, with its new `repliesCount`. Null if the mutation failed.
    async fn parent(&self, ctx: &Context<'_>) -> Option<Result<Arc<Activity>>> {
        activity(ctx, self.reply.as_ref()?.reply_to_activity_uuid?).await
    }
}

/// The result of `deleteActivity`.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct DeleteActivityPayload {
    /// The global id of the deleted activity. Null if the mutation failed.
    pub deleted_id: Option<ID>,
    /// The activity as it was before.
    #[graphql(skip)]
    pub deleted: Option<Arc<Activity>>,
    /// Why the mutation failed. Empty on success.
    pub user_errors: Vec<UserError>,
}

#[ComplexObject]
impl DeleteActivityPayload {
    /// The activity that the deleted one replied to, with its new `repliesCount`. Null for a crud,
    /// and if the mutation failed.
    async fn parent(&self, ctx: &Context<'_>) -> Option<Result<Arc<Activity>>> {
        activity(ctx, self.deleted.as_ref()?.reply_to_activity_uuid?).await
    }
}

/// The result of `likeActivity`.
#[derive(SimpleObject)]
pub struct LikeActivityPayload {
    /// The activity with its new `likesCount`. Null if the mutation failed.
    pub activity: Option<Arc<Activity>>,
    /// Why the mutation failed. Empty on success.
    pub user_errors: Vec<UserError>,
}

/// The result of `unlikeActivity`.
#[derive(SimpleObject)]
pub struct UnlikeActivityPayload {
    /// The activity with its new `likesCount`. Null if the mutation failed.
    pub activity: Option<Arc<Activity>>,
    /// Why the mutation failed. Empty on success.
    pub user_errors: Vec<UserError>,
}

/// The result of `repostActivity`.
#[derive(SimpleObject)]
pub struct RepostActivityPayload {
    /// The activity with its new `repostsCount`. Null if the mutation failed.
    pub activity: Option<Arc<Activity>>,
    /// Why the mutation failed. Empty on success.
    pub user_errors: Vec<UserError>,
}

/// The result of `undoRepost`.
#[derive(SimpleObject)]
pub struct UndoRepostPayload {
    /// The activity with its new `repostsCount`. Null if the mutation failed.
    pub activity: Option<Arc<Activity>>,
    /// Why the mutation failed. Empty on success.
    pub user_errors: Vec<UserError>,
}

/// The result of `followUser`.
#[derive(SimpleObject)]
pub struct FollowUserPayload {
    /// The followed user. Null if the mutation failed.
    pub user: Option<Arc<User>>,
    /// Why the mutation failed. Empty on success.
    pub user_errors: Vec<UserError>,
}

/// The result of `unfollowUser`.
#[derive(SimpleObject)]
pub struct UnfollowUserPayload {
    /// The unfollowed user. Null if the mutation failed.
    pub user: Option<Arc<User>>,
    /// Why the mutation failed. Empty on success.
    pub user_errors: Vec<UserError>,
}

/// The result of `updateProfile`.
#[derive(SimpleObject)]
pub struct UpdateProfilePayload {
    /// The viewer's user with the new profile. Null if the mutation failed.
    pub user: Option<Arc<User>>,
    /// Why the mutation failed. Empty on success.
    pub user_errors: Vec<UserError>,
}

/// The result of `registerViewer`.
#[derive(SimpleObject)]
pub struct RegisterViewerPayload {
    /// The new user. Null if the mutation failed.
    pub user: Option<Arc<User>>,
    /// Why the mutation failed. Empty on success.
    pub user_errors: Vec<UserError>,
}

/// The result of `markNotificationsRead`.
#[derive(SimpleObject)]
pub struct MarkNotificationsReadPayload {
    /// The viewer with the updated notifications. Null if the mutation failed.
    pub viewer: Option<ViewerObject>,
    /// The number of the viewer's notifications that are still unread. Null if the mutation failed.
    pub unread_count: Option<i32>,
    /// Why the mutation failed. Empty on success.
    pub user_errors: Vec<UserError>,
}

/// The result of `sendMessage`.
#[derive(SimpleObject)]
pub struct SendMessagePayload {
    /// The sent message. Null if the mutation failed.
    pub message: Option<Arc<Message>>,
    /// The edge of the message in the conversation's list of messages. Null if the mutation failed.
    pub edge: Option<Edge<Arc<Message>>>,
    /// Why the mutation failed. Empty on success.
    pub user_errors: Vec<UserError>,
}

/// The result of `markMessagesRead`.
#[derive(SimpleObject)]
pub struct MarkMessagesReadPayload {
    /// The conversation with its new `unreadCount`. Null if the mutation failed.
    pub group: Option<Arc<MessageGroup>>,
    /// Why the mutation failed. Empty on success.
    pub user_errors: Vec<UserError>,
}

/// The edge of an activity in the lists that are ordered by `createdAt`.
pub fn edge(activity: &Arc<Activity>) -> Edge<Arc<Activity>> {
    connection::edge(activity.cursor(), activity.clone())
}
