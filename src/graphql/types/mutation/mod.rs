//! The mutation root.
//!
//! Each mutation takes one `input`. If the input breaks a rule, the payload lists it in
//! `userErrors` and its other fields are null. Every other failure is an error of the response.

mod input;
mod payload;

use std::sync::Arc;

use async_graphql::{Context, Object};

use self::{input::*, payload::*};
use super::{
    connection,
    id::{self, ObjectKind},
    viewer::ViewerObject,
};
use crate::{
    domain::{Activity, HasCursor, ReactionKind, UnregisteredIdentity},
    error::{Error, Result},
    graphql::context::{ContextExt, RequestContext, int},
    service::Recipient,
};

pub struct Mutation;

/// The writes. Each mutation fails with UNAUTHENTICATED if the viewer is anonymous. If the input
/// breaks a rule, the payload lists it in `userErrors` and its other fields are null.
#[Object]
impl Mutation {
    /// Registers the signed-in viewer as a Cruddur user. An open WebSocket keeps its old identity
    /// until it reconnects.
    async fn register_viewer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user to create.")] input: RegisterViewerInput,
    ) -> Result<RegisterViewerPayload> {
        let RequestContext { service, viewer, .. } = ctx.request();
        let RegisterViewerInput { handle, display_name } = input;
        let identity = ctx.data_opt::<UnregisteredIdentity>();
        let registered =
            service.register_viewer(*viewer, identity, Some(&handle), Some(&display_name));
        let (user, user_errors) = change(ctx, registered).await?;
        Ok(RegisterViewerPayload { user: user.map(Arc::new), user_errors })
    }

    /// Posts a crud and notifies the users that it mentions.
    async fn create_activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The crud to post.")] input: CreateActivityInput,
    ) -> Result<CreateActivityPayload> {
        let RequestContext { service, viewer, .. } = ctx.request();
        let CreateActivityInput { message, ttl, idempotency_key } = input;
        let created = service.create_activity(
            *viewer,
            Some(&message),
            Some(ttl.word()),
            idempotency_key.as_deref(),
        );
        let (activity, user_errors) = change(ctx, created).await?;
        let activity = activity.map(Arc::new);
        Ok(CreateActivityPayload { edge: activity.as_ref().map(edge), activity, user_errors })
    }

    /// Replies to an activity, and notifies its author and the users that the reply mentions. A reply
    /// can be at most 100 levels below the crud that began its thread.
    async fn create_reply(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The reply to post.")] input: CreateReplyInput,
    ) -> Result<CreateReplyPayload> {
        let RequestContext { service, viewer, .. } = ctx.request();
        let CreateReplyInput { activity_id, message, idempotency_key } = input;
        let created = service.create_reply(
            *viewer,
            id::of_kind(ObjectKind::Activity, &activity_id),
            Some(&message),
            idempotency_key.as_deref(),
        );
        let (reply, user_errors) = change(ctx, created).await?;
        let reply = reply.map(Arc::new);
        Ok(CreateReplyPayload { edge: reply.as_ref().map(edge), reply, user_errors })
    }

    /// Deletes one of the viewer's activities and all replies below it.
    async fn delete_activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The activity to delete.")] input: DeleteActivityInput,
    ) -> Result<DeleteActivityPayload> {
        let RequestContext { service, viewer, loaders, .. } = ctx.request();
        let uuid = id::of_kind(ObjectKind::Activity, &input.activity_id);
        let deleted = match uuid {
            Some(uuid) if ctx.look_ahead().field("parent").exists() => {
                loaders.activities.load(ctx, uuid).await?
            }
            _ => None,
        };
        let (uuid, user_errors) = change(ctx, service.delete_activity(*viewer, uuid)).await?;
        let deleted_id = uuid.map(|uuid| id::encode(ObjectKind::Activity, uuid));
        let deleted = deleted.filter(|_| deleted_id.is_some());
        Ok(DeleteActivityPayload { deleted_id, deleted, user_errors })
    }

    /// Likes an activity. Does nothing if the viewer likes it already.
    async fn like_activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The activity to like.")] input: LikeActivityInput,
    ) -> Result<LikeActivityPayload> {
        let (activity, user_errors) = react(ctx, ReactionKind::Like, &input.activity_id).await?;
        Ok(LikeActivityPayload { activity, user_errors })
    }

    /// Removes the viewer's like. Does nothing if there is none.
    async fn unlike_activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The activity to unlike.")] input: UnlikeActivityInput,
    ) -> Result<UnlikeActivityPayload> {
        let (activity, user_errors) =
            undo_reaction(ctx, ReactionKind::Like, &input.activity_id).await?;
        Ok(UnlikeActivityPayload { activity, user_errors })
    }

    /// Reposts an activity. Does nothing if the viewer has reposted it already.
    async fn repost_activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The activity to repost.")] input: RepostActivityInput,
    ) -> Result<RepostActivityPayload> {
        let (activity, user_errors) = react(ctx, ReactionKind::Repost, &input.activity_id).await?;
        Ok(RepostActivityPayload { activity, user_errors })
    }

    /// Removes the viewer's repost. Does nothing if there is none.
    async fn undo_repost(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The activity whose repost to remove.")] input: UndoRepostInput,
    ) -> Result<UndoRepostPayload> {
        let (activity, user_errors) =
            undo_reaction(ctx, ReactionKind::Repost, &input.activity_id).await?;
        Ok(UndoRepostPayload { activity, user_errors })
    }

    /// Follows a user. Does nothing if the viewer follows them already.
    async fn follow_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user to follow.")] input: FollowUserInput,
    ) -> Result<FollowUserPayload> {
        let RequestContext { service, viewer, .. } = ctx.request();
        let uuid = id::of_kind(ObjectKind::User, &input.user_id);
        let (user, user_errors) = change(ctx, service.follow(*viewer, uuid)).await?;
        Ok(FollowUserPayload { user: user.map(Arc::new), user_errors })
    }

    /// Unfollows a user. Does nothing if the viewer does not follow them.
    async fn unfollow_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user to unfollow.")] input: UnfollowUserInput,
    ) -> Result<UnfollowUserPayload> {
        let RequestContext { service, viewer, .. } = ctx.request();
        let uuid = id::of_kind(ObjectKind::User, &input.user_id);
        let (user, user_errors) = change(ctx, service.unfollow(*viewer, uuid)).await?;
        Ok(UnfollowUserPayload { user: user.map(Arc::new), user_errors })
    }

    /// Replaces the viewer's display name and bio.
    async fn update_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new profile.")] input: UpdateProfileInput,
    ) -> Result<UpdateProfilePayload> {
        let RequestContext { service, viewer, .. } = ctx.request();
        let UpdateProfileInput { display_name, bio } = input;
        let updated = service.update_profile(*viewer, Some(&display_name), bio.as_deref());
        let (user, user_errors) = change(ctx, updated).await?;
        Ok(UpdateProfilePayload { user: user.map(Arc::new), user_errors })
    }

    /// Marks one of the viewer's notifications and all older ones as read.
    async fn mark_notifications_read(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The notifications to mark.")] input: MarkNotificationsReadInput,
    ) -> Result<MarkNotificationsReadPayload> {
        let RequestContext { service, viewer, .. } = ctx.request();
        let up_to = id::of_kind(ObjectKind::Notification, &input.up_to_id);
        let marked = service.mark_notifications_read(*viewer, up_to);
        let (unread, user_errors) = change(ctx, marked).await?;
        Ok(MarkNotificationsReadPayload {
            viewer: unread.and_then(|_| ViewerObject::from_viewer(*viewer)),
            unread_count: unread.map(int),
            user_errors,
        })
    }

    /// Sends a direct message to another user. The first message between two users starts their
    /// conversation.
    async fn send_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The message to send.")] input: SendMessageInput,
    ) -> Result<SendMessagePayload> {
        let RequestContext { service, viewer, .. } = ctx.request();
        let SendMessageInput { to_handle, group_id, message, idempotency_key } = input;
        let to = match &group_id {
            Some(id) => Recipient::Group(id::of_kind(ObjectKind::MessageGroup, id)),
            None => Recipient::Handle(to_handle.as_deref()),
        };
        let sent = service.send_message(*viewer, to, Some(&message), idempotency_key.as_deref());
        let (message, user_errors) = change(ctx, sent).await?;
        let message = message.map(Arc::new);
        let edge =
            message.as_ref().map(|message| connection::edge(message.cursor(), message.clone()));
        Ok(SendMessagePayload { message, edge, user_errors })
    }

    /// Marks a message and all older ones of its conversation as read, together with their
    /// notifications.
    async fn mark_messages_read(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The messages to mark.")] input: MarkMessagesReadInput,
    ) -> Result<MarkMessagesReadPayload> {
        let RequestContext { service, viewer, .. } = ctx.request();
        let up_to = id::of_message(&input.up_to_id);
        let (group, user_errors) = change(ctx, service.mark_messages_read(*viewer, up_to)).await?;
        Ok(MarkMessagesReadPayload { group: group.map(Arc::new), user_errors })
    }
}

/// The result of a change, or the rule that its input broke.
type Changed<T> = (Option<T>, Vec<UserError>);

/// Makes a change and clears the loaders, whose values may be out of date after it.
async fn change<T>(
    ctx: &Context<'_>,
    change: impl Future<Output = Result<T>>,
) -> Result<Changed<T>> {
    let changed = change.await;
    ctx.request().loaders.clear().await;
    match changed {
        Ok(value) => Ok((Some(value), Vec::new())),
        Err(Error::User(code)) => Ok((None, vec![code.into()])),
        Err(error) => Err(error),
    }
}

async fn react(ctx: &Context<'_>, kind: ReactionKind, id: &str) -> Result<Changed<Arc<Activity>>> {
    let RequestContext { service, viewer, .. } = ctx.request();
    let uuid = id::of_kind(ObjectKind::Activity, id);
    let (activity, user_errors) = change(ctx, service.react(*viewer, kind, uuid)).await?;
    Ok((activity.map(Arc::new), user_errors))
}

async fn undo_reaction(
    ctx: &Context<'_>,
    kind: ReactionKind,
    id: &str,
) -> Result<Changed<Arc<Activity>>> {
    let RequestContext { service, viewer, .. } = ctx.request();
    let uuid = id::of_kind(ObjectKind::Activity, id);
    let (activity, user_errors) = change(ctx, service.undo_reaction(*viewer, kind, uuid)).await?;
    Ok((activity.map(Arc::new), user_errors))
}
