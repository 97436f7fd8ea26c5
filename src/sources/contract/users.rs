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
    async fn users_by_uuids(&self, uuids: &[Uuid]) -> Result<Vec<User>>;

    /// Case matters.
    async fn users_by_handles(&self, handles: &[String]) -> Result<Vec<User>>;

    /// The users to whom these `sub`s belong. What is nobody's in particular may be several users'.
    async fn users_by_subjects(&self, subjects: &[String]) -> Result<Vec<User>>;

    /// Adds a user, unless somebody has their handle, regardless of case, or their `sub`. The same
    /// `sub` must always come with the same uuid.
    async fn insert_user(&self, user: &User) -> Result<InsertUserOutcome>;

    /// The users whose handle and display name together have the words, newest first.
    async fn users_matching(&self, search: &Search, page: &Pagination) -> Result<Page<User>>;

    /// The users on the other side of a relation, the latest related first. A position is the time
    /// at which the relation began and the user's uuid.
    async fn users_by_relation(
        &self,
        relation: UserRelation,
        keys: &[Uuid],
        page: &Pagination,
    ) -> Result<Vec<Page<User>>>;

    /// The counts of each user, in the order of `uuids`; zeros for an unknown one.
    async fn counts_by_users(&self, uuids: &[Uuid], now: Timestamp) -> Result<Vec<UserCounts>>;

    /// None where there is no such user.
    async fn update_profile(&self, uuid: Uuid, profile: &Profile) -> Result<Option<User>>;
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

/// What became of a user to add.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InsertUserOutcome {
    Added,
    HandleTaken,
    SubjectTaken,
}
