use std::path::Path;

use chrono::TimeDelta;
use cruddur::service::{Clock, SystemClock};
use serde_json::{Value, json};

use crate::{
    identity::provider::{
        ALT, ANDREW, BAYKO, CLIENT, KeyFile, OTHER_RSA, RSA, SigningKey, UNREGISTERED, access,
        cognito, with_claims,
    },
    support::gateway::Gateway,
    support::stores::{PostgresDatabase, SqliteFile},
};

/// Returns the tokens of the recordings by name.
fn tokens() -> Vec<(&'static str, String)> {
    let now = SystemClock.now();
    let at = |seconds| (now + TimeDelta::seconds(seconds)).timestamp();
    let good = |sub| access(sub, now);
    let token = |claims: &Value| RSA.token(Some("rsa"), claims);
    let with = |others| token(&with_claims(good(ANDREW), others));
    let public = RSA.jwk("rsa").to_string().into_bytes();
    vec![
        ("valid", token(&good(ANDREW))),
        ("bayko", token(&good(BAYKO))),
        ("alt", token(&good(ALT))),
        ("stranger", token(&good(UNREGISTERED))),
        // The original tolerates no clock skew, the gateway a minute.
        ("expired", with(json!({ "exp": at(-70) }))),
        ("other-key", OTHER_RSA.token(Some("rsa"), &good(ANDREW))),
        ("unknown-kid", RSA.token(Some("unknown"), &good(ANDREW))),
        ("no-kid", RSA.token(None, &good(ANDREW))),
        ("wrong-client", with(json!({ "client_id": "other" }))),
        ("id-token", with(json!({ "client_id": null, "aud": CLIENT, "token_use": "id" }))),
        ("no-exp", with(json!({ "exp": null }))),
        ("no-sub", with(json!({ "sub": null }))),
        ("wrong-issuer", with(json!({ "iss": "https://other.example" }))),
        ("not-before", with(json!({ "nbf": at(3600) }))),
        ("hs256", SigningKey::Secret(public).token(Some("rsa"), &good(ANDREW))),
    ]
}

/// Replays the recordings in the folder `shared` beside the project. Does nothing if it is missing.
#[tokio::test]
async fn the_authenticated_recordings_replay_on_every_store() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    if !shared.is_dir() {
        return;
    }
    let keys = KeyFile::new();
    let flags = cognito(&keys.path());
    let file = SqliteFile::new();
    let sqlite = file.text();
    let database = PostgresDatabase::new("identity_replay").await;
    for store in ["mock:", &sqlite, &database.url] {
        let origins = ["--frontend-url", "*", "--backend-url", "*", "--database-url", store];
        let gateway = Gateway::start(&[&flags[..], &origins].concat());
        gateway.wait_until_ready();
        let tokens = tokens().into_iter();
        let tokens = tokens.flat_map(|(name, jwt)| ["--token".to_owned(), format!("{name}={jwt}")]);
        let output = gateway.replay(&shared, "final.json", &tokens.collect::<Vec<_>>());
        assert!(output.contains(" 0 failed, 0 skipped"), "{store}: {output}");
        println!("{store}: {}", output.lines().last().unwrap_or_default());
    }
}
