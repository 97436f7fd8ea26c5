//! A source that notes which of its methods are called, and takes its time as a database does.

#![allow(dead_code, reason = "no test file needs all of it")]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use cruddur::{
    domain::{
        Activity, Cursor, Follow, LogPosition, Message, MessageGroup, MessageKey, Notification,
        Page, Pagination, Profile, Reaction, ReactionKind, Snapshot, Timestamp, User, UserCounts,
        WithSnapshot, text::Search,
    },
    error::{Error, Result},
    sources::{
        Activities, ChangeBatch, Changes, Dataset, Follows, InsertUserOutcome, Inserted, Lifecycle,
        Messages, MigrateError, Migrated, NewActivity, NewMessage, Notifications, Reactions,
        Sources, Store, UserRelation, Users,
    },
};
use uuid::Uuid;

/// Notes each call before it passes it on.
pub struct Counting {
    source: Arc<dyn Store>,
    messages: Arc<dyn Messages>,
    calls: Mutex<Vec<&'static str>>,
    /// A method that fails instead of being passed on.
    broken: Mutex<Option<(&'static str, Error)>>,
    /// A method that takes for ever.
    held: Mutex<Option<&'static str>>,
}

impl Counting {
    /// Puts itself before some sources.
    pub fn before(sources: Sources) -> (Arc<Self>, Sources) {
        let counting = Arc::new(Self {
            source: sources.store,
            messages: sources.messages,
            calls: Mutex::default(),
            broken: Mutex::default(),
            held: Mutex::default(),
        });
        (counting.clone(), counting.into())
    }

    /// The calls since the last question, in order.
    pub fn calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }

    /// Makes a method fail from now on.
    pub fn break_method(&self, method: &'static str, error: Error) {
        *self.broken.lock().unwrap() = Some((method, error));
    }

    /// Makes a method take for ever from now on.
    pub fn hold_method(&self, method: &'static str) {
        *self.held.lock().unwrap() = Some(method);
    }

    async fn note(&self, method: &'static str) -> Result<()> {
        self.calls.lock().unwrap().push(method);
        match &*self.broken.lock().unwrap() {
            Some((broken, error)) if *broken == method => return Err(error.clone()),
            _ => {}
        }
        if *self.held.lock().unwrap() == Some(method) {
            std::future::pending().await
        }
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        Ok(())
    }
}

#[async_trait]
impl Lifecycle for Counting {
    async fn migrate(&self) -> std::result::Result<Migrated, MigrateError> {
        let _ = self.note("migrate").await;
        self.source.migrate().await
    }

    async fn ping(&self) -> Result<()> {
        self.note("ping").await?;
        self.source.ping().await
    }

    async fn import(&self, dataset: &Dataset) -> Result<()> {
        self.note("import").await?;
        self.source.import(dataset).await
    }
}

#[async_trait]
impl Users for Counting {
    async fn users_by_uuids(&self, uuids: &[Uuid]) -> Result<Vec<User>> {
        self.note("users_by_uuids").await?;
        self.source.users_by_uuids(uuids).await
    }

    async fn users_by_handles(&self, handles: &[String]) -> Result<Vec<User>> {
        self.note("users_by_handles").await?;
        self.source.users_by_handles(handles).await
    }

    async fn users_by_subjects(&self, subjects: &[String]) -> Result<Vec<User>> {
        self.note("users_by_subjects").await?;
        self.source.users_by_subjects(subjects).await
    }

    async fn insert_user(&self, user: &User) -> Result<InsertUserOutcome> {
        self.note("insert_user").await?;
        self.source.insert_user(user).await
    }

    async fn users_matching(&self, search: &Search, page: &Pagination) -> Result<Page<User>> {
        self.note("users_matching").await?;
        self.source.users_matching(search, page).await
    }

    async fn users_by_relation(
        &self,
        relation: UserRelation,
        keys: &[Uuid],
        page: &Pagination,
    ) -> Result<Vec<Page<User>>> {
        self.note("users_by_relation").await?;
        self.source.users_by_relation(relation, keys, page).await
    }

    async fn counts_by_users(&self, uuids: &[Uuid], now: Timestamp) -> Result<Vec<UserCounts>> {
        self.note("counts_by_users").await?;
        self.source.counts_by_users(uuids, now).await
    }

    async fn update_profile(&self, uuid: Uuid, profile: &Profile) -> Result<Option<User>> {
        self.note("update_profile").await?;
        self.source.update_profile(uuid, profile).await
    }
}

#[async_trait]
impl Activities for Counting {
    async fn activities_by_uuids(&self, uuids: &[Uuid], now: Timestamp) -> Result<Vec<Activity>> {
        self.note("activities_by_uuids").await?;
        self.source.activities_by_uuids(uuids, now).await
    }

    async fn home(
        &self,
        page: &Pagination,
        now: Timestamp,
    ) -> Result<WithSnapshot<Page<Activity>>> {
        self.note("home").await?;
        self.source.home(page, now).await
    }

    async fn activities_followed_by(
        &self,
        user: Uuid,
        page: &Pagination,
        now: Timestamp,
    ) -> Result<Page<Activity>> {
        self.note("activities_followed_by").await?;
        self.source.activities_followed_by(user, page, now).await
    }

    async fn activities_matching(
        &self,
        search: &Search,
        page: &Pagination,
        now: Timestamp,
    ) -> Result<Page<Activity>> {
        self.note("activities_matching").await?;
        self.source.activities_matching(search, page, now).await
    }

    async fn activities_by_users(
        &self,
        users: &[Uuid],
        page: &Pagination,
        now: Timestamp,
    ) -> Result<Vec<Page<Activity>>> {
        self.note("activities_by_users").await?;
        self.source.activities_by_users(users, page, now).await
    }

    async fn replies_by_parents(
        &self,
        parents: &[Uuid],
        page: &Pagination,
        now: Timestamp,
    ) -> Result<Vec<Page<Activity>>> {
        self.note("replies_by_parents").await?;
        self.source.replies_by_parents(parents, page, now).await
    }

    async fn insert_activity(&self, new: &NewActivity) -> Result<Inserted<Activity>> {
        self.note("insert_activity").await?;
        self.source.insert_activity(new).await
    }

    async fn delete_activity(&self, uuid: Uuid, author: Uuid) -> Result<bool> {
        self.note("delete_activity").await?;
        self.source.delete_activity(uuid, author).await
    }

    async fn delete_expired(&self, before: Timestamp, limit: u32) -> Result<u64> {
        self.note("delete_expired").await?;
        self.source.delete_expired(before, limit).await
    }
}

#[async_trait]
impl Reactions for Counting {
    async fn insert_reaction(
        &self,
        reaction: &Reaction,
        notification: Option<&Notification>,
    ) -> Result<Option<Activity>> {
        self.note("insert_reaction").await?;
        self.source.insert_reaction(reaction, notification).await
    }

    async fn delete_reaction(
        &self,
        kind: ReactionKind,
        activity: Uuid,
        user: Uuid,
        now: Timestamp,
    ) -> Result<Option<Activity>> {
        self.note("delete_reaction").await?;
        self.source.delete_reaction(kind, activity, user, now).await
    }

    async fn reactions_by_user(
        &self,
        user: Uuid,
        activities: &[Uuid],
    ) -> Result<Vec<(ReactionKind, Uuid)>> {
        self.note("reactions_by_user").await?;
        self.source.reactions_by_user(user, activities).await
    }
}

#[async_trait]
impl Follows for Counting {
    async fn insert_follow(&self, follow: &Follow, notification: &Notification) -> Result<bool> {
        self.note("insert_follow").await?;
        self.source.insert_follow(follow, notification).await
    }

    async fn delete_follow(&self, follower: Uuid, followed: Uuid) -> Result<bool> {
        self.note("delete_follow").await?;
        self.source.delete_follow(follower, followed).await
    }

    async fn followed_among(&self, follower: Uuid, users: &[Uuid]) -> Result<Vec<Uuid>> {
        self.note("followed_among").await?;
        self.source.followed_among(follower, users).await
    }
}

#[async_trait]
impl Notifications for Counting {
    async fn notifications(
        &self,
        user: Uuid,
        unread_only: bool,
        page: &Pagination,
        now: Timestamp,
    ) -> Result<WithSnapshot<Page<Notification>>> {
        self.note("notifications").await?;
        self.source.notifications(user, unread_only, page, now).await
    }

    async fn notifications_by_uuids(
        &self,
        user: Uuid,
        uuids: &[Uuid],
        now: Timestamp,
    ) -> Result<Vec<Notification>> {
        self.note("notifications_by_uuids").await?;
        self.source.notifications_by_uuids(user, uuids, now).await
    }

    async fn unread_notifications(&self, user: Uuid, now: Timestamp) -> Result<i64> {
        self.note("unread_notifications").await?;
        self.source.unread_notifications(user, now).await
    }

    async fn insert_notification(&self, notification: &Notification) -> Result<()> {
        self.note("insert_notification").await?;
        self.source.insert_notification(notification).await
    }

    async fn mark_notifications_read(
        &self,
        user: Uuid,
        up_to: Uuid,
        now: Timestamp,
    ) -> Result<bool> {
        self.note("mark_notifications_read").await?;
        self.source.mark_notifications_read(user, up_to, now).await
    }

    async fn mark_message_notifications_read(
        &self,
        user: Uuid,
        sender: Uuid,
        up_to: Cursor,
        now: Timestamp,
    ) -> Result<()> {
        self.note("mark_message_notifications_read").await?;
        self.source.mark_message_notifications_read(user, sender, up_to, now).await
    }
}

#[async_trait]
impl Changes for Counting {
    async fn snapshot(&self) -> Result<Snapshot> {
        self.note("snapshot").await?;
        self.source.snapshot().await
    }

    async fn activities_after(
        &self,
        place: &LogPosition,
        now: Timestamp,
    ) -> Result<ChangeBatch<Activity>> {
        self.note("activities_after").await?;
        self.source.activities_after(place, now).await
    }

    async fn activity_log_position(&self, at: Cursor) -> Result<Option<LogPosition>> {
        self.note("activity_log_position").await?;
        self.source.activity_log_position(at).await
    }

    async fn notifications_after(
        &self,
        user: Option<Uuid>,
        place: &LogPosition,
        now: Timestamp,
    ) -> Result<ChangeBatch<Notification>> {
        self.note("notifications_after").await?;
        self.source.notifications_after(user, place, now).await
    }

    async fn notification_log_position(
        &self,
        user: Uuid,
        at: Cursor,
    ) -> Result<Option<LogPosition>> {
        self.note("notification_log_position").await?;
        self.source.notification_log_position(user, at).await
    }
}

#[async_trait]
impl Messages for Counting {
    async fn message_groups(&self, user: Uuid, page: &Pagination) -> Result<Page<MessageGroup>> {
        self.note("message_groups").await?;
        self.messages.message_groups(user, page).await
    }

    async fn message_groups_by_uuids(
        &self,
        user: Uuid,
        uuids: &[Uuid],
    ) -> Result<Vec<MessageGroup>> {
        self.note("message_groups_by_uuids").await?;
        self.messages.message_groups_by_uuids(user, uuids).await
    }

    async fn message_groups_by_others(
        &self,
        user: Uuid,
        others: &[Uuid],
    ) -> Result<Vec<MessageGroup>> {
        self.note("message_groups_by_others").await?;
        self.messages.message_groups_by_others(user, others).await
    }

    async fn messages_by_groups(
        &self,
        groups: &[Uuid],
        page: &Pagination,
    ) -> Result<Vec<Page<Message>>> {
        self.note("messages_by_groups").await?;
        self.messages.messages_by_groups(groups, page).await
    }

    async fn messages_by_keys(&self, keys: &[MessageKey]) -> Result<Vec<Message>> {
        self.note("messages_by_keys").await?;
        self.messages.messages_by_keys(keys).await
    }

    async fn unread_by_groups(&self, user: Uuid, groups: &[Uuid]) -> Result<Vec<i64>> {
        self.note("unread_by_groups").await?;
        self.messages.unread_by_groups(user, groups).await
    }

    async fn mark_messages_read(&self, user: Uuid, up_to: &MessageKey) -> Result<bool> {
        self.note("mark_messages_read").await?;
        self.messages.mark_messages_read(user, up_to).await
    }

    async fn insert_message(&self, new: &NewMessage) -> Result<Inserted<Message>> {
        self.note("insert_message").await?;
        self.messages.insert_message(new).await
    }
}
