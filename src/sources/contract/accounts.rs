//! Accounts: how users sign in, bans, and erasure.
//!
//! A banned user does not exist for the other traits: they can write nothing, and no look-up or list
//! returns them, their activities with the threads below, the notifications that they caused, or
//! conversations with them. The counts of likes, reposts, replies and followers still include them.
//!
//! [`Accounts::set_banned`] takes effect at once on writes and on look-ups of users. A store may need
//! the other methods to hide or show the rest. They are short, so that the caller can let other writes
//! in between, and they can be repeated after a crash.

use async_trait::async_trait;
use uuid::Uuid;

use crate::{
    domain::{Account, Timestamp},
    error::Result,
};

/// Accounts: how users sign in, bans, and erasure.
#[async_trait]
pub trait Accounts: Send + Sync + 'static {
    /// Returns the accounts with these uuids, in any order, those of banned users too.
    async fn accounts_by_uuids(&self, uuids: &[Uuid]) -> Result<Vec<Account>>;

    /// Returns the accounts with these handles, in any order, those of banned users too. Case
    /// matters.
    async fn accounts_by_handles(&self, handles: &[String]) -> Result<Vec<Account>>;

    /// Returns the accounts with these `sub`s, in any order, those of banned users too. A placeholder
    /// such as `MOCK` may match several users.
    async fn accounts_by_subjects(&self, subjects: &[String]) -> Result<Vec<Account>>;

    /// Returns a number that is another one after each ban, each erasure and each change of a `sub`,
    /// whichever program makes it.
    async fn accounts_version(&self) -> Result<i64>;

    /// Bans the user from a time on, or ends the ban. Waits for the user's writes that have begun.
    /// Returns whether the user exists.
    async fn set_banned(&self, user: Uuid, since: Option<Timestamp>) -> Result<bool>;

    /// Hides the next `limit` activities of a part after a uuid, in the order of uuids, with the
    /// notifications about them. Returns the uuids of all of them, hidden before or not; fewer than
    /// `limit` means that none are left.
    async fn hide_activities(
        &self,
        part: &ActivityPart,
        after: Uuid,
        limit: u32,
    ) -> Result<Vec<Uuid>>;

    /// Shows hidden activities again, as [`Accounts::hide_activities`] hides them. Those whose author
    /// is banned, or whose parent is not visible, stay hidden.
    async fn show_activities(
        &self,
        part: &ActivityPart,
        after: Uuid,
        limit: u32,
    ) -> Result<Vec<Uuid>>;

    /// Hides the next `limit` notifications that the user has caused, after a uuid, or shows them
    /// again. Returns their uuids; fewer than `limit` means that none are left.
    async fn set_notifications_hidden(
        &self,
        actor: Uuid,
        hidden: bool,
        after: Uuid,
        limit: u32,
    ) -> Result<Vec<Uuid>>;

    /// Deletes activities without replies, with the reactions to them and the notifications about
    /// them, and lowers the counts of their parents. Deletes up to `limit` reactions or notifications
    /// first, and returns `false` if there may be more of them: then the activities exist still.
    async fn erase_activities(&self, uuids: &[Uuid], limit: u32) -> Result<bool>;

    /// Deletes up to `limit` of the user's reactions, follows, notifications and idempotency keys, and
    /// lowers the counts of what they reacted to. Returns the number deleted; zero means that none are
    /// left.
    async fn erase_traces(&self, user: Uuid, limit: u32) -> Result<u64>;

    /// Deletes a banned user who has nothing else left. Returns whether the user existed.
    async fn erase_user(&self, user: Uuid) -> Result<bool>;
}

/// A part of all activities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActivityPart {
    /// The cruds and replies of a user.
    By(Uuid),
    /// The direct replies to these activities.
    RepliesTo(Vec<Uuid>),
}
