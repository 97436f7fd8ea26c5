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

    async fn insert_activity(&self, new: &NewActivity) -> Result<Inserted<Activity>> {
        let mut state = self.state();
        state.check_author(new.activity.user_uuid)?;
        if let Some(answer) = state.answer_of_key(new.idempotency.as_ref(), &state.activities) {
            return Ok(answer);
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

    async fn delete_activity(&self, uuid: Uuid, author: Uuid) -> Result<bool> {
        let mut state = self.state();
        state.check_author(author)?;
        let is_own = state.activities.get(&uuid).is_some_and(|it| it.user_uuid == author);
        if is_own {
            state.delete(uuid);
        }
        Ok(is_own)
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

impl State {
    /// The time until which an activity is visible; `None` if it never is.
    fn visible_until(&self, activity: &Activity) -> Option<Timestamp> {
        if !self.is_active(activity.user_uuid) {
            return None;
        }
        match activity.reply_to_activity_uuid {
            None => Some(activity.expires_at.unwrap_or(forever())),
            Some(parent) => self.visible_until(self.activities.get(&parent)?),
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
        self.activities.insert(activity.uuid, activity.clone());
    }

    /// Deletes an activity with the whole thread below it, and what refers to them.
    pub(super) fn delete(&mut self, uuid: Uuid) {
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
}
