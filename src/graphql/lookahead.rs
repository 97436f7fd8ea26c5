//! Look-ahead: everything selected below activities is fetched for all of them at once, level by
//! level, before their fields are resolved. The fields then find it in the loaders.
//!
//! Loaders alone would return the same values. But they would ask for authors once per level, and
//! hundreds of waiting fields cost more than the statements do. Each field that returns activities
//! prefetches for them. The exception is `replies`, whose pages are prefetched together with their
//! parents.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use async_graphql::{Context, InputType, SelectionField};
use uuid::Uuid;

use super::{
    context::{ContextExt, RequestContext},
    loaders::ActivityList,
    missing::Owned,
};
use crate::domain::{Activity, MessageGroup, Page, Pagination};

/// Prefetches what the current field, which returns activities, selects of them.
pub async fn prefetch_selected<'a>(
    ctx: &Context<'_>,
    activities: impl IntoIterator<Item = &'a Arc<Activity>>,
) {
    prefetch(ctx.request(), activities, vec![ctx.field()]).await;
}

/// Prefetches what the current field, which returns a connection of activities, selects of its
/// nodes.
pub async fn prefetch_nodes<'a>(
    ctx: &Context<'_>,
    nodes: impl IntoIterator<Item = &'a Arc<Activity>>,
) {
    prefetch(ctx.request(), nodes, nodes_of(ctx.field())).await;
}

/// Prefetches for a connection of conversations: stores the conversations for their messages, and
/// fetches the selected users, who are the other participants and, as a sender, the viewer.
pub async fn prefetch_message_groups(ctx: &Context<'_>, groups: &Page<Arc<MessageGroup>>) {
    let request = ctx.request();
    let values = groups.nodes().map(|group| (group.uuid, Some(Arc::clone(group))));
    request.loaders.message_groups.prime(values.collect()).await;
    let nodes = nodes_of(ctx.field());
    let fields: Vec<_> = nodes.iter().flat_map(SelectionField::selection_set).collect();
    let selects = |names: &[&str]| fields.iter().any(|field| names.contains(&field.name()));
    let mut users = BTreeSet::new();
    if selects(&["person", "lastMessage", "messages"]) {
        users.extend(groups.nodes().map(|group| group.other_uuid));
    }
    if !users.is_empty() && selects(&["lastMessage", "messages"]) {
        users.extend(request.viewer.user());
    }
    request.loaders.users.load_many(users).await;
}

/// Prefetches the users of objects if the current field, which returns a connection of them, selects
/// their users as `field`.
pub async fn prefetch_owners<'a, T: Owned + 'a>(
    ctx: &Context<'_>,
    objects: impl IntoIterator<Item = &'a Arc<T>>,
    field: &str,
) {
    load_owners(ctx, objects, nodes_of(ctx.field()), field).await;
}

/// Prefetches the users of objects if the current field, which returns such objects, selects their users
/// as `field`.
pub async fn prefetch_selected_owners<'a, T: Owned + 'a>(
    ctx: &Context<'_>,
    objects: impl IntoIterator<Item = &'a Arc<T>>,
    field: &str,
) {
    load_owners(ctx, objects, vec![ctx.field()], field).await;
}

async fn load_owners<'a, T: Owned + 'a>(
    ctx: &Context<'_>,
    objects: impl IntoIterator<Item = &'a Arc<T>>,
    selected: Vec<SelectionField<'_>>,
    field: &str,
) {
    let mut fields = selected.iter().flat_map(SelectionField::selection_set);
    if fields.any(|it| it.name() == field) {
        let owners: BTreeSet<_> = objects.into_iter().map(|object| object.owner()).collect();
        ctx.request().loaders.users.load_many(owners).await;
    }
}

/// Activities on one level of the result, and the fields that select below them.
struct Level<'a> {
    activities: Vec<Arc<Activity>>,
    selected: Vec<SelectionField<'a>>,
}

/// A page of replies that is selected below some parents, and the fields that select it.
struct Replies<'a> {
    pagination: Pagination,
    parents: Vec<Uuid>,
    fields: Vec<SelectionField<'a>>,
}

async fn prefetch<'a>(
    request: &RequestContext,
    activities: impl IntoIterator<Item = &'a Arc<Activity>>,
    selected: Vec<SelectionField<'_>>,
) {
    let activities = activities.into_iter().cloned().collect();
    let mut levels = vec![Level { activities, selected }];
    let mut authors = BTreeSet::new();
    let mut reacted_to = BTreeSet::new();
    while !levels.is_empty() {
        let mut replies = Vec::new();
        for Level { activities, selected } in levels {
            let uuids: Vec<_> = activities.iter().map(|it| it.uuid).collect();
            let fields: Vec<_> = selected.iter().flat_map(SelectionField::selection_set).collect();
            let selects = |name| fields.iter().any(|field| field.name() == name);
            if selects("author") {
                authors.extend(activities.iter().map(|it| it.user_uuid));
            }
            if selects("viewerHasLiked") || selects("viewerHasReposted") {
                reacted_to.extend(&uuids);
            }
            let connections = fields.into_iter().filter(|field| field.name() == "replies");
            replies.extend(by_pagination(connections).into_iter().map(|(pagination, fields)| {
                Replies { pagination, parents: uuids.clone(), fields }
            }));
        }
        levels = fetch_replies(request, replies).await;
    }
    futures_util::join!(
        request.loaders.users.load_many(authors),
        request.loaders.reactions.load_many(reacted_to),
    );
}

/// Fetches pages of replies. Returns one level for each selected page, with the replies to all of
/// its parents.
async fn fetch_replies<'a>(request: &RequestContext, replies: Vec<Replies<'a>>) -> Vec<Level<'a>> {
    let key = |pagination, parent: &Uuid| (ActivityList::Replies, pagination, *parent);
    let keys = replies
        .iter()
        .flat_map(|it| it.parents.iter().map(|parent| key(it.pagination, parent)))
        .collect::<Vec<_>>();
    if keys.is_empty() {
        return Vec::new();
    }
    let pages = request.loaders.activity_pages.load_many(keys).await;
    let level = |Replies { pagination, parents, fields }: Replies<'a>| {
        let pages = parents.iter().filter_map(|parent| pages.get(&key(pagination, parent)));
        let replies = pages.flatten().flat_map(|page| page.nodes());
        Level {
            activities: replies.cloned().collect(),
            selected: fields.into_iter().flat_map(nodes_of).collect(),
        }
    };
    replies.into_iter().map(level).collect()
}

/// Returns the fields of a connection that select its nodes: `nodes`, and `node` of `edges`.
fn nodes_of(connection: SelectionField<'_>) -> Vec<SelectionField<'_>> {
    let mut nodes = Vec::new();
    for field in connection.selection_set() {
        match field.name() {
            "nodes" => nodes.push(field),
            "edges" => nodes.extend(field.selection_set().filter(|field| field.name() == "node")),
            _ => {}
        }
    }
    nodes
}

/// Groups connections by the page that they ask for. Leaves out those with invalid arguments, which
/// fail when they are resolved.
fn by_pagination<'a>(
    connections: impl Iterator<Item = SelectionField<'a>>,
) -> HashMap<Pagination, Vec<SelectionField<'a>>> {
    let mut groups = HashMap::<_, Vec<_>>::new();
    for connection in connections {
        if let Some(pagination) = pagination(&connection) {
            groups.entry(pagination).or_default().push(connection);
        }
    }
    groups
}

fn pagination(connection: &SelectionField<'_>) -> Option<Pagination> {
    let mut arguments: HashMap<_, _> = connection.arguments().ok()?.into_iter().collect();
    let first = Option::<i32>::parse(arguments.remove("first")).ok()?;
    let after = Option::<String>::parse(arguments.remove("after")).ok()?;
    let last = Option::<i32>::parse(arguments.remove("last")).ok()?;
    let before = Option::<String>::parse(arguments.remove("before")).ok()?;
    Pagination::from_relay(first, after.as_deref(), last, before.as_deref()).ok()
}
