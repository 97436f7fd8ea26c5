//! What hangs on a notification.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, Object};

use super::{
    activity::activity,
    id::{self, Kind},
    scope::{int, scope},
};
use crate::{
    domain::{Activity, MessageGroup, Notification, NotificationKind, User},
    error::Result,
};

#[ComplexObject]
impl Notification {
    /// The global id, which `node` looks up for the user who is told, and for nobody else.
    pub(super) async fn id(&self) -> ID {
        id::encode(Kind::Notification, self.uuid)
    }

    /// The user who did it.
    async fn actor(&self, ctx: &Context<'_>) -> Result<Arc<User>> {
        scope(ctx).user(self.actor_uuid).await
    }

    /// The activity that it is about: the reply, or what was liked, reposted or mentions the
    /// viewer. Null for a new follower, for a message, and once the activity is gone.
    async fn activity(&self, ctx: &Context<'_>) -> Option<Result<Arc<Activity>>> {
        activity(ctx, self.activity_uuid?).await
    }

    /// The conversation that has a new message. Null for everything else.
    async fn message_group(&self, ctx: &Context<'_>) -> Option<Result<Arc<MessageGroup>>> {
        if self.kind != NotificationKind::Message {
            return None;
        }
        scope(ctx).loaders.message_groups_with.load((), self.actor_uuid).await.transpose()
    }
}

/// What a page of notifications tells beside the page.
pub struct Unread;

#[Object]
impl Unread {
    /// How many of all the viewer's notifications are unread, on this page or not.
    async fn unread_count(&self, ctx: &Context<'_>) -> Result<i32> {
        let scope = scope(ctx);
        Ok(int(scope.service.unread_notifications(scope.viewer).await?))
    }
}
