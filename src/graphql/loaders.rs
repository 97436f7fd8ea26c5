//! Loaders: what the resolvers of one request need singly is fetched together, and once.
//!
//! A loader answers from what it has fetched before, so it lives no longer than a request, and a
//! mutation clears it.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Debug,
    hash::Hash,
    marker::PhantomData,
    sync::Arc,
};

use ::dataloader::{BatchFn, cached};
use futures_util::future::join_all;
use uuid::Uuid;

use crate::{
    domain::{
        Activity, Message, MessageGroup, Page, Pagination, ReactionKind, User, UserCounts, Viewer,
    },
    error::{Error, Result},
    service::{Service, UserRelation},
};

/// The most keys that are fetched at once.
const MAX_BATCH: usize = 1000;

/// All loaders of a request.
pub struct Loaders {
    pub users: Loader<Users>,
    pub user_pages: Loader<UserPages>,
    pub counts: Loader<Counts>,
    pub followed: Loader<Followed>,
    pub activities: Loader<Activities>,
    pub activity_pages: Loader<ActivityPages>,
    pub reactions: Loader<Reactions>,
    pub message_groups: Loader<MessageGroups>,
    pub message_groups_with: Loader<MessageGroupsWith>,
    pub message_pages: Loader<MessagePages>,
    pub unread: Loader<Unread>,
}

impl Loaders {
    pub fn new(service: &Service, viewer: Viewer) -> Self {
        let reader = Arc::new(Reader { service: service.clone(), viewer });
        Self {
            users: Loader::new(&reader),
            user_pages: Loader::new(&reader),
            counts: Loader::new(&reader),
            followed: Loader::new(&reader),
            activities: Loader::new(&reader),
            activity_pages: Loader::new(&reader),
            reactions: Loader::new(&reader),
            message_groups: Loader::new(&reader),
            message_groups_with: Loader::new(&reader),
            message_pages: Loader::new(&reader),
            unread: Loader::new(&reader),
        }
    }

    /// Forgets all that was fetched, because it may have changed.
    pub async fn clear(&self) {
        self.users.0.clear_all().await;
        self.user_pages.0.clear_all().await;
        self.counts.0.clear_all().await;
        self.followed.0.clear_all().await;
        self.activities.0.clear_all().await;
        self.activity_pages.0.clear_all().await;
        self.reactions.0.clear_all().await;
        self.message_groups.0.clear_all().await;
        self.message_groups_with.0.clear_all().await;
        self.message_pages.0.clear_all().await;
        self.unread.0.clear_all().await;
    }
}

/// On whose behalf loaders read, and where.
pub struct Reader {
    service: Service,
    viewer: Viewer,
}

/// Something that is fetched for many uuids at once.
pub trait Lookup: Send + Sync + 'static {
    /// What else a fetch depends on. Only uuids with the same are fetched together.
    type Of: Copy + Debug + Eq + Hash + Send + Sync + 'static;
    type Value: Clone + Send + Sync + 'static;

    /// The value of each uuid, in their order.
    fn fetch(
        reader: &Reader,
        of: Self::Of,
        uuids: &[Uuid],
    ) -> impl Future<Output = Result<Vec<Self::Value>>> + Send;
}

type Key<L> = (<L as Lookup>::Of, Uuid);
type Value<L> = Result<<L as Lookup>::Value>;

/// Fetches together what is asked for at the same time.
pub struct Loader<L: Lookup>(cached::Loader<Key<L>, Value<L>, Fetch<L>>);

impl<L: Lookup> Loader<L> {
    fn new(reader: &Arc<Reader>) -> Self {
        let fetch = Fetch { reader: reader.clone(), what: PhantomData };
        Self(cached::Loader::new(fetch).with_yield_count(1).with_max_batch_size(MAX_BATCH))
    }

    pub async fn load(&self, of: L::Of, uuid: Uuid) -> Result<L::Value> {
        loop {
            // Every key is answered, so there is no value only where the fetch was given up
            // together with the field that began it: then it is begun again here.
            if let Ok(value) = self.0.try_load((of, uuid)).await {
                return value;
            }
        }
    }

    /// Keeps what was fetched by other means.
    pub async fn keep(&self, values: Vec<(Key<L>, L::Value)>) {
        self.0.prime_many(values.into_iter().map(|(key, value)| (key, Ok(value)))).await;
    }

    /// Loads many at once: those of them that are not here yet with one fetch for each `Of`.
    pub async fn load_many(
        &self,
        keys: impl IntoIterator<Item = Key<L>>,
    ) -> HashMap<Key<L>, Value<L>> {
        let keys: Vec<_> = keys.into_iter().collect();
        if keys.is_empty() {
            return HashMap::new();
        }
        loop {
            if let Ok(values) = self.0.try_load_many(keys.clone()).await {
                return values;
            }
        }
    }
}

/// The fetching of one loader.
struct Fetch<L> {
    reader: Arc<Reader>,
    what: PhantomData<L>,
}

impl<L: Lookup> BatchFn<Key<L>, Value<L>> for Fetch<L> {
    async fn load(&mut self, keys: &[Key<L>]) -> HashMap<Key<L>, Value<L>> {
        let mut groups = HashMap::<L::Of, Vec<Uuid>>::new();
        for (of, uuid) in keys {
            groups.entry(*of).or_default().push(*uuid);
        }
        let fetches = groups.into_iter().map(async |(of, uuids)| {
            let values = match L::fetch(&self.reader, of, &uuids).await {
                Ok(values) if values.len() == uuids.len() => values.into_iter().map(Ok).collect(),
                Ok(_) => {
                    tracing::error!("a fetch of {of:?} did not answer every key");
                    vec![Err(Error::Internal); uuids.len()]
                }
                Err(error) => vec![Err(error); uuids.len()],
            };
            uuids.into_iter().map(move |uuid| (of, uuid)).zip(values).collect::<Vec<_>>()
        });
        join_all(fetches).await.into_iter().flatten().collect()
    }
}

/// Users by uuid; none where there is no such user.
pub struct Users;

impl Lookup for Users {
    type Of = ();
    type Value = Option<Arc<User>>;

    async fn fetch(reader: &Reader, (): (), uuids: &[Uuid]) -> Result<Vec<Self::Value>> {
        let found = reader.service.users_by_uuids(uuids).await?;
        Ok(in_order(uuids, found.into_iter().map(|user| (user.uuid, Arc::new(user)))))
    }
}

/// Pages of the users on the other side of a relation.
pub struct UserPages;

impl Lookup for UserPages {
    type Of = (UserRelation, Pagination);
    type Value = Arc<Page<Arc<User>>>;

    async fn fetch(reader: &Reader, of: Self::Of, uuids: &[Uuid]) -> Result<Vec<Self::Value>> {
        let (relation, page) = of;
        shared(reader.service.users_by_relation(relation, uuids, &page).await)
    }
}

/// How much hangs on each user.
pub struct Counts;

impl Lookup for Counts {
    type Of = ();
    type Value = UserCounts;

    async fn fetch(reader: &Reader, (): (), uuids: &[Uuid]) -> Result<Vec<UserCounts>> {
        reader.service.counts_by_users(uuids).await
    }
}

/// Whether the viewer follows each user.
pub struct Followed;

impl Lookup for Followed {
    type Of = ();
    type Value = bool;

    async fn fetch(reader: &Reader, (): (), uuids: &[Uuid]) -> Result<Vec<bool>> {
        let followed = reader.service.followed_by_viewer(reader.viewer, uuids).await?;
        Ok(uuids.iter().map(|uuid| followed.contains(uuid)).collect())
    }
}

/// Activities by uuid; none where there is no such activity, or it has expired.
pub struct Activities;

impl Lookup for Activities {
    type Of = ();
    type Value = Option<Arc<Activity>>;

    async fn fetch(reader: &Reader, (): (), uuids: &[Uuid]) -> Result<Vec<Self::Value>> {
        let found = reader.service.activities_by_uuids(uuids).await?;
        Ok(in_order(uuids, found.into_iter().map(|it| (it.uuid, Arc::new(it)))))
    }
}

/// A list of activities that hangs on something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActivityList {
    /// The cruds of a user, newest first.
    OfUser,
    /// The direct replies to an activity, oldest first.
    Replies,
}

/// Pages of lists of activities.
pub struct ActivityPages;

impl Lookup for ActivityPages {
    type Of = (ActivityList, Pagination);
    type Value = Arc<Page<Arc<Activity>>>;

    async fn fetch(reader: &Reader, of: Self::Of, uuids: &[Uuid]) -> Result<Vec<Self::Value>> {
        let (list, page) = of;
        shared(match list {
            ActivityList::OfUser => reader.service.activities_by_users(uuids, &page).await,
            ActivityList::Replies => reader.service.replies_by_parents(uuids, &page).await,
        })
    }
}

/// How the viewer has reacted to each activity.
pub struct Reactions;

impl Lookup for Reactions {
    type Of = ();
    type Value = Reacted;

    async fn fetch(reader: &Reader, (): (), uuids: &[Uuid]) -> Result<Vec<Reacted>> {
        let found = reader.service.reactions_by_viewer(reader.viewer, uuids).await?;
        let reacted = |uuid: &Uuid| Reacted {
            liked: found.contains(&(ReactionKind::Like, *uuid)),
            reposted: found.contains(&(ReactionKind::Repost, *uuid)),
        };
        Ok(uuids.iter().map(reacted).collect())
    }
}

/// How the viewer has reacted to an activity.
#[derive(Debug, Clone, Copy)]
pub struct Reacted {
    pub liked: bool,
    pub reposted: bool,
}

/// The viewer's conversations by uuid; none for one that is not the viewer's.
pub struct MessageGroups;

impl Lookup for MessageGroups {
    type Of = ();
    type Value = Option<Arc<MessageGroup>>;

    async fn fetch(reader: &Reader, (): (), uuids: &[Uuid]) -> Result<Vec<Self::Value>> {
        let found = reader.service.message_groups_by_uuids(reader.viewer, uuids).await?;
        Ok(in_order(uuids, found.into_iter().map(|it| (it.uuid, Arc::new(it)))))
    }
}

/// The viewer's conversations by the uuid of the other person.
pub struct MessageGroupsWith;

impl Lookup for MessageGroupsWith {
    type Of = ();
    type Value = Option<Arc<MessageGroup>>;

    async fn fetch(reader: &Reader, (): (), uuids: &[Uuid]) -> Result<Vec<Self::Value>> {
        let found = reader.service.message_groups_by_others(reader.viewer, uuids).await?;
        Ok(in_order(uuids, found.into_iter().map(|it| (it.other_uuid, Arc::new(it)))))
    }
}

/// Pages of the messages of the viewer's conversations, oldest first.
pub struct MessagePages;

impl Lookup for MessagePages {
    type Of = Pagination;
    type Value = Arc<Page<Arc<Message>>>;

    async fn fetch(reader: &Reader, page: Pagination, uuids: &[Uuid]) -> Result<Vec<Self::Value>> {
        shared(reader.service.messages_by_groups(reader.viewer, uuids, &page).await)
    }
}

/// How many messages the viewer has not read in each conversation.
pub struct Unread;

impl Lookup for Unread {
    type Of = ();
    type Value = i64;

    async fn fetch(reader: &Reader, (): (), uuids: &[Uuid]) -> Result<Vec<i64>> {
        reader.service.unread_by_groups(reader.viewer, uuids).await
    }
}

/// The value that was found for each uuid, in their order.
fn in_order<T>(uuids: &[Uuid], found: impl Iterator<Item = (Uuid, T)>) -> Vec<Option<T>> {
    let mut found: BTreeMap<_, _> = found.collect();
    uuids.iter().map(|uuid| found.remove(uuid)).collect()
}

fn shared<T>(pages: Result<Vec<Page<T>>>) -> Result<Vec<Arc<Page<Arc<T>>>>> {
    Ok(pages?.into_iter().map(|page| Arc::new(page.map(Arc::new))).collect())
}
