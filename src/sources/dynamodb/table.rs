//! How the table is created and checked.

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

use super::{NOT_FOUND, is_transient};
use crate::sources::MigrateError;

/// The index by conversation, which the original's own functions need.
const INDEX: &str = "message-group-sk-index";
/// The error code of IAM for a missing permission.
const FORBIDDEN: &str = "AccessDeniedException";
/// How often, and how long, migrating waits for a table to become active.
const POLL: Duration = Duration::from_millis(250);
const POLLS: u32 = 480;

/// Creates the table if it is missing, and waits until it is active. Returns whether it is empty.
///
/// A gateway that may only read and write items, as an original backend may, assumes that the table
/// exists.
pub async fn migrate(client: &Client, table: &str) -> Result<bool, MigrateError> {
    let mut created = false;
    for _ in 0..POLLS {
        let found = match client.describe_table().table_name(table).send().await {
            Ok(described) => described.table,
            Err(error) if error.code() == Some(NOT_FOUND) => None,
            Err(error) if error.code() == Some(FORBIDDEN) => {
                tracing::warn!(
                    table,
                    "no permission to describe the table; assuming that it exists"
                );
                return Ok(false);
            }
            Err(error) => return Err(migrate_error(error)),
        };
        match found {
            None if created => {}
            None => {
                create(client, table).await?;
                created = true;
            }
            Some(found) => {
                check(table, &found)?;
                if found.table_status() == Some(&TableStatus::Active) {
                    if created {
                        expire_keys(client, table).await;
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
        // Another process has created it.
        Err(error)
            if error.as_service_error().is_some_and(|it| it.is_resource_in_use_exception()) =>
        {
            Ok(())
        }
        Err(error) => Err(migrate_error(error)),
    }
}

fn key(name: &str, kind: KeyType) -> Result<KeySchemaElement, MigrateError> {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build().map_err(malformed)
}

/// Refuses a table that does not have the keys of the original.
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

/// Lets DynamoDB delete expired idempotency keys.
async fn expire_keys(client: &Client, table: &str) {
    let ttl = TimeToLiveSpecification::builder().enabled(true).attribute_name("ttl").build();
    let Ok(ttl) = ttl else { return };
    let update = client.update_time_to_live().table_name(table).time_to_live_specification(ttl);
    if let Err(error) = update.send().await {
        let error = DisplayErrorContext(error);
        tracing::warn!(%error, table, "expired idempotency keys will stay in the table");
    }
}

async fn is_empty(client: &Client, table: &str) -> Result<bool, MigrateError> {
    let scan = client.scan().table_name(table).limit(1).consistent_read(true);
    match scan.send().await {
        Ok(found) => Ok(found.items().is_empty()),
        Err(error) if error.code() == Some(FORBIDDEN) => Ok(false),
        Err(error) => Err(migrate_error(error)),
    }
}

fn migrate_error<E, R>(error: SdkError<E, R>) -> MigrateError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let is_transient = is_transient(&error);
    let text = DisplayErrorContext(error).to_string();
    if is_transient { MigrateError::Unreachable(text) } else { MigrateError::Failed(text) }
}

fn malformed(error: impl std::fmt::Display) -> MigrateError {
    MigrateError::Failed(error.to_string())
}
