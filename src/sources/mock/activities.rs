//! Cruds and replies.

use async_trait::async_trait;
use uuid::Uuid;

use super::{Mock, State, page};
use crate::{
    domain::{
        Activity, HasCursor, Order, Page, Pagination, Timestamp, WithSnapshot, forever,
        text::{Search, words},
    },
    error::Result,
    sources::{Activities, Inserted, NewActivity},
};

#[async_trait]
impl Activities for Mock {
    async fn activities_by_uuids(&self, uuids: &[Uuid], now: Timestamp) -> Result<Vec<Activity>> {
        let state = self.state();
        let wanted = state.activities.values().filter(|it| uuids.contains(&it.uuid));
        Ok(wanted.filter(|it| state.is_visible(it, now)).cloned().collect())
    }

    async fn home(
        &self,
        pagination: &Pagination,
        now: Timestamp,
    ) -> Result<WithSnapshot<Page<Activity>>> {
        let state = self.state();
        let is_crud = |it: &Activity| it.reply_to_activity_uuid.is_none();
        Ok(state.with_snapshot(state.feed(Order::NewestFirst, pagination, now, is_crud)))
    }

    async fn activities_followed_by(
        &self,
        user: Uuid,
        pagination: &Pagination,
        now: Timestamp,
    ) -> Result<Page<Activity>> {
        let state = self.state();
        Ok(state.feed(Order::NewestFirst, pagination, now, |it| {
            it.reply_to_activity_uuid.is_none() && state.is_following(user, it.user_uuid)
        }))
    }

    async fn activities_matching(
        &self,
        search: &Search,
        pagination: &Pagination,
        now: Timestamp,
    ) -> Result<Page<Activity>> {
        let matches = |it: &Activity| search.matches(&words(&it.message));
        Ok(self.state().feed(Order::NewestFirst, pagination, now, matches))
    }

    async fn activities_by_users(
        &self,
        users: &[Uuid],
        pagination: &Pagination,
        now: Timestamp,
    ) -> Result<Vec<Page<Activity>>> {
        let state = self.state();
        let feed = |user: &Uuid| {
            state.feed(Order::NewestFirst, pagination, now, |it| {
                it.reply_to_activity_uuid.is_none() && it.user_uuid == *user
            })
        };
        Ok(users.iter().map(feed).collect())
    }

    async fn replies_by_parents(
        &self,
        parents: &[Uuid],
        pagination: &Pagination,
        now: Timestamp,
    ) -> Result<Vec<Page<Activity>>> {
        let state = self.state();
        let replies = |parent: &Uuid| {
            let is_reply = |it: &Activity| it.reply_to_activity_uuid == Some(*parent);
            state.feed(Order::OldestFirst, pagination, now, is_reply)
        };
        Ok(parents.iter().map(replies).collect())
    }

    async fn roots_by_uuids(
        &self,
        uuids: &[Uuid],
        now: Timestamp,
    ) -> Result<Vec<(Uuid, Activity)>> {
        let state = self.state();
        let wanted = state.activities.values().filter(|it| uuids.contains(&it.uuid));
        let visible = wanted.filter(|it| state.is_visible(it, now));
        Ok(visible.filter_map(|it| Some((it.uuid, state.root(it)?.clone()))).collect())
    }

    async fn insert_activity(&self, new: &NewActivity) -> Result<Inserted<Activity>> {
        let mut state = self.state();
        state.check_author(new.activity.user_uuid)?;
        match state.answer_of_key(new.idempotency.as_ref(), &state.activities) {
            Some(Inserted::Replayed(earlier)) if state.hidden.contains(&earlier.uuid) => {
                return Ok(Inserted::TargetMissing);
            }
            Some(answer) => return Ok(answer),
            None => {}
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
        new.notifications.iter().for_each(|it| state.notify(it));
        state.claim_key(new.idempotency.as_ref(), new.activity.uuid);
        Ok(Inserted::New(new.activity.clone()))
    }

    async fn delete_activity(&self, uuid: Uuid, author: Uuid, at_once: u32) -> Result<bool> {
        let mut state = self.state();
        state.check_author(author)?;
        let Some(activity) = state.activities.get(&uuid) else { return Ok(false) };
        if activity.user_uuid != author || state.hidden.contains(&uuid) {
            return Ok(false);
        }
        state.uncount_reply(uuid);
        let thread = state.thread(uuid);
        let weight: i64 = thread.iter().map(|it| state.weight(*it)).sum();
        if weight <= i64::from(at_once) {
            thread.iter().for_each(|it| state.delete(*it));
        } else {
            state.hidden.extend(thread);
        }
        Ok(true)
    }

    async fn delete_step(&self, limit: u32) -> Result<u64> {
        let mut state = self.state();
        let batch = usize::try_from(limit).unwrap_or(usize::MAX);
        let batch: Vec<_> = state.hidden.iter().copied().take(batch).collect();
        batch.iter().for_each(|it| state.delete(*it));
        Ok(batch.len() as u64)
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
            state.uncount_reply(uuid);
            state.delete(uuid);
            deleted += 1;
        }
        Ok(deleted)
    }
}

impl State {
    /// The time until which an activity is visible; `None` if it never is.
    fn visible_until(&self, activity: &Activity) -> Option<Timestamp> {
        let mut activity = activity;
        loop {
            if self.hidden.contains(&activity.uuid) || !self.is_active(activity.user_uuid) {
                return None;
            }
            let Some(parent) = activity.reply_to_activity_uuid else {
                return Some(activity.expires_at.unwrap_or(forever()));
            };
            activity = self.activities.get(&parent)?;
        }
    }

    pub(super) fn is_visible(&self, activity: &Activity, now: Timestamp) -> bool {
        self.visible_until(activity).is_some_and(|until| until > now)
    }

    /// The activity, if it is visible.
    pub(super) fn activity(&self, uuid: Uuid, now: Timestamp) -> Option<&Activity> {
        self.activities.get(&uuid).filter(|activity| self.is_visible(activity, now))
    }

    /// A page of the visible activities that are wanted.
    fn feed(
        &self,
        order: Order,
        pagination: &Pagination,
        now: Timestamp,
        wanted: impl Fn(&Activity) -> bool,
    ) -> Page<Activity> {
        let shown = self.activities.values().filter(|it| wanted(it) && self.is_visible(it, now));
        page(order, pagination, shown.map(|it| it.clone().with_cursor()))
    }

    fn is_following(&self, follower: Uuid, followed: Uuid) -> bool {
        self.follows.contains_key(&(follower, followed))
    }

    pub(super) fn add_activity(&mut self, activity: &Activity) {
        self.log.push(activity.uuid);
        let parent = activity.reply_to_activity_uuid.and_then(|it| self.activities.get(&it));
        let depth = parent.map_or(0, |parent| parent.depth + 1);
        self.activities.insert(activity.uuid, Activity { depth, ..activity.clone() });
    }

    /// The crud at the root of an activity's thread.
    fn root<'s>(&'s self, activity: &'s Activity) -> Option<&'s Activity> {
        let mut root = activity;
        while let Some(parent) = root.reply_to_activity_uuid {
            root = self.activities.get(&parent)?;
        }
        Some(root)
    }

    /// The activity and everything below it.
    fn thread(&self, uuid: Uuid) -> Vec<Uuid> {
        let mut thread = vec![uuid];
        let mut next = 0;
        while let Some(parent) = thread.get(next).copied() {
            let replies = self.activities.values();
            let replies = replies.filter(|it| it.reply_to_activity_uuid == Some(parent));
            thread.extend(replies.map(|it| it.uuid));
            next += 1;
        }
        thread
    }

    /// The number of rows that are deleted with an activity: itself and its reactions.
    fn weight(&self, uuid: Uuid) -> i64 {
        let reactions = |it: &Activity| i64::from(it.likes_count) + i64::from(it.reposts_count);
        1 + self.activities.get(&uuid).map_or(0, reactions)
    }

    /// Takes a reply off the count of its parent.
    pub(super) fn uncount_reply(&mut self, uuid: Uuid) {
        let parent = self.activities.get(&uuid).and_then(|it| it.reply_to_activity_uuid);
        if let Some(parent) = parent.and_then(|parent| self.activities.get_mut(&parent)) {
            parent.replies_count = (parent.replies_count - 1).max(0);
        }
    }

    /// Deletes an activity and what refers to it.
    pub(super) fn delete(&mut self, uuid: Uuid) {
        self.activities.remove(&uuid);
        self.hidden.remove(&uuid);
        self.reactions.retain(|(_, of, _), _| *of != uuid);
        self.notifications.retain(|_, it| it.activity_uuid != Some(uuid));
    }
}
