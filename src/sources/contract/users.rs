//! Users.

use async_trait::async_trait;
use uuid::Uuid;

use crate::{
    domain::{Page, Pagination, Profile, ReactionKind, Timestamp, User, UserCounts, text::Search},
    error::Result,
};

/// Users.
#[async_trait]
pub trait Users: Send + Sync + 'static {
    /// Returns the users with these uuids, in any order.
    async fn users_by_uuids(&self, uuids: &[Uuid]) -> Result<Vec<User>>;

    /// Returns the users with these handles, in any order. Case matters.
    async fn users_by_handles(&self, handles: &[String]) -> Result<Vec<User>>;

    /// Adds a user, unless another user has a handle with the same skeleton, or the same `sub`. Of
    /// several concurrent calls with one `sub`, one succeeds. A banned user has their handle and their
    /// `sub` still.
    async fn insert_user(&self, user: &User) -> Result<InsertUserOutcome>;

    /// Returns a page of the users whose handle and display name together have all words of the
    /// search, newest first; an empty page for a search without words.
    async fn users_matching(&self, search: &Search, pagination: &Pagination) -> Result<Page<User>>;

    /// Returns a page of the users on the other side of a relation for each key, in the order of
    /// `keys`, the latest related first. A cursor is the time at which the relation began and the
    /// user's uuid.
    async fn users_by_relation(
        &self,
        relation: UserRelation,
        keys: &[Uuid],
        pagination: &Pagination,
    ) -> Result<Vec<Page<User>>>;

    /// Returns the counts of each user, in the order of `uuids`; zeros for an unknown one.
    async fn counts_by_users(&self, uuids: &[Uuid], now: Timestamp) -> Result<Vec<UserCounts>>;

    /// Replaces the user's profile. Returns the changed user; `None` for an unknown one.
    async fn update_profile(&self, uuid: Uuid, profile: &Profile) -> Result<Option<User>>;
}

/// The relation between users and the key of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UserRelation {
    /// The users who liked or reposted the activity.
    Reacted(ReactionKind),
    /// The users who follow the user.
    Followers,
    /// The users that the user follows.
    Following,
}

/// The outcome of adding a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InsertUserOutcome {
    Added,
    HandleTaken,
    SubjectTaken,
}
