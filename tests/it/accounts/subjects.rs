use cruddur::domain::{UnregisteredIdentity, Viewer};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::Stores;
use crate::support::{TestApp, stores::PostgresDatabase};

/// Returns the uuid that anyone could compute from a `sub`.
fn hashed(subject: &str) -> Uuid {
    let hash: [u8; 32] = Sha256::digest(format!("cruddur user {subject}")).into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

#[tokio::test]
async fn the_uuid_of_a_new_user_says_nothing_about_their_sub() {
    for (store, sources) in Stores::new("accounts_uuids").await.all {
        let app = TestApp::with_demo(sources).await;
        let identity =
            UnregisteredIdentity { subject: "github|583231".into(), email: String::new() };
        let viewer = Viewer::Unregistered;
        let registered = app
            .service
            .register_viewer(viewer, Some(&identity), Some("whistleblower"), Some("W"))
            .await;
        let user = registered.expect("the user registers");
        assert_ne!(user.uuid, hashed(&identity.subject), "{store}");
        assert_eq!(user.uuid.get_version_num(), 7, "{store}");
    }
}

/// Users of an original database, where two share a `sub`, which nothing there forbids.
const ORIGINAL: &str = "\
    CREATE TABLE users (uuid uuid PRIMARY KEY DEFAULT gen_random_uuid(), \
    display_name text NOT NULL, handle text NOT NULL, email text NOT NULL, \
    cognito_user_id text NOT NULL, created_at timestamp DEFAULT current_timestamp); \
    CREATE TABLE activities (uuid uuid PRIMARY KEY DEFAULT gen_random_uuid(), \
    user_uuid uuid NOT NULL, message text NOT NULL, replies_count integer DEFAULT 0, \
    reposts_count integer DEFAULT 0, likes_count integer DEFAULT 0, \
    reply_to_activity_uuid integer, expires_at timestamp, \
    created_at timestamp DEFAULT current_timestamp NOT NULL); \
    INSERT INTO users (display_name, handle, email, cognito_user_id) VALUES \
    ('A', 'one', 'a', 'shared'), ('B', 'two', 'b', 'shared'), \
    ('C', 'three', 'c', 'own'), ('D', 'four', 'd', 'MOCK'), ('E', 'five', 'e', 'MOCK')";

#[tokio::test]
async fn a_sub_belongs_to_one_user_but_for_those_who_shared_it_before() {
    let database = PostgresDatabase::new("accounts_subs").await;
    database.run(ORIGINAL).await;
    let sources = database.open();
    sources.migrate().await.expect("the database can be adopted");
    let mut connection = database.connect().await;
    for (handle, sub, is_allowed) in
        [("six", "own", false), ("six", "MOCK", true), ("seven", "mock", true), ("eight", "", true)]
    {
        let insert = "INSERT INTO users (display_name, handle, email, cognito_user_id) \
                      VALUES ('N', $1, 'n', $2)";
        let inserted = sqlx::query(insert).bind(handle).bind(sub).execute(&mut connection).await;
        assert_eq!(inserted.is_ok(), is_allowed, "{sub}: {inserted:?}");
    }
    let app = TestApp::over(sources);
    let identity = UnregisteredIdentity { subject: "shared".into(), email: String::new() };
    let registered = app
        .service
        .register_viewer(Viewer::Unregistered, Some(&identity), Some("nine"), Some("N"))
        .await;
    assert!(registered.is_err(), "{registered:?}");
}
