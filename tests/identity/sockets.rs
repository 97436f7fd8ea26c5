use chrono::TimeDelta;
use cruddur::http::Patience;
use serde_json::json;

use crate::{
    provider::{ANDREW, KeyFile, RSA, access, app, but, now},
    socket::Running,
};

#[tokio::test]
async fn a_socket_lasts_as_long_as_its_token() {
    let file = KeyFile::new();
    let (app, client) = app(&file.path()).await;
    let running = Running::start(client.0, Patience::default()).await;
    // A token counts for a minute after its end.
    let end = (now(&app) - TimeDelta::seconds(59)).timestamp();
    let token = RSA.token(Some("rsa"), &but(access(ANDREW, now(&app)), json!({ "exp": end })));
    let mut socket = running.open().await;
    let payload = json!({ "authorization": format!("Bearer {token}") });
    socket.say(json!({ "type": "connection_init", "payload": payload })).await;
    assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
    socket.subscribe("live", "subscription { activityCreated { cursor } }", json!({})).await;
    assert_eq!(socket.close().await, (4403, "Token expired".into()));
}

#[tokio::test]
async fn a_token_that_has_ended_opens_no_socket() {
    let file = KeyFile::new();
    let (app, client) = app(&file.path()).await;
    let running = Running::start(client.0, Patience::default()).await;
    let end = (now(&app) - TimeDelta::seconds(60)).timestamp();
    let token = RSA.token(Some("rsa"), &but(access(ANDREW, now(&app)), json!({ "exp": end })));
    let mut socket = running.open().await;
    socket.say(json!({ "type": "connection_init", "payload": { "token": token } })).await;
    assert_eq!(socket.close().await, (4403, "Forbidden".into()));
}
