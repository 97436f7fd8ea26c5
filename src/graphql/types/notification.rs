//! The fields of a notification that need more than its row.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, Object};

use super::{
    activity::activity,
    connection::Connection,
    id::{self, ObjectKind},
};
use crate::{
    domain::{Activity, MessageGroup, Notification, NotificationKind, User},
    error::Result,
    graphql::context::{ContextExt, int},
};

#[ComplexObject]
impl Notification {
    /// The global id. Only the recipient can fetch it through `node`.
    pub(super) async fn id(&self) -> ID {
        id::encode(ObjectKind::Notification, self.uuid)
    }

    /// The user who caused the notification.
    async fn actor(&self, ctx: &Context<'_>) -> Result<Arc<User>> {
        ctx.request().user(ctx, self.actor_uuid).await
    }

    /// The activity that the notification is about: the new reply, the activity that was liked or
    /// reposted, or the one that mentions the viewer. Null for a new follower or message, and once
    /// the activity is deleted or expired.
    async fn activity(&self, ctx: &Context<'_>) -> Option<Result<Arc<Activity>>> {
        activity(ctx, self.activity_uuid?).await
    }

    /// The conversation with the new message. Null for every kind other than `MESSAGE`.
    async fn message_group(&self, ctx: &Context<'_>) -> Option<Result<Arc<MessageGroup>>> {
        if self.kind != NotificationKind::Message {
            return None;
        }
        ctx.request().loaders.message_groups_with.load(ctx, self.actor_uuid).await.transpose()
    }
}

/// A page of notifications.
pub type NotificationConnection = Connection<Arc<Notification>, NotificationConnectionFields>;

/// The fields that a connection of notifications has in addition to those of other connections.
pub struct NotificationConnectionFields;

#[Object]
impl NotificationConnectionFields {
    /// The number of all the viewer's unread notifications, not only those on this page.
    async fn unread_count(&self, ctx: &Context<'_>) -> Result<i32> {
        let request = ctx.request();
        Ok(int(request.service.unread_notifications(request.viewer).await?))
    }
}
