//! The source in memory: the shortest true statement of the contract, and the model that the SQL
//! sources are compared with. Every read goes through all of the data.

mod activities;
mod messages;

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use uuid::Uuid;

use super::{ChangeBatch, Idempotency, Inserted, NewMessage};
use crate::domain::{
    Activity, Cursor, Follow, HasCursor, LogPosition, Message, MessageGroup, Notification, Order,
    Page, Pagination, Reaction, ReactionKind, Snapshot, Timestamp, User, WithSnapshot,
    page::forever,
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
    fn visible_until(&self, activity: &Activity) -> Option<Timestamp> {
        self.users.get(&activity.user_uuid)?;
        match activity.reply_to_activity_uuid {
            None => Some(activity.expires_at.unwrap_or(forever())),
            Some(parent) => self.visible_until(self.activities.get(&parent)?),
        }
    }

    fn is_visible(&self, activity: &Activity, now: Timestamp) -> bool {
        self.visible_until(activity).is_some_and(|until| until > now)
    }

    fn activity(&self, uuid: Uuid, now: Timestamp) -> Option<&Activity> {
        self.activities.get(&uuid).filter(|activity| self.is_visible(activity, now))
    }

    fn notification_is_visible(&self, notification: &Notification, now: Timestamp) -> bool {
        notification.activity_uuid.is_none_or(|uuid| self.activity(uuid, now).is_some())
    }

    fn feed(
        &self,
        order: Order,
        page: &Pagination,
        now: Timestamp,
        wanted: impl Fn(&Activity) -> bool,
    ) -> Page<Activity> {
        let found = self.activities.values().filter(|it| wanted(it) && self.is_visible(it, now));
        slice(order, page, found.map(|it| it.clone().with_cursor()))
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

    /// The place of the latest of these things that is no later than `at`.
    fn place<'a, T: HasCursor + 'a>(
        &self,
        things: impl Iterator<Item = &'a T>,
        at: Cursor,
    ) -> Option<LogPosition> {
        let at = things.map(HasCursor::cursor).filter(|cursor| *cursor <= at).max()?;
        let (position, _) = self.positions().find(|(_, uuid)| *uuid == at.uuid)?;
        Some(LogPosition { position, at })
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot::after(self.positions().last().map_or(0, |(position, _)| position))
    }

    fn with_snapshot<T>(&self, value: T) -> WithSnapshot<T> {
        WithSnapshot { value, snapshot: Some(self.snapshot()) }
    }

    fn positions(&self) -> impl Iterator<Item = (i64, Uuid)> {
        (1..).zip(self.order.iter().copied())
    }

    /// What stands after a place.
    fn since<T: HasCursor>(
        &self,
        place: &LogPosition,
        find: impl Fn(&Uuid) -> Option<T>,
    ) -> ChangeBatch<T> {
        let all = self.positions().filter_map(|(position, uuid)| {
            let item = find(&uuid)?;
            Some((LogPosition { position, at: item.cursor() }, item))
        });
        let items = all.filter(|(at, _)| at > place).take(ChangeBatch::<T>::MAX).collect();
        ChangeBatch { items, has_pending: false }
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
        Some(made.get(uuid).cloned().map_or(Inserted::TargetMissing, Inserted::Replayed))
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

/// The page of all that is `found`, in whatever order it was found.
fn slice<T>(order: Order, page: &Pagination, found: impl Iterator<Item = (Cursor, T)>) -> Page<T> {
    let (low, high) = page.range(order);
    let mut rows: Vec<_> = found.filter(|(at, _)| low < *at && *at < high).collect();
    rows.sort_by_key(|(at, _)| *at);
    if page.descending(order) {
        rows.reverse();
    }
    page.paginate(rows)
}
