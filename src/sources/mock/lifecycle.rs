//! Preparing, filling, checking and cleaning the store.

use async_trait::async_trait;

use super::Mock;
use crate::{
    domain::Timestamp,
    error::Result,
    sources::{Dataset, Lifecycle, MigrateError, Migrated},
};

#[async_trait]
impl Lifecycle for Mock {
    async fn migrate(&self) -> std::result::Result<Migrated, MigrateError> {
        Ok(if self.state().users.is_empty() { Migrated::Empty } else { Migrated::Current })
    }

    async fn ping(&self) -> Result<()> {
        Ok(())
    }

    async fn delete_idempotency_keys(&self, until: Timestamp, limit: u32) -> Result<u64> {
        let mut state = self.state();
        let expired = state.keys.iter().filter(|(_, (key, _))| key.created_at <= until);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let expired: Vec<_> = expired.map(|(key, _)| key.clone()).take(limit).collect();
        expired.iter().for_each(|key| drop(state.keys.remove(key)));
        Ok(expired.len() as u64)
    }

    async fn import(&self, dataset: &Dataset) -> Result<()> {
        let mut state = self.state();
        state.users.extend(dataset.users.iter().map(|it| (it.uuid, it.clone())));
        dataset.activities.iter().for_each(|it| state.add_activity(it));
        let reactions = dataset.reactions.iter();
        state
            .reactions
            .extend(reactions.map(|it| ((it.kind, it.activity_uuid, it.user_uuid), *it)));
        let follows = dataset.follows.iter();
        state.follows.extend(follows.map(|it| ((it.follower_uuid, it.followed_uuid), *it)));
        dataset.notifications.iter().for_each(|it| state.add_notification(it));
        for message in &dataset.messages {
            state.insert_message(message);
        }
        Ok(())
    }
}
