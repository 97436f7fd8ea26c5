//! Accounts: how users sign in, bans, and erasure.
//!
//! A ban hides everything at once, because what is visible is worked out at each read.

use async_trait::async_trait;
use uuid::Uuid;

use super::{Mock, State};
use crate::{
    domain::{Account, Timestamp, User},
    error::{Result, UserErrorCode},
    sources::{Accounts, ActivityPart},
};

#[async_trait]
impl Accounts for Mock {
    async fn accounts_by_uuids(&self, uuids: &[Uuid]) -> Result<Vec<Account>> {
        Ok(self.state().accounts(|user| uuids.contains(&user.uuid)))
    }

    async fn accounts_by_handles(&self, handles: &[String]) -> Result<Vec<Account>> {
        Ok(self.state().accounts(|user| handles.contains(&user.handle)))
    }

    async fn accounts_by_subjects(&self, subjects: &[String]) -> Result<Vec<Account>> {
        Ok(self.state().accounts(|user| subjects.contains(&user.cognito_user_id)))
    }

    async fn accounts_version(&self) -> Result<i64> {
        Ok(self.state().account_changes)
    }

    async fn set_banned(&self, user: Uuid, since: Option<Timestamp>) -> Result<bool> {
        let mut state = self.state();
        if !state.users.contains_key(&user) {
            return Ok(false);
        }
        match since {
            Some(since) => state.banned.insert(user, since),
            None => state.banned.remove(&user),
        };
        state.account_changes += 1;
        Ok(true)
    }

    async fn hide_activities(
        &self,
        part: &ActivityPart,
        after: Uuid,
        limit: u32,
    ) -> Result<Vec<Uuid>> {
        Ok(self.state().part(part, after, limit))
    }

    async fn show_activities(
        &self,
        part: &ActivityPart,
        after: Uuid,
        limit: u32,
    ) -> Result<Vec<Uuid>> {
        Ok(self.state().part(part, after, limit))
    }

    async fn set_notifications_hidden(
        &self,
        actor: Uuid,
        _hidden: bool,
        after: Uuid,
        limit: u32,
    ) -> Result<Vec<Uuid>> {
        let state = self.state();
        let caused = state.notifications.values().filter(|it| it.actor_uuid == actor);
        let next = caused.map(|it| it.uuid).filter(|uuid| *uuid > after);
        Ok(next.take(limit as usize).collect())
    }

    async fn erase_activities(&self, uuids: &[Uuid], _limit: u32) -> Result<bool> {
        let mut state = self.state();
        for uuid in uuids {
            if !state.hidden.contains(uuid) {
                state.uncount_reply(*uuid);
            }
            state.delete(*uuid);
        }
        Ok(true)
    }

    async fn erase_traces(&self, user: Uuid, _limit: u32) -> Result<u64> {
        let mut state = self.state();
        let rows = |state: &State| {
            state.reactions.len()
                + state.follows.len()
                + state.notifications.len()
                + state.keys.len()
        };
        let before = rows(&state);
        let reactions: Vec<_> =
            state.reactions.keys().filter(|(_, _, by)| *by == user).copied().collect();
        for key @ (kind, activity, _) in reactions {
            state.reactions.remove(&key);
            state.add_to_count(kind, activity, -1);
        }
        state.follows.retain(|(follower, followed), _| ![follower, followed].contains(&&user));
        state.notifications.retain(|_, it| it.user_uuid != user && it.actor_uuid != user);
        state.keys.retain(|(of, _), _| *of != user);
        Ok((before - rows(&state)) as u64)
    }

    async fn erase_user(&self, user: Uuid) -> Result<bool> {
        let mut state = self.state();
        if state.banned.remove(&user).is_none() {
            return Ok(false);
        }
        state.account_changes += 1;
        Ok(state.users.remove(&user).is_some())
    }
}

impl State {
    /// Whether a user exists and is not banned.
    pub(super) fn is_active(&self, user: Uuid) -> bool {
        self.users.contains_key(&user) && !self.banned.contains_key(&user)
    }

    /// The users who are not banned.
    pub(super) fn active_users(&self) -> impl Iterator<Item = &User> {
        self.users.values().filter(|it| !self.banned.contains_key(&it.uuid))
    }

    /// [`UserErrorCode::ViewerUnknown`] unless the author of a write exists and is not banned.
    pub(super) fn check_author(&self, user: Uuid) -> Result<()> {
        if self.is_active(user) { Ok(()) } else { Err(UserErrorCode::ViewerUnknown.into()) }
    }

    fn accounts(&self, wanted: impl Fn(&User) -> bool) -> Vec<Account> {
        let account = |user: &User| Account {
            uuid: user.uuid,
            handle: user.handle.clone(),
            subject: user.cognito_user_id.clone(),
            banned_at: self.banned.get(&user.uuid).copied(),
        };
        self.users.values().filter(|user| wanted(user)).map(account).collect()
    }

    /// The uuids of the next activities of a part.
    fn part(&self, part: &ActivityPart, after: Uuid, limit: u32) -> Vec<Uuid> {
        let activities = self.activities.values().filter(|it| match part {
            ActivityPart::By(user) => it.user_uuid == *user,
            ActivityPart::RepliesTo(parents) => {
                it.reply_to_activity_uuid.is_some_and(|parent| parents.contains(&parent))
            }
        });
        let next = activities.map(|it| it.uuid).filter(|uuid| *uuid > after);
        next.take(limit as usize).collect()
    }
}
