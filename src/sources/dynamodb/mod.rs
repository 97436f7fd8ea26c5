//! Direct messages in DynamoDB, in the one table of the original Cruddur, beside an original backend
//! that still writes to it.
//!
//! * keys.rs   the texts that stand in keys
//! * rows.rs   items and what they mean
//! * reads.rs  pages and look-ups
//! * send.rs   how a message is added
//! * table.rs  how the table is made and checked
//!
//! The original's items:
//! * `MSG#<group>`, sort key the time of the message: a message with its sender;
//! * `GRP#<user>`, sort key the time of the last message: a conversation with its other person. Each
//!   conversation has two, which move to the time of each new message.
//!
//! The gateway's own, which the original never reads:
//! * `PAIR#<user>#<user>`, the lower uuid first: the conversation of two people, so that they have one;
//! * `IDEM#<user>#<key>`: what an idempotency key made;
//! * on `GRP#` items `last_message_uuid`, and `read_up_to`, the position of the last message that the
//!   user has read. Where an original backend has moved the item, which drops both, all that there
//!   was until then counts as read.
//!
//! Two of the original's times are taken as what their text says in UTC: those without an offset, and,
//! for their place in a list, those with another offset. So no page can miss one.

mod keys;
mod reads;
mod rows;
mod send;
mod table;

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use aws_config::{
    BehaviorVersion, Region, environment::EnvironmentVariableRegionProvider,
    meta::region::RegionProviderChain, profile::ProfileFileRegionProvider,
};
use aws_sdk_dynamodb::{
    Client,
    config::{SharedHttpClient, retry::RetryConfig, timeout::TimeoutConfig},
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
    types::AttributeValue,
};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use tokio::sync::{Mutex, OnceCell};
use uuid::Uuid;

use super::{Inserted, MessageTable, Messages, MigrateError, NewMessage, Store};
use crate::{
    domain::{Message, MessageGroup, MessageKey, Page, Pagination},
    error::{Error, Result},
};

/// How long one request to DynamoDB may take, with its retries and one by one.
const TIMEOUT: Duration = Duration::from_secs(8);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a connection is kept that nobody uses. One whose network was cut says nothing, and each
/// costs somebody an attempt.
const IDLE_TIMEOUT: Duration = Duration::from_secs(3);
/// What DynamoDB says of a table that is not there.
const NOT_THERE: &str = "ResourceNotFoundException";
/// How many conversations are read at a time for one request.
const CONCURRENCY: usize = 16;
/// Over how many locks the conversations are spread.
const TURNS: usize = 64;

type Item = HashMap<String, AttributeValue>;

/// The messages in one table.
pub struct DynamoDb {
    table: MessageTable,
    client: OnceCell<Client>,
    /// Who knows the names that the original keeps in each item.
    people: Arc<dyn Store>,
    /// Whose turn it is to write into a conversation, so that the senders of one process do not
    /// undo each other's transactions.
    turns: Vec<Mutex<()>>,
}

impl DynamoDb {
    /// The table, which is not asked anything yet.
    pub fn new(table: MessageTable, people: Arc<dyn Store>) -> Self {
        let turns = (0..TURNS).map(|_| Mutex::default()).collect();
        Self { table, client: OnceCell::new(), people, turns }
    }

    async fn client(&self) -> &Client {
        self.client.get_or_init(|| connect(self.table.endpoint.clone())).await
    }

    /// The lock of a conversation, which others may share.
    fn turn(&self, [low, _]: [Uuid; 2]) -> &Mutex<()> {
        &self.turns[usize::from(low.as_bytes()[15]) % TURNS]
    }
}

/// A client by the standard chain of credentials: environment, profile, web identity, container,
/// machine. Where the region is in neither environment nor profile, an endpoint does without.
async fn connect(endpoint: Option<String>) -> Client {
    let retries = RetryConfig::standard()
        .with_max_attempts(4)
        .with_initial_backoff(Duration::from_millis(50))
        .with_max_backoff(Duration::from_secs(1));
    let timeouts = TimeoutConfig::builder()
        .operation_timeout(TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .connect_timeout(CONNECT_TIMEOUT)
        .build();
    let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(ProfileFileRegionProvider::new())
        .or_else(endpoint.as_ref().map(|_| Region::new("us-east-1")));
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client(endpoint.as_deref()))
        .retry_config(retries)
        .timeout_config(timeouts)
        .region(region);
    if let Some(endpoint) = endpoint {
        loader = loader.endpoint_url(endpoint);
    }
    Client::new(&loader.load().await)
}

/// What sends the requests. TLS wants the machine's roots of trust, which a plain endpoint does
/// without.
fn http_client(endpoint: Option<&str>) -> SharedHttpClient {
    let tls = Provider::Rustls(CryptoMode::Ring);
    let builder = Builder::new().pool_idle_timeout(IDLE_TIMEOUT).tls_provider(tls);
    if endpoint.is_some_and(|url| url.starts_with("http://")) {
        let no_roots = TlsContext::builder().with_trust_store(TrustStore::empty()).build();
        builder
            .tls_context(no_roots.expect("no root is malformed where there is none"))
            .build_https()
    } else {
        builder.build_https()
    }
}

#[async_trait]
impl Messages for DynamoDb {
    fn is_separate_store(&self) -> bool {
        true
    }

    async fn migrate(&self) -> std::result::Result<bool, MigrateError> {
        table::migrate(self.client().await, &self.table.name).await
    }

    /// A table that an endpoint of one's own has lost is made again: DynamoDB Local in memory forgets
    /// it when it stops. In AWS it stays lost, because who restores a backup needs its name free.
    async fn ping(&self) -> Result<()> {
        let Err(error) = self.get("PING".into(), "PING".into()).await.send().await else {
            return Ok(());
        };
        if error.code() != Some(NOT_THERE) || self.table.endpoint.is_none() {
            return Err(failed(error));
        }
        tracing::warn!(table = self.table.name, "the table is lost; it is made again");
        self.migrate().await.map(drop).map_err(|error| {
            tracing::warn!(%error, "the table is not made again");
            Error::Unavailable
        })
    }

    async fn message_groups(&self, user: Uuid, page: &Pagination) -> Result<Page<MessageGroup>> {
        self.groups(user, page).await
    }

    async fn message_groups_by_uuids(
        &self,
        user: Uuid,
        uuids: &[Uuid],
    ) -> Result<Vec<MessageGroup>> {
        let found = self.find_rows(user, uuids, |row| row.group_uuid).await?;
        Ok(found.into_iter().map(rows::GroupRow::into_group).collect())
    }

    async fn message_groups_by_others(
        &self,
        user: Uuid,
        others: &[Uuid],
    ) -> Result<Vec<MessageGroup>> {
        let found = self.find_rows(user, others, |row| row.other_uuid).await?;
        Ok(found.into_iter().map(rows::GroupRow::into_group).collect())
    }

    async fn messages_by_groups(
        &self,
        groups: &[Uuid],
        page: &Pagination,
    ) -> Result<Vec<Page<Message>>> {
        self.message_pages(groups, page).await
    }

    async fn messages_by_keys(&self, keys: &[MessageKey]) -> Result<Vec<Message>> {
        let found = self.message_rows(keys).await?;
        Ok(found.into_iter().map(|row| row.message).collect())
    }

    async fn unread_by_groups(&self, user: Uuid, groups: &[Uuid]) -> Result<Vec<i64>> {
        self.unread(user, groups).await
    }

    async fn mark_messages_read(&self, user: Uuid, up_to: &MessageKey) -> Result<bool> {
        self.mark_read(user, up_to).await
    }

    async fn insert_message(&self, new: &NewMessage) -> Result<Inserted<Message>> {
        send::insert_message(self, new).await
    }
}

/// Whether another try may mend it: no answer in time, or too much to do.
fn is_passing<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    const PASSING: [&str; 8] = [
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    ];
    match error {
        SdkError::ServiceError(error) => {
            // A table that is not there yet is being made.
            let code = error.err().code().unwrap_or_default();
            PASSING.contains(&code) || code == NOT_THERE
        }
        _ => true,
    }
}

/// What a client may know of a failure; the rest is logged here.
fn failed<E, R>(error: SdkError<E, R>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let passing = is_passing(&error);
    let error = DisplayErrorContext(error);
    if passing {
        tracing::warn!(%error, "DynamoDB did not answer");
        Error::Unavailable
    } else {
        tracing::error!(%error, "a request to DynamoDB failed");
        Error::Internal
    }
}
