//! Preparing, filling and checking the store.

use async_trait::async_trait;

use super::Mock;
use crate::{
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
