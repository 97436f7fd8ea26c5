//! Where the data lives. Two traits, cut where deployments differ, and [`open`].
//!
//! * contract.rs the two traits, and what every source keeps to
//! * url.rs      where sources are
//! * mock, sql, dynamodb  the sources
//! * seed        data to start from

mod contract;
#[cfg(feature = "dynamodb")]
mod dynamodb;
pub mod mock;
pub mod seed;
mod sql;
mod url;

use std::sync::Arc;

pub use self::{
    contract::{
        Activities, ChangeBatch, Changes, Connections, Dataset, Follows, Idempotency,
        InsertUserOutcome, Inserted, Lifecycle, Messages, MigrateError, Migrated, NewActivity,
        NewMessage, Notifications, Reactions, Store, UserRelation, Users,
    },
    url::{MessageTable, SourceUrl},
};

use crate::error::Result;

/// The two sources that the service works on.
#[derive(Clone)]
pub struct Sources {
    pub store: Arc<dyn Store>,
    pub messages: Arc<dyn Messages>,
}

impl<S: Store + Messages> From<Arc<S>> for Sources {
    fn from(source: Arc<S>) -> Self {
        Self { store: source.clone(), messages: source }
    }
}

impl Sources {
    /// With the messages in a DynamoDB table. Without the feature `dynamodb` they stay where they
    /// are: then no [`MessageTable`] can be read.
    pub fn with_messages(self, table: &MessageTable) -> Self {
        #[cfg(feature = "dynamodb")]
        let messages = Arc::new(dynamodb::DynamoDb::new(table.clone(), self.store.clone()));
        #[cfg(not(feature = "dynamodb"))]
        let (messages, _) = (self.messages, table);
        Self { store: self.store, messages }
    }

    /// Brings all stores to the present schema; the answer is that of the activities. Where they
    /// are empty, whether messages apart are so too.
    pub async fn migrate(&self) -> std::result::Result<(Migrated, bool), MigrateError> {
        let no_messages = self.messages.migrate().await?;
        Ok((self.store.migrate().await?, no_messages))
    }

    /// Adds a whole data set, each part to its store.
    pub async fn import(&self, dataset: &Dataset) -> Result<()> {
        if !self.messages.is_separate_store() {
            return self.store.import(dataset).await;
        }
        let rest = Dataset { messages: Vec::new(), ..dataset.clone() };
        self.store.import(&rest).await?;
        for message in &dataset.messages {
            self.messages.insert_message(message).await?;
        }
        Ok(())
    }
}

/// Opens the source at `url` without asking it anything yet, so that a database that is down does
/// not keep the gateway from starting.
pub fn open(url: &SourceUrl, max_connections: u32) -> Sources {
    match url {
        SourceUrl::Mock => Arc::new(mock::Mock::default()).into(),
        SourceUrl::Sqlite(path) => Arc::new(sql::sqlite(path, max_connections)).into(),
        SourceUrl::Postgres(url) => Arc::new(sql::postgres(url, max_connections)).into(),
    }
}
