//! The ways into the graph.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, ID, Interface, Object, Union, connection::EmptyFields};
use uuid::Uuid;

use super::{
    activity::activity,
    connection::{Connection, connection, connection_with_snapshot},
    id::{self, Kind, Named},
    priming,
    scope::{Scope, scope},
    viewer::SignedIn,
};
use crate::{
    domain::{Activity, Message, MessageGroup, MessageKey, Notification, Pagination, User},
    error::{Error, Result},
    service::SearchHit,
};

/// The most ids that `nodes` takes.
const MAX_NODES: usize = 100;

/// Anything that has a global id by which it can be fetched again.
#[derive(Interface)]
#[graphql(field(
    name = "id",
    ty = "ID",
    desc = "The global id: opaque, and the same for as long as the thing exists."
))]
pub enum Node {
    User(Arc<User>),
    Activity(Arc<Activity>),
    Notification(Arc<Notification>),
    MessageGroup(Arc<MessageGroup>),
    Message(Arc<Message>),
}

/// What a search can find.
#[derive(Union)]
pub enum SearchResult {
    Activity(Arc<Activity>),
    User(Arc<User>),
}

pub struct Query;

/// Everything that can be read.
#[Object]
impl Query {
    /// Whatever has this global id. Null where there is nothing, or nothing for the viewer to see.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The global id.")] id: ID,
    ) -> Option<Result<Node>> {
        nodes(ctx, &[id]).await.pop()?
    }

    /// Whatever has these global ids, in their order. Null where there is nothing, or nothing for
    /// the viewer to see.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The global ids, at most 100.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Result<Node>>>> {
        if ids.len() > MAX_NODES {
            return Err(Error::BadInput(format!("`ids` must be at most {MAX_NODES}.")));
        }
        Ok(nodes(ctx, &ids).await)
    }

    /// The signed-in user, with everything that only they may read. Null when nobody is signed in.
    fn viewer(&self, ctx: &Context<'_>) -> Option<SignedIn> {
        SignedIn::from_viewer(scope(ctx).viewer)
    }

    /// The user with this handle. Null where there is none.
    async fn user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The handle, with or without its `@`. Case matters.")] handle: String,
    ) -> Option<Result<Arc<User>>> {
        let found = scope(ctx).service.user_by_handle(&handle).await;
        found.map(|user| user.map(Arc::new)).transpose()
    }

    /// The activity with this global id. Null where there is none, or it has expired.
    async fn activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The global id of the activity.")] id: ID,
    ) -> Option<Result<Arc<Activity>>> {
        match id::decode(&id) {
            Ok(Named::By(Kind::Activity, uuid)) => activity(ctx, uuid).await,
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        }
    }

    /// The cruds of everybody, newest first. Replies are left out, and so is what has expired.
    async fn home(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many to return from the beginning, 1 to 100. 20 without `last`.")]
        first: Option<i32>,
        #[graphql(desc = "Return only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many to return from the end, 1 to 100. Excludes `first`.")]
        last: Option<i32>,
        #[graphql(desc = "Return only what comes before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Arc<Activity>>> {
        let page = Pagination::from_relay(first, after.as_deref(), last, before.as_deref())?;
        let cruds = scope(ctx).service.home(&page).await?.map(|cruds| cruds.map(Arc::new));
        priming::prime_connection(ctx, cruds.value.nodes()).await;
        Ok(connection_with_snapshot(cruds, EmptyFields))
    }

    /// The activities whose text, and the users whose handle and name, have every word of a query,
    /// newest first.
    async fn search(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Words and `#hashtags`, 1 to 280 characters. Case does not matter, and \
                          the last word may be the beginning of one.")]
        query: String,
        #[graphql(desc = "How many to return from the beginning, 1 to 100. 20 without `last`.")]
        first: Option<i32>,
        #[graphql(desc = "Return only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many to return from the end, 1 to 100. Excludes `first`.")]
        last: Option<i32>,
        #[graphql(desc = "Return only what comes before this cursor.")] before: Option<String>,
    ) -> Result<Connection<SearchResult>> {
        let page = Pagination::from_relay(first, after.as_deref(), last, before.as_deref())?;
        let hits = scope(ctx).service.search(&query, &page).await?.map(|hit| match hit {
            SearchHit::Activity(activity) => SearchResult::Activity(Arc::new(activity)),
            SearchHit::User(user) => SearchResult::User(Arc::new(user)),
        });
        let activities = hits.nodes().filter_map(|hit| match hit {
            SearchResult::Activity(activity) => Some(activity),
            SearchResult::User(_) => None,
        });
        priming::prime_connection(ctx, activities).await;
        Ok(connection(hits))
    }
}

/// What each of the ids names, all fetched together.
async fn nodes(ctx: &Context<'_>, ids: &[ID]) -> Vec<Option<Result<Node>>> {
    let scope = scope(ctx);
    let ids: Vec<_> = ids.iter().map(|id| id::decode(id)).collect();
    let of = |kind| {
        let known = ids.iter().flatten().filter_map(move |named| match named {
            Named::By(found, uuid) if *found == kind => Some(*uuid),
            _ => None,
        });
        known.collect::<Vec<_>>()
    };
    let keys = ids.iter().flatten().filter_map(|named| match named {
        Named::Message(key) => Some(*key),
        Named::By(..) => None,
    });
    let keys: Vec<_> = keys.collect();
    let (users, activities) = (of(Kind::User), of(Kind::Activity));
    let groups = of(Kind::MessageGroup);
    let (users, activities, groups, notifications, messages) = futures_util::join!(
        scope.loaders.users.load_many(users.into_iter().map(|uuid| ((), uuid))),
        scope.loaders.activities.load_many(activities.into_iter().map(|uuid| ((), uuid))),
        scope.loaders.message_groups.load_many(groups.into_iter().map(|uuid| ((), uuid))),
        notifications(scope, of(Kind::Notification)),
        messages(scope, &keys),
    );
    priming::prime_shown(ctx, activities.values().flatten().flatten()).await;
    let node = |named| -> Result<Option<Node>> {
        Ok(match named {
            Named::By(Kind::User, uuid) => users[&((), uuid)].clone()?.map(Node::User),
            Named::By(Kind::Activity, uuid) => activities[&((), uuid)].clone()?.map(Node::Activity),
            Named::By(Kind::MessageGroup, uuid) => {
                groups[&((), uuid)].clone()?.map(Node::MessageGroup)
            }
            Named::By(Kind::Notification, uuid) => {
                let found = notifications.as_ref().map_err(Clone::clone)?.get(&uuid);
                found.cloned().map(Node::Notification)
            }
            Named::Message(key) => {
                let found = messages.as_ref().map_err(Clone::clone)?.get(&key);
                found.cloned().map(Node::Message)
            }
        })
    };
    ids.into_iter().map(|id| id.and_then(node).transpose()).collect()
}

/// The viewer's notifications among these.
async fn notifications(
    scope: &Scope,
    uuids: Vec<Uuid>,
) -> Result<HashMap<Uuid, Arc<Notification>>> {
    if uuids.is_empty() {
        return Ok(HashMap::new());
    }
    let found = scope.service.notifications_by_uuids(scope.viewer, &uuids).await?;
    Ok(found.into_iter().map(|it| (it.uuid, Arc::new(it))).collect())
}

/// Those of the messages that the viewer may see.
async fn messages(scope: &Scope, keys: &[MessageKey]) -> Result<HashMap<MessageKey, Arc<Message>>> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let found = scope.service.messages_by_keys(scope.viewer, keys).await?;
    Ok(found.into_iter().map(|it| (it.key(), Arc::new(it))).collect())
}
