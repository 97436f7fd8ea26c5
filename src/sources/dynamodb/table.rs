//! How the table is made and checked.

use std::time::Duration;

use aws_sdk_dynamodb::{
    Client,
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
        Projection, ProjectionType, ScalarAttributeType, TableDescription, TableStatus,
        TimeToLiveSpecification,
    },
};
use tokio::time::sleep;

use super::{NOT_THERE, is_passing};
use crate::sources::MigrateError;

/// The index by conversation, which the original's own functions need.
const INDEX: &str = "message-group-sk-index";
/// What IAM says of a right that is missing.
const FORBIDDEN: &str = "AccessDeniedException";
/// For how long a table may be in the making.
const POLL: Duration = Duration::from_millis(250);
const POLLS: u32 = 480;

/// Makes the table where there is none, and waits until it can be used. Whether it is empty.
///
/// Who may only read and write items, which is all that an original backend has to, takes it for
/// made.
pub async fn migrate(client: &Client, table: &str) -> Result<bool, MigrateError> {
    let mut made = false;
    for _ in 0..POLLS {
        let found = match client.describe_table().table_name(table).send().await {
            Ok(described) => described.table,
            Err(error) if error.code() == Some(NOT_THERE) => None,
            Err(error) if error.code() == Some(FORBIDDEN) => {
                tracing::warn!(table, "the table may not be described; it is taken for made");
                return Ok(false);
            }
            Err(error) => return Err(failed(error)),
        };
        match found {
            None if made => {}
            None => {
                create(client, table).await?;
                made = true;
            }
            Some(found) => {
                check(table, &found)?;
                if found.table_status() == Some(&TableStatus::Active) {
                    if made {
                        forget_keys(client, table).await;
                    }
                    return is_empty(client, table).await;
                }
            }
        }
        sleep(POLL).await;
    }
    Err(MigrateError::Unreachable(format!("the DynamoDB table {table} is not active yet")))
}

async fn create(client: &Client, table: &str) -> Result<(), MigrateError> {
    let mut create = client.create_table().table_name(table);
    for name in ["pk", "sk", "message_group_uuid"] {
        let attribute = AttributeDefinition::builder().attribute_name(name);
        let attribute = attribute.attribute_type(ScalarAttributeType::S).build();
        create = create.attribute_definitions(attribute.map_err(malformed)?);
    }
    let index = GlobalSecondaryIndex::builder()
        .index_name(INDEX)
        .key_schema(key("message_group_uuid", KeyType::Hash)?)
        .key_schema(key("sk", KeyType::Range)?)
        .projection(Projection::builder().projection_type(ProjectionType::All).build())
        .build();
    let create = create
        .key_schema(key("pk", KeyType::Hash)?)
        .key_schema(key("sk", KeyType::Range)?)
        .global_secondary_indexes(index.map_err(malformed)?)
        .billing_mode(BillingMode::PayPerRequest);
    match create.send().await {
        Ok(_) => Ok(()),
        // Another process was faster.
        Err(error)
            if error.as_service_error().is_some_and(|it| it.is_resource_in_use_exception()) =>
        {
            Ok(())
        }
        Err(error) => Err(failed(error)),
    }
}

fn key(name: &str, kind: KeyType) -> Result<KeySchemaElement, MigrateError> {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build().map_err(malformed)
}

/// Refuses a table that is not the original's.
fn check(table: &str, found: &TableDescription) -> Result<(), MigrateError> {
    let name = |kind: KeyType| {
        let key = found.key_schema().iter().find(|key| *key.key_type() == kind);
        key.map(|key| key.attribute_name()).unwrap_or("none")
    };
    let (hash, range) = (name(KeyType::Hash), name(KeyType::Range));
    let text = |name: &str| {
        let mut attributes = found.attribute_definitions().iter();
        attributes
            .any(|it| it.attribute_name() == name && *it.attribute_type() == ScalarAttributeType::S)
    };
    if (hash, range) != ("pk", "sk") || !text("pk") || !text("sk") {
        return Err(MigrateError::Refused(format!(
            "the DynamoDB table {table} has the partition key {hash} and the sort key {range}; \
             the table of messages has pk and sk, which are strings"
        )));
    }
    let has_index =
        found.global_secondary_indexes().iter().any(|index| index.index_name() == Some(INDEX));
    if !has_index {
        tracing::warn!(table, "the table has no index {INDEX}, which an original backend needs");
    }
    Ok(())
}

/// Lets idempotency keys go when their time is over.
async fn forget_keys(client: &Client, table: &str) {
    let ttl = TimeToLiveSpecification::builder().enabled(true).attribute_name("ttl").build();
    let Ok(ttl) = ttl else { return };
    let update = client.update_time_to_live().table_name(table).time_to_live_specification(ttl);
    if let Err(error) = update.send().await {
        let error = DisplayErrorContext(error);
        tracing::warn!(%error, table, "idempotency keys will stay in the table for ever");
    }
}

async fn is_empty(client: &Client, table: &str) -> Result<bool, MigrateError> {
    let scan = client.scan().table_name(table).limit(1).consistent_read(true);
    match scan.send().await {
        Ok(found) => Ok(found.items().is_empty()),
        Err(error) if error.code() == Some(FORBIDDEN) => Ok(false),
        Err(error) => Err(failed(error)),
    }
}

fn failed<E, R>(error: SdkError<E, R>) -> MigrateError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let passing = is_passing(&error);
    let text = DisplayErrorContext(error).to_string();
    if passing { MigrateError::Unreachable(text) } else { MigrateError::Failed(text) }
}

fn malformed(error: impl std::fmt::Display) -> MigrateError {
    MigrateError::Failed(error.to_string())
}
