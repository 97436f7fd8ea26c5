//! Tables for a single test in the DynamoDB that `make test` starts.

use cruddur::sources::{MessageTable, Sources};

/// Returns the endpoint of the DynamoDB to test on.
pub fn endpoint() -> String {
    std::env::var("DYNAMODB_TEST_ENDPOINT").expect(
        "DYNAMODB_TEST_ENDPOINT is not set; run `make test`, or run the test with \
         scripts/with-dynamodb",
    )
}

/// Returns a table that only this test uses. Does not create it.
pub fn table(name: &str) -> MessageTable {
    MessageTable {
        name: format!("{name}-{}", std::process::id()),
        endpoint: Some(endpoint().as_str().into()),
    }
}

/// Moves the messages of the sources into a new table.
pub async fn with_table(sources: Sources, name: &str) -> Sources {
    let sources = sources.with_messages(&table(name));
    sources.messages.migrate().await.expect("the table can be created");
    sources
}

/// Returns the environment variables with which the program reaches the table.
pub fn env(table: &MessageTable) -> [(&'static str, String); 5] {
    [
        ("DDB_MESSAGE_TABLE", table.name.clone()),
        ("AWS_ENDPOINT_URL", endpoint()),
        ("AWS_ACCESS_KEY_ID", "test".into()),
        ("AWS_SECRET_ACCESS_KEY", "test".into()),
        ("AWS_DEFAULT_REGION", "us-east-1".into()),
    ]
}
