use serde_json::{Value, json};

use crate::{
    identity::provider::{
        ANDREW, KeyFile, RSA, UNREGISTERED, VIEWER_HANDLE, access, cognito, now, with_claims,
    },
    identity::refusals::graphql,
    support::stores::{PostgresDatabase, SqliteFile},
    support::{Client, TestApp},
};

async fn register(client: &Client, token: &str, handle: &str, name: &str) -> Value {
    let input = format!("handle: {}, displayName: {}", json!(handle), json!(name));
    let query = format!(
        "mutation {{ registerViewer(input: {{ {input} }}) \
         {{ user {{ handle displayName }} userErrors {{ code path }} }} }}"
    );
    let answer = graphql(client, Some(&format!("Bearer {token}")), &query).await.json();
    answer["data"]["registerViewer"].clone()
}

async fn check_registration(app: TestApp) {
    let file = KeyFile::new();
    let app = app.with(&cognito(&file.path()));
    let client = app.as_configured();
    let email = json!({ "email": "new@example.com" });
    let token = RSA.token(Some("rsa"), &with_claims(access(UNREGISTERED, now(&app)), email));
    let bearer = format!("Bearer {token}");
    let viewer = |answer: Value| answer["data"]["viewer"].clone();
    assert_eq!(viewer(graphql(&client, Some(&bearer), VIEWER_HANDLE).await.json()), Value::Null);
    let handle = json!(["input", "handle"]);
    for (wanted, name, code, path) in [
        ("", "New", "HANDLE_BLANK", handle.clone()),
        ("@", "New", "HANDLE_BLANK", handle.clone()),
        ("with space", "New", "HANDLE_INVALID", handle.clone()),
        ("dot.", "New", "HANDLE_INVALID", handle.clone()),
        ("ändrew", "New", "HANDLE_INVALID", handle.clone()),
        (&"a".repeat(65), "New", "HANDLE_INVALID", handle.clone()),
        ("andrewbrown", "New", "HANDLE_TAKEN", handle.clone()),
        ("AndrewBrown", "New", "HANDLE_TAKEN", handle.clone()),
        ("andrewbr0wn", "New", "HANDLE_TAKEN", handle.clone()),
        ("andrewbrovvn", "New", "HANDLE_TAKEN", handle.clone()),
        ("1ondo", "New", "HANDLE_TAKEN", handle.clone()),
        ("admin", "New", "HANDLE_TAKEN", handle.clone()),
        ("Adrnin", "New", "HANDLE_TAKEN", handle.clone()),
        ("nu11", "New", "HANDLE_TAKEN", handle.clone()),
        ("newcomer", "", "DISPLAY_NAME_BLANK", json!(["input", "displayName"])),
        ("newcomer", " \u{3000}", "DISPLAY_NAME_BLANK", json!(["input", "displayName"])),
        ("newcomer", "a\u{0}", "DISPLAY_NAME_INVALID", json!(["input", "displayName"])),
        ("newcomer", "\u{202E}a", "DISPLAY_NAME_INVALID", json!(["input", "displayName"])),
        ("newcomer", "\u{200B}", "DISPLAY_NAME_INVALID", json!(["input", "displayName"])),
    ] {
        let refused = register(&client, &token, wanted, name).await;
        let errors = json!([{ "code": code, "path": path }]);
        assert_eq!(refused, json!({ "user": null, "userErrors": errors }), "{wanted} {name}");
    }
    let registered = register(&client, &token, "@New.Comer", " New\u{3000}\u{3000}Comer ").await;
    let user = json!({ "handle": "New.Comer", "displayName": "New Comer" });
    assert_eq!(registered, json!({ "user": user, "userErrors": [] }));
    let now_viewer = viewer(graphql(&client, Some(&bearer), VIEWER_HANDLE).await.json());
    assert_eq!(now_viewer["user"]["handle"], "New.Comer");
    let again = register(&client, &token, "another", "New").await;
    assert_eq!(again["userErrors"][0]["code"], "VIEWER_REGISTERED");
    // The new user is the author of what they post.
    let create = "mutation { createActivity(input: { message: \"Here I am\", ttl: ONE_DAY }) \
                  { activity { author { handle } } userErrors { code } } }";
    let created = graphql(&client, Some(&bearer), create).await.json();
    assert_eq!(
        created["data"]["createActivity"],
        json!({ "activity": { "author": { "handle": "New.Comer" } }, "userErrors": [] })
    );
    let other = RSA.token(Some("rsa"), &access("another-sub", now(&app)));
    for handle in ["new.comer", "New.C0mer", "nevv.corner"] {
        let taken = register(&client, &other, handle, "Other").await;
        assert_eq!(taken["userErrors"][0]["code"], "HANDLE_TAKEN", "{handle}");
    }
    let user =
        app.service.user_by_handle("New.Comer").await.expect("the store responds").expect("a user");
    assert_eq!(
        (user.email.as_str(), user.cognito_user_id.as_str()),
        ("new@example.com", UNREGISTERED)
    );
    let andrew = RSA.token(Some("rsa"), &access(ANDREW, now(&app)));
    let registered = register(&client, &andrew, "andrew2", "Andrew").await;
    assert_eq!(registered["userErrors"][0]["code"], "VIEWER_REGISTERED");
    let query =
        "mutation { registerViewer(input: { handle: \"x\", displayName: \"X\" }) { user { id } } }";
    let anonymous = graphql(&client, None, query).await.json();
    assert_eq!(anonymous["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
}

#[tokio::test]
async fn unregistered_viewers_can_register_in_memory() {
    check_registration(TestApp::new().await).await;
}

#[tokio::test]
async fn unregistered_viewers_can_register_in_sqlite() {
    let file = SqliteFile::new();
    let sources = file.open();
    sources.migrate().await.expect("the store can be migrated");
    check_registration(TestApp::with_demo(sources).await).await;
}

#[tokio::test]
async fn unregistered_viewers_can_register_in_postgres() {
    let database = PostgresDatabase::new("identity_register").await;
    let sources = database.open();
    sources.migrate().await.expect("the store can be migrated");
    check_registration(TestApp::with_demo(sources).await).await;
}

async fn check_races(app: TestApp) {
    let file = KeyFile::new();
    let app = app.with(&cognito(&file.path()));
    let client = app.as_configured();
    let token = RSA.token(Some("rsa"), &access(UNREGISTERED, now(&app)));
    let handles: Vec<_> = (0..8).map(|number| format!("racer{number}")).collect();
    let mut racers = tokio::task::JoinSet::new();
    for handle in handles {
        let (client, token) = (client.clone(), token.clone());
        racers.spawn(async move { register(&client, &token, &handle, "Racer").await });
    }
    let results = racers.join_all().await;
    let won = results.iter().filter(|it| !it["user"].is_null()).count();
    assert_eq!(won, 1, "{results:?}");
    let mut racers = tokio::task::JoinSet::new();
    for number in 0..8 {
        let token = RSA.token(Some("rsa"), &access(&format!("sub {number}"), now(&app)));
        let client = client.clone();
        let handle = ["Wanted", "wanted", "vvanted"][number % 3];
        racers.spawn(async move { register(&client, &token, handle, "Racer").await });
    }
    let results = racers.join_all().await;
    let won = results.iter().filter(|it| !it["user"].is_null()).count();
    assert_eq!(won, 1, "{results:?}");
}

#[tokio::test]
async fn concurrent_registrations_create_one_user() {
    check_races(TestApp::new().await).await;
    let file = SqliteFile::new();
    let sources = file.open();
    sources.migrate().await.expect("the store can be migrated");
    check_races(TestApp::with_demo(sources).await).await;
    let database = PostgresDatabase::new("identity_race").await;
    let sources = database.open();
    sources.migrate().await.expect("the store can be migrated");
    check_races(TestApp::with_demo(sources).await).await;
}
