//! The query root: the entry points of the graph.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, ID, Interface, Object, Union, connection::EmptyFields};
use uuid::Uuid;

use super::{
    activity::activity,
    connection::{Connection, Item, connection, connection_with_snapshot},
    id::{self, GlobalId, ObjectKind},
    viewer::ViewerObject,
};
use crate::{
    domain::{Activity, Message, MessageGroup, MessageKey, Notification, Pagination, User},
    error::Result,
    graphql::{
        context::{ContextExt, RequestContext},
        lookahead,
    },
    service::SearchHit,
};

/// An object with a global id, by which `node` fetches it again.
#[derive(Interface)]
#[graphql(field(
    name = "id",
    ty = "ID",
    desc = "The global id: opaque, and constant for as long as the object exists."
))]
pub enum Node {
    User(Arc<User>),
    Activity(Arc<Activity>),
    Notification(Arc<Notification>),
    MessageGroup(Arc<MessageGroup>),
    Message(Arc<Message>),
}

/// An activity or a user that a search found.
#[derive(Union)]
pub enum SearchResult {
    Activity(Arc<Activity>),
    User(Arc<User>),
}

pub struct Query;

/// The reads. Connections are read forward with `first` and `after`, or backward with `last` and
/// `before`. Arguments that are out of range, and malformed cursors and ids, fail with
/// BAD_USER_INPUT.
#[Object]
impl Query {
    /// The object with this global id. Null if there is none, or the viewer may not see it.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The global id of the object.")] id: ID,
    ) -> Option<Result<Node>> {
        nodes(ctx, &[id]).await.pop()?
    }

    /// The objects with these global ids, in the order of `ids`. An element is null if there is no
    /// such object, or the viewer may not see it.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The global ids, at most 100.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Item<Result<Node>>>>> {
        id::check_number(&ids)?;
        Ok(nodes(ctx, &ids).await.into_iter().map(|node| node.map(Item)).collect())
    }

    /// The signed-in user, with everything that only this user may read. Null if the viewer is
    /// anonymous or has not registered.
    fn viewer(&self, ctx: &Context<'_>) -> Option<ViewerObject> {
        ViewerObject::from_viewer(ctx.request().viewer)
    }

    /// The user with this handle. Null if there is none. Fails with BAD_USER_INPUT if the handle is
    /// empty.
    async fn user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The handle, with or without the `@`. Case-sensitive.")] handle: String,
    ) -> Option<Result<Arc<User>>> {
        let found = ctx.request().service.user_by_handle(&handle).await;
        found.map(|user| user.map(Arc::new)).transpose()
    }

    /// The activity with this global id. Null if there is none, or it has expired.
    async fn activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The global id of the activity.")] id: ID,
    ) -> Option<Result<Arc<Activity>>> {
        match id::decode(&id) {
            Ok(GlobalId::Object(ObjectKind::Activity, uuid)) => activity(ctx, uuid).await,
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        }
    }

    /// The cruds of all users, newest first. Replies and expired cruds are left out. The cursor of
    /// the first edge can be passed to the subscription `activityCreated` to continue from this
    /// page.
    async fn home(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Return the first n items, 1 to 100. Defaults to 20 without `last`.")]
        first: Option<i32>,
        #[graphql(desc = "Return only items after this cursor.")] after: Option<String>,
        #[graphql(desc = "Return the last n items, 1 to 100. Cannot be combined with `first`.")]
        last: Option<i32>,
        #[graphql(desc = "Return only items before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Arc<Activity>>> {
        let pagination = Pagination::from_relay(first, after.as_deref(), last, before.as_deref())?;
        let request = ctx.request();
        let mut cruds = request.service.home(&pagination).await?.map(|cruds| cruds.map(Arc::new));
        lookahead::prefetch_nodes(ctx, cruds.value.nodes()).await;
        request.missing.retain_known(&mut cruds.value);
        Ok(connection_with_snapshot(cruds, EmptyFields))
    }

    /// The activities whose text contains every word of the query, and the users whose handle and
    /// display name together contain every word, newest first. Fails with BAD_USER_INPUT if the
    /// query is empty or longer than 280 characters.
    async fn search(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Words and `#hashtags`, 1 to 280 characters. Case-insensitive. The last \
                          word also matches longer words that start with it."
        )]
        query: String,
        #[graphql(desc = "Return the first n items, 1 to 100. Defaults to 20 without `last`.")]
        first: Option<i32>,
        #[graphql(desc = "Return only items after this cursor.")] after: Option<String>,
        #[graphql(desc = "Return the last n items, 1 to 100. Cannot be combined with `first`.")]
        last: Option<i32>,
        #[graphql(desc = "Return only items before this cursor.")] before: Option<String>,
    ) -> Result<Connection<SearchResult>> {
        let pagination = Pagination::from_relay(first, after.as_deref(), last, before.as_deref())?;
        let request = ctx.request();
        let mut hits = request.service.search(&query, &pagination).await?.map(|hit| match hit {
            SearchHit::Activity(activity) => SearchResult::Activity(Arc::new(activity)),
            SearchHit::User(user) => SearchResult::User(Arc::new(user)),
        });
        let activities = hits.nodes().filter_map(|hit| match hit {
            SearchResult::Activity(activity) => Some(activity),
            SearchResult::User(_) => None,
        });
        lookahead::prefetch_nodes(ctx, activities).await;
        hits.items.retain(|(_, hit)| match hit {
            SearchResult::Activity(activity) => !request.missing.own(&**activity),
            SearchResult::User(_) => true,
        });
        Ok(connection(hits))
    }
}

/// Fetches the objects with these ids together.
async fn nodes(ctx: &Context<'_>, ids: &[ID]) -> Vec<Option<Result<Node>>> {
    let request = ctx.request();
    let ids: Vec<_> = ids.iter().map(|id| id::decode(id)).collect();
    let uuids = |kind| {
        let of_kind = ids.iter().flatten().filter_map(move |id| match id {
            GlobalId::Object(found, uuid) if *found == kind => Some(*uuid),
            _ => None,
        });
        of_kind.collect::<Vec<_>>()
    };
    let keys = ids.iter().flatten().filter_map(|id| match id {
        GlobalId::Message(key) => Some(*key),
        GlobalId::Object(..) => None,
    });
    let keys: Vec<_> = keys.collect();
    let (users, activities, groups, notifications, messages) = futures_util::join!(
        request.loaders.users.load_many(uuids(ObjectKind::User)),
        request.loaders.activities.load_many(uuids(ObjectKind::Activity)),
        request.loaders.message_groups.load_many(uuids(ObjectKind::MessageGroup)),
        notifications(request, uuids(ObjectKind::Notification)),
        messages(request, &keys),
    );
    lookahead::prefetch_selected(ctx, activities.values().flatten().flatten()).await;
    futures_util::join!(
        lookahead::prefetch_selected_owners(ctx, groups.values().flatten().flatten(), "person"),
        lookahead::prefetch_selected_owners(
            ctx,
            notifications.iter().flat_map(HashMap::values),
            "actor"
        ),
        lookahead::prefetch_selected_owners(
            ctx,
            messages.iter().flat_map(HashMap::values),
            "sender"
        ),
    );
    let is_known = |node: &Node| match node {
        Node::User(_) => true,
        Node::Activity(it) => !request.missing.own(&**it),
        Node::Notification(it) => !request.missing.own(&**it),
        Node::MessageGroup(it) => !request.missing.own(&**it),
        Node::Message(it) => !request.missing.own(&**it),
    };
    let node = |id| -> Result<Option<Node>> {
        Ok(match id {
            GlobalId::Object(ObjectKind::User, uuid) => users[&uuid].clone()?.map(Node::User),
            GlobalId::Object(ObjectKind::Activity, uuid) => {
                activities[&uuid].clone()?.map(Node::Activity)
            }
            GlobalId::Object(ObjectKind::MessageGroup, uuid) => {
                groups[&uuid].clone()?.map(Node::MessageGroup)
            }
            GlobalId::Object(ObjectKind::Notification, uuid) => {
                let found = notifications.as_ref().map_err(Clone::clone)?.get(&uuid);
                found.cloned().map(Node::Notification)
            }
            GlobalId::Message(key) => {
                let found = messages.as_ref().map_err(Clone::clone)?.get(&key);
                found.cloned().map(Node::Message)
            }
        })
    };
    let known = |node: Option<Node>| node.filter(&is_known);
    ids.into_iter().map(|id| id.and_then(node).map(known).transpose()).collect()
}

/// Returns those of the notifications that are the viewer's.
async fn notifications(
    request: &RequestContext,
    uuids: Vec<Uuid>,
) -> Result<HashMap<Uuid, Arc<Notification>>> {
    if uuids.is_empty() {
        return Ok(HashMap::new());
    }
    let found = request.service.notifications_by_uuids(request.viewer, &uuids).await?;
    Ok(found.into_iter().map(|it| (it.uuid, Arc::new(it))).collect())
}

/// Returns those of the messages that the viewer may see.
async fn messages(
    request: &RequestContext,
    keys: &[MessageKey],
) -> Result<HashMap<MessageKey, Arc<Message>>> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let found = request.service.messages_by_keys(request.viewer, keys).await?;
    Ok(found.into_iter().map(|it| (it.key(), Arc::new(it))).collect())
}
