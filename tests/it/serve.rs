//! The real binary's data across restarts, and its behaviour without a database.

use crate::support::gateway::{Gateway, run, stderr};
use crate::support::stores::{PostgresDatabase, SqliteFile};
use crate::support::{filled, fixtures};
use cruddur::sources::{Idempotency, NewActivity};
use serde_json::json;

#[test]
fn a_second_start_keeps_the_data_and_seeds_nothing() {
    let file = SqliteFile::new();
    let url = file.text();
    let args = ["--database-url", url.as_str()];
    let first = Gateway::start(&args);
    first.wait_until_ready();
    let crud = json!({ "message": "I stay", "ttl": "1-day" });
    assert_eq!(first.post("/api/activities", &crud).0, 200);
    let (_, before) = first.curl("/api/activities/home", &[]);
    assert_eq!(before[0]["message"], "I stay");
    first.stop("-TERM");
    let second = Gateway::start(&args);
    second.wait_until_ready();
    assert_eq!(second.curl("/api/activities/home", &[]).1, before);
}

#[test]
fn acknowledged_cruds_survive_a_kill() {
    let file = SqliteFile::new();
    let url = file.text();
    let mut written = Vec::new();
    for round in 0..3 {
        let gateway = Gateway::start(&["--database-url", &url]);
        gateway.wait_until_ready();
        let (_, home) = gateway.curl("/api/activities/home", &[]);
        let home: Vec<_> = home.as_array().expect("a list").iter().map(|it| &it["uuid"]).collect();
        for uuid in &written {
            assert!(home.contains(&uuid), "{uuid} is gone");
        }
        for number in 0..5 {
            let crud = json!({ "message": format!("{round} {number}"), "ttl": "1-day" });
            let (status, answer) = gateway.post("/api/activities", &crud);
            assert_eq!(status, 200);
            written.push(answer["uuid"].clone());
        }
        gateway.stop("-KILL");
    }
}

#[tokio::test]
async fn hidden_threads_and_expired_keys_are_deleted_in_the_background() {
    let file = SqliteFile::new();
    let sources = filled(file.open(), &fixtures::people()).await;
    let (crud, at) = (fixtures::id(0x1000), fixtures::minutes(0));
    let new = NewActivity {
        activity: fixtures::crud(crud, fixtures::WORF, "a crud", at),
        notifications: Vec::new(),
        idempotency: Some(Idempotency {
            user_uuid: fixtures::WORF,
            key: "a key".into(),
            input_hash: Vec::new(),
            created_at: at,
            since: at,
        }),
    };
    sources.store.insert_activity(&new).await.expect("a crud");
    assert_eq!(sources.store.delete_activity(crud, fixtures::WORF, 0).await, Ok(true));

    let gateway = Gateway::start(&["--database-url", &file.text()]);
    for _ in 0..2 {
        gateway.wait_for_log("deleted rows");
    }
    let mut connection = file.connect().await;
    for table in ["activities", "idempotency_keys"] {
        let count = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        let count = sqlx::query_scalar::<_, i64>(count).fetch_one(&mut connection).await;
        assert_eq!(count.expect("a number"), 0, "{table}");
    }
}

#[test]
fn it_serves_without_its_database_but_is_not_ready() {
    // Nothing listens at port 1.
    let gateway = Gateway::start(&["--database-url", "postgres://nobody@127.0.0.1:1/nowhere"]);
    let (status, _) = gateway.curl("/health/live", &[]);
    assert_eq!(status, 200);
    let (status, ready) = gateway.curl("/health/ready", &[]);
    assert_eq!((status, &ready["status"]), (503, &json!("starting")));
    let (status, home) = gateway.curl("/api/activities/home", &[]);
    assert_eq!((status, home), (503, json!(["service_unavailable"])));
    let (status, answer) = gateway.post("/graphql", &json!({ "query": "{ __typename }" }));
    assert_eq!(status, 503);
    assert_eq!(answer["errors"][0]["extensions"]["code"], "SERVICE_UNAVAILABLE");
    gateway.wait_for_log("the database is not reachable yet");
    let (_, _, code) = gateway.stop("-TERM");
    assert_eq!(code, Some(0));
}

#[test]
fn migrate_retries_for_the_given_time() {
    // Nothing listens at port 1.
    let env = [
        ("DATABASE_URL", "mock:"),
        ("MESSAGES_URL", "dynamodb:nowhere"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ];
    for (args, tries_again) in [(&["migrate"][..], false), (&["migrate", "--wait", "2"], true)] {
        let ended = run(args, &env);
        assert_eq!(ended.status.code(), Some(1));
        let log = stderr(&ended);
        assert!(log.contains("the database cannot be reached"), "{log}");
        assert_eq!(log.contains("the database is not reachable yet"), tries_again, "{log}");
    }
}

#[tokio::test]
async fn a_database_that_cannot_be_adopted_stops_the_start_and_names_the_rows() {
    let database = PostgresDatabase::new("serve_refused").await;
    database
        .run(
            "CREATE TABLE users (uuid uuid PRIMARY KEY DEFAULT gen_random_uuid(), \
             display_name text NOT NULL, handle text NOT NULL, email text NOT NULL, \
             cognito_user_id text NOT NULL, created_at timestamp DEFAULT current_timestamp); \
             CREATE TABLE activities (uuid uuid PRIMARY KEY DEFAULT gen_random_uuid(), \
             user_uuid uuid NOT NULL, message text NOT NULL, replies_count integer DEFAULT 0, \
             reposts_count integer DEFAULT 0, likes_count integer DEFAULT 0, \
             reply_to_activity_uuid integer, expires_at timestamp, \
             created_at timestamp DEFAULT current_timestamp NOT NULL); \
             INSERT INTO users (display_name, handle, email, cognito_user_id) \
             VALUES ('A', 'twin', 'a', 'MOCK'), ('B', 'twin', 'b', 'MOCK')",
        )
        .await;
    for command in ["serve", "migrate"] {
        let ended = run(&[command], &[("PORT", "0"), ("DATABASE_URL", &database.url)]);
        assert_eq!(ended.status.code(), Some(1), "{command}");
        let log = stderr(&ended);
        assert!(log.contains("cannot be adopted") && log.matches("twin (").count() == 2, "{log}");
    }
}
