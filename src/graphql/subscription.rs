//! The subscriptions: what happens, as it happens.

use std::sync::Arc;

use async_graphql::{
    Context, Data, ID, Response, Subscription,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute},
};
use async_trait::async_trait;
use futures_util::{Stream, StreamExt};

use super::{
    connection::Edge,
    id::{self, Kind},
    scope::{Scope, scope},
};
use crate::{
    domain::{Activity, Message, Notification},
    error::Result,
    service::Change,
};

pub struct Live;

/// What happens, as it happens.
///
/// Those with `after` resume: with the cursor of what the client has seen last, they first give what
/// came since, in order, without a gap and each once, and then what comes. The order is that in which
/// things became readable.
#[Subscription(name = "Subscription")]
impl Live {
    /// New cruds of everybody.
    async fn activity_created(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The cursor of what was seen last, of an earlier event or of an edge of `home`. \
                    Without it only new cruds come."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Edge<Arc<Activity>>> + use<>> {
        Ok(scope(ctx).service.activities_created(after.as_deref()).await?.map(edge))
    }

    /// The activity after each change of its counts; changes that come together are told once. Ends
    /// when the activity is deleted or expires.
    async fn activity_updated(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The activity's global id.")] id: ID,
    ) -> Result<impl Stream<Item = Arc<Activity>> + use<>> {
        scope(ctx).service.activity_updates(id::of_kind(Kind::Activity, &id)).await
    }

    /// New notifications of the viewer's. Fails with UNAUTHENTICATED for nobody.
    async fn notification_received(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The cursor of what was seen last, of an earlier event or of an edge of the \
                    viewer's `notifications`. Without it only new ones come."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Edge<Arc<Notification>>> + use<>> {
        let Scope { service, viewer, .. } = scope(ctx);
        Ok(service.notifications_received(*viewer, after.as_deref()).await?.map(edge))
    }

    /// New messages to the viewer, of all their conversations. Fails with UNAUTHENTICATED for
    /// nobody.
    async fn message_received(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The cursor of what was seen last, of an earlier event or of a message's edge. \
                    Without it only new messages come."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Edge<Arc<Message>>> + use<>> {
        let Scope { service, viewer, .. } = scope(ctx);
        Ok(service.messages_received(*viewer, after.as_deref()).await?.map(edge))
    }
}

fn edge<T: Send + Sync>((place, node): Change<T>) -> Edge<Arc<T>>
where
    Arc<T>: async_graphql::OutputType,
{
    Edge::new(place.into(), node)
}

/// Gives each event of a subscription a scope of its own, so that it sees the store as it is then.
pub struct FreshScope;

impl ExtensionFactory for FreshScope {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait]
impl Extension for FreshScope {
    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let Scope { service, viewer, .. } = ctx.data_unchecked();
        let mut data = Data::default();
        data.insert(Scope::new(service, *viewer));
        next.run_with_data(ctx, operation_name, data).await
    }
}
