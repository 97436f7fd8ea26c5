//! Direct messages in DynamoDB, in the one table of the original Cruddur. An original backend may
//! still write to it.
//!
//! * keys.rs    the texts of keys
//! * rows.rs    items and the rows that they hold
//! * reads.rs   pages and look-ups
//! * unread.rs  the numbers of unread messages, and how messages are marked as read
//! * send.rs    how a message is added
//! * erase.rs   how conversations are erased
//! * table.rs   how the table is created and checked
//!
//! The original's items:
//! * `MSG#<group>`, sort key the time of the message: a message with its sender;
//! * `GRP#<user>`, sort key the time of the last message: a conversation with its other person. Each
//!   conversation has two, which move to the time of each new message.
//!
//! The gateway's items and attributes, which the original never reads:
//! * `PAIR#<user>#<user>`, the lower uuid first: the conversation of two people, so that they have one;
//! * `IDEM#<user>#<key>`: the message that was inserted with an idempotency key;
//! * `UNREAD#<user>`: the numbers of messages that the user has not read;
//! * on `GRP#` items `last_message_uuid`, and `read_up_to`, the position of the last message that the
//!   user has read. An original backend drops both when it moves the item: then all messages until
//!   then count as read.
//!
//! Times without an offset are read as UTC. Times with another offset sort by their text, which is
//! DynamoDB's key order, so that paging skips none.

mod erase;
mod keys;
mod reads;
mod rows;
mod send;
mod table;
mod unread;

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
    types::{AttributeValue, CancellationReason},
};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use backon::{BackoffBuilder, ExponentialBuilder};
use tokio::sync::{Mutex, OnceCell};
use uuid::Uuid;

use self::rows::GroupRow;
use super::{Inserted, MessageTable, Messages, MigrateError, NewMessage, Store};
use crate::{
    domain::{Conversation, Message, MessageGroup, MessageKey, Page, Pagination},
    error::{Error, Result, UserErrorCode},
    secret_url::SecretUrl,
};

/// How long one request to DynamoDB may take, with its retries, and how long each attempt.
const TIMEOUT: Duration = Duration::from_secs(8);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long an idle connection is kept. A connection whose network is gone does not say so, and each
/// costs a request an attempt.
const IDLE_TIMEOUT: Duration = Duration::from_secs(3);
/// The error code of DynamoDB for a missing table.
const NOT_FOUND: &str = "ResourceNotFoundException";
/// The number of conversations that one request reads at a time.
const CONCURRENCY: usize = 16;
/// The number of locks that the conversations share.
const CONVERSATION_LOCKS: usize = 64;
/// The pauses between the attempts of a transaction.
const BACKOFF: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(8))
    .with_max_delay(Duration::from_millis(500));

type Item = HashMap<String, AttributeValue>;

/// The messages in one table.
pub struct DynamoDb {
    table: MessageTable,
    client: OnceCell<Client>,
    /// Has the names that the original keeps in each item.
    people: Arc<dyn Store>,
    /// Held while a message is sent to a conversation, so that the senders of one process do not
    /// cancel each other's transactions.
    conversation_locks: Vec<Mutex<()>>,
}

impl DynamoDb {
    /// Opens the table without connecting to it.
    pub fn new(table: MessageTable, people: Arc<dyn Store>) -> Self {
        let conversation_locks = (0..CONVERSATION_LOCKS).map(|_| Mutex::default()).collect();
        Self { table, client: OnceCell::new(), people, conversation_locks }
    }

    async fn client(&self) -> &Client {
        self.client.get_or_init(|| connect(self.table.endpoint.clone())).await
    }

    /// The lock of a conversation, which it shares with others.
    fn conversation_lock(&self, [low, _]: [Uuid; 2]) -> &Mutex<()> {
        &self.conversation_locks[usize::from(low.as_bytes()[15]) % CONVERSATION_LOCKS]
    }
}

/// A client with the standard chain of credentials: environment, profile, web identity, container,
/// machine. With an endpoint, neither environment nor profile needs to have a region.
async fn connect(endpoint: Option<SecretUrl>) -> Client {
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
        .http_client(http_client(endpoint.as_ref()))
        .retry_config(retries)
        .timeout_config(timeouts)
        .region(region);
    if let Some(endpoint) = endpoint {
        // Requests are signed, so a user and a password in the URL serve nothing but the log.
        loader = loader.endpoint_url(endpoint.without_credentials());
    }
    Client::new(&loader.load().await)
}

/// The HTTP client. TLS needs the machine's root certificates; an endpoint without TLS does not.
fn http_client(endpoint: Option<&SecretUrl>) -> SharedHttpClient {
    let tls = Provider::Rustls(CryptoMode::Ring);
    let builder = Builder::new().pool_idle_timeout(IDLE_TIMEOUT).tls_provider(tls);
    if endpoint.is_some_and(|url| url.scheme() == "http") {
        let no_roots = TlsContext::builder().with_trust_store(TrustStore::empty()).build();
        builder
            .tls_context(no_roots.expect("an empty trust store has no malformed certificate"))
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

    /// Creates the table again if a self-hosted endpoint has lost it: DynamoDB Local in memory forgets
    /// it when it stops. In AWS it stays missing, because restoring a backup needs the name free.
    async fn ping(&self) -> Result<()> {
        let Err(error) = self.get("PING".into(), "PING".into()).await.send().await else {
            return Ok(());
        };
        if error.code() != Some(NOT_FOUND) || self.table.endpoint.is_none() {
            return Err(request_error(error));
        }
        tracing::warn!(table = self.table.name, "the table is missing; creating it again");
        self.migrate().await.map(drop).map_err(|error| {
            tracing::warn!(%error, "could not create the table again");
            Error::Unavailable
        })
    }

    async fn message_groups(
        &self,
        user: Uuid,
        pagination: &Pagination,
    ) -> Result<Page<MessageGroup>> {
        self.groups(user, pagination).await
    }

    async fn message_groups_by_uuids(
        &self,
        user: Uuid,
        uuids: &[Uuid],
    ) -> Result<Vec<MessageGroup>> {
        let rows = self.find_rows(user, uuids, |row| row.group_uuid).await?;
        self.with_active(rows.into_iter().map(GroupRow::into_group).collect()).await
    }

    async fn message_groups_by_others(
        &self,
        user: Uuid,
        others: &[Uuid],
    ) -> Result<Vec<MessageGroup>> {
        let rows = self.find_rows(user, others, |row| row.other_uuid).await?;
        self.with_active(rows.into_iter().map(GroupRow::into_group).collect()).await
    }

    async fn messages_by_groups(
        &self,
        groups: &[Uuid],
        pagination: &Pagination,
    ) -> Result<Vec<Page<Message>>> {
        self.message_pages(groups, pagination).await
    }

    async fn messages_by_keys(&self, keys: &[MessageKey]) -> Result<Vec<Message>> {
        let rows = self.message_rows(keys).await?;
        Ok(rows.into_iter().map(|row| row.message).collect())
    }

    async fn unread_by_groups(&self, user: Uuid, groups: &[Uuid]) -> Result<Vec<i64>> {
        self.unread(user, groups).await
    }

    async fn unread_messages(&self, user: Uuid) -> Result<i64> {
        self.unread_sum(user).await
    }

    async fn mark_messages_read(&self, user: Uuid, up_to: &MessageKey) -> Result<bool> {
        if self.people.users_by_uuids(&[user]).await?.is_empty() {
            return Err(UserErrorCode::ViewerUnknown.into());
        }
        self.mark_read(user, up_to).await
    }

    async fn insert_message(&self, new: &NewMessage) -> Result<Inserted<Message>> {
        send::insert_message(self, new).await
    }

    async fn conversations_of(
        &self,
        user: Uuid,
        after: Uuid,
        limit: u32,
    ) -> Result<Vec<Conversation>> {
        self.all_conversations(user, after, limit).await
    }

    async fn erase_conversation(
        &self,
        user: Uuid,
        conversation: &Conversation,
        limit: u32,
    ) -> Result<u64> {
        self.erase_messages(user, conversation, limit).await
    }

    async fn erase_reader(&self, user: Uuid) -> Result<()> {
        self.erase_numbers(user).await
    }
}

/// Whether a retry may succeed: no answer in time, or too many requests.
fn is_transient<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    const TRANSIENT: [&str; 8] = [
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
            // A missing table is being created.
            let code = error.err().code().unwrap_or_default();
            TRANSIENT.contains(&code) || code == NOT_FOUND
        }
        _ => true,
    }
}

/// Whether a transaction that was cancelled may succeed after reading again, as far as this reason
/// goes.
fn is_conflict(reason: &CancellationReason) -> bool {
    const CONFLICTS: [&str; 5] = [
        "None",
        "ConditionalCheckFailed",
        "ProvisionedThroughputExceeded",
        "ThrottlingError",
        "TransactionConflict",
    ];
    reason.code().is_none_or(|code| CONFLICTS.contains(&code))
}

/// Logs a failed request. Returns [`Error::Unavailable`] if a retry may succeed, otherwise
/// [`Error::Internal`].
fn request_error<E, R>(error: SdkError<E, R>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let is_transient = is_transient(&error);
    let error = DisplayErrorContext(error);
    if is_transient {
        tracing::warn!(%error, "DynamoDB did not answer");
        Error::Unavailable
    } else {
        tracing::error!(%error, "a request to DynamoDB failed");
        Error::Internal
    }
}

/// The error for a request that could not be put together.
fn malformed(error: impl std::fmt::Display) -> Error {
    tracing::error!(%error, "a request to DynamoDB is malformed");
    Error::Internal
}

/// The pauses between so many attempts to write for a message. They have jitter by the message's
/// uuid, so that colliding senders retry at different times.
fn delays(tries: usize, message: Uuid) -> impl Iterator<Item = Duration> {
    let pauses = BACKOFF.with_max_times(tries).build();
    (0..).zip(pauses).map(move |(number, pause)| {
        pause * (message.as_u128().rotate_right(number * 8) as u32 % 256) / 256
    })
}
