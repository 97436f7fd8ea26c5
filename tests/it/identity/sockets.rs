use chrono::TimeDelta;
use cruddur::http::Patience;
use serde_json::{Value, json};

use crate::{
    identity::provider::{ANDREW, KeyFile, RSA, access, app, now, with_claims},
    support::server::{Running, Socket},
};

/// Opens a socket and sends a token that expired so many seconds ago. Clock skew of up to a minute is
/// tolerated.
async fn socket(
    keys: &KeyFile,
    expired: i64,
    payload: impl FnOnce(String) -> Value,
) -> (Running, Socket) {
    let (app, client) = app(&keys.path()).await;
    let running = Running::start(client.0, Patience::default()).await;
    let exp = (now(&app) - TimeDelta::seconds(expired)).timestamp();
    let token =
        RSA.token(Some("rsa"), &with_claims(access(ANDREW, now(&app)), json!({ "exp": exp })));
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
async fn an_expired_token_cannot_open_a_socket() {
    let keys = KeyFile::new();
    let (_running, mut socket) = socket(&keys, 60, |token| json!({ "token": token })).await;
    assert_eq!(socket.close().await, (4403, "Forbidden".into()));
}
