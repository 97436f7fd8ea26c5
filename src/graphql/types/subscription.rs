//! The subscription root: events as they happen.

use std::sync::Arc;

use async_graphql::{Context, ID, Subscription};
use futures_util::{Stream, StreamExt};

use super::{
    connection::{Edge, Item, edge},
    id::{self, ObjectKind},
};
use crate::{
    domain::{Activity, Message, Notification},
    error::Result,
    graphql::context::{ContextExt, RequestContext},
    service::Change,
};

pub struct SubscriptionRoot;

/// Events as they happen.
///
/// A subscription with the argument `after` can resume. Pass the last cursor you received to get
/// every missed event exactly once and in order, then new ones. Events are ordered by the time at
/// which they became readable, which can differ from the order of `createdAt`. A malformed cursor
/// fails with BAD_USER_INPUT.
#[Subscription(name = "Subscription")]
impl SubscriptionRoot {
    /// New cruds of all users. Replies are left out.
    async fn activity_created(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The cursor to resume from: of an earlier event, or of an edge of `home`. \
                    Without it, only new cruds are sent."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Edge<Arc<Activity>>> + use<>> {
        Ok(ctx.request().service.activities_created(after.as_deref()).await?.map(event))
    }

    /// The activity after each change of its counts. Changes in quick succession are combined into
    /// one event. Completes when the activity is deleted or expires. Fails with NOT_FOUND if there
    /// is no such activity.
    async fn activity_updated(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The global id of the activity.")] id: ID,
    ) -> Result<impl Stream<Item = Item<Arc<Activity>>> + use<>> {
        let id = id::of_kind(ObjectKind::Activity, &id);
        Ok(ctx.request().service.activity_updates(id).await?.map(Item))
    }

    /// Activities as they are, and then each after every change of its counts. So nothing is missed
    /// between a query and the subscription. Changes in quick succession are combined into one
    /// event. Activities that do not exist are left out. Completes when all of them are deleted or
    /// expired. Fails with BAD_USER_INPUT for more than 100 ids.
    async fn activities_updated(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The global ids of the activities, at most 100.")] ids: Vec<ID>,
    ) -> Result<impl Stream<Item = Item<Arc<Activity>>> + use<>> {
        id::check_number(&ids)?;
        let uuids: Vec<_> =
            ids.iter().filter_map(|id| id::of_kind(ObjectKind::Activity, id)).collect();
        Ok(ctx.request().service.activities_updates(&uuids).await?.map(Item))
    }

    /// New notifications of the viewer. Fails with UNAUTHENTICATED if the viewer is anonymous or
    /// has not registered.
    async fn notification_received(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The cursor to resume from: of an earlier event, or of an edge of the viewer's \
                    `notifications`. Without it, only new notifications are sent."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Edge<Arc<Notification>>> + use<>> {
        let RequestContext { service, viewer, .. } = ctx.request();
        Ok(service.notifications_received(*viewer, after.as_deref()).await?.map(event))
    }

    /// New messages to the viewer, in all conversations. Fails with UNAUTHENTICATED if the viewer
    /// is anonymous or has not registered.
    async fn message_received(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The cursor to resume from: of an earlier event, or of the edge of a message. \
                    Without it, only new messages are sent."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Edge<Arc<Message>>> + use<>> {
        let RequestContext { service, viewer, .. } = ctx.request();
        Ok(service.messages_received(*viewer, after.as_deref()).await?.map(event))
    }
}

fn event<T: Send + Sync>((position, node): Change<T>) -> Edge<Arc<T>>
where
    Arc<T>: async_graphql::OutputType,
{
    edge(position, node)
}
