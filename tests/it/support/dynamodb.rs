//! Tables of a test's own in the DynamoDB that `make test` starts.

use cruddur::sources::{MessageTable, Sources};

/// The URL of the DynamoDB to test on.
pub fn endpoint() -> String {
    std::env::var("DYNAMODB_TEST_ENDPOINT").expect(
        "DYNAMODB_TEST_ENDPOINT names no DynamoDB; run `make test`, or the test within \
         scripts/with-dynamodb",
    )
}

/// The name of a table that is the test's own.
pub fn table(name: &str) -> MessageTable {
    MessageTable { name: format!("{name}-{}", std::process::id()), endpoint: Some(endpoint()) }
}

/// In memory, with the messages in a new table.
pub async fn with_table(sources: Sources, name: &str) -> Sources {
    let sources = sources.with_messages(&table(name));
    sources.messages.migrate().await.expect("the table is made");
    sources
}

/// What a program needs to reach the table.
pub fn env(table: &MessageTable) -> [(&'static str, String); 5] {
    [
        ("DDB_MESSAGE_TABLE", table.name.clone()),
        ("AWS_ENDPOINT_URL", endpoint()),
        ("AWS_ACCESS_KEY_ID", "test".into()),
        ("AWS_SECRET_ACCESS_KEY", "test".into()),
        ("AWS_DEFAULT_REGION", "us-east-1".into()),
    ]
}
