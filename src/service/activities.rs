use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{Service, checked_message, only};
use crate::{
    domain::{
        Activity, Notification, NotificationKind, Page, Pagination, Reaction, ReactionKind,
        Timestamp, Ttl, User, Viewer, WithSnapshot,
        text::{Search, mentions},
    },
    error::{Result, UserErrorCode},
    events::Event,
    sources::{Inserted, NewActivity},
};

const MAX_CRUD: usize = 280;
const MAX_REPLY: usize = 1024;
const MAX_SEARCH_TERM: usize = 280;
/// How many pages of notifications are gone through for those of activities.
const MAX_NOTIFICATION_PAGES: usize = 10;

/// Something that a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchHit {
    Activity(Activity),
    User(User),
}

impl Service {
    /// Cruds of everybody, newest first.
    pub async fn home(&self, page: &Pagination) -> Result<WithSnapshot<Page<Activity>>> {
        self.sources.store.home(page, self.clock.now()).await
    }

    /// Cruds of those whom the viewer follows, newest first.
    pub async fn following_feed(
        &self,
        viewer: Viewer,
        page: &Pagination,
    ) -> Result<Page<Activity>> {
        let user = viewer.require_user()?;
        self.sources.store.activities_followed_by(user, page, self.clock.now()).await
    }

    pub async fn activities_by_uuids(&self, uuids: &[Uuid]) -> Result<Vec<Activity>> {
        self.sources.store.activities_by_uuids(uuids, self.clock.now()).await
    }

    pub async fn activity_by_uuid(&self, uuid: Uuid) -> Result<Option<Activity>> {
        Ok(only(self.activities_by_uuids(&[uuid]).await?))
    }

    /// Each user's cruds, newest first, a page for each of `users`.
    pub async fn activities_by_users(
        &self,
        users: &[Uuid],
        page: &Pagination,
    ) -> Result<Vec<Page<Activity>>> {
        self.sources.store.activities_by_users(users, page, self.clock.now()).await
    }

    /// Each activity's direct replies, oldest first, a page for each of `parents`.
    pub async fn replies_by_parents(
        &self,
        parents: &[Uuid],
        page: &Pagination,
    ) -> Result<Vec<Page<Activity>>> {
        self.sources.store.replies_by_parents(parents, page, self.clock.now()).await
    }

    /// Cruds and replies that have every word of the term, newest first; all cruds for a term of
    /// white space.
    ///
    /// [`UserErrorCode::SearchTermBlank`], [`UserErrorCode::SearchTermTooLong`] over 280 characters.
    pub async fn search_activities(
        &self,
        term: Option<&str>,
        page: &Pagination,
    ) -> Result<Page<Activity>> {
        let now = self.clock.now();
        match checked_term(term)? {
            None => Ok(self.sources.store.home(page, now).await?.value),
            Some(search) => self.sources.store.activities_matching(&search, page, now).await,
        }
    }

    /// Activities and people that have every word of the term, newest first; all cruds for a term
    /// of white space. The rules are those of [`Service::search_activities`].
    pub async fn search(&self, term: &str, page: &Pagination) -> Result<Page<SearchHit>> {
        let activities = self.search_activities(Some(term), page).await?.map(SearchHit::Activity);
        let Some(search) = checked_term(Some(term))? else { return Ok(activities) };
        let users = self.sources.store.users_matching(&search, page).await?.map(SearchHit::User);
        let more = if page.backward {
            activities.has_previous || users.has_previous
        } else {
            activities.has_next || users.has_next
        };
        let mut hits: Vec<_> = activities.items.into_iter().chain(users.items).collect();
        hits.sort_by_key(|(cursor, _)| std::cmp::Reverse(*cursor));
        if page.backward {
            hits.reverse();
        }
        let cut = hits.len() > page.limit;
        let mut slice = page.paginate(hits);
        if page.backward {
            slice.has_previous = more || cut;
        } else {
            slice.has_next = more || cut;
        }
        Ok(slice)
    }

    /// Posts a crud.
    ///
    /// In this order: [`UserErrorCode::MessageBlank`], [`UserErrorCode::MessageTooLong`] over 280 characters,
    /// [`UserErrorCode::MessageInvalid`], no user, [`UserErrorCode::TtlBlank`], the rules of idempotency keys.
    pub async fn create_activity(
        &self,
        viewer: Viewer,
        message: Option<&str>,
        ttl: Option<&str>,
        idempotency_key: Option<&str>,
    ) -> Result<Activity> {
        let message = checked_message(message, MAX_CRUD)?;
        let user = viewer.require_registered()?;
        let ttl = ttl.and_then(Ttl::from_word).ok_or(UserErrorCode::TtlBlank)?;
        let now = self.clock.now();
        let input = ["activity", message, ttl.word()];
        let activity = self.new_activity(user, message, now);
        let activity = Activity { expires_at: Some(now + ttl.duration()), ..activity };
        let mut told = self.mentioned(&activity).await?;
        told.remove(&user);
        self.insert_activity(activity, told, user, idempotency_key, &input, now).await
    }

    /// Replies to an activity, which may be a reply itself.
    ///
    /// In this order: [`UserErrorCode::MessageBlank`], [`UserErrorCode::MessageTooLong`] over 1024 characters,
    /// [`UserErrorCode::MessageInvalid`], no user, [`UserErrorCode::ActivityNotFound`], the rules of idempotency keys.
    pub async fn create_reply(
        &self,
        viewer: Viewer,
        parent: Option<Uuid>,
        message: Option<&str>,
        idempotency_key: Option<&str>,
    ) -> Result<Activity> {
        let message = checked_message(message, MAX_REPLY)?;
        let user = viewer.require_registered()?;
        let parent = parent.ok_or(UserErrorCode::ActivityNotFound)?;
        let parent = self.activity_by_uuid(parent).await?.ok_or(UserErrorCode::ActivityNotFound)?;
        let now = self.clock.now();
        let input = ["reply", &parent.uuid.to_string(), message];
        let activity = self.new_activity(user, message, now);
        let activity = Activity { reply_to_activity_uuid: Some(parent.uuid), ..activity };
        let mut told = self.mentioned(&activity).await?;
        told.insert(parent.user_uuid, NotificationKind::Reply);
        told.remove(&user);
        self.insert_activity(activity, told, user, idempotency_key, &input, now).await
    }

    /// Deletes an activity of the viewer's own, with the whole thread below it.
    ///
    /// [`UserErrorCode::ActivityNotFound`], [`UserErrorCode::ActivityNotYours`].
    pub async fn delete_activity(&self, viewer: Viewer, uuid: Option<Uuid>) -> Result<Uuid> {
        let user = viewer.require_registered()?;
        let uuid = uuid.ok_or(UserErrorCode::ActivityNotFound)?;
        let activity = self.activity_by_uuid(uuid).await?.ok_or(UserErrorCode::ActivityNotFound)?;
        if activity.user_uuid != user {
            return Err(UserErrorCode::ActivityNotYours.into());
        }
        if !self.sources.store.delete_activity(uuid, user).await? {
            return Err(UserErrorCode::ActivityNotFound.into());
        }
        self.events.publish(Event::ActivityChanged(uuid));
        if let Some(parent) = activity.reply_to_activity_uuid {
            self.events.publish(Event::ActivityChanged(parent));
        }
        Ok(uuid)
    }

    /// Likes or reposts an activity; once is enough.
    ///
    /// [`UserErrorCode::ActivityNotFound`].
    pub async fn react(
        &self,
        viewer: Viewer,
        kind: ReactionKind,
        uuid: Option<Uuid>,
    ) -> Result<Activity> {
        let user = viewer.require_registered()?;
        let uuid = uuid.ok_or(UserErrorCode::ActivityNotFound)?;
        let activity = self.activity_by_uuid(uuid).await?.ok_or(UserErrorCode::ActivityNotFound)?;
        let now = self.clock.now();
        let reaction = Reaction { kind, activity_uuid: uuid, user_uuid: user, created_at: now };
        let notification = (activity.user_uuid != user).then(|| {
            self.new_notification(
                activity.user_uuid,
                user,
                kind.notification_kind(),
                Some(uuid),
                now,
            )
        });
        let changed = self.sources.store.insert_reaction(&reaction, notification.as_ref()).await?;
        let changed = changed.ok_or(UserErrorCode::ActivityNotFound)?;
        self.events.publish(Event::ActivityChanged(uuid));
        if notification.is_some() {
            self.events.publish(Event::NotificationCreated);
        }
        Ok(changed)
    }

    /// Takes a like or a repost back, where there is one.
    ///
    /// [`UserErrorCode::ActivityNotFound`].
    pub async fn undo_reaction(
        &self,
        viewer: Viewer,
        kind: ReactionKind,
        uuid: Option<Uuid>,
    ) -> Result<Activity> {
        let user = viewer.require_registered()?;
        let uuid = uuid.ok_or(UserErrorCode::ActivityNotFound)?;
        let now = self.clock.now();
        let changed = self.sources.store.delete_reaction(kind, uuid, user, now).await?;
        let changed = changed.ok_or(UserErrorCode::ActivityNotFound)?;
        self.events.publish(Event::ActivityChanged(uuid));
        Ok(changed)
    }

    /// Which of the activities the viewer has reacted to, and how.
    pub async fn reactions_by_viewer(
        &self,
        viewer: Viewer,
        activities: &[Uuid],
    ) -> Result<BTreeSet<(ReactionKind, Uuid)>> {
        let Some(user) = viewer.user() else { return Ok(BTreeSet::new()) };
        let found = self.sources.store.reactions_by_user(user, activities).await?;
        Ok(found.into_iter().collect())
    }

    /// The activities that the viewer's notifications are about, the latest notification first, a
    /// reply standing for the crud its thread began with; each once. Nobody's notifications are
    /// for others to see: a viewer who is no user gets the newest cruds that have replies.
    pub async fn notified_activities(&self, viewer: Viewer) -> Result<Vec<Activity>> {
        let Some(user) = viewer.user() else {
            let page = self.home(&Pagination::first(Pagination::MAX)).await?;
            return Ok(page
                .value
                .into_nodes()
                .into_iter()
                .filter(|crud| crud.replies_count > 0)
                .collect());
        };
        let about = self.activities_in_notifications(user).await?;
        let mut known = BTreeMap::new();
        let mut wanted: BTreeSet<_> = about.iter().copied().collect();
        while !wanted.is_empty() {
            let uuids: Vec<_> = std::mem::take(&mut wanted).into_iter().collect();
            for activity in self.activities_by_uuids(&uuids).await? {
                wanted.extend(activity.reply_to_activity_uuid);
                known.insert(activity.uuid, activity);
            }
            wanted.retain(|uuid| !known.contains_key(uuid));
        }
        let mut roots = Vec::new();
        for mut uuid in about {
            while let Some(parent) = known.get(&uuid).and_then(|it| it.reply_to_activity_uuid) {
                uuid = parent;
            }
            roots.extend(known.remove(&uuid));
        }
        Ok(roots)
    }

    /// What the latest of a user's notifications are about, those of follows and messages left out.
    async fn activities_in_notifications(&self, user: Uuid) -> Result<Vec<Uuid>> {
        let now = self.clock.now();
        let mut about = Vec::new();
        let mut page = Pagination::first(Pagination::MAX);
        for _ in 0..MAX_NOTIFICATION_PAGES {
            let told = self.sources.store.notifications(user, false, &page, now).await?.value;
            about.extend(told.nodes().filter_map(|told| told.activity_uuid));
            page.after = told.items.last().map(|(cursor, _)| *cursor);
            if !told.has_next || about.len() >= Pagination::MAX {
                break;
            }
        }
        Ok(about)
    }

    /// Deletes a batch of activities that expired more than `keep` ago. How many it were.
    pub async fn delete_expired(&self, keep: chrono::TimeDelta, limit: u32) -> Result<u64> {
        self.sources.store.delete_expired(self.clock.now() - keep, limit).await
    }

    fn new_activity(&self, user: Uuid, message: &str, now: Timestamp) -> Activity {
        Activity::new(self.clock.new_uuid(now), user, message, now)
    }

    /// The users whom the activity mentions.
    async fn mentioned(&self, activity: &Activity) -> Result<BTreeMap<Uuid, NotificationKind>> {
        let handles = mentions(&activity.message);
        if handles.is_empty() {
            return Ok(BTreeMap::new());
        }
        let users = self.sources.store.users_by_handles(&handles).await?;
        Ok(users.into_iter().map(|user| (user.uuid, NotificationKind::Mention)).collect())
    }

    async fn insert_activity(
        &self,
        activity: Activity,
        told: BTreeMap<Uuid, NotificationKind>,
        user: Uuid,
        idempotency_key: Option<&str>,
        input: &[&str],
        now: Timestamp,
    ) -> Result<Activity> {
        let new = NewActivity {
            notifications: told
                .into_iter()
                .map(|(to, kind)| self.new_notification(to, user, kind, Some(activity.uuid), now))
                .collect(),
            idempotency: self.idempotency(user, idempotency_key, input, now)?,
            activity,
        };
        match self.sources.store.insert_activity(&new).await? {
            Inserted::New(activity) => {
                self.events.publish(match activity.reply_to_activity_uuid {
                    None => Event::ActivityCreated,
                    Some(parent) => Event::ActivityChanged(parent),
                });
                if !new.notifications.is_empty() {
                    self.events.publish(Event::NotificationCreated);
                }
                Ok(activity)
            }
            Inserted::Replayed(activity) => Ok(activity),
            Inserted::KeyReused => Err(UserErrorCode::IdempotencyKeyReused.into()),
            Inserted::TargetMissing => Err(UserErrorCode::ActivityNotFound.into()),
        }
    }

    pub(super) fn new_notification(
        &self,
        to: Uuid,
        actor: Uuid,
        kind: NotificationKind,
        activity: Option<Uuid>,
        now: Timestamp,
    ) -> Notification {
        Notification {
            uuid: self.clock.new_uuid(now),
            user_uuid: to,
            actor_uuid: actor,
            kind,
            activity_uuid: activity,
            created_at: now,
            read_at: None,
        }
    }
}

/// Reads a search term; none for one of white space alone.
fn checked_term(term: Option<&str>) -> Result<Option<Search>> {
    match term.unwrap_or_default() {
        "" => Err(UserErrorCode::SearchTermBlank.into()),
        term if term.chars().count() > MAX_SEARCH_TERM => {
            Err(UserErrorCode::SearchTermTooLong.into())
        }
        term if term.trim().is_empty() => Ok(None),
        term => Ok(Some(Search::parse(term))),
    }
}
