use std::{path::Path, process::Command};

use crate::{
    gateway::{Gateway, stdout},
    stores::{PostgresDatabase, SqliteFile},
    table::{self, endpoint},
};

/// The recordings and their checker lie beside the project, or there is nothing to replay.
#[tokio::test]
async fn the_recorded_messages_get_their_answers_on_every_store() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    if !shared.is_dir() {
        return;
    }
    let file = SqliteFile::new();
    let cruddur::sources::SourceUrl::Sqlite(path) = file.url() else { unreachable!("SQLite") };
    let sqlite = format!("sqlite:{}", path.display());
    let database = PostgresDatabase::new("messages_replay").await;
    let messages = format!("dynamodb:{}", table::table("replay").name);
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
            let replay = Command::new("python3")
                .arg(shared.join("checks/rest-replay"))
                .arg(shared.join("rest-recordings").join(recordings))
                .args(["--only", "messag", "--url", &gateway.url])
                .output()
                .expect("python3 runs");
            let said = stdout(&replay);
            assert!(replay.status.success(), "{name}, {recordings}: {said}");
            assert!(said.contains(" 0 failed"), "{name}, {recordings}: {said}");
        }
    }
}
