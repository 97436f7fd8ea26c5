//! What every source answers, and in which words.
//!
//! The contract, which tests/sources/story tells every source as one story:
//! * A source never reads a clock, makes an id or checks a rule; time and ids are passed in.
//! * A method is one transaction: it happens whole or not at all, and it may be dropped at any
//!   await without leaving half of it behind.
//! * `now` decides what has expired. An activity is visible while its thread's root has not
//!   expired; a row without an author, or a reply without a parent, is never visible. No method
//!   answers with what is not visible.
//! * Look-ups by keys answer in any order, each row once, and leave out what is not there. Lists by
//!   keys answer one page for each key, in the keys' order.
//! * Lists are ordered by time, then uuid. Counts are kept in the transaction that changes the rows.

use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use super::Line;
use crate::{
    domain::{
        Activity, AsOf, Cursor, Follow, Instant, Message, MessageGroup, MessageKey, Moment,
        Notification, Page, Place, Profile, Reaction, ReactionKind, Slice, User, UserCounts,
        text::Search,
    },
    error::Result,
};

/// How many connections to a store are open, and how many of them nobody uses.
#[derive(Debug, Clone, Copy)]
pub struct Connections {
    pub open: u32,
    pub idle: u32,
}

/// Users, activities, replies, reactions, follows and notifications: one database.
#[async_trait]
pub trait ActivitySource: Send + Sync + 'static {
    /// Brings the store to the present schema, adopting an original Cruddur database where there
    /// is one. Safe to run from several processes at once, and to repeat.
    async fn migrate(&self) -> std::result::Result<Migrated, MigrateError>;

    /// Answers once the store can answer.
    async fn ping(&self) -> Result<()>;

    /// The connections to the store; absent where there are none.
    fn connections(&self) -> Option<Connections> {
        None
    }

    /// Adds a whole data set, which may hang on what is in the store already. `activities` must
    /// hold parents before their replies.
    async fn import(&self, dataset: &Dataset) -> Result<()>;

    async fn users_by_uuids(&self, uuids: &[Uuid]) -> Result<Vec<User>>;

    /// Case matters.
    async fn users_by_handles(&self, handles: &[String]) -> Result<Vec<User>>;

    /// The users to whom these `sub`s belong. What is nobody's in particular may be several users'.
    async fn users_by_subjects(&self, subjects: &[String]) -> Result<Vec<User>>;

    /// Adds a user, unless somebody has their handle, regardless of case, or their `sub`. The same
    /// `sub` must always come with the same uuid.
    async fn insert_user(&self, user: &User) -> Result<Registered>;

    /// The users whose handle and display name together have the words, newest first.
    async fn users_matching(&self, search: &Search, page: &Page) -> Result<Slice<User>>;

    /// The users on the other side of a relation, the latest related first. A position is the time
    /// at which the relation began and the user's uuid.
    async fn users_by_relation(
        &self,
        relation: UserRelation,
        keys: &[Uuid],
        page: &Page,
    ) -> Result<Vec<Slice<User>>>;

    /// The counts of each user, in the order of `uuids`; zeros for an unknown one.
    async fn counts_by_users(&self, uuids: &[Uuid], now: Instant) -> Result<Vec<UserCounts>>;

    /// None where there is no such user.
    async fn update_profile(&self, uuid: Uuid, profile: &Profile) -> Result<Option<User>>;

    async fn activities_by_uuids(&self, uuids: &[Uuid], now: Instant) -> Result<Vec<Activity>>;

    /// Cruds of everybody, newest first. Replies are in no feed.
    async fn home(&self, page: &Page, now: Instant) -> Result<AsOf<Slice<Activity>>>;

    /// Cruds of those whom a user follows, newest first.
    async fn activities_followed_by(
        &self,
        user: Uuid,
        page: &Page,
        now: Instant,
    ) -> Result<Slice<Activity>>;

    /// Cruds and replies that have the words, newest first.
    async fn activities_matching(
        &self,
        search: &Search,
        page: &Page,
        now: Instant,
    ) -> Result<Slice<Activity>>;

    /// Each user's cruds, newest first.
    async fn activities_by_users(
        &self,
        users: &[Uuid],
        page: &Page,
        now: Instant,
    ) -> Result<Vec<Slice<Activity>>>;

    /// Each activity's direct replies, oldest first.
    async fn replies_by_parents(
        &self,
        parents: &[Uuid],
        page: &Page,
        now: Instant,
    ) -> Result<Vec<Slice<Activity>>>;

    /// Adds a crud or a reply, counts the reply at its parent, and adds the notifications. A crud that
    /// was made a moment before the latest one, and comes after it, may get a time after that one.
    async fn insert_activity(&self, new: &NewActivity) -> Result<Inserted<Activity>>;

    /// Deletes the activity and all of its thread below it, if it is this author's. Whether it was.
    async fn delete_activity(&self, uuid: Uuid, author: Uuid) -> Result<bool>;

    /// Deletes at most `limit` activities that are invisible since before `before`. How many it were;
    /// fewer than `limit` once none is left.
    async fn delete_expired(&self, before: Instant, limit: u32) -> Result<u64>;

    /// Adds the reaction and its notification unless the user has reacted so already. The activity
    /// as it is now; none where it is not visible.
    async fn insert_reaction(
        &self,
        reaction: &Reaction,
        notification: Option<&Notification>,
    ) -> Result<Option<Activity>>;

    /// Takes the reaction back, and the notification of it. The activity as it is now; none where
    /// it is not visible.
    async fn delete_reaction(
        &self,
        kind: ReactionKind,
        activity: Uuid,
        user: Uuid,
        now: Instant,
    ) -> Result<Option<Activity>>;

    /// Which of the activities the user has reacted to, and how.
    async fn reactions_by_user(
        &self,
        user: Uuid,
        activities: &[Uuid],
    ) -> Result<Vec<(ReactionKind, Uuid)>>;

    /// Adds the follow and its notification unless it is there. Whether it was added.
    async fn insert_follow(&self, follow: &Follow, notification: &Notification) -> Result<bool>;

    /// Takes the follow back, and the notification of it. Whether it was there.
    async fn delete_follow(&self, follower: Uuid, followed: Uuid) -> Result<bool>;

    /// Which of the users the follower follows.
    async fn followed_among(&self, follower: Uuid, users: &[Uuid]) -> Result<Vec<Uuid>>;

    /// A user's notifications, newest first. Those of an activity that is not visible are left out.
    async fn notifications(
        &self,
        user: Uuid,
        unread_only: bool,
        page: &Page,
        now: Instant,
    ) -> Result<AsOf<Slice<Notification>>>;

    /// Notifications of this user only.
    async fn notifications_by_uuids(
        &self,
        user: Uuid,
        uuids: &[Uuid],
        now: Instant,
    ) -> Result<Vec<Notification>>;

    async fn unread_notifications(&self, user: Uuid, now: Instant) -> Result<i64>;

    /// Adds a notification of no activity, unless it is there.
    async fn insert_notification(&self, notification: &Notification) -> Result<()>;

    /// Marks as read what is unread among this notification of the user's and all before it. Whether
    /// there is such a notification.
    async fn mark_notifications_read(&self, user: Uuid, up_to: Uuid, now: Instant) -> Result<bool>;

    /// What can be read at present.
    async fn moment(&self) -> Result<Moment>;

    /// Cruds after a place, in the order of places; at most [`Arrivals::MAX`].
    async fn cruds_since(&self, place: &Place, now: Instant) -> Result<Arrivals<Activity>>;

    /// The place of the latest crud that is no later than `at`.
    async fn crud_place(&self, at: Cursor) -> Result<Option<Place>>;

    /// Notifications after a place, of one user or of all, in the order of places; at most
    /// [`Arrivals::MAX`].
    async fn notifications_since(
        &self,
        user: Option<Uuid>,
        place: &Place,
        now: Instant,
    ) -> Result<Arrivals<Notification>>;

    /// The place of a user's latest notification that is no later than `at`.
    async fn notification_place(&self, user: Uuid, at: Cursor) -> Result<Option<Place>>;

    /// The line between the gateways of this store; none for a store that has one gateway.
    fn line(&self) -> Option<Arc<dyn Line>> {
        None
    }

    /// Marks as read what tells a user of messages by `sender` up to this one.
    async fn mark_message_notifications_read(
        &self,
        user: Uuid,
        sender: Uuid,
        up_to: Cursor,
        now: Instant,
    ) -> Result<()>;
}

/// Direct messages, which may live elsewhere than the activities.
#[async_trait]
pub trait MessageSource: Send + Sync + 'static {
    /// Whether the messages live elsewhere than the activities, which then bring up, ask after and
    /// fill another store.
    fn is_apart(&self) -> bool {
        false
    }

    /// Brings a store apart to the present schema. Whether it holds nothing.
    async fn migrate(&self) -> std::result::Result<bool, MigrateError> {
        Ok(true)
    }

    /// Answers once a store apart can answer.
    async fn ping(&self) -> Result<()> {
        Ok(())
    }

    /// A user's conversations, the one with the newest message first. A position is the time of
    /// the last message and the group's uuid.
    async fn message_groups(&self, user: Uuid, page: &Page) -> Result<Slice<MessageGroup>>;

    /// The conversations of this user only.
    async fn message_groups_by_uuids(
        &self,
        user: Uuid,
        uuids: &[Uuid],
    ) -> Result<Vec<MessageGroup>>;

    /// The user's conversations with these others.
    async fn message_groups_by_others(
        &self,
        user: Uuid,
        others: &[Uuid],
    ) -> Result<Vec<MessageGroup>>;

    /// Each conversation's messages, oldest first.
    async fn messages_by_groups(&self, groups: &[Uuid], page: &Page)
    -> Result<Vec<Slice<Message>>>;

    /// Messages by where they stand.
    async fn messages_by_keys(&self, keys: &[MessageKey]) -> Result<Vec<Message>>;

    /// How many messages of the other person a user has not read in each conversation, in the order
    /// of `groups`; zero for one that is not theirs.
    async fn unread_by_groups(&self, user: Uuid, groups: &[Uuid]) -> Result<Vec<i64>>;

    /// Marks as read this message and all before it in its conversation, for one of its two people.
    /// Whether there is such a message in a conversation of this user's.
    async fn mark_messages_read(&self, user: Uuid, up_to: &MessageKey) -> Result<bool>;

    /// Adds a message to the conversation of its two people, opening it where there is none. The
    /// answer's `group_uuid` tells which it is.
    async fn insert_message(&self, new: &NewMessage) -> Result<Inserted<Message>>;
}

/// What has become readable after a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrivals<T> {
    pub items: Vec<(Place, T)>,
    /// Whether there is more that cannot be read yet, because something may come before it.
    pub unsettled: bool,
}

impl<T> Arrivals<T> {
    /// The most that are read at a time.
    pub const MAX: usize = 100;

    /// Whether there may be more.
    pub fn is_full(&self) -> bool {
        self.items.len() == Self::MAX
    }
}

/// What relates users to the key of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UserRelation {
    /// Those who like or reposted the activity.
    Reacted(ReactionKind),
    /// Those who follow the user.
    Followers,
    /// Those whom the user follows.
    Following,
}

/// A crud or reply to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewActivity {
    pub activity: Activity,
    pub notifications: Vec<Notification>,
    pub idempotency: Option<Idempotency>,
}

/// A direct message to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// Its `group_uuid` is used where the conversation has to be opened.
    pub message: Message,
    pub receiver_uuid: Uuid,
    pub idempotency: Option<Idempotency>,
}

/// What makes the repetition of a create give the first answer again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    pub user_uuid: Uuid,
    pub key: String,
    /// A hash of the whole input.
    pub input_hash: Vec<u8>,
    pub created_at: Instant,
    /// Keys older than this are forgotten.
    pub since: Instant,
}

/// What became of an insert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inserted<T> {
    New(T),
    /// The idempotency key was used with this input before, and this is what it made, as it is now.
    Earlier(T),
    /// The idempotency key was used with another input.
    KeyReused,
    /// What it hangs on is not visible, or what the key made is deleted.
    Gone,
}

/// What became of a user to add.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registered {
    Added,
    HandleTaken,
    SubjectTaken,
}

/// Data to start from.
#[derive(Debug, Clone, Default)]
pub struct Dataset {
    pub users: Vec<User>,
    pub activities: Vec<Activity>,
    pub reactions: Vec<Reaction>,
    pub follows: Vec<Follow>,
    pub notifications: Vec<Notification>,
    pub messages: Vec<NewMessage>,
}

/// What [`ActivitySource::migrate`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Migrated {
    /// There is not a user in the store.
    Empty,
    /// An original Cruddur database, now adopted.
    Adopted { users: i64, activities: i64 },
    /// A store with data of the gateway's own.
    Current,
}

/// Why a store was not brought to the present schema. Nothing has been changed then.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// Worth another try.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// The data has to be mended first; the text names the rows.
    #[error("the database cannot be adopted: {0}")]
    Refused(String),
    #[error("the migration failed: {0}")]
    Failed(String),
}
