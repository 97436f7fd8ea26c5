//! The source of activities.

use async_trait::async_trait;
use uuid::Uuid;

use super::{Mock, slice};
use crate::{
    domain::{
        Activity, Cursor, Follow, HasCursor, LogPosition, Notification, NotificationKind, Order,
        Page, Pagination, Profile, Reaction, ReactionKind, Snapshot, Timestamp, User, UserCounts,
        WithSnapshot,
        text::{Search, words},
    },
    error::Result,
    sources::{
        Activities, ChangeBatch, Changes, Dataset, Follows, InsertUserOutcome, Inserted, Lifecycle,
        MigrateError, Migrated, NewActivity, Notifications, Reactions, UserRelation, Users,
    },
};

#[async_trait]
impl Lifecycle for Mock {
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
}

#[async_trait]
impl Users for Mock {
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

    async fn insert_user(&self, user: &User) -> Result<InsertUserOutcome> {
        let mut state = self.state();
        let has = |is: &dyn Fn(&User) -> bool| state.users.values().any(is);
        if has(&|it| it.cognito_user_id == user.cognito_user_id) {
            return Ok(InsertUserOutcome::SubjectTaken);
        }
        if has(&|it| it.handle.eq_ignore_ascii_case(&user.handle)) {
            return Ok(InsertUserOutcome::HandleTaken);
        }
        state.users.insert(user.uuid, user.clone());
        Ok(InsertUserOutcome::Added)
    }

    async fn users_matching(&self, search: &Search, page: &Pagination) -> Result<Page<User>> {
        let state = self.state();
        let found = state.users.values().filter(|it| search.matches(&user_words(it)));
        let found = found.map(|it| it.clone().with_cursor());
        Ok(slice(Order::NewestFirst, page, found))
    }

    async fn users_by_relation(
        &self,
        relation: UserRelation,
        keys: &[Uuid],
        page: &Pagination,
    ) -> Result<Vec<Page<User>>> {
        let state = self.state();
        let related = |key: Uuid| -> Vec<(Timestamp, Uuid)> {
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

    async fn counts_by_users(&self, uuids: &[Uuid], now: Timestamp) -> Result<Vec<UserCounts>> {
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
}

#[async_trait]
impl Activities for Mock {
    async fn activities_by_uuids(&self, uuids: &[Uuid], now: Timestamp) -> Result<Vec<Activity>> {
        let state = self.state();
        let found = state.activities.values().filter(|it| uuids.contains(&it.uuid));
        Ok(found.filter(|it| state.is_visible(it, now)).cloned().collect())
    }

    async fn home(
        &self,
        page: &Pagination,
        now: Timestamp,
    ) -> Result<WithSnapshot<Page<Activity>>> {
        let state = self.state();
        let crud = |it: &Activity| it.reply_to_activity_uuid.is_none();
        Ok(state.with_snapshot(state.feed(Order::NewestFirst, page, now, crud)))
    }

    async fn activities_followed_by(
        &self,
        user: Uuid,
        page: &Pagination,
        now: Timestamp,
    ) -> Result<Page<Activity>> {
        let state = self.state();
        Ok(state.feed(Order::NewestFirst, page, now, |it| {
            it.reply_to_activity_uuid.is_none() && state.is_following(user, it.user_uuid)
        }))
    }

    async fn activities_matching(
        &self,
        search: &Search,
        page: &Pagination,
        now: Timestamp,
    ) -> Result<Page<Activity>> {
        let found = |it: &Activity| search.matches(&words(&it.message));
        Ok(self.state().feed(Order::NewestFirst, page, now, found))
    }

    async fn activities_by_users(
        &self,
        users: &[Uuid],
        page: &Pagination,
        now: Timestamp,
    ) -> Result<Vec<Page<Activity>>> {
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
        page: &Pagination,
        now: Timestamp,
    ) -> Result<Vec<Page<Activity>>> {
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
                return Ok(Inserted::TargetMissing);
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

    async fn delete_expired(&self, before: Timestamp, limit: u32) -> Result<u64> {
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
}

#[async_trait]
impl Reactions for Mock {
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
        now: Timestamp,
    ) -> Result<Option<Activity>> {
        let mut state = self.state();
        if state.activity(activity, now).is_none() {
            return Ok(None);
        }
        if state.reactions.remove(&(kind, activity, user)).is_some() {
            state.count(kind, activity, -1);
            state.notifications.retain(|_, it| {
                (it.kind, it.activity_uuid, it.actor_uuid)
                    != (kind.notification_kind(), Some(activity), user)
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
}

#[async_trait]
impl Follows for Mock {
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
}

#[async_trait]
impl Notifications for Mock {
    async fn notifications(
        &self,
        user: Uuid,
        unread_only: bool,
        page: &Pagination,
        now: Timestamp,
    ) -> Result<WithSnapshot<Page<Notification>>> {
        let state = self.state();
        let found = state
            .notifications
            .values()
            .filter(|it| it.user_uuid == user && !(unread_only && it.read_at.is_some()))
            .filter(|it| state.notification_is_visible(it, now))
            .map(|it| it.clone().with_cursor());
        Ok(state.with_snapshot(slice(Order::NewestFirst, page, found)))
    }

    async fn notifications_by_uuids(
        &self,
        user: Uuid,
        uuids: &[Uuid],
        now: Timestamp,
    ) -> Result<Vec<Notification>> {
        let state = self.state();
        let found = state.notifications.values().filter(|it| uuids.contains(&it.uuid));
        let own = found.filter(|it| it.user_uuid == user && state.notification_is_visible(it, now));
        Ok(own.cloned().collect())
    }

    async fn unread_notifications(&self, user: Uuid, now: Timestamp) -> Result<i64> {
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

    async fn mark_notifications_read(
        &self,
        user: Uuid,
        up_to: Uuid,
        now: Timestamp,
    ) -> Result<bool> {
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

    async fn mark_message_notifications_read(
        &self,
        user: Uuid,
        sender: Uuid,
        up_to: Cursor,
        now: Timestamp,
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
impl Changes for Mock {
    async fn snapshot(&self) -> Result<Snapshot> {
        Ok(self.state().snapshot())
    }

    async fn activities_after(
        &self,
        place: &LogPosition,
        now: Timestamp,
    ) -> Result<ChangeBatch<Activity>> {
        let state = self.state();
        Ok(state.since(place, |uuid| {
            let crud = state.activity(*uuid, now).cloned();
            crud.filter(|it| it.reply_to_activity_uuid.is_none())
        }))
    }

    async fn activity_log_position(&self, at: Cursor) -> Result<Option<LogPosition>> {
        let state = self.state();
        let cruds = state.activities.values().filter(|it| it.reply_to_activity_uuid.is_none());
        Ok(state.place(cruds, at))
    }

    async fn notifications_after(
        &self,
        user: Option<Uuid>,
        place: &LogPosition,
        now: Timestamp,
    ) -> Result<ChangeBatch<Notification>> {
        let state = self.state();
        Ok(state.since(place, |uuid| {
            let told = state.notifications.get(uuid).cloned();
            told.filter(|it| user.is_none_or(|user| it.user_uuid == user))
                .filter(|it| state.notification_is_visible(it, now))
        }))
    }

    async fn notification_log_position(
        &self,
        user: Uuid,
        at: Cursor,
    ) -> Result<Option<LogPosition>> {
        let state = self.state();
        Ok(state.place(state.notifications.values().filter(|it| it.user_uuid == user), at))
    }
}

fn user_words(user: &User) -> std::collections::BTreeSet<String> {
    words(&format!("{} {}", user.handle, user.display_name))
}
