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

    /// Returns the crud at the root of the thread of each of these activities, in any order, each with
    /// the activity's uuid. Leaves out activities that are not visible. Takes one look-up, however
    /// long the threads are.
    async fn roots_by_uuids(&self, uuids: &[Uuid], now: Timestamp)
    -> Result<Vec<(Uuid, Activity)>>;

    /// Adds a crud or a reply with its notifications, and counts the reply at its parent. A crud's
    /// `created_at` may be moved past the newest crud (by at most 10 s), so that log order and time
    /// order agree; the answer has the final one.
    async fn insert_activity(&self, new: &NewActivity) -> Result<Inserted<Activity>>;

    /// Hides the activity and the whole thread below it for good, if it is this author's, and deletes
    /// them at once if there are at most `at_once` activities and reactions. Otherwise
    /// [`Activities::delete_step`] deletes them. Returns whether it was hidden; `false` if it is
    /// hidden already.
    ///
    /// Hides at most [`MAX_HIDDEN`] activities. [`Activities::delete_step`] hides the others: they
    /// are the ones furthest below.
    async fn delete_activity(&self, uuid: Uuid, author: Uuid, at_once: u32) -> Result<bool>;

    /// Deletes a part of what [`Activities::delete_activity`] has hidden: at most `limit` activities,
    /// and at most `limit` of each kind of row that belongs to them. Returns the number of rows that it
    /// deleted or hid; 0 means that nothing is left, or that another gateway is deleting the rest.
    async fn delete_step(&self, limit: u32) -> Result<u64>;

    /// Deletes up to `limit` activities that expired before `before`. Returns the number deleted;
    /// fewer than `limit` means that none are left.
    async fn delete_expired(&self, before: Timestamp, limit: u32) -> Result<u64>;
}

/// The maximum number of activities that [`Activities::delete_activity`] hides. One statement hides
/// that many in about a second.
pub const MAX_HIDDEN: usize = 50_000;

/// A crud or reply to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewActivity {
    pub activity: Activity,
    pub notifications: Vec<Notification>,
    pub idempotency: Option<Idempotency>,
}
