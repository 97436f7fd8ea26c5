//! The edges of JSON come out the same on every transport.

use axum::http::{Method, StatusCode};
use cruddur::http::Timeouts;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Client, TestApp, server::TestServer};

const QUERY: &str = r#""query":"query($t: String) { search(term: $t) { __typename } }""#;

/// Requests that are JSON by its grammar but hold a text that is not Unicode, a number that no one can
/// hold, or a name twice.
fn unreadable() -> Vec<String> {
    let with = |more: &str| format!("{{{QUERY},{more}}}");
    vec![
        with(r#""variables":{"t":"cut \ud83d"}"#),
        with(r#""variables":{"t":"\udc00"}"#),
        with(r#""variables":{"t":"\ud83d\ud83d"}"#),
        with(r#""variables":{"\ud83d":"x"}"#),
        with(r#""variables":{"t":1e400}"#),
        with(r#""variables":{"t":-1e400}"#),
        with(r#""extensions":{"a":[1e999]}"#),
        with(QUERY),
        with(r#""variables":{},"variables":{}"#),
        with(r#""operationName":null,"operationName":null"#),
        with(r#""variables":{"t":"a","t":"b"}"#),
        with(r#""variables":{"t":{"a":1,"a":1}}"#),
        with(r#""variables":{"t":[{"a":1,"\u0061":2}]}"#),
        with(r#""extensions":{"a":1,"a":1}"#),
        with(r#""unknown":1,"unknown":2"#),
        with(&format!(r#""variables":{{"t":{}1{}}}"#, "[".repeat(200), "]".repeat(200))),
    ]
}

#[tokio::test]
async fn unreadable_requests_get_400_over_http() {
    let client = TestApp::new().await.anon();
    for body in unreadable() {
        for accept in ["application/json", "text/event-stream"] {
            let headers = [("content-type", "application/json"), ("accept", accept)];
            let answer = client.send(Method::POST, "/graphql", &headers, body.clone()).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
            assert_eq!(answer.json()["errors"][0]["extensions"]["code"], "BAD_REQUEST", "{body}");
        }
    }
    let get = async |json: &str| {
        let query = "query($t:String)%7Bsearch(term:$t)%7B__typename%7D%7D";
        let path = format!("/graphql?query={query}&variables={json}");
        client.get(&path).await.status.as_u16()
    };
    assert_eq!(get("%7B%22t%22:%22a%22%7D").await, 200);
    assert_eq!(get("%7B%22t%22:%22a%22,%22t%22:%22a%22%7D").await, 400);
    assert_eq!(get("%7B%22t%22:1e400%7D").await, 400);
    assert_eq!(get("%7B%22t%22:%22%5Cud83d%22%7D").await, 400);
}

#[tokio::test]
async fn unreadable_requests_are_an_error_of_their_operation_over_a_websocket() {
    let app = TestApp::new().await;
    let server = TestServer::start(app.anon().0, Timeouts::default()).await;
    let mut socket = server.connect().await;
    let mut messages = Vec::new();
    for payload in unreadable() {
        messages.push(format!(r#"{{"id":"x","type":"subscribe","payload":{payload}}}"#));
        messages.push(format!(r#"{{"payload":{payload},"type":"subscribe","id":"x"}}"#));
    }
    let good = r#"{"query":"{__typename}"}"#;
    for twice in [
        format!(r#""payload":{good},"payload":{good}"#),
        format!(r#""payload":{good},"type":"subscribe""#),
        format!(r#""payload":{good},"unknown":1,"unknown":1"#),
    ] {
        messages.push(format!(r#"{{"id":"x","type":"subscribe",{twice}}}"#));
    }
    for message in messages {
        socket.send_raw(Message::text(message.clone())).await;
        let answer = socket.recv().await;
        assert_eq!((&answer["type"], &answer["id"]), (&json!("error"), &json!("x")), "{message}");
        assert_eq!(answer["payload"][0]["extensions"]["code"], "BAD_REQUEST", "{message}");
    }
    // The socket and the id are still usable.
    socket.subscribe("x", "{ __typename }", json!({})).await;
    assert_eq!(socket.recv().await["type"], "next");
    assert_eq!(socket.recv().await["type"], "complete");
    // A ping has no operation: its payload comes back as it is.
    let ping = r#"{"type":"ping","payload":{"cut":"\ud83d","n":1e400}}"#;
    socket.send_raw(Message::text(ping)).await;
    assert_eq!(socket.recv_raw().await, Message::text(ping.replace("ping", "pong")));
    // Two ids are ambiguous.
    let two = format!(r#"{{"id":"x","id":"y","type":"subscribe","payload":{good}}}"#);
    socket.send_raw(Message::text(two)).await;
    assert_eq!(socket.recv_close().await.0, 4400);
}

#[tokio::test]
async fn an_unreadable_request_before_the_acknowledgement_is_closed_with_4401() {
    let app = TestApp::new().await;
    let server = TestServer::start(app.anon().0, Timeouts::default()).await;
    let mut socket = server.open().await;
    let message = format!(r#"{{"id":"x","type":"subscribe","payload":{}}}"#, unreadable()[0]);
    socket.send_raw(Message::text(message)).await;
    assert_eq!(socket.recv_close().await.0, 4401);
}

#[tokio::test]
async fn a_byte_order_mark_before_json_is_ignored() {
    let app = TestApp::new().await;
    let client: Client = app.as_user("worf");
    let headers = [("content-type", "application/json")];
    let graphql = "\u{feff}{\"query\":\"{__typename}\"}";
    let answer = client.send(Method::POST, "/graphql", &headers, graphql).await;
    assert_eq!(answer.json(), json!({ "data": { "__typename": "Query" } }));
    let rest = "\u{feff} {\"message\":\"marked\",\"ttl\":\"1-hour\"}";
    let answer = client.send(Method::POST, "/api/activities", &headers, rest).await;
    assert_eq!(answer.json()["message"], "marked");
    let path = "/graphql?query=%7B__typename%7D&variables=%EF%BB%BF%7B%7D\
        &extensions=%EF%BB%BF%7B%7D";
    assert_eq!(client.get(path).await.status, StatusCode::OK);
    let twice = "\u{feff}\u{feff}{\"query\":\"{__typename}\"}";
    let answer = client.send(Method::POST, "/graphql", &headers, twice).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);

    let server = TestServer::start(client.0, Timeouts::default()).await;
    let mut socket = server.open().await;
    socket.send_raw(Message::text("\u{feff}{\"type\":\"connection_init\"}")).await;
    assert_eq!(socket.recv().await["type"], "connection_ack");
    let subscribe =
        "\u{feff}{\"id\":\"1\",\"type\":\"subscribe\",\"payload\":{\"query\":\"{__typename}\"}}";
    socket.send_raw(Message::text(subscribe)).await;
    assert_eq!(socket.recv().await["type"], "next");
}
