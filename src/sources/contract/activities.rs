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
    /// Returns the visible activities with these uuids, in any order.
    async fn activities_by_uuids(&self, uuids: &[Uuid], now: Timestamp) -> Result<Vec<Activity>>;

    /// Returns a page of all users' cruds, newest first. Replies are in no feed.
    async fn home(
        &self,
        pagination: &Pagination,
        now: Timestamp,
    ) -> Result<WithSnapshot<Page<Activity>>>;

    /// Returns a page of the cruds of the users that this user follows, newest first.
    async fn activities_followed_by(
        &self,
        user: Uuid,
        pagination: &Pagination,
        now: Timestamp,
    ) -> Result<Page<Activity>>;

    /// Returns a page of the cruds and replies that have all words of the search, newest first; an
    /// empty page for a search without words.
    async fn activities_matching(
        &self,
        search: &Search,
        pagination: &Pagination,
        now: Timestamp,
    ) -> Result<Page<Activity>>;

    /// Returns a page of each user's cruds, newest first, in the order of `users`.
    async fn activities_by_users(
        &self,
        users: &[Uuid],
        pagination: &Pagination,
        now: Timestamp,
    ) -> Result<Vec<Page<Activity>>>;

    /// Returns a page of each activity's direct replies, oldest first, in the order of `parents`.
    async fn replies_by_parents(
        &self,
        parents: &[Uuid],
        pagination: &Pagination,
        now: Timestamp,
    ) -> Result<Vec<Page<Activity>>>;

    /// Adds a crud or a reply with its notifications, and counts the reply at its parent. A crud's
    /// `created_at` may be moved past the newest crud (by at most 10 s), so that log order and time
    /// order agree; the answer has the final one.
    async fn insert_activity(&self, new: &NewActivity) -> Result<Inserted<Activity>>;

    /// Deletes the activity and the whole thread below it, if it is this author's. Returns whether
    /// it was deleted.
    async fn delete_activity(&self, uuid: Uuid, author: Uuid) -> Result<bool>;

    /// Deletes up to `limit` activities hidden before `before`. Returns the number deleted; fewer
    /// than `limit` means that none are left.
    async fn delete_expired(&self, before: Timestamp, limit: u32) -> Result<u64>;
}

/// A crud or reply to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewActivity {
    pub activity: Activity,
    pub notifications: Vec<Notification>,
    pub idempotency: Option<Idempotency>,
}
