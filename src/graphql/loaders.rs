//! Loaders: resolvers ask for single values, and the loaders fetch them in batches, each value
//! once.
//!
//! A loader keeps what it has fetched. It therefore lives no longer than its request, and each
//! mutation clears it.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Debug,
    future::poll_fn,
    hash::Hash,
    marker::PhantomData,
    mem,
    pin::pin,
    sync::Arc,
    task::Poll,
};

use ::dataloader::{BatchFn, cached};
use async_graphql::Context;
use futures_util::future::join_all;
use tokio::task::{coop::unconstrained, yield_now};
use uuid::Uuid;

use super::{
    coop::{CoopBudget, count_fields},
    missing::MissingUsers,
};
use crate::{
    domain::{
        Activity, Message, MessageGroup, Page, Pagination, ReactionKind, User, UserCounts, Viewer,
    },
    error::{Error, Result},
    service::{Service, UserRelation},
};

/// The most keys that one fetch loads.
const MAX_BATCH: usize = 1000;

macro_rules! loaders {
    ($($name:ident: $load:ty,)*) => {
        /// All loaders of a request.
        pub struct Loaders {
            $(pub $name: Loader<$load>,)*
        }

        impl Loaders {
            pub fn new(
                service: &Service,
                viewer: Viewer,
                coop: &Arc<CoopBudget>,
                missing: &Arc<MissingUsers>,
            ) -> Self {
                let (service, missing) = (service.clone(), missing.clone());
                let context = Arc::new(LoaderContext { service, viewer, missing });
                Self { $($name: Loader::new(&context, coop),)* }
            }

            /// Forgets all fetched values, because a mutation may have changed them.
            pub async fn clear(&self) {
                $(self.$name.clear().await;)*
            }
        }
    };
}

loaders! {
    users: Users,
    user_pages: UserPages,
    user_counts: CountsByUser,
    followed: FollowedByViewer,
    activities: Activities,
    activity_pages: ActivityPages,
    reactions: ReactionsByViewer,
    message_groups: MessageGroups,
    message_groups_with: MessageGroupsWith,
    message_pages: MessagePages,
    unread_counts: UnreadCounts,
}

/// What every fetch needs.
pub struct LoaderContext {
    service: Service,
    viewer: Viewer,
    /// Gets the users that are not found.
    missing: Arc<MissingUsers>,
}

/// The key of one value: a uuid, and the group of keys that one fetch can load together with it.
pub trait LoaderKey: Copy + Debug + Eq + Hash + Send + Sync + 'static {
    type Group: Copy + Debug + Eq + Hash + Send + Sync + 'static;

    fn split(self) -> (Self::Group, Uuid);
}

impl LoaderKey for Uuid {
    type Group = ();

    fn split(self) -> ((), Uuid) {
        ((), self)
    }
}

/// Pages of the same size and position are fetched together.
impl LoaderKey for (Pagination, Uuid) {
    type Group = Pagination;

    fn split(self) -> (Pagination, Uuid) {
        self
    }
}

/// The same for pages of one kind of list.
impl<K: Copy + Debug + Eq + Hash + Send + Sync + 'static> LoaderKey for (K, Pagination, Uuid) {
    type Group = (K, Pagination);

    fn split(self) -> ((K, Pagination), Uuid) {
        let (kind, pagination, uuid) = self;
        ((kind, pagination), uuid)
    }
}

type Group<L> = <<L as BatchLoad>::Key as LoaderKey>::Group;

/// Loads the values of many keys at once.
pub trait BatchLoad: Send + Sync + 'static {
    type Key: LoaderKey;
    type Value: Clone + Send + Sync + 'static;

    /// Returns the value of each uuid, in the order of `uuids`.
    fn fetch(
        context: &LoaderContext,
        group: Group<Self>,
        uuids: &[Uuid],
    ) -> impl Future<Output = Result<Vec<Self::Value>>> + Send;
}

type Loaded<L> = Result<<L as BatchLoad>::Value>;

/// Collects the keys that fields ask for at the same time, and fetches their values together.
///
/// Its own steps are not constrained by tokio's budget: a lock that is not granted because the
/// budget is used up would split a batch.
pub struct Loader<L: BatchLoad> {
    loader: cached::Loader<L::Key, Loaded<L>, Batch<L>>,
    coop: Arc<CoopBudget>,
}

impl<L: BatchLoad> Loader<L> {
    fn new(context: &Arc<LoaderContext>, coop: &Arc<CoopBudget>) -> Self {
        let batch = Batch { context: context.clone(), load: PhantomData };
        let loader = cached::Loader::new(batch).with_yield_count(1).with_max_batch_size(MAX_BATCH);
        Self { loader, coop: coop.clone() }
    }

    /// Loads a value for the current field.
    pub async fn load(&self, ctx: &Context<'_>, key: L::Key) -> Loaded<L> {
        loop {
            let loaded = match self.batched(self.loader.try_load(key)).await {
                Batched::Cached(loaded) => loaded,
                Batched::Fetched(loaded) => {
                    // All fields that waited for the fetch continue at the same time.
                    self.coop.spend(1 + count_fields(&ctx.item.node.selection_set.node)).await;
                    loaded
                }
            };
            // A fetch answers all its keys. A value can only be missing if the field that started
            // the fetch was cancelled; then this field starts it again.
            if let Ok(value) = loaded {
                return value;
            }
        }
    }

    /// Stores values that were fetched by other means.
    pub async fn prime(&self, values: Vec<(L::Key, L::Value)>) {
        let values = values.into_iter().map(|(key, value)| (key, Ok(value)));
        unconstrained(self.loader.prime_many(values)).await;
    }

    /// Loads many values: those that are missing with one fetch for each group of keys.
    pub async fn load_many(
        &self,
        keys: impl IntoIterator<Item = L::Key>,
    ) -> HashMap<L::Key, Loaded<L>> {
        let keys: Vec<_> = keys.into_iter().collect();
        if keys.is_empty() {
            return HashMap::new();
        }
        loop {
            let (Batched::Cached(loaded) | Batched::Fetched(loaded)) =
                self.batched(self.loader.try_load_many(keys.clone())).await;
            if let Ok(values) = loaded {
                return values;
            }
        }
    }

    async fn clear(&self) {
        unconstrained(self.loader.clear_all()).await;
    }

    /// Runs a load whose first step adds its keys to the batch. Its next step may start the fetch,
    /// and waits until no field of the request is suspended that may add a key too.
    async fn batched<T>(&self, load: impl Future<Output = T>) -> Batched<T> {
        let mut load = pin!(unconstrained(load));
        if let Poll::Ready(loaded) = poll_fn(|cx| Poll::Ready(load.as_mut().poll(cx))).await {
            return Batched::Cached(loaded);
        }
        // The first step of the load has arranged for this task to be woken.
        let mut has_waited = false;
        poll_fn(
            |_| if mem::replace(&mut has_waited, true) { Poll::Ready(()) } else { Poll::Pending },
        )
        .await;
        while self.coop.is_suspended() {
            yield_now().await;
        }
        Batched::Fetched(load.await)
    }
}

/// The result of a load.
enum Batched<T> {
    /// The loader had the value already.
    Cached(T),
    /// The field waited for a fetch.
    Fetched(T),
}

/// Fetches the batches of one loader.
struct Batch<L> {
    context: Arc<LoaderContext>,
    load: PhantomData<L>,
}

impl<L: BatchLoad> BatchFn<L::Key, Loaded<L>> for Batch<L> {
    async fn load(&mut self, keys: &[L::Key]) -> HashMap<L::Key, Loaded<L>> {
        let mut groups = HashMap::<Group<L>, (Vec<L::Key>, Vec<Uuid>)>::new();
        for key in keys {
            let (group, uuid) = key.split();
            let (keys, uuids) = groups.entry(group).or_default();
            keys.push(*key);
            uuids.push(uuid);
        }
        let fetches = groups.into_iter().map(async |(group, (keys, uuids))| {
            let values = match L::fetch(&self.context, group, &uuids).await {
                Ok(values) if values.len() == keys.len() => values.into_iter().map(Ok).collect(),
                Ok(_) => {
                    tracing::error!(?group, "a fetch did not return one value for each key");
                    vec![Err(Error::Internal); keys.len()]
                }
                Err(error) => vec![Err(error); keys.len()],
            };
            keys.into_iter().zip(values).collect::<Vec<_>>()
        });
        join_all(fetches).await.into_iter().flatten().collect()
    }
}

/// Users by uuid; `None` for unknown ones.
pub struct Users;

impl BatchLoad for Users {
    type Key = Uuid;
    type Value = Option<Arc<User>>;

    async fn fetch(context: &LoaderContext, (): (), uuids: &[Uuid]) -> Result<Vec<Self::Value>> {
        let found = context.service.users_by_uuids(uuids).await?;
        context.missing.add_unless_found(uuids, &found);
        Ok(in_order(uuids, found.into_iter().map(|user| (user.uuid, Arc::new(user)))))
    }
}

/// Pages of the users on the other side of a relation.
pub struct UserPages;

impl BatchLoad for UserPages {
    type Key = (UserRelation, Pagination, Uuid);
    type Value = Arc<Page<Arc<User>>>;

    async fn fetch(
        context: &LoaderContext,
        group: Group<Self>,
        uuids: &[Uuid],
    ) -> Result<Vec<Self::Value>> {
        let (relation, pagination) = group;
        shared(context.service.users_by_relation(relation, uuids, &pagination).await)
    }
}

/// The number of cruds, followers and followed users of each user.
pub struct CountsByUser;

impl BatchLoad for CountsByUser {
    type Key = Uuid;
    type Value = UserCounts;

    async fn fetch(context: &LoaderContext, (): (), uuids: &[Uuid]) -> Result<Vec<UserCounts>> {
        context.service.counts_by_users(uuids).await
    }
}

/// Whether the viewer follows each user.
pub struct FollowedByViewer;

impl BatchLoad for FollowedByViewer {
    type Key = Uuid;
    type Value = bool;

    async fn fetch(context: &LoaderContext, (): (), uuids: &[Uuid]) -> Result<Vec<bool>> {
        let followed = context.service.followed_by_viewer(context.viewer, uuids).await?;
        Ok(uuids.iter().map(|uuid| followed.contains(uuid)).collect())
    }
}

/// Activities by uuid; `None` for unknown and expired ones.
pub struct Activities;

impl BatchLoad for Activities {
    type Key = Uuid;
    type Value = Option<Arc<Activity>>;

    async fn fetch(context: &LoaderContext, (): (), uuids: &[Uuid]) -> Result<Vec<Self::Value>> {
        let found = context.service.activities_by_uuids(uuids).await?;
        Ok(in_order(uuids, found.into_iter().map(|it| (it.uuid, Arc::new(it)))))
    }
}

/// The lists of activities that another object has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActivityList {
    /// The cruds of a user, newest first.
    OfUser,
    /// The direct replies to an activity, oldest first.
    Replies,
}

/// Pages of lists of activities.
pub struct ActivityPages;

impl BatchLoad for ActivityPages {
    type Key = (ActivityList, Pagination, Uuid);
    type Value = Arc<Page<Arc<Activity>>>;

    async fn fetch(
        context: &LoaderContext,
        group: Group<Self>,
        uuids: &[Uuid],
    ) -> Result<Vec<Self::Value>> {
        let (list, pagination) = group;
        shared(match list {
            ActivityList::OfUser => context.service.activities_by_users(uuids, &pagination).await,
            ActivityList::Replies => context.service.replies_by_parents(uuids, &pagination).await,
        })
    }
}

/// The viewer's reactions to each activity.
pub struct ReactionsByViewer;

impl BatchLoad for ReactionsByViewer {
    type Key = Uuid;
    type Value = ViewerReactions;

    async fn fetch(
        context: &LoaderContext,
        (): (),
        uuids: &[Uuid],
    ) -> Result<Vec<ViewerReactions>> {
        let found = context.service.reactions_by_viewer(context.viewer, uuids).await?;
        let reacted = |uuid: &Uuid| ViewerReactions {
            liked: found.contains(&(ReactionKind::Like, *uuid)),
            reposted: found.contains(&(ReactionKind::Repost, *uuid)),
        };
        Ok(uuids.iter().map(reacted).collect())
    }
}

/// The viewer's reactions to one activity.
#[derive(Debug, Clone, Copy)]
pub struct ViewerReactions {
    pub liked: bool,
    pub reposted: bool,
}

/// The viewer's conversations by uuid; `None` for unknown ones and those of other people.
pub struct MessageGroups;

impl BatchLoad for MessageGroups {
    type Key = Uuid;
    type Value = Option<Arc<MessageGroup>>;

    async fn fetch(context: &LoaderContext, (): (), uuids: &[Uuid]) -> Result<Vec<Self::Value>> {
        let found = context.service.message_groups_by_uuids(context.viewer, uuids).await?;
        Ok(in_order(uuids, found.into_iter().map(|it| (it.uuid, Arc::new(it)))))
    }
}

/// The viewer's conversations by the uuid of the other person; `None` if they have none together.
pub struct MessageGroupsWith;

impl BatchLoad for MessageGroupsWith {
    type Key = Uuid;
    type Value = Option<Arc<MessageGroup>>;

    async fn fetch(context: &LoaderContext, (): (), uuids: &[Uuid]) -> Result<Vec<Self::Value>> {
        let found = context.service.message_groups_by_others(context.viewer, uuids).await?;
        Ok(in_order(uuids, found.into_iter().map(|it| (it.other_uuid, Arc::new(it)))))
    }
}

/// Pages of the messages of the viewer's conversations, oldest first.
pub struct MessagePages;

impl BatchLoad for MessagePages {
    type Key = (Pagination, Uuid);
    type Value = Arc<Page<Arc<Message>>>;

    async fn fetch(
        context: &LoaderContext,
        pagination: Pagination,
        uuids: &[Uuid],
    ) -> Result<Vec<Self::Value>> {
        shared(context.service.messages_by_groups(context.viewer, uuids, &pagination).await)
    }
}

/// The number of messages in each conversation that the viewer has not read.
pub struct UnreadCounts;

impl BatchLoad for UnreadCounts {
    type Key = Uuid;
    type Value = i64;

    async fn fetch(context: &LoaderContext, (): (), uuids: &[Uuid]) -> Result<Vec<i64>> {
        context.service.unread_by_groups(context.viewer, uuids).await
    }
}

/// Returns the value found for each uuid, in the order of `uuids`.
fn in_order<T>(uuids: &[Uuid], found: impl Iterator<Item = (Uuid, T)>) -> Vec<Option<T>> {
    let mut found: BTreeMap<_, _> = found.collect();
    uuids.iter().map(|uuid| found.remove(uuid)).collect()
}

fn shared<T>(pages: Result<Vec<Page<T>>>) -> Result<Vec<Arc<Page<Arc<T>>>>> {
    Ok(pages?.into_iter().map(|page| Arc::new(page.map(Arc::new))).collect())
}
