//! Likes and reposts.

use async_trait::async_trait;
use uuid::Uuid;

use super::{Mock, State};
use crate::{
    domain::{Activity, Notification, Reaction, ReactionKind, Timestamp},
    error::Result,
    sources::Reactions,
};

#[async_trait]
impl Reactions for Mock {
    async fn insert_reaction(
        &self,
        reaction: &Reaction,
        notification: Option<&Notification>,
    ) -> Result<Option<Activity>> {
        let mut state = self.state();
        let Reaction { kind, activity_uuid, user_uuid, created_at } = *reaction;
        state.check_author(user_uuid)?;
        if state.activity(activity_uuid, created_at).is_none() {
            return Ok(None);
        }
        let key = (kind, activity_uuid, user_uuid);
        let mut added = false;
        state.reactions.entry(key).or_insert_with(|| {
            added = true;
            *reaction
        });
        if added {
            state.add_to_count(kind, activity_uuid, 1);
            notification.into_iter().for_each(|it| state.notify(it));
        }
        Ok(state.activities.get(&activity_uuid).cloned())
    }

    async fn delete_reaction(
        &self,
        kind: ReactionKind,
        activity: Uuid,
        user: Uuid,
        now: Timestamp,
    ) -> Result<Option<Activity>> {
        let mut state = self.state();
        state.check_author(user)?;
        if state.activity(activity, now).is_none() {
            return Ok(None);
        }
        if state.reactions.remove(&(kind, activity, user)).is_some() {
            state.add_to_count(kind, activity, -1);
            state.notifications.retain(|_, it| {
                (it.kind, it.activity_uuid, it.actor_uuid)
                    != (kind.notification_kind(), Some(activity), user)
            });
        }
        Ok(state.activities.get(&activity).cloned())
    }

    async fn reactions_by_user(
        &self,
        user: Uuid,
        activities: &[Uuid],
    ) -> Result<Vec<(ReactionKind, Uuid)>> {
        let state = self.state();
        let own =
            state.reactions.keys().filter(|(_, of, by)| *by == user && activities.contains(of));
        Ok(own.map(|(kind, of, _)| (*kind, *of)).collect())
    }
}

impl State {
    /// Adds `change` to the activity's count of a kind of reaction, which does not go below zero.
    pub(super) fn add_to_count(&mut self, kind: ReactionKind, activity: Uuid, change: i32) {
        if let Some(activity) = self.activities.get_mut(&activity) {
            let count = match kind {
                ReactionKind::Like => &mut activity.likes_count,
                ReactionKind::Repost => &mut activity.reposts_count,
            };
            *count = (*count + change).max(0);
        }
    }
}
