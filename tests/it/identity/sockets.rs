use chrono::TimeDelta;
use cruddur::http::Timeouts;
use serde_json::{Value, json};

use crate::{
    identity::provider::{ANDREW, KeyFile, RSA, access, app, now, with_claims},
    support::server::{Socket, TestServer},
};

/// Opens a socket and sends a token that expired so many seconds ago. Clock skew of up to a minute is
/// tolerated.
async fn socket(
    keys: &KeyFile,
    expired: i64,
    payload: impl FnOnce(String) -> Value,
) -> (TestServer, Socket) {
    let (app, client) = app(&keys.path()).await;
    let server = TestServer::start(client.0, Timeouts::default()).await;
    let exp = (now(&app) - TimeDelta::seconds(expired)).timestamp();
    let token =
        RSA.token(Some("rsa"), &with_claims(access(ANDREW, now(&app)), json!({ "exp": exp })));
    let mut socket = server.open().await;
    socket.send(json!({ "type": "connection_init", "payload": payload(token) })).await;
    (server, socket)
}

#[tokio::test]
async fn a_socket_lasts_as_long_as_its_token() {
    let keys = KeyFile::new();
    let payload = |token| json!({ "authorization": format!("Bearer {token}") });
    let (_server, mut socket) = socket(&keys, 59, payload).await;
    assert_eq!(socket.recv().await, json!({ "type": "connection_ack" }));
    socket.subscribe("live", "subscription { activityCreated { cursor } }", json!({})).await;
    assert_eq!(socket.recv_close().await, (4403, "Token expired".into()));
}

#[tokio::test]
async fn an_expired_token_cannot_open_a_socket() {
    let keys = KeyFile::new();
    let (_server, mut socket) = socket(&keys, 60, |token| json!({ "token": token })).await;
    assert_eq!(socket.recv_close().await, (4403, "Forbidden".into()));
}
