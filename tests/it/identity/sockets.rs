use chrono::TimeDelta;
use cruddur::http::Timeouts;
use serde_json::{Value, json};

use crate::{
    identity::provider::{ANDREW, KeyFile, RSA, access, app, but, now},
    support::server::{Running, Socket},
};

/// A socket that has just given a token, which ended so many seconds ago. It counts for a minute more.
async fn socket(
    keys: &KeyFile,
    ended: i64,
    payload: impl FnOnce(String) -> Value,
) -> (Running, Socket) {
    let (app, client) = app(&keys.path()).await;
    let running = Running::start(client.0, Timeouts::default()).await;
    let end = (now(&app) - TimeDelta::seconds(ended)).timestamp();
    let token = RSA.token(Some("rsa"), &but(access(ANDREW, now(&app)), json!({ "exp": end })));
    let mut socket = running.open().await;
    socket.say(json!({ "type": "connection_init", "payload": payload(token) })).await;
    (running, socket)
}

#[tokio::test]
async fn a_socket_lasts_as_long_as_its_token() {
    let keys = KeyFile::new();
    let payload = |token| json!({ "authorization": format!("Bearer {token}") });
    let (_running, mut socket) = socket(&keys, 59, payload).await;
    assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
    socket.subscribe("live", "subscription { activityCreated { cursor } }", json!({})).await;
    assert_eq!(socket.close().await, (4403, "Token expired".into()));
}

#[tokio::test]
async fn a_token_that_has_ended_opens_no_socket() {
    let keys = KeyFile::new();
    let (_running, mut socket) = socket(&keys, 60, |token| json!({ "token": token })).await;
    assert_eq!(socket.close().await, (4403, "Forbidden".into()));
}
