//! A store that records its calls and forwards them to another store. It can fail or hang.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use cruddur::{
    domain::{
        Account, Activity, Conversation, Cursor, Follow, LogPosition, Message, MessageGroup,
        MessageKey, Notification, Page, Pagination, Profile, Reaction, ReactionKind, Snapshot,
        Timestamp, User, UserCounts, WithSnapshot, text::Search,
    },
    error::{Error, Result},
    sources::{
        Accounts, Activities, ActivityPart, ChangeBatch, Changes, Dataset, Follows,
        InsertUserOutcome, Inserted, Lifecycle, Messages, MigrateError, Migrated, NewActivity,
        NewMessage, Notifications, Reactions, Sources, Store, UserRelation, Users,
    },
};
use uuid::Uuid;

/// Records each call and forwards it after a few turns of the scheduler, as if a database were slow.
pub struct RecordingStore {
    store: Arc<dyn Store>,
    messages: Arc<dyn Messages>,
    calls: Mutex<Vec<&'static str>>,
    /// A method that fails.
    broken: Mutex<Option<(&'static str, Error)>>,
    /// A method that never returns.
    held: Mutex<Option<&'static str>>,
}

impl RecordingStore {
    /// Wraps the stores. Returns the recorder, and the stores to build a service on.
    pub fn wrap(sources: Sources) -> (Arc<Self>, Sources) {
        let recorder = Arc::new(Self {
            store: sources.store,
            messages: sources.messages,
            calls: Mutex::default(),
            broken: Mutex::default(),
            held: Mutex::default(),
        });
        (recorder.clone(), recorder.into())
    }

    /// Returns the calls since the last time, in order, and clears the record.
    pub fn calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }

    /// Makes a method fail from now on.
    pub fn break_method(&self, method: &'static str, error: Error) {
        *self.broken.lock().unwrap() = Some((method, error));
    }

    /// Makes a method hang from now on.
    pub fn hold_method(&self, method: &'static str) {
        *self.held.lock().unwrap() = Some(method);
    }

    async fn record(&self, method: &'static str) -> Result<()> {
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

/// Implements a trait of the contract: each method records its call and forwards it.
macro_rules! record {
    ($contract:ident by $inner:ident {
        $($method:ident($($argument:ident: $type:ty),*) -> $output:ty;)*
    }) => {
        #[async_trait]
        impl $contract for RecordingStore {
            $(async fn $method(&self $(, $argument: $type)*) -> Result<$output> {
                self.record(stringify!($method)).await?;
                self.$inner.$method($($argument),*).await
            })*
        }
    };
}

#[async_trait]
impl Lifecycle for RecordingStore {
    async fn migrate(&self) -> std::result::Result<Migrated, MigrateError> {
        let _ = self.record("migrate").await;
        self.store.migrate().await
    }

    async fn ping(&self) -> Result<()> {
        self.record("ping").await?;
        self.store.ping().await
    }

    async fn delete_idempotency_keys(&self, until: Timestamp, limit: u32) -> Result<u64> {
        self.record("delete_idempotency_keys").await?;
        self.store.delete_idempotency_keys(until, limit).await
    }

    async fn import(&self, dataset: &Dataset) -> Result<()> {
        self.record("import").await?;
        self.store.import(dataset).await
    }
}

/// A gateway looks at accounts in the background, so these calls are not recorded.
#[async_trait]
impl Accounts for RecordingStore {
    async fn accounts_by_uuids(&self, uuids: &[Uuid]) -> Result<Vec<Account>> {
        self.store.accounts_by_uuids(uuids).await
    }

    async fn accounts_by_handles(&self, handles: &[String]) -> Result<Vec<Account>> {
        self.store.accounts_by_handles(handles).await
    }

    async fn accounts_by_subjects(&self, subjects: &[String]) -> Result<Vec<Account>> {
        self.store.accounts_by_subjects(subjects).await
    }

    async fn accounts_version(&self) -> Result<i64> {
        self.store.accounts_version().await
    }

    async fn set_banned(&self, user: Uuid, since: Option<Timestamp>) -> Result<bool> {
        self.store.set_banned(user, since).await
    }

    async fn hide_activities(
        &self,
        part: &ActivityPart,
        after: Uuid,
        limit: u32,
    ) -> Result<Vec<Uuid>> {
        self.store.hide_activities(part, after, limit).await
    }

    async fn show_activities(
        &self,
        part: &ActivityPart,
        after: Uuid,
        limit: u32,
    ) -> Result<Vec<Uuid>> {
        self.store.show_activities(part, after, limit).await
    }

    async fn set_notifications_hidden(
        &self,
        actor: Uuid,
        hidden: bool,
        after: Uuid,
        limit: u32,
    ) -> Result<Vec<Uuid>> {
        self.store.set_notifications_hidden(actor, hidden, after, limit).await
    }

    async fn erase_activities(&self, uuids: &[Uuid], limit: u32) -> Result<bool> {
        self.store.erase_activities(uuids, limit).await
    }

    async fn erase_traces(&self, user: Uuid, limit: u32) -> Result<u64> {
        self.store.erase_traces(user, limit).await
    }

    async fn erase_user(&self, user: Uuid) -> Result<bool> {
        self.store.erase_user(user).await
    }
}

record!(Users by store {
    users_by_uuids(uuids: &[Uuid]) -> Vec<User>;
    users_by_handles(handles: &[String]) -> Vec<User>;
    insert_user(user: &User) -> InsertUserOutcome;
    users_matching(search: &Search, pagination: &Pagination) -> Page<User>;
    users_by_relation(relation: UserRelation, keys: &[Uuid], pagination: &Pagination) -> Vec<Page<User>>;
    counts_by_users(uuids: &[Uuid], now: Timestamp) -> Vec<UserCounts>;
    update_profile(uuid: Uuid, profile: &Profile) -> Option<User>;
});

record!(Activities by store {
    activities_by_uuids(uuids: &[Uuid], now: Timestamp) -> Vec<Activity>;
    home(pagination: &Pagination, now: Timestamp) -> WithSnapshot<Page<Activity>>;
    activities_followed_by(user: Uuid, pagination: &Pagination, now: Timestamp) -> Page<Activity>;
    activities_matching(search: &Search, pagination: &Pagination, now: Timestamp) -> Page<Activity>;
    activities_by_users(users: &[Uuid], pagination: &Pagination, now: Timestamp) -> Vec<Page<Activity>>;
    replies_by_parents(parents: &[Uuid], pagination: &Pagination, now: Timestamp) -> Vec<Page<Activity>>;
    roots_by_uuids(uuids: &[Uuid], now: Timestamp) -> Vec<(Uuid, Activity)>;
    insert_activity(new: &NewActivity) -> Inserted<Activity>;
    delete_activity(uuid: Uuid, author: Uuid, at_once: u32) -> bool;
    delete_step(limit: u32) -> u64;
    delete_expired(before: Timestamp, limit: u32) -> u64;
});

record!(Reactions by store {
    insert_reaction(reaction: &Reaction, notification: Option<&Notification>) -> Option<Activity>;
    delete_reaction(kind: ReactionKind, activity: Uuid, user: Uuid, now: Timestamp) -> Option<Activity>;
    reactions_by_user(user: Uuid, activities: &[Uuid]) -> Vec<(ReactionKind, Uuid)>;
});

record!(Follows by store {
    insert_follow(follow: &Follow, notification: &Notification) -> bool;
    delete_follow(follower: Uuid, followed: Uuid) -> bool;
    followed_among(follower: Uuid, users: &[Uuid]) -> Vec<Uuid>;
});

record!(Notifications by store {
    notifications(user: Uuid, unread_only: bool, pagination: &Pagination, now: Timestamp) -> WithSnapshot<Page<Notification>>;
    notifications_by_uuids(user: Uuid, uuids: &[Uuid], now: Timestamp) -> Vec<Notification>;
    unread_notifications(user: Uuid, now: Timestamp) -> i64;
    insert_notification(notification: &Notification) -> ();
    mark_notifications_read(user: Uuid, up_to: Uuid, now: Timestamp) -> bool;
    mark_message_notifications_read(user: Uuid, sender: Uuid, up_to: Cursor, now: Timestamp) -> ();
});

record!(Changes by store {
    snapshot() -> Snapshot;
    activities_after(position: &LogPosition, now: Timestamp) -> ChangeBatch<Activity>;
    activity_log_position(at: Cursor) -> Option<LogPosition>;
    notifications_after(user: Option<Uuid>, position: &LogPosition, now: Timestamp) -> ChangeBatch<Notification>;
    notification_log_position(user: Uuid, at: Cursor) -> Option<LogPosition>;
});

record!(Messages by messages {
    message_groups(user: Uuid, pagination: &Pagination) -> Page<MessageGroup>;
    message_groups_by_uuids(user: Uuid, uuids: &[Uuid]) -> Vec<MessageGroup>;
    message_groups_by_others(user: Uuid, others: &[Uuid]) -> Vec<MessageGroup>;
    messages_by_groups(groups: &[Uuid], pagination: &Pagination) -> Vec<Page<Message>>;
    messages_by_keys(keys: &[MessageKey]) -> Vec<Message>;
    unread_by_groups(user: Uuid, groups: &[Uuid]) -> Vec<i64>;
    unread_messages(user: Uuid) -> i64;
    mark_messages_read(user: Uuid, up_to: &MessageKey) -> bool;
    insert_message(new: &NewMessage) -> Inserted<Message>;
    conversations_of(user: Uuid, after: Uuid, limit: u32) -> Vec<Conversation>;
    erase_conversation(user: Uuid, conversation: &Conversation, limit: u32) -> u64;
    erase_reader(user: Uuid) -> ();
});
