use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{IDEMPOTENCY_WINDOW, Service, checked_message, only};
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
/// The maximum number of activities and reactions that one request deletes. The deletion of more
/// would block other writers for too long.
const DELETED_AT_ONCE: u32 = 500;
/// The maximum number of pages of notifications to read in search of activities.
const MAX_NOTIFICATION_PAGES: usize = 10;

/// A search result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchHit {
    Activity(Activity),
    User(User),
}

impl Service {
    /// Returns the cruds of all users, newest first.
    pub async fn home(&self, pagination: &Pagination) -> Result<WithSnapshot<Page<Activity>>> {
        self.sources.store.home(pagination, self.clock.now()).await
    }

    /// Returns the cruds of the users that the viewer follows, newest first.
    ///
    /// `Error::Unauthenticated`.
    pub async fn following_feed(
        &self,
        viewer: Viewer,
        pagination: &Pagination,
    ) -> Result<Page<Activity>> {
        let user = viewer.require_user()?;
        self.sources.store.activities_followed_by(user, pagination, self.clock.now()).await
    }

    /// Returns the activities that exist and have not expired, in any order.
    pub async fn activities_by_uuids(&self, uuids: &[Uuid]) -> Result<Vec<Activity>> {
        self.sources.store.activities_by_uuids(uuids, self.clock.now()).await
    }

    pub async fn activity_by_uuid(&self, uuid: Uuid) -> Result<Option<Activity>> {
        Ok(only(self.activities_by_uuids(&[uuid]).await?))
    }

    /// Returns a page of cruds, newest first, for each of `users`, in their order.
    pub async fn activities_by_users(
        &self,
        users: &[Uuid],
        pagination: &Pagination,
    ) -> Result<Vec<Page<Activity>>> {
        self.sources.store.activities_by_users(users, pagination, self.clock.now()).await
    }

    /// Returns a page of direct replies, oldest first, for each of `parents`, in their order.
    pub async fn replies_by_parents(
        &self,
        parents: &[Uuid],
        pagination: &Pagination,
    ) -> Result<Vec<Page<Activity>>> {
        self.sources.store.replies_by_parents(parents, pagination, self.clock.now()).await
    }

    /// Returns the cruds and replies that contain every word of the term, newest first. A term of
    /// white space finds all cruds.
    ///
    /// In this order: [`UserErrorCode::SearchTermBlank`], [`UserErrorCode::SearchTermTooLong`] over
    /// 280 characters.
    pub async fn search_activities(
        &self,
        term: Option<&str>,
        pagination: &Pagination,
    ) -> Result<Page<Activity>> {
        let now = self.clock.now();
        match checked_term(term)? {
            None => Ok(self.sources.store.home(pagination, now).await?.value),
            Some(search) => self.sources.store.activities_matching(&search, pagination, now).await,
        }
    }

    /// Returns the activities and the users that contain every word of the term, newest first. A term
    /// of white space finds all cruds. The errors are those of [`Service::search_activities`].
    pub async fn search(&self, term: &str, pagination: &Pagination) -> Result<Page<SearchHit>> {
        let activities =
            self.search_activities(Some(term), pagination).await?.map(SearchHit::Activity);
        let Some(search) = checked_term(Some(term))? else { return Ok(activities) };
        let users = self.sources.store.users_matching(&search, pagination).await?;
        let users = users.map(SearchHit::User);
        let has_more = if pagination.backward {
            activities.has_previous || users.has_previous
        } else {
            activities.has_next || users.has_next
        };
        let mut hits: Vec<_> = activities.items.into_iter().chain(users.items).collect();
        hits.sort_by_key(|(cursor, _)| std::cmp::Reverse(*cursor));
        if pagination.backward {
            hits.reverse();
        }
        let is_cut = hits.len() > pagination.limit;
        let mut page = pagination.paginate(hits);
        if pagination.backward {
            page.has_previous = has_more || is_cut;
        } else {
            page.has_next = has_more || is_cut;
        }
        Ok(page)
    }

    /// Posts a crud, and notifies the users that it mentions.
    ///
    /// In this order: [`UserErrorCode::MessageBlank`], [`UserErrorCode::MessageTooLong`] over 280
    /// characters, [`UserErrorCode::MessageInvalid`], `Error::Unauthenticated`,
    /// [`UserErrorCode::ViewerUnknown`], [`UserErrorCode::TtlBlank`],
    /// [`UserErrorCode::IdempotencyKeyInvalid`], [`UserErrorCode::IdempotencyKeyReused`].
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
        let mut recipients = self.mentioned_users(&activity).await?;
        recipients.remove(&user);
        self.insert_activity(activity, recipients, user, idempotency_key, &input, now).await
    }

    /// Replies to an activity, which may be a reply itself. Notifies its author and the users that
    /// the reply mentions.
    ///
    /// In this order: [`UserErrorCode::MessageBlank`], [`UserErrorCode::MessageTooLong`] over 1024
    /// characters, [`UserErrorCode::MessageInvalid`], `Error::Unauthenticated`,
    /// [`UserErrorCode::ViewerUnknown`], [`UserErrorCode::ActivityNotFound`],
    /// [`UserErrorCode::ThreadTooDeep`] below an activity of depth [`Activity::MAX_DEPTH`],
    /// [`UserErrorCode::IdempotencyKeyInvalid`], [`UserErrorCode::IdempotencyKeyReused`].
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
        if parent.depth >= Activity::MAX_DEPTH {
            return Err(UserErrorCode::ThreadTooDeep.into());
        }
        let now = self.clock.now();
        let input = ["reply", &parent.uuid.to_string(), message];
        let activity = self.new_activity(user, message, now);
        let activity = Activity {
            reply_to_activity_uuid: Some(parent.uuid),
            depth: parent.depth + 1,
            ..activity
        };
        let mut recipients = self.mentioned_users(&activity).await?;
        recipients.insert(parent.user_uuid, NotificationKind::Reply);
        recipients.remove(&user);
        self.insert_activity(activity, recipients, user, idempotency_key, &input, now).await
    }

    /// Deletes one of the viewer's activities with the whole thread below it. Returns its uuid. A
    /// large thread is hidden now and deleted by [`Service::delete_hidden`].
    ///
    /// In this order: `Error::Unauthenticated`, [`UserErrorCode::ViewerUnknown`],
    /// [`UserErrorCode::ActivityNotFound`], [`UserErrorCode::ActivityNotYours`].
    pub async fn delete_activity(&self, viewer: Viewer, uuid: Option<Uuid>) -> Result<Uuid> {
        let user = viewer.require_registered()?;
        let uuid = uuid.ok_or(UserErrorCode::ActivityNotFound)?;
        let activity = self.activity_by_uuid(uuid).await?.ok_or(UserErrorCode::ActivityNotFound)?;
        if activity.user_uuid != user {
            return Err(UserErrorCode::ActivityNotYours.into());
        }
        let deleted = self.sources.store.delete_activity(uuid, user, DELETED_AT_ONCE).await;
        if !self.written(deleted)? {
            return Err(UserErrorCode::ActivityNotFound.into());
        }
        self.events.publish(Event::ActivityChanged(uuid));
        if let Some(parent) = activity.reply_to_activity_uuid {
            self.events.publish(Event::ActivityChanged(parent));
        }
        Ok(uuid)
    }

    /// Likes or reposts an activity, and notifies its author. Does nothing if the viewer has done so
    /// already. Returns the activity with its new counts.
    ///
    /// In this order: `Error::Unauthenticated`, [`UserErrorCode::ViewerUnknown`],
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
        let changed = self.sources.store.insert_reaction(&reaction, notification.as_ref()).await;
        let changed = self.written(changed)?.ok_or(UserErrorCode::ActivityNotFound)?;
        self.events.publish(Event::ActivityChanged(uuid));
        if notification.is_some() {
            self.events.publish(Event::NotificationCreated);
        }
        Ok(changed)
    }

    /// Removes the viewer's like or repost. Does nothing if there is none. Returns the activity with
    /// its new counts.
    ///
    /// In this order: `Error::Unauthenticated`, [`UserErrorCode::ViewerUnknown`],
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
        let changed = self.sources.store.delete_reaction(kind, uuid, user, now).await;
        let changed = self.written(changed)?.ok_or(UserErrorCode::ActivityNotFound)?;
        self.events.publish(Event::ActivityChanged(uuid));
        Ok(changed)
    }

    /// Returns the viewer's reactions to `activities`; empty if the viewer is not a user.
    pub async fn reactions_by_viewer(
        &self,
        viewer: Viewer,
        activities: &[Uuid],
    ) -> Result<BTreeSet<(ReactionKind, Uuid)>> {
        let Some(user) = viewer.user() else { return Ok(BTreeSet::new()) };
        let found = self.sources.store.reactions_by_user(user, activities).await?;
        Ok(found.into_iter().collect())
    }

    /// Returns the cruds that the viewer's notifications are about, the one with the latest
    /// notification first, each once. For a notification about a reply, it is the crud at the root of
    /// the thread.
    ///
    /// A viewer who is not a user has no notifications. For them it returns those of the 100 newest
    /// cruds that have replies.
    pub async fn notified_activities(&self, viewer: Viewer) -> Result<Vec<Activity>> {
        let Some(user) = viewer.user() else {
            let page = self.home(&Pagination::first(Pagination::MAX)).await?.value;
            let cruds = page.into_nodes().into_iter();
            return Ok(cruds.filter(|crud| crud.replies_count > 0).collect());
        };
        let subjects = self.notification_subjects(user).await?;
        let roots = self.sources.store.roots_by_uuids(&subjects, self.clock.now()).await?;
        let roots_by_subject: BTreeMap<_, _> = roots.into_iter().collect();
        let mut returned = BTreeSet::new();
        let roots = subjects.iter().filter_map(|subject| roots_by_subject.get(subject));
        Ok(roots.filter(|root| returned.insert(root.uuid)).cloned().collect())
    }

    /// Returns the activities that a user's latest notifications are about, the latest first, with
    /// duplicates. Notifications of follows and messages are skipped.
    async fn notification_subjects(&self, user: Uuid) -> Result<Vec<Uuid>> {
        let now = self.clock.now();
        let mut subjects = Vec::new();
        let mut pagination = Pagination::first(Pagination::MAX);
        for _ in 0..MAX_NOTIFICATION_PAGES {
            let page = self.sources.store.notifications(user, false, &pagination, now).await?.value;
            subjects.extend(page.nodes().filter_map(|notification| notification.activity_uuid));
            pagination.after = page.items.last().map(|(cursor, _)| *cursor);
            if !page.has_next || subjects.len() >= Pagination::MAX {
                break;
            }
        }
        Ok(subjects)
    }

    /// Deletes up to `limit` idempotency keys that have expired. Returns the number deleted; fewer than
    /// `limit` means that none are left.
    pub async fn delete_expired_keys(&self, limit: u32) -> Result<u64> {
        let until = self.clock.now() - IDEMPOTENCY_WINDOW;
        self.sources.store.delete_idempotency_keys(until, limit).await
    }

    /// Deletes up to `limit` activities that expired more than `keep` ago. Returns the number deleted;
    /// fewer than `limit` means that none are left.
    pub async fn delete_expired(&self, keep: chrono::TimeDelta, limit: u32) -> Result<u64> {
        self.sources.store.delete_expired(self.clock.now() - keep, limit).await
    }

    /// Deletes up to `limit` activities that authors have deleted with a large thread. Returns the
    /// number of rows deleted or hidden; 0 means that nothing is left.
    pub async fn delete_hidden(&self, limit: u32) -> Result<u64> {
        self.sources.store.delete_step(limit).await
    }

    fn new_activity(&self, user: Uuid, message: &str, now: Timestamp) -> Activity {
        Activity::new(self.clock.new_uuid(now), user, message, now)
    }

    /// Returns the users that an activity mentions, each with the kind of their notification.
    async fn mentioned_users(
        &self,
        activity: &Activity,
    ) -> Result<BTreeMap<Uuid, NotificationKind>> {
        let handles = mentions(&activity.message);
        if handles.is_empty() {
            return Ok(BTreeMap::new());
        }
        let users = self.sources.store.users_by_handles(&handles).await?;
        Ok(users.into_iter().map(|user| (user.uuid, NotificationKind::Mention)).collect())
    }

    /// Inserts an activity of `user` with the notifications of `recipients`, and publishes the events.
    ///
    /// In this order: [`UserErrorCode::IdempotencyKeyInvalid`], then
    /// [`UserErrorCode::IdempotencyKeyReused`], or [`UserErrorCode::ActivityNotFound`] if the parent
    /// of a reply does not exist.
    async fn insert_activity(
        &self,
        activity: Activity,
        recipients: BTreeMap<Uuid, NotificationKind>,
        user: Uuid,
        idempotency_key: Option<&str>,
        input: &[&str],
        now: Timestamp,
    ) -> Result<Activity> {
        let new = NewActivity {
            notifications: recipients
                .into_iter()
                .map(|(to, kind)| self.new_notification(to, user, kind, Some(activity.uuid), now))
                .collect(),
            idempotency: self.idempotency(user, idempotency_key, input, now)?,
            activity,
        };
        match self.written(self.sources.store.insert_activity(&new).await)? {
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

/// Parses a search term. Returns `None` for a term of white space.
///
/// In this order: [`UserErrorCode::SearchTermBlank`] if it is missing or empty,
/// [`UserErrorCode::SearchTermTooLong`] over 280 characters.
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
