//! Cruds and replies.

use async_trait::async_trait;
use uuid::Uuid;

use super::{Idempotency, Inserted};
use crate::{
    domain::{Activity, Notification, Page, Pagination, Timestamp, WithSnapshot, text::Search},
    error::Result,
};

/// Cruds and replies.
#[async_trait]
pub trait Activities: Send + Sync + 'static {
    async fn activities_by_uuids(&self, uuids: &[Uuid], now: Timestamp) -> Result<Vec<Activity>>;

    /// Cruds of everybody, newest first. Replies are in no feed.
    async fn home(&self, page: &Pagination, now: Timestamp)
    -> Result<WithSnapshot<Page<Activity>>>;

    /// Cruds of those whom a user follows, newest first.
    async fn activities_followed_by(
        &self,
        user: Uuid,
        page: &Pagination,
        now: Timestamp,
    ) -> Result<Page<Activity>>;

    /// Cruds and replies that have the words, newest first.
    async fn activities_matching(
        &self,
        search: &Search,
        page: &Pagination,
        now: Timestamp,
    ) -> Result<Page<Activity>>;

    /// Each user's cruds, newest first.
    async fn activities_by_users(
        &self,
        users: &[Uuid],
        page: &Pagination,
        now: Timestamp,
    ) -> Result<Vec<Page<Activity>>>;

    /// Each activity's direct replies, oldest first.
    async fn replies_by_parents(
        &self,
        parents: &[Uuid],
        page: &Pagination,
        now: Timestamp,
    ) -> Result<Vec<Page<Activity>>>;

    /// Adds a crud or a reply, counts the reply at its parent, and adds the notifications. A crud that
    /// was made a moment before the latest one, and comes after it, may get a time after that one.
    async fn insert_activity(&self, new: &NewActivity) -> Result<Inserted<Activity>>;

    /// Deletes the activity and all of its thread below it, if it is this author's. Whether it was.
    async fn delete_activity(&self, uuid: Uuid, author: Uuid) -> Result<bool>;

    /// Deletes at most `limit` activities that are invisible since before `before`. How many it were;
    /// fewer than `limit` once none is left.
    async fn delete_expired(&self, before: Timestamp, limit: u32) -> Result<u64>;
}

/// A crud or reply to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewActivity {
    pub activity: Activity,
    pub notifications: Vec<Notification>,
    pub idempotency: Option<Idempotency>,
}
