//! The protocol graphql-transport-ws, message by message.

use std::time::Duration;

use cruddur::http::Timeouts;
use serde_json::json;
use tokio_tungstenite::tungstenite::{Message, http::StatusCode};

use crate::{
    support::TestApp,
    support::server::{Running, Socket},
};

const SHORT: Duration = Duration::from_millis(50);

async fn running() -> Running {
    patient(Timeouts::default()).await
}

async fn patient(timeouts: Timeouts) -> Running {
    Running::start(TestApp::new().await.anon().0, timeouts).await
}

fn closed(code: u16, reason: &str) -> (u16, String) {
    (code, reason.to_owned())
}

#[tokio::test]
async fn queries_and_mutations_are_answered_and_completed() {
    let app = TestApp::new().await;
    let running = Running::start(app.as_user("worf").0, Timeouts::default()).await;
    let mut socket = running.connect().await;
    socket.subscribe("q", "{ __typename }", json!({})).await;
    let payload = json!({ "data": { "__typename": "Query" } });
    assert_eq!(socket.hear().await, json!({ "type": "next", "id": "q", "payload": payload }));
    assert_eq!(socket.hear().await, json!({ "type": "complete", "id": "q" }));
    let mutation = "mutation($input: CreateActivityInput!) { createActivity(input: $input) \
        { activity { message } userErrors { code } } }";
    let input = json!({ "message": "Over a socket", "ttl": "ONE_DAY" });
    // An id may be used again once its operation has ended.
    socket.subscribe("q", mutation, json!({ "input": input })).await;
    let next = socket.hear().await;
    let created = &next["payload"]["data"]["createActivity"];
    assert_eq!(created["activity"]["message"], "Over a socket", "{next}");
    assert_eq!(socket.hear().await["type"], "complete");
}

#[tokio::test]
async fn an_error_of_a_field_comes_with_the_data_and_one_of_the_request_alone() {
    let running = running().await;
    let mut socket = running.connect().await;
    let cases = [
        ("{ nope }", "GRAPHQL_VALIDATION_FAILED"),
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("", "BAD_REQUEST"),
        ("query($n: Int!) { home(first: $n) { __typename } }", "BAD_USER_INPUT"),
        (
            "{ a { b { c { d { e { f { g { h { i { j { k { l { m { n { o { p } } } } } } } } } } } } } } } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "{ home(first: 101) { nodes { id replies(first: 100) { nodes { id } } } } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
    ];
    for (query, code) in cases {
        socket.subscribe("1", query, json!({})).await;
        let message = socket.hear().await;
        assert_eq!((&message["type"], &message["id"]), (&json!("error"), &json!("1")), "{message}");
        let errors = message["payload"].as_array().expect("an array of errors");
        assert_eq!(errors[0]["extensions"]["code"], code, "{message}");
    }
    socket.subscribe("1", "{ __typename home(first: 0) { __typename } }", json!({})).await;
    let message = socket.hear().await;
    assert_eq!(message["type"], "next", "{message}");
    assert_eq!(message["payload"]["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    assert!(message["payload"].as_object().expect("a payload").contains_key("data"));
}

#[tokio::test]
async fn what_is_no_message_is_closed_with_4400() {
    let running = running().await;
    for text in ["", "nonsense", "[]", "{}", r#"{"type":"next","id":"1","payload":{}}"#] {
        let mut socket = running.open().await;
        socket.send(Message::text(text)).await;
        assert_eq!(socket.close().await, closed(4400, "Invalid message received"), "{text}");
    }
    let mut socket = running.connect().await;
    socket.send(Message::binary(br#"{"type":"ping"}"#.to_vec())).await;
    assert_eq!(socket.close().await.0, 4400);
}

#[tokio::test]
async fn a_subscribe_before_the_acknowledgement_is_closed_with_4401() {
    let running = running().await;
    let mut socket = running.open().await;
    socket.subscribe("1", "{ __typename }", json!({})).await;
    assert_eq!(socket.close().await, closed(4401, "Unauthorized"));
}

#[tokio::test]
async fn other_protocols_are_closed_with_4406() {
    let running = running().await;
    for offered in ["graphql-ws", "soap"] {
        let headers = [("sec-websocket-protocol", offered)];
        let (socket, _) = running.handshake(&headers).await.expect("a handshake");
        let closed_with = Socket(socket).close().await;
        assert_eq!(closed_with, closed(4406, "Subprotocol not acceptable"), "{offered}");
    }
    let (socket, _) = running.handshake(&[]).await.expect("a handshake");
    assert_eq!(Socket(socket).close().await.0, 4406);
    let both = [("sec-websocket-protocol", "graphql-ws, graphql-transport-ws")];
    let (_, response) = running.handshake(&both).await.expect("a handshake");
    assert_eq!(response.headers()["sec-websocket-protocol"], "graphql-transport-ws");
}

#[tokio::test]
async fn silence_instead_of_a_connection_init_is_closed_with_4408() {
    let running = patient(Timeouts { init: SHORT, ..Timeouts::default() }).await;
    let mut socket = running.open().await;
    assert_eq!(socket.close().await, closed(4408, "Connection initialisation timeout"));
}

#[tokio::test]
async fn a_second_connection_init_is_closed_with_4429() {
    let running = running().await;
    let mut socket = running.connect().await;
    socket.say(json!({ "type": "connection_init" })).await;
    assert_eq!(socket.close().await, closed(4429, "Too many initialisation requests"));
}

#[tokio::test]
async fn a_ping_is_answered_before_and_after_the_acknowledgement() {
    let running = running().await;
    let mut socket = running.open().await;
    socket.say(json!({ "type": "ping", "payload": { "a": 1 } })).await;
    assert_eq!(socket.hear().await, json!({ "type": "pong", "payload": { "a": 1 } }));
    socket.say(json!({ "type": "connection_init", "payload": { "token": "null" } })).await;
    assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
    socket.say(json!({ "type": "ping" })).await;
    assert_eq!(socket.hear().await, json!({ "type": "pong" }));
}

#[tokio::test]
async fn a_token_that_does_not_count_is_closed_with_4403() {
    let running = running().await;
    let mut socket = running.open().await;
    socket.say(json!({ "type": "connection_init", "payload": { "token": "a.b.c" } })).await;
    assert_eq!(socket.close().await, closed(4403, "Forbidden"));
}

#[tokio::test]
async fn a_client_that_misses_two_pongs_is_closed_with_4499() {
    let running = patient(Timeouts { ping: SHORT, ..Timeouts::default() }).await;
    let mut socket = running.connect().await;
    for _ in 0..4 {
        assert_eq!(socket.hear().await, json!({ "type": "ping" }));
        socket.say(json!({ "type": "pong" })).await;
    }
    for _ in 0..2 {
        assert_eq!(socket.hear().await, json!({ "type": "ping" }));
    }
    assert_eq!(socket.close().await, closed(4499, "No pong"));
}

#[tokio::test]
async fn a_message_over_a_megabyte_is_closed_with_1009() {
    let running = running().await;
    let mut socket = running.connect().await;
    socket.send(Message::text(" ".repeat(1024 * 1024 + 1))).await;
    assert_eq!(socket.close().await.0, 1009);
}

#[tokio::test]
async fn what_breaks_the_websocket_protocol_is_closed_with_its_codes() {
    let running = running().await;
    let mut socket = running.connect().await;
    socket.subscribe("1", "{ __typename }", json!({})).await;
    assert_eq!(socket.hear().await["type"], "next");
    // A text frame, masked with zeros, that is no UTF-8.
    let stream = socket.0.get_mut();
    tokio::io::AsyncWriteExt::write_all(stream, &[0x81, 0x81, 0, 0, 0, 0, 0xff])
        .await
        .expect("sent");
    assert_eq!(socket.close().await.0, 1007);
    let mut socket = running.connect().await;
    // A frame of an unknown kind.
    let stream = socket.0.get_mut();
    tokio::io::AsyncWriteExt::write_all(stream, &[0x83, 0x80, 0, 0, 0, 0]).await.expect("sent");
    assert_eq!(socket.close().await.0, 1002);
}

#[tokio::test]
async fn foreign_pages_may_not_open_a_socket() {
    let app = TestApp::new().await.with(&["--frontend-url", "https://cruddur.example"]);
    let running = Running::start(app.anon().0, Timeouts::default()).await;
    let protocol = ("sec-websocket-protocol", "graphql-transport-ws");
    let own = format!("http://{}", running.address);
    for origin in ["https://cruddur.example", &own] {
        running.handshake(&[protocol, ("origin", origin)]).await.expect("a handshake");
    }
    for origin in ["https://other.example", "null"] {
        let status = running.refusal(&[protocol, ("origin", origin)]).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{origin}");
    }
}

#[tokio::test]
async fn a_stop_closes_sockets_with_1001() {
    let mut running = patient(Timeouts { drain: SHORT, ..Timeouts::default() }).await;
    let mut sockets = vec![running.connect().await, running.open().await];
    running.stop();
    for socket in &mut sockets {
        assert_eq!(socket.close().await, closed(1001, "Server shutting down"));
    }
    drop(sockets);
    running.stopped().await;
}

#[tokio::test]
async fn the_clients_close_is_answered() {
    let running = running().await;
    let mut socket = running.connect().await;
    socket.send(Message::Close(None)).await;
    let answer = futures_util::StreamExt::next(&mut socket.0).await;
    assert!(matches!(answer, Some(Ok(Message::Close(_)))), "{answer:?}");
}
