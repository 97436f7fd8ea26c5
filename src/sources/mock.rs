//! The source in memory: the shortest true statement of the contract, and the model that the SQL
//! sources are compared with. Every read goes through all of the data.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use uuid::Uuid;

use super::{
    ActivitySource, Arrivals, Dataset, Idempotency, Inserted, MessageSource, MigrateError,
    Migrated, NewActivity, NewMessage, Registered, UserRelation,
};
use crate::{
    domain::{
        Activity, Cursor, Follow, Instant, Message, MessageGroup, MessageKey, Notification,
        NotificationKind, Order, Page, Place, Positioned, Profile, Reaction, ReactionKind, Slice,
        User, UserCounts,
        page::forever,
        text::{Search, words},
    },
    error::Result,
};

/// All data, in memory, gone with the process.
#[derive(Debug, Default)]
pub struct Mock {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    users: BTreeMap<Uuid, User>,
    activities: BTreeMap<Uuid, Activity>,
    reactions: BTreeMap<(ReactionKind, Uuid, Uuid), Reaction>,
    follows: BTreeMap<(Uuid, Uuid), Follow>,
    notifications: BTreeMap<Uuid, Notification>,
    messages: BTreeMap<Uuid, Message>,
    /// Each conversation and its two people.
    groups: BTreeMap<Uuid, [Uuid; 2]>,
    /// Up to where in a conversation each of its people has read.
    read: BTreeMap<(Uuid, Uuid), Cursor>,
    /// What each user's idempotency keys made.
    keys: BTreeMap<(Uuid, String), (Idempotency, Uuid)>,
    /// Activities and notifications in the order in which they were added.
    order: Vec<Uuid>,
}

impl Mock {
    /// No method can panic halfway through a change, so a poisoned lock guards whole data.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Until when an activity is visible; none where it never is.
    fn visible_until(&self, activity: &Activity) -> Option<Instant> {
        self.users.get(&activity.user_uuid)?;
        match activity.reply_to_activity_uuid {
            None => Some(activity.expires_at.unwrap_or(forever())),
            Some(parent) => self.visible_until(self.activities.get(&parent)?),
        }
    }

    fn is_visible(&self, activity: &Activity, now: Instant) -> bool {
        self.visible_until(activity).is_some_and(|until| until > now)
    }

    fn activity(&self, uuid: Uuid, now: Instant) -> Option<&Activity> {
        self.activities.get(&uuid).filter(|activity| self.is_visible(activity, now))
    }

    fn notification_is_visible(&self, notification: &Notification, now: Instant) -> bool {
        notification.activity_uuid.is_none_or(|uuid| self.activity(uuid, now).is_some())
    }

    fn feed(
        &self,
        order: Order,
        page: &Page,
        now: Instant,
        wanted: impl Fn(&Activity) -> bool,
    ) -> Slice<Activity> {
        let found = self.activities.values().filter(|it| wanted(it) && self.is_visible(it, now));
        slice(order, page, found.map(|it| it.clone().positioned()))
    }

    fn is_following(&self, follower: Uuid, followed: Uuid) -> bool {
        self.follows.contains_key(&(follower, followed))
    }

    fn count(&mut self, kind: ReactionKind, activity: Uuid, change: i32) {
        if let Some(activity) = self.activities.get_mut(&activity) {
            let count = match kind {
                ReactionKind::Like => &mut activity.likes_count,
                ReactionKind::Repost => &mut activity.reposts_count,
            };
            *count = (*count + change).max(0);
        }
    }

    fn add_activity(&mut self, activity: &Activity) {
        self.order.push(activity.uuid);
        self.activities.insert(activity.uuid, activity.clone());
    }

    fn add_notification(&mut self, notification: &Notification) {
        self.order.push(notification.uuid);
        self.notifications.insert(notification.uuid, notification.clone());
    }

    /// The position of the latest of these things that is no later than `at`.
    fn position<'a, T: Positioned + 'a>(
        &self,
        things: impl Iterator<Item = &'a T>,
        at: Cursor,
    ) -> i64 {
        let last = things.map(Positioned::cursor).filter(|cursor| *cursor <= at).max();
        last.map_or(0, |cursor| {
            self.positions().find(|it| it.1 == cursor.uuid).map_or(0, |it| it.0)
        })
    }

    fn positions(&self) -> impl Iterator<Item = (i64, Uuid)> {
        (1..).zip(self.order.iter().copied())
    }

    /// What stands after a place.
    fn since<T: Positioned>(
        &self,
        place: &Place,
        find: impl Fn(&Uuid) -> Option<T>,
    ) -> Arrivals<T> {
        let all = self.positions().filter_map(|(position, uuid)| {
            let item = find(&uuid)?;
            Some((Place { position, at: item.cursor() }, item))
        });
        let items = all.filter(|(at, _)| at > place).take(Arrivals::<T>::MAX).collect();
        Arrivals { items, unsettled: false }
    }

    fn delete(&mut self, uuid: Uuid) {
        let Some(activity) = self.activities.remove(&uuid) else { return };
        if let Some(parent) =
            activity.reply_to_activity_uuid.and_then(|parent| self.activities.get_mut(&parent))
        {
            parent.replies_count = (parent.replies_count - 1).max(0);
        }
        self.reactions.retain(|(_, of, _), _| *of != uuid);
        self.notifications.retain(|_, it| it.activity_uuid != Some(uuid));
        let replies = self.activities.values().filter(|it| it.reply_to_activity_uuid == Some(uuid));
        for reply in replies.map(|it| it.uuid).collect::<Vec<_>>() {
            self.delete(reply);
        }
    }

    /// The answer to a create whose idempotency key was used before; `made` holds what keys made.
    fn earlier<T: Clone>(
        &self,
        idempotency: Option<&Idempotency>,
        made: &BTreeMap<Uuid, T>,
    ) -> Option<Inserted<T>> {
        let now = idempotency?;
        let (then, uuid) = self.keys.get(&(now.user_uuid, now.key.clone()))?;
        if then.created_at <= now.since {
            return None;
        }
        if then.input_hash != now.input_hash {
            return Some(Inserted::KeyReused);
        }
        Some(made.get(uuid).cloned().map_or(Inserted::Gone, Inserted::Earlier))
    }

    fn remember(&mut self, idempotency: Option<&Idempotency>, made: Uuid) {
        if let Some(it) = idempotency {
            self.keys.insert((it.user_uuid, it.key.clone()), (it.clone(), made));
        }
    }

    fn group(&self, uuid: Uuid, user: Uuid) -> Option<MessageGroup> {
        let people = self.groups.get(&uuid).filter(|people| people.contains(&user))?;
        let last = self.messages.values().filter(|message| message.group_uuid == uuid);
        let last = last.max_by_key(|message| (message.created_at, message.uuid))?;
        Some(MessageGroup {
            uuid,
            other_uuid: people.iter().copied().find(|it| *it != user)?,
            last_message: last.message.clone(),
            last_message_at: last.created_at,
        })
    }

    fn groups_of(&self, user: Uuid) -> impl Iterator<Item = MessageGroup> {
        self.groups.keys().filter_map(move |uuid| self.group(*uuid, user))
    }

    fn insert_message(&mut self, new: &NewMessage) -> Inserted<Message> {
        if let Some(earlier) = self.earlier(new.idempotency.as_ref(), &self.messages) {
            return earlier;
        }
        let mut people = [new.message.user_uuid, new.receiver_uuid];
        people.sort();
        let found = self.groups.iter().find(|(_, it)| **it == people).map(|(uuid, _)| *uuid);
        let group_uuid = found.unwrap_or(new.message.group_uuid);
        self.groups.insert(group_uuid, people);
        let message = Message { group_uuid, ..new.message.clone() };
        self.messages.insert(message.uuid, message.clone());
        self.remember(new.idempotency.as_ref(), message.uuid);
        Inserted::New(message)
    }
}

#[async_trait]
impl ActivitySource for Mock {
    async fn migrate(&self) -> std::result::Result<Migrated, MigrateError> {
        Ok(if self.state().users.is_empty() { Migrated::Empty } else { Migrated::Current })
    }

    async fn ping(&self) -> Result<()> {
        Ok(())
    }

    async fn import(&self, dataset: &Dataset) -> Result<()> {
        let mut state = self.state();
        state.users.extend(dataset.users.iter().map(|it| (it.uuid, it.clone())));
        dataset.activities.iter().for_each(|it| state.add_activity(it));
        let reactions = dataset.reactions.iter();
        state
            .reactions
            .extend(reactions.map(|it| ((it.kind, it.activity_uuid, it.user_uuid), *it)));
        let follows = dataset.follows.iter();
        state.follows.extend(follows.map(|it| ((it.follower_uuid, it.followed_uuid), *it)));
        dataset.notifications.iter().for_each(|it| state.add_notification(it));
        for message in &dataset.messages {
            state.insert_message(message);
        }
        Ok(())
    }

    async fn users_by_uuids(&self, uuids: &[Uuid]) -> Result<Vec<User>> {
        let state = self.state();
        Ok(state.users.values().filter(|it| uuids.contains(&it.uuid)).cloned().collect())
    }

    async fn users_by_handles(&self, handles: &[String]) -> Result<Vec<User>> {
        let state = self.state();
        Ok(state.users.values().filter(|it| handles.contains(&it.handle)).cloned().collect())
    }

    async fn users_by_subjects(&self, subjects: &[String]) -> Result<Vec<User>> {
        let state = self.state();
        let users = state.users.values().filter(|it| subjects.contains(&it.cognito_user_id));
        Ok(users.cloned().collect())
    }

    async fn insert_user(&self, user: &User) -> Result<Registered> {
        let mut state = self.state();
        let has = |is: &dyn Fn(&User) -> bool| state.users.values().any(is);
        if has(&|it| it.cognito_user_id == user.cognito_user_id) {
            return Ok(Registered::SubjectTaken);
        }
        if has(&|it| it.handle.eq_ignore_ascii_case(&user.handle)) {
            return Ok(Registered::HandleTaken);
        }
        state.users.insert(user.uuid, user.clone());
        Ok(Registered::Added)
    }

    async fn users_matching(&self, search: &Search, page: &Page) -> Result<Slice<User>> {
        let state = self.state();
        let found = state.users.values().filter(|it| search.matches(&user_words(it)));
        let found = found.map(|it| it.clone().positioned());
        Ok(slice(Order::NewestFirst, page, found))
    }

    async fn users_by_relation(
        &self,
        relation: UserRelation,
        keys: &[Uuid],
        page: &Page,
    ) -> Result<Vec<Slice<User>>> {
        let state = self.state();
        let related = |key: Uuid| -> Vec<(Instant, Uuid)> {
            match relation {
                UserRelation::Reacted(kind) => {
                    let of = state.reactions.values();
                    let of = of.filter(|it| it.kind == kind && it.activity_uuid == key);
                    of.map(|it| (it.created_at, it.user_uuid)).collect()
                }
                UserRelation::Followers => {
                    let of = state.follows.values().filter(|it| it.followed_uuid == key);
                    of.map(|it| (it.created_at, it.follower_uuid)).collect()
                }
                UserRelation::Following => {
                    let of = state.follows.values().filter(|it| it.follower_uuid == key);
                    of.map(|it| (it.created_at, it.followed_uuid)).collect()
                }
            }
        };
        let page_of = |key: &Uuid| {
            let users = related(*key).into_iter().filter_map(|(at, uuid)| {
                Some((Cursor { at, uuid }, state.users.get(&uuid)?.clone()))
            });
            slice(Order::NewestFirst, page, users)
        };
        Ok(keys.iter().map(page_of).collect())
    }

    async fn counts_by_users(&self, uuids: &[Uuid], now: Instant) -> Result<Vec<UserCounts>> {
        let state = self.state();
        let count = |len: usize| i64::try_from(len).unwrap_or(i64::MAX);
        let counts = |uuid: &Uuid| UserCounts {
            activities: count(
                state
                    .activities
                    .values()
                    .filter(|it| it.user_uuid == *uuid && it.reply_to_activity_uuid.is_none())
                    .filter(|it| state.is_visible(it, now))
                    .count(),
            ),
            followers: count(state.follows.keys().filter(|(_, it)| it == uuid).count()),
            following: count(state.follows.keys().filter(|(it, _)| it == uuid).count()),
        };
        Ok(uuids.iter().map(counts).collect())
    }

    async fn update_profile(&self, uuid: Uuid, profile: &Profile) -> Result<Option<User>> {
        let mut state = self.state();
        Ok(state.users.get_mut(&uuid).map(|user| {
            user.display_name.clone_from(&profile.display_name);
            user.bio.clone_from(&profile.bio);
            user.clone()
        }))
    }

    async fn activities_by_uuids(&self, uuids: &[Uuid], now: Instant) -> Result<Vec<Activity>> {
        let state = self.state();
        let found = state.activities.values().filter(|it| uuids.contains(&it.uuid));
        Ok(found.filter(|it| state.is_visible(it, now)).cloned().collect())
    }

    async fn home(&self, page: &Page, now: Instant) -> Result<Slice<Activity>> {
        let crud = |it: &Activity| it.reply_to_activity_uuid.is_none();
        Ok(self.state().feed(Order::NewestFirst, page, now, crud))
    }

    async fn activities_followed_by(
        &self,
        user: Uuid,
        page: &Page,
        now: Instant,
    ) -> Result<Slice<Activity>> {
        let state = self.state();
        Ok(state.feed(Order::NewestFirst, page, now, |it| {
            it.reply_to_activity_uuid.is_none() && state.is_following(user, it.user_uuid)
        }))
    }

    async fn activities_matching(
        &self,
        search: &Search,
        page: &Page,
        now: Instant,
    ) -> Result<Slice<Activity>> {
        let found = |it: &Activity| search.matches(&words(&it.message));
        Ok(self.state().feed(Order::NewestFirst, page, now, found))
    }

    async fn activities_by_users(
        &self,
        users: &[Uuid],
        page: &Page,
        now: Instant,
    ) -> Result<Vec<Slice<Activity>>> {
        let state = self.state();
        let feed = |user: &Uuid| {
            state.feed(Order::NewestFirst, page, now, |it| {
                it.reply_to_activity_uuid.is_none() && it.user_uuid == *user
            })
        };
        Ok(users.iter().map(feed).collect())
    }

    async fn replies_by_parents(
        &self,
        parents: &[Uuid],
        page: &Page,
        now: Instant,
    ) -> Result<Vec<Slice<Activity>>> {
        let state = self.state();
        let replies = |parent: &Uuid| {
            let to = |it: &Activity| it.reply_to_activity_uuid == Some(*parent);
            state.feed(Order::OldestFirst, page, now, to)
        };
        Ok(parents.iter().map(replies).collect())
    }

    async fn insert_activity(&self, new: &NewActivity) -> Result<Inserted<Activity>> {
        let mut state = self.state();
        if let Some(earlier) = state.earlier(new.idempotency.as_ref(), &state.activities) {
            return Ok(earlier);
        }
        if let Some(parent) = new.activity.reply_to_activity_uuid {
            if state.activity(parent, new.activity.created_at).is_none() {
                return Ok(Inserted::Gone);
            }
            if let Some(parent) = state.activities.get_mut(&parent) {
                parent.replies_count += 1;
            }
        }
        state.add_activity(&new.activity);
        new.notifications.iter().for_each(|it| state.add_notification(it));
        state.remember(new.idempotency.as_ref(), new.activity.uuid);
        Ok(Inserted::New(new.activity.clone()))
    }

    async fn delete_activity(&self, uuid: Uuid, author: Uuid) -> Result<bool> {
        let mut state = self.state();
        let own = state.activities.get(&uuid).is_some_and(|it| it.user_uuid == author);
        if own {
            state.delete(uuid);
        }
        Ok(own)
    }

    async fn delete_expired(&self, before: Instant, limit: u32) -> Result<u64> {
        let mut state = self.state();
        let mut deleted = 0;
        while deleted < u64::from(limit) {
            // The ends of threads first, so that no reply loses the thread that it expired with.
            let expired = state.activities.values().find(|it| {
                state.visible_until(it).is_some_and(|until| until < before)
                    && !state.activities.values().any(|reply| {
                        reply.reply_to_activity_uuid == Some(it.uuid)
                            && state.visible_until(reply).is_some()
                    })
            });
            let Some(uuid) = expired.map(|it| it.uuid) else { break };
            state.delete(uuid);
            deleted += 1;
        }
        Ok(deleted)
    }

    async fn insert_reaction(
        &self,
        reaction: &Reaction,
        notification: Option<&Notification>,
    ) -> Result<Option<Activity>> {
        let mut state = self.state();
        let Reaction { kind, activity_uuid, user_uuid, created_at } = *reaction;
        if state.activity(activity_uuid, created_at).is_none() {
            return Ok(None);
        }
        let key = (kind, activity_uuid, user_uuid);
        let mut added = false;
        state.reactions.entry(key).or_insert_with(|| {
            added = true;
            *reaction
        });
        if added {
            state.count(kind, activity_uuid, 1);
            notification.into_iter().for_each(|it| state.add_notification(it));
        }
        Ok(state.activities.get(&activity_uuid).cloned())
    }

    async fn delete_reaction(
        &self,
        kind: ReactionKind,
        activity: Uuid,
        user: Uuid,
        now: Instant,
    ) -> Result<Option<Activity>> {
        let mut state = self.state();
        if state.activity(activity, now).is_none() {
            return Ok(None);
        }
        if state.reactions.remove(&(kind, activity, user)).is_some() {
            state.count(kind, activity, -1);
            state.notifications.retain(|_, it| {
                (it.kind, it.activity_uuid, it.actor_uuid) != (kind.told(), Some(activity), user)
            });
        }
        Ok(state.activities.get(&activity).cloned())
    }

    async fn reactions_by_user(
        &self,
        user: Uuid,
        activities: &[Uuid],
    ) -> Result<Vec<(ReactionKind, Uuid)>> {
        let state = self.state();
        let own =
            state.reactions.keys().filter(|(_, of, by)| *by == user && activities.contains(of));
        Ok(own.map(|(kind, of, _)| (*kind, *of)).collect())
    }

    async fn insert_follow(&self, follow: &Follow, notification: &Notification) -> Result<bool> {
        let mut state = self.state();
        let key = (follow.follower_uuid, follow.followed_uuid);
        if state.follows.contains_key(&key) {
            return Ok(false);
        }
        state.follows.insert(key, *follow);
        state.add_notification(notification);
        Ok(true)
    }

    async fn delete_follow(&self, follower: Uuid, followed: Uuid) -> Result<bool> {
        use NotificationKind::Follow;
        let mut state = self.state();
        if state.follows.remove(&(follower, followed)).is_none() {
            return Ok(false);
        }
        state
            .notifications
            .retain(|_, it| (it.kind, it.user_uuid, it.actor_uuid) != (Follow, followed, follower));
        Ok(true)
    }

    async fn followed_among(&self, follower: Uuid, users: &[Uuid]) -> Result<Vec<Uuid>> {
        let state = self.state();
        let followed =
            state.follows.keys().filter(|(by, of)| *by == follower && users.contains(of));
        Ok(followed.map(|(_, of)| *of).collect())
    }

    async fn notifications(
        &self,
        user: Uuid,
        unread_only: bool,
        page: &Page,
        now: Instant,
    ) -> Result<Slice<Notification>> {
        let state = self.state();
        let found = state
            .notifications
            .values()
            .filter(|it| it.user_uuid == user && !(unread_only && it.read_at.is_some()))
            .filter(|it| state.notification_is_visible(it, now))
            .map(|it| it.clone().positioned());
        Ok(slice(Order::NewestFirst, page, found))
    }

    async fn notifications_by_uuids(
        &self,
        user: Uuid,
        uuids: &[Uuid],
        now: Instant,
    ) -> Result<Vec<Notification>> {
        let state = self.state();
        let found = state.notifications.values().filter(|it| uuids.contains(&it.uuid));
        let own = found.filter(|it| it.user_uuid == user && state.notification_is_visible(it, now));
        Ok(own.cloned().collect())
    }

    async fn unread_notifications(&self, user: Uuid, now: Instant) -> Result<i64> {
        let state = self.state();
        let unread = state.notifications.values().filter(|it| {
            it.user_uuid == user && it.read_at.is_none() && state.notification_is_visible(it, now)
        });
        Ok(i64::try_from(unread.count()).unwrap_or(i64::MAX))
    }

    async fn insert_notification(&self, notification: &Notification) -> Result<()> {
        let mut state = self.state();
        if !state.notifications.contains_key(&notification.uuid) {
            state.add_notification(notification);
        }
        Ok(())
    }

    async fn mark_notifications_read(&self, user: Uuid, up_to: Uuid, now: Instant) -> Result<bool> {
        let mut state = self.state();
        let last = state.notifications.get(&up_to).filter(|it| it.user_uuid == user);
        let Some(last) = last.map(|it| (it.created_at, it.uuid)) else { return Ok(false) };
        for it in state.notifications.values_mut() {
            if it.user_uuid == user && it.read_at.is_none() && (it.created_at, it.uuid) <= last {
                it.read_at = Some(now);
            }
        }
        Ok(true)
    }

    async fn last_position(&self) -> Result<i64> {
        Ok(self.state().positions().last().map_or(0, |(position, _)| position))
    }

    async fn cruds_since(&self, place: &Place, now: Instant) -> Result<Arrivals<Activity>> {
        let state = self.state();
        Ok(state.since(place, |uuid| {
            let crud = state.activity(*uuid, now).cloned();
            crud.filter(|it| it.reply_to_activity_uuid.is_none())
        }))
    }

    async fn crud_position(&self, at: Cursor) -> Result<i64> {
        let state = self.state();
        let cruds = state.activities.values().filter(|it| it.reply_to_activity_uuid.is_none());
        Ok(state.position(cruds, at))
    }

    async fn notifications_since(
        &self,
        user: Option<Uuid>,
        place: &Place,
        now: Instant,
    ) -> Result<Arrivals<Notification>> {
        let state = self.state();
        Ok(state.since(place, |uuid| {
            let told = state.notifications.get(uuid).cloned();
            told.filter(|it| user.is_none_or(|user| it.user_uuid == user))
                .filter(|it| state.notification_is_visible(it, now))
        }))
    }

    async fn notification_position(&self, user: Uuid, at: Cursor) -> Result<i64> {
        let state = self.state();
        Ok(state.position(state.notifications.values().filter(|it| it.user_uuid == user), at))
    }

    async fn mark_message_notifications_read(
        &self,
        user: Uuid,
        sender: Uuid,
        up_to: Cursor,
        now: Instant,
    ) -> Result<()> {
        for it in self.state().notifications.values_mut() {
            let told = it.user_uuid == user && it.actor_uuid == sender && it.read_at.is_none();
            if told && it.kind == NotificationKind::Message && it.cursor() <= up_to {
                it.read_at = Some(now);
            }
        }
        Ok(())
    }
}

#[async_trait]
impl MessageSource for Mock {
    async fn message_groups(&self, user: Uuid, page: &Page) -> Result<Slice<MessageGroup>> {
        let state = self.state();
        let groups = state.groups_of(user).map(Positioned::positioned);
        Ok(slice(Order::NewestFirst, page, groups))
    }

    async fn message_groups_by_uuids(
        &self,
        user: Uuid,
        uuids: &[Uuid],
    ) -> Result<Vec<MessageGroup>> {
        Ok(self.state().groups_of(user).filter(|it| uuids.contains(&it.uuid)).collect())
    }

    async fn message_groups_by_others(
        &self,
        user: Uuid,
        others: &[Uuid],
    ) -> Result<Vec<MessageGroup>> {
        Ok(self.state().groups_of(user).filter(|it| others.contains(&it.other_uuid)).collect())
    }

    async fn messages_by_groups(
        &self,
        groups: &[Uuid],
        page: &Page,
    ) -> Result<Vec<Slice<Message>>> {
        let state = self.state();
        let messages = |group: &Uuid| {
            let found = state.messages.values().filter(|it| it.group_uuid == *group);
            let found = found.map(|it| it.clone().positioned());
            slice(Order::OldestFirst, page, found)
        };
        Ok(groups.iter().map(messages).collect())
    }

    async fn messages_by_keys(&self, keys: &[MessageKey]) -> Result<Vec<Message>> {
        let state = self.state();
        Ok(state.messages.values().filter(|it| keys.contains(&it.key())).cloned().collect())
    }

    async fn unread_by_groups(&self, user: Uuid, groups: &[Uuid]) -> Result<Vec<i64>> {
        let state = self.state();
        let unread = |group: &Uuid| {
            let read = state.read.get(&(*group, user)).copied().unwrap_or(Cursor::min());
            let own = state.groups.get(group).is_some_and(|people| people.contains(&user));
            let unread = state.messages.values().filter(|it| {
                own && it.group_uuid == *group && it.user_uuid != user && it.cursor() > read
            });
            i64::try_from(unread.count()).unwrap_or(i64::MAX)
        };
        Ok(groups.iter().map(unread).collect())
    }

    async fn mark_messages_read(&self, user: Uuid, up_to: &MessageKey) -> Result<bool> {
        let mut state = self.state();
        let MessageKey { group_uuid, at } = *up_to;
        let own = state.groups.get(&group_uuid).is_some_and(|people| people.contains(&user));
        if !own || !state.messages.values().any(|it| it.key() == *up_to) {
            return Ok(false);
        }
        let read = state.read.entry((group_uuid, user)).or_insert(at);
        *read = at.max(*read);
        Ok(true)
    }

    async fn insert_message(&self, new: &NewMessage) -> Result<Inserted<Message>> {
        Ok(self.state().insert_message(new))
    }
}

fn user_words(user: &User) -> std::collections::BTreeSet<String> {
    words(&format!("{} {}", user.handle, user.display_name))
}

/// The page of all that is `found`, in whatever order it was found.
fn slice<T>(order: Order, page: &Page, found: impl Iterator<Item = (Cursor, T)>) -> Slice<T> {
    let (low, high) = page.range(order);
    let mut rows: Vec<_> = found.filter(|(at, _)| low < *at && *at < high).collect();
    rows.sort_by_key(|(at, _)| *at);
    if page.descending(order) {
        rows.reverse();
    }
    page.slice(rows)
}
