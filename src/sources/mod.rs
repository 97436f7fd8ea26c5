//! The sources of data: memory, SQLite, PostgreSQL, and DynamoDB for direct messages.
//!
//! * contract/  the traits that the service works on, one for each noun, and what every source must do
//! * url.rs     the URLs of sources
//! * mock/, sql/, dynamodb/  the sources
//! * seed/      data to start with

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
        Accounts, Activities, ActivityPart, ChangeBatch, Changes, Connections, Dataset, Follows,
        Idempotency, InsertUserOutcome, Inserted, Lifecycle, MAX_HIDDEN, Messages, MigrateError,
        Migrated, NewActivity, NewMessage, Notifications, Reactions, Store, UserRelation, Users,
    },
    url::{MessageTable, SourceUrl},
};

use crate::error::Result;

/// The two sources that the service works on. Direct messages may live in a store of their own.
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
    /// Puts the direct messages into a DynamoDB table. Does nothing without the feature `dynamodb`,
    /// without which no [`MessageTable`] can be parsed.
    pub fn with_messages(self, table: &MessageTable) -> Self {
        #[cfg(feature = "dynamodb")]
        let messages = Arc::new(dynamodb::DynamoDb::new(table.clone(), self.store.clone()));
        #[cfg(not(feature = "dynamodb"))]
        let (messages, _) = (self.messages, table);
        Self { store: self.store, messages }
    }

    /// Brings both stores to the current schema. Returns what the main store found, and whether a
    /// separate store of messages is empty.
    pub async fn migrate(&self) -> std::result::Result<(Migrated, bool), MigrateError> {
        let no_messages = self.messages.migrate().await?;
        Ok((self.store.migrate().await?, no_messages))
    }

    /// Inserts a whole data set, each part into its store.
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

/// Opens the source at `url` without connecting to it, so that the gateway starts even if the
/// database is down.
pub fn open(url: &SourceUrl, max_connections: u32) -> Sources {
    match url {
        SourceUrl::Mock => Arc::new(mock::Mock::default()).into(),
        SourceUrl::Sqlite(path) => Arc::new(sql::sqlite(path, max_connections)).into(),
        SourceUrl::Postgres(url) => Arc::new(sql::postgres(url, max_connections)).into(),
    }
}
