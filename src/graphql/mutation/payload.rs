//! What mutations answer.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, SimpleObject};

use crate::{
    domain::{Activity, HasCursor, Message, MessageGroup, User},
    error::{Result, UserErrorCode},
    graphql::{activity::activity, connection::Edge, viewer::SignedIn},
};

/// Why a mutation was refused, in words for the person who asked for it.
#[derive(SimpleObject)]
pub struct UserError {
    /// The rule that the input broke.
    code: UserErrorCode,
    /// A sentence to show.
    message: String,
    /// The path to the input at fault, such as `["input", "message"]`. Empty where it is none.
    path: Vec<&'static str>,
}

impl From<UserErrorCode> for UserError {
    fn from(rule: UserErrorCode) -> Self {
        let field = match rule {
            UserErrorCode::MessageBlank
            | UserErrorCode::MessageTooLong
            | UserErrorCode::MessageInvalid => Some("message"),
            UserErrorCode::TtlBlank => Some("ttl"),
            UserErrorCode::IdempotencyKeyInvalid | UserErrorCode::IdempotencyKeyReused => {
                Some("idempotencyKey")
            }
            UserErrorCode::ActivityNotFound | UserErrorCode::ActivityNotYours => Some("activityId"),
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
        Self { code: rule, message: rule.to_string(), path }
    }
}

/// What came of `createActivity`.
#[derive(SimpleObject)]
pub struct CreateActivityPayload {
    /// The new crud. Null where it was refused.
    pub activity: Option<Arc<Activity>>,
    /// The new crud in its place in the lists of cruds. Null where it was refused.
    pub edge: Option<Edge<Arc<Activity>>>,
    /// Why it was refused. Empty where it was not.
    pub user_errors: Vec<UserError>,
}

/// What came of `createReply`.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct CreateReplyPayload {
    /// The new reply. Null where it was refused.
    pub reply: Option<Arc<Activity>>,
    /// The new reply in its place in the list of replies. Null where it was refused.
    pub edge: Option<Edge<Arc<Activity>>>,
    /// Why it was refused. Empty where it was not.
    pub user_errors: Vec<UserError>,
}

#[ComplexObject]
impl CreateReplyPayload {
    /// The activity that it replies to, with its new `repliesCount`. Null where it was refused.
    async fn parent(&self, ctx: &Context<'_>) -> Option<Result<Arc<Activity>>> {
        activity(ctx, self.reply.as_ref()?.reply_to_activity_uuid?).await
    }
}

/// What came of `deleteActivity`.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct DeleteActivityPayload {
    /// The global id of what was deleted. Null where that was refused.
    pub deleted_id: Option<ID>,
    /// The activity as it was.
    #[graphql(skip)]
    pub deleted: Option<Arc<Activity>>,
    /// Why it was refused. Empty where it was not.
    pub user_errors: Vec<UserError>,
}

#[ComplexObject]
impl DeleteActivityPayload {
    /// The activity that the deleted one replied to, with its new `repliesCount`. Null for a crud,
    /// and where it was refused.
    async fn parent(&self, ctx: &Context<'_>) -> Option<Result<Arc<Activity>>> {
        activity(ctx, self.deleted.as_ref()?.reply_to_activity_uuid?).await
    }
}

/// What came of `likeActivity`.
#[derive(SimpleObject)]
pub struct LikeActivityPayload {
    /// The activity with its new `likesCount`. Null where it was refused.
    pub activity: Option<Arc<Activity>>,
    /// Why it was refused. Empty where it was not.
    pub user_errors: Vec<UserError>,
}

/// What came of `unlikeActivity`.
#[derive(SimpleObject)]
pub struct UnlikeActivityPayload {
    /// The activity with its new `likesCount`. Null where it was refused.
    pub activity: Option<Arc<Activity>>,
    /// Why it was refused. Empty where it was not.
    pub user_errors: Vec<UserError>,
}

/// What came of `repostActivity`.
#[derive(SimpleObject)]
pub struct RepostActivityPayload {
    /// The activity with its new `repostsCount`. Null where it was refused.
    pub activity: Option<Arc<Activity>>,
    /// Why it was refused. Empty where it was not.
    pub user_errors: Vec<UserError>,
}

/// What came of `undoRepost`.
#[derive(SimpleObject)]
pub struct UndoRepostPayload {
    /// The activity with its new `repostsCount`. Null where it was refused.
    pub activity: Option<Arc<Activity>>,
    /// Why it was refused. Empty where it was not.
    pub user_errors: Vec<UserError>,
}

/// What came of `followUser`.
#[derive(SimpleObject)]
pub struct FollowUserPayload {
    /// The user who is followed now. Null where it was refused.
    pub user: Option<Arc<User>>,
    /// Why it was refused. Empty where it was not.
    pub user_errors: Vec<UserError>,
}

/// What came of `unfollowUser`.
#[derive(SimpleObject)]
pub struct UnfollowUserPayload {
    /// The user who is followed no more. Null where it was refused.
    pub user: Option<Arc<User>>,
    /// Why it was refused. Empty where it was not.
    pub user_errors: Vec<UserError>,
}

/// What came of `updateProfile`.
#[derive(SimpleObject)]
pub struct UpdateProfilePayload {
    /// The viewer's user as it is now. Null where it was refused.
    pub user: Option<Arc<User>>,
    /// Why it was refused. Empty where it was not.
    pub user_errors: Vec<UserError>,
}

/// What came of `registerViewer`.
#[derive(SimpleObject)]
pub struct RegisterViewerPayload {
    /// The user whom the viewer is from now on. Null where it was refused.
    pub user: Option<Arc<User>>,
    /// Why it was refused. Empty where it was not.
    pub user_errors: Vec<UserError>,
}

/// What came of `markNotificationsRead`.
#[derive(SimpleObject)]
pub struct MarkNotificationsReadPayload {
    /// The viewer, with their notifications as they are now. Null where it was refused.
    pub viewer: Option<SignedIn>,
    /// How many of the viewer's notifications are unread now. Null where it was refused.
    pub unread_count: Option<i32>,
    /// Why it was refused. Empty where it was not.
    pub user_errors: Vec<UserError>,
}

/// What came of `sendMessage`.
#[derive(SimpleObject)]
pub struct SendMessagePayload {
    /// The message. Null where it was refused.
    pub message: Option<Arc<Message>>,
    /// The message in its place in the conversation. Null where it was refused.
    pub edge: Option<Edge<Arc<Message>>>,
    /// Why it was refused. Empty where it was not.
    pub user_errors: Vec<UserError>,
}

/// What came of `markMessagesRead`.
#[derive(SimpleObject)]
pub struct MarkMessagesReadPayload {
    /// The conversation with its new `unreadCount`. Null where it was refused.
    pub group: Option<Arc<MessageGroup>>,
    /// Why it was refused. Empty where it was not.
    pub user_errors: Vec<UserError>,
}

/// The edge of an activity in the lists that are ordered by time of posting.
pub fn edge(activity: &Arc<Activity>) -> Edge<Arc<Activity>> {
    Edge::new(activity.cursor().into(), activity.clone())
}
