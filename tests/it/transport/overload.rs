//! Operations beyond the number that may be executed or wait.

use axum::http::{Method, StatusCode};
use cruddur::{http::Timeouts, sources::seed};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::streams::events;
use crate::support::{
    Answer, Client, TestApp, clock::ManualClock, filled, in_memory,
    recording_store::RecordingStore, server::TestServer,
};

/// The store never answers this.
const HELD: &str = "{ home { nodes { id } } }";
/// One is executed and four wait.
const ADMITTED: usize = 5;

/// Returns a gateway that executes one operation at a time, over a store that hangs.
async fn client() -> Client {
    let sources = filled(in_memory(), &seed::demo(ManualClock::start())).await;
    let (recorder, sources) = RecordingStore::wrap(sources);
    recorder.hold_method("home");
    TestApp::over(sources).with(&["--max-executions", "1"]).anon()
}

/// Sends one request more than are admitted. Returns the answer of the one that is rejected, while
/// the others hang.
async fn rejected(client: &Client, accept: &'static str) -> Answer {
    let mut requests = JoinSet::new();
    for _ in 0..=ADMITTED {
        let client = client.clone();
        requests.spawn(async move {
            let headers = [("accept", accept), ("content-type", "application/json")];
            let body = json!({ "query": HELD }).to_string();
            client.send(Method::POST, "/graphql", &headers, body).await
        });
    }
    let answer = requests.join_next().await.expect("a request").expect("no panic");
    requests.shutdown().await;
    answer
}

fn code(response: &Value) -> &Value {
    assert!(response.get("data").is_none(), "{response}");
    &response["errors"][0]["extensions"]["code"]
}

#[tokio::test]
async fn operations_that_find_no_place_get_503_at_once() {
    let client = client().await;
    for accept in ["application/json", "application/graphql-response+json"] {
        let answer = rejected(&client, accept).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.header("retry-after"), "5");
        assert!(answer.header("content-type").starts_with(accept), "{answer:?}");
        assert_eq!(code(&answer.json()), "SERVICE_UNAVAILABLE");
    }
    // The requests that were cancelled have given their places up.
    let answer = client.graphql("{ __typename }", json!({})).await;
    assert_eq!(answer.json(), json!({ "data": { "__typename": "Query" } }));
}

#[tokio::test]
async fn rejections_over_sse_are_events() {
    let answer = rejected(&client().await, "text/event-stream").await;
    assert_eq!(answer.status, StatusCode::OK);
    let events = events(&answer.text);
    assert_eq!(code(&events[0].1), "SERVICE_UNAVAILABLE");
    assert_eq!(events[1], ("complete".to_owned(), Value::Null));
}

#[tokio::test]
async fn rejections_over_a_websocket_are_error_messages_and_idle_subscriptions_take_no_place() {
    let server = TestServer::start(client().await.0, Timeouts::default()).await;
    let mut socket = server.connect().await;
    for number in 0..10 {
        let document = "subscription { activityCreated { cursor } }";
        socket.subscribe(&format!("idle {number}"), document, json!({})).await;
    }
    socket.subscribe("free", "{ __typename }", json!({})).await;
    assert_eq!(socket.recv().await["type"], "next");
    assert_eq!(socket.recv().await["type"], "complete");
    for number in 0..=ADMITTED {
        socket.subscribe(&format!("held {number}"), HELD, json!({})).await;
    }
    let message = socket.recv().await;
    assert_eq!(message["type"], "error", "{message}");
    assert_eq!(message["payload"][0]["extensions"]["code"], "SERVICE_UNAVAILABLE");
}
