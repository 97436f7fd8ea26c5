//! Everything that can be changed.
//!
//! A mutation takes one `input`. Where the input breaks a rule, the payload says so in `userErrors`
//! and its other fields are null; whatever else goes wrong is an error of the response.

mod input;
mod payload;

use std::sync::Arc;

use async_graphql::{Context, Object};

use self::{input::*, payload::*};
use super::{
    connection::Edge,
    id::{self, Kind},
    scope::{Scope, int, scope},
    viewer::SignedIn,
};
use crate::{
    domain::{Activity, HasCursor, ReactionKind, UnregisteredIdentity},
    error::{Error, Result},
    service::Recipient,
};

pub struct Mutation;

/// Everything that can be changed. Each mutation needs a signed-in user.
#[Object]
impl Mutation {
    /// Makes a user of a viewer who is signed in and is none yet. On a socket, it counts for the next
    /// connection.
    async fn register_viewer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user to be.")] input: RegisterViewerInput,
    ) -> Result<RegisterViewerPayload> {
        let Scope { service, viewer, .. } = scope(ctx);
        let RegisterViewerInput { handle, display_name } = input;
        let newcomer = ctx.data_opt::<UnregisteredIdentity>();
        let registered =
            service.register_viewer(*viewer, newcomer, Some(&handle), Some(&display_name));
        let (user, user_errors) = change(ctx, registered).await?;
        Ok(RegisterViewerPayload { user: user.map(Arc::new), user_errors })
    }

    /// Posts a crud.
    async fn create_activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The crud to post.")] input: CreateActivityInput,
    ) -> Result<CreateActivityPayload> {
        let Scope { service, viewer, .. } = scope(ctx);
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

    /// Replies to an activity.
    async fn create_reply(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The reply to post.")] input: CreateReplyInput,
    ) -> Result<CreateReplyPayload> {
        let Scope { service, viewer, .. } = scope(ctx);
        let CreateReplyInput { activity_id, message, idempotency_key } = input;
        let created = service.create_reply(
            *viewer,
            id::of_kind(Kind::Activity, &activity_id),
            Some(&message),
            idempotency_key.as_deref(),
        );
        let (reply, user_errors) = change(ctx, created).await?;
        let reply = reply.map(Arc::new);
        Ok(CreateReplyPayload { edge: reply.as_ref().map(edge), reply, user_errors })
    }

    /// Deletes an activity of the viewer's own, with all replies below it.
    async fn delete_activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The activity to delete.")] input: DeleteActivityInput,
    ) -> Result<DeleteActivityPayload> {
        let Scope { service, viewer, loaders } = scope(ctx);
        let uuid = id::of_kind(Kind::Activity, &input.activity_id);
        let deleted = match uuid {
            Some(uuid) if ctx.look_ahead().field("parent").exists() => {
                loaders.activities.load((), uuid).await?
            }
            _ => None,
        };
        let (uuid, user_errors) = change(ctx, service.delete_activity(*viewer, uuid)).await?;
        let deleted_id = uuid.map(|uuid| id::encode(Kind::Activity, uuid));
        let deleted = deleted.filter(|_| deleted_id.is_some());
        Ok(DeleteActivityPayload { deleted_id, deleted, user_errors })
    }

    /// Likes an activity. To like it once more changes nothing.
    async fn like_activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The activity to like.")] input: LikeActivityInput,
    ) -> Result<LikeActivityPayload> {
        let (activity, user_errors) = react(ctx, ReactionKind::Like, &input.activity_id).await?;
        Ok(LikeActivityPayload { activity, user_errors })
    }

    /// Takes the like of an activity back. Where there is none, it changes nothing.
    async fn unlike_activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The activity to like no more.")] input: UnlikeActivityInput,
    ) -> Result<UnlikeActivityPayload> {
        let (activity, user_errors) = undo(ctx, ReactionKind::Like, &input.activity_id).await?;
        Ok(UnlikeActivityPayload { activity, user_errors })
    }

    /// Reposts an activity. To repost it once more changes nothing.
    async fn repost_activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The activity to repost.")] input: RepostActivityInput,
    ) -> Result<RepostActivityPayload> {
        let (activity, user_errors) = react(ctx, ReactionKind::Repost, &input.activity_id).await?;
        Ok(RepostActivityPayload { activity, user_errors })
    }

    /// Takes the repost of an activity back. Where there is none, it changes nothing.
    async fn undo_repost(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The activity whose repost to take back.")] input: UndoRepostInput,
    ) -> Result<UndoRepostPayload> {
        let (activity, user_errors) = undo(ctx, ReactionKind::Repost, &input.activity_id).await?;
        Ok(UndoRepostPayload { activity, user_errors })
    }

    /// Follows a user. To follow them once more changes nothing.
    async fn follow_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user to follow.")] input: FollowUserInput,
    ) -> Result<FollowUserPayload> {
        let Scope { service, viewer, .. } = scope(ctx);
        let uuid = id::of_kind(Kind::User, &input.user_id);
        let (user, user_errors) = change(ctx, service.follow(*viewer, uuid)).await?;
        Ok(FollowUserPayload { user: user.map(Arc::new), user_errors })
    }

    /// Stops following a user. Where the viewer does not, it changes nothing.
    async fn unfollow_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user to follow no more.")] input: UnfollowUserInput,
    ) -> Result<UnfollowUserPayload> {
        let Scope { service, viewer, .. } = scope(ctx);
        let uuid = id::of_kind(Kind::User, &input.user_id);
        let (user, user_errors) = change(ctx, service.unfollow(*viewer, uuid)).await?;
        Ok(UnfollowUserPayload { user: user.map(Arc::new), user_errors })
    }

    /// Changes how the viewer presents themselves.
    async fn update_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The profile as it shall be.")] input: UpdateProfileInput,
    ) -> Result<UpdateProfilePayload> {
        let Scope { service, viewer, .. } = scope(ctx);
        let UpdateProfileInput { display_name, bio } = input;
        let updated = service.update_profile(*viewer, Some(&display_name), bio.as_deref());
        let (user, user_errors) = change(ctx, updated).await?;
        Ok(UpdateProfilePayload { user: user.map(Arc::new), user_errors })
    }

    /// Marks a notification of the viewer's and all older ones as read.
    async fn mark_notifications_read(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The notifications to mark.")] input: MarkNotificationsReadInput,
    ) -> Result<MarkNotificationsReadPayload> {
        let Scope { service, viewer, .. } = scope(ctx);
        let up_to = id::of_kind(Kind::Notification, &input.up_to_id);
        let marked = service.mark_notifications_read(*viewer, up_to);
        let (unread, user_errors) = change(ctx, marked).await?;
        Ok(MarkNotificationsReadPayload {
            viewer: unread.and_then(|_| SignedIn::from_viewer(*viewer)),
            unread_count: unread.map(int),
            user_errors,
        })
    }

    /// Sends a direct message. The first one to a person opens the conversation with them.
    async fn send_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The message to send.")] input: SendMessageInput,
    ) -> Result<SendMessagePayload> {
        let Scope { service, viewer, .. } = scope(ctx);
        let SendMessageInput { to_handle, group_id, message, idempotency_key } = input;
        let to = match &group_id {
            Some(id) => Recipient::Group(id::of_kind(Kind::MessageGroup, id)),
            None => Recipient::Handle(to_handle.as_deref()),
        };
        let sent = service.send_message(*viewer, to, Some(&message), idempotency_key.as_deref());
        let (message, user_errors) = change(ctx, sent).await?;
        let message = message.map(Arc::new);
        let edge =
            message.as_ref().map(|message| Edge::new(message.cursor().into(), message.clone()));
        Ok(SendMessagePayload { message, edge, user_errors })
    }

    /// Marks a message and all older ones of its conversation as read by the viewer, and the
    /// notifications that tell of them.
    async fn mark_messages_read(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The messages to mark.")] input: MarkMessagesReadInput,
    ) -> Result<MarkMessagesReadPayload> {
        let Scope { service, viewer, .. } = scope(ctx);
        let up_to = id::of_message(&input.up_to_id);
        let (group, user_errors) = change(ctx, service.mark_messages_read(*viewer, up_to)).await?;
        Ok(MarkMessagesReadPayload { group: group.map(Arc::new), user_errors })
    }
}

/// What a change gave, or the rule that it broke.
type Outcome<T> = (Option<T>, Vec<UserError>);

/// Makes a change. The loaders then forget what they knew before it.
async fn change<T>(
    ctx: &Context<'_>,
    change: impl Future<Output = Result<T>>,
) -> Result<Outcome<T>> {
    let made = change.await;
    scope(ctx).loaders.clear().await;
    match made {
        Ok(value) => Ok((Some(value), Vec::new())),
        Err(Error::User(rule)) => Ok((None, vec![rule.into()])),
        Err(error) => Err(error),
    }
}

async fn react(ctx: &Context<'_>, kind: ReactionKind, id: &str) -> Result<Outcome<Arc<Activity>>> {
    let Scope { service, viewer, .. } = scope(ctx);
    let uuid = id::of_kind(Kind::Activity, id);
    let (activity, user_errors) = change(ctx, service.react(*viewer, kind, uuid)).await?;
    Ok((activity.map(Arc::new), user_errors))
}

async fn undo(ctx: &Context<'_>, kind: ReactionKind, id: &str) -> Result<Outcome<Arc<Activity>>> {
    let Scope { service, viewer, .. } = scope(ctx);
    let uuid = id::of_kind(Kind::Activity, id);
    let (activity, user_errors) = change(ctx, service.undo_reaction(*viewer, kind, uuid)).await?;
    Ok((activity.map(Arc::new), user_errors))
}
