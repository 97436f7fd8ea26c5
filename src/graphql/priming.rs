//! Look-ahead: what is selected below activities is fetched for all of them before their fields
//! are resolved, level by level, so that the fields find it in the loaders.
//!
//! Loaders alone would be as right, but they ask for authors once for each level, and hundreds of
//! fields that wait cost more than the statements do. Whoever shows activities primes them, except
//! for `replies`, whose pages are primed together with what they hang on.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use async_graphql::{Context, InputType, SelectionField};
use uuid::Uuid;

use super::{
    loaders::ActivityList,
    scope::{Scope, scope},
};
use crate::domain::{Activity, MessageGroup, Page, Pagination};

/// Primes what is selected of the activities that a field of the context shows, be it one or a list.
pub async fn prime_shown<'a>(
    ctx: &Context<'_>,
    activities: impl IntoIterator<Item = &'a Arc<Activity>>,
) {
    prime(scope(ctx), activities, vec![ctx.field()]).await;
}

/// Primes what is selected of the nodes of a connection that a field of the context shows.
pub async fn prime_connection<'a>(
    ctx: &Context<'_>,
    nodes: impl IntoIterator<Item = &'a Arc<Activity>>,
) {
    prime(scope(ctx), nodes, nodes_of(ctx.field())).await;
}

/// Keeps conversations for their messages, and primes the people who are selected below the nodes of a connection of conversations: the others,
/// and, as senders, the viewer.
pub async fn prime_message_groups(ctx: &Context<'_>, groups: &Page<Arc<MessageGroup>>) {
    let scope = scope(ctx);
    let known = groups.nodes().map(|group| (((), group.uuid), Some(Arc::clone(group))));
    let known: Vec<_> = known.collect();
    scope.loaders.message_groups.keep(known).await;
    let nodes = nodes_of(ctx.field());
    let fields: Vec<_> = nodes.iter().flat_map(SelectionField::selection_set).collect();
    let shows = |names: &[&str]| fields.iter().any(|field| names.contains(&field.name()));
    let mut people = BTreeSet::new();
    if shows(&["person", "lastMessage", "messages"]) {
        people.extend(groups.nodes().map(|group| group.other_uuid));
    }
    if !people.is_empty() && shows(&["lastMessage", "messages"]) {
        people.extend(scope.viewer.user());
    }
    scope.loaders.users.load_many(people.into_iter().map(|uuid| ((), uuid))).await;
}

/// Some activities, and the fields with what is selected of them.
struct Branch<'a> {
    activities: Vec<Arc<Activity>>,
    selected: Vec<SelectionField<'a>>,
}

async fn prime<'a>(
    scope: &Scope,
    activities: impl IntoIterator<Item = &'a Arc<Activity>>,
    selected: Vec<SelectionField<'_>>,
) {
    let activities = activities.into_iter().cloned().collect();
    let mut level = vec![Branch { activities, selected }];
    let mut authors = BTreeSet::new();
    let mut reacted_to = BTreeSet::new();
    while !level.is_empty() {
        let mut lists = Vec::new();
        for Branch { activities, selected } in level {
            let uuids: Vec<_> = activities.iter().map(|it| it.uuid).collect();
            let fields: Vec<_> = selected.iter().flat_map(SelectionField::selection_set).collect();
            let shows = |name| fields.iter().any(|field| field.name() == name);
            if shows("author") {
                authors.extend(activities.iter().map(|it| it.user_uuid));
            }
            if shows("viewerHasLiked") || shows("viewerHasReposted") {
                reacted_to.extend(&uuids);
            }
            let replies = by_page(fields.into_iter().filter(|field| field.name() == "replies"));
            lists.extend(replies.into_iter().map(|(page, fields)| (page, uuids.clone(), fields)));
        }
        level = below(scope, lists).await;
    }
    futures_util::join!(
        scope.loaders.users.load_many(authors.into_iter().map(|uuid| ((), uuid))),
        scope.loaders.reactions.load_many(reacted_to.into_iter().map(|uuid| ((), uuid))),
    );
}

/// Fetches pages of replies; a branch for each page that is selected, with the replies on it to all
/// of its parents.
async fn below<'a>(
    scope: &Scope,
    lists: Vec<(Pagination, Vec<Uuid>, Vec<SelectionField<'a>>)>,
) -> Vec<Branch<'a>> {
    let key = |page: Pagination, parent: Uuid| ((ActivityList::Replies, page), parent);
    let keys = lists
        .iter()
        .flat_map(|(page, parents, _)| parents.iter().map(|parent| key(*page, *parent)));
    let keys: Vec<_> = keys.collect();
    if keys.is_empty() {
        return Vec::new();
    }
    let pages = scope.loaders.activity_pages.load_many(keys).await;
    let branch = |(page, parents, fields): (Pagination, Vec<Uuid>, Vec<SelectionField<'a>>)| {
        let pages = parents.iter().filter_map(|parent| pages.get(&key(page, *parent)));
        let replies = pages.flatten().flat_map(|page| page.nodes());
        Branch {
            activities: replies.cloned().collect(),
            selected: fields.into_iter().flat_map(nodes_of).collect(),
        }
    };
    lists.into_iter().map(branch).collect()
}

/// The fields that show the nodes of a connection: `nodes`, and the `node` of `edges`.
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

/// Connections by the page that they ask for. One with bad arguments is left out: it fails when it
/// is resolved.
fn by_page<'a>(
    connections: impl Iterator<Item = SelectionField<'a>>,
) -> HashMap<Pagination, Vec<SelectionField<'a>>> {
    let mut found = HashMap::<_, Vec<_>>::new();
    for connection in connections {
        if let Some(page) = page(&connection) {
            found.entry(page).or_default().push(connection);
        }
    }
    found
}

fn page(connection: &SelectionField<'_>) -> Option<Pagination> {
    let mut arguments: HashMap<_, _> = connection.arguments().ok()?.into_iter().collect();
    let first = Option::<i32>::parse(arguments.remove("first")).ok()?;
    let after = Option::<String>::parse(arguments.remove("after")).ok()?;
    let last = Option::<i32>::parse(arguments.remove("last")).ok()?;
    let before = Option::<String>::parse(arguments.remove("before")).ok()?;
    Pagination::from_relay(first, after.as_deref(), last, before.as_deref()).ok()
}
