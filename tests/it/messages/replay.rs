//! The recorded traffic of the originals, on every store.

use std::path::Path;

use crate::{
    support::dynamodb::{self, endpoint},
    support::gateway::Gateway,
    support::stores::{PostgresDatabase, SqliteFile},
};

/// Replays the recordings in the folder `shared` beside the project. Does nothing if it is missing.
#[tokio::test]
async fn the_recorded_messages_replay_on_every_store() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    if !shared.is_dir() {
        return;
    }
    let file = SqliteFile::new();
    let sqlite = file.text();
    let database = PostgresDatabase::new("messages_replay").await;
    let messages = format!("dynamodb:{}", dynamodb::table("replay").name);
    let stores = [
        vec![],
        vec!["--database-url", &sqlite],
        vec!["--database-url", &database.url],
        vec!["--messages-url", &messages, "--aws-endpoint-url"],
    ];
    let endpoint = endpoint();
    for (mut store, name) in stores.into_iter().zip(["mock", "SQLite", "PostgreSQL", "DynamoDB"]) {
        if name == "DynamoDB" {
            store.push(&endpoint);
        }
        let origins = ["--frontend-url", "*", "--backend-url", "*"];
        for (recordings, flavor) in [("week-1.json", "openapi"), ("final.json", "final")] {
            let args = [&store[..], &origins, &["--rest", flavor]].concat();
            let gateway = Gateway::start(&args);
            gateway.wait_until_ready();
            let output = gateway.replay(&shared, recordings, &["--only", "messag"]);
            assert!(output.contains(" 0 failed"), "{name}, {recordings}: {output}");
        }
    }
}
