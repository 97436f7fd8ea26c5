//! Server-Sent Events and multipart/mixed.

use axum::http::{Method, StatusCode};
use cruddur::http::Timeouts;
use serde_json::{Value, json};

use crate::support::{Answer, Client, TestApp, server::TestServer};

const EVENTS: &str = "text/event-stream";
/// The `Accept` header of Apollo Client for subscriptions.
const PARTS: &str = "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,\
    application/graphql-response+json,application/json;q=0.9";
/// The same without an alternative to multipart.
const PARTS_ONLY: &str = "multipart/mixed;boundary=\"graphql\";subscriptionSpec=\"1.0\"";

async fn post(client: &Client, accept: &str, query: &str) -> Answer {
    let headers = [("accept", accept), ("content-type", "application/json")];
    let body = json!({ "query": query }).to_string();
    client.send(Method::POST, "/graphql", &headers, body).await
}

/// Returns the names and data of a stream's events.
pub fn events(text: &str) -> Vec<(String, Value)> {
    let blocks = text.split("\n\n").filter(|block| !block.is_empty() && *block != ":");
    blocks
        .map(|block| {
            let (event, data) = block.split_once('\n').expect("an event and its data");
            let event = event.strip_prefix("event: ").expect("an event");
            let data = data.strip_prefix("data:").expect("data").trim();
            let data = if data.is_empty() { "null" } else { data };
            (event.to_owned(), serde_json::from_str(data).expect("JSON"))
        })
        .collect()
}

/// Returns the JSON parts of a multipart body.
pub fn parts(text: &str) -> Vec<Value> {
    let text = text.strip_prefix("\r\n--graphql").expect("the body starts with a boundary");
    let text = text.strip_suffix("--\r\n").expect("the body ends with the last boundary");
    let parts = text.split("\r\n--graphql").filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let json = part.strip_prefix("\r\nContent-Type: application/json\r\n\r\n");
            serde_json::from_str(json.expect("the part is JSON")).expect("JSON")
        })
        .collect()
}

#[tokio::test]
async fn sse_carries_queries_and_mutations() {
    let app = TestApp::new().await;
    let client = app.as_user("worf");
    let answer = post(&client, EVENTS, "{ __typename }").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), EVENTS);
    assert_eq!(answer.header("cache-control"), "private, no-store");
    assert_eq!(answer.header("x-accel-buffering"), "no");
    let data = json!({ "data": { "__typename": "Query" } });
    let expected = [("next".to_owned(), data), ("complete".to_owned(), Value::Null)];
    assert_eq!(events(&answer.text), expected);
    let headers = [("accept", EVENTS)];
    let get = client.send(Method::GET, "/graphql?query=%7B__typename%7D", &headers, "").await;
    assert_eq!(events(&get.text), expected);
    let mutation = "mutation { createActivity(input: { message: \"Hi\", ttl: ONE_DAY }) \
        { activity { message } } }";
    let answer = post(&client, EVENTS, mutation).await;
    let next = &events(&answer.text)[0].1;
    assert_eq!(next["data"]["createActivity"]["activity"]["message"], "Hi");
    let get = "/graphql?query=mutation%7B__typename%7D";
    let get = client.send(Method::GET, get, &headers, "").await;
    assert_eq!(get.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn errors_below_lists_have_their_path_on_every_transport() {
    let app = TestApp::new().await;
    let client = app.anon();
    let query = "{ home(first: 1) { nodes { replies(first: 999) { nodes { id } } } } }";
    let path = json!(["home", "nodes", 0, "replies"]);
    for accept in ["application/json", "application/graphql-response+json"] {
        let answer = post(&client, accept, query).await;
        assert_eq!(answer.json()["errors"][0]["path"], path, "{accept}");
    }
    let answer = post(&client, EVENTS, query).await;
    assert_eq!(events(&answer.text)[0].1["errors"][0]["path"], path);
    let answer = post(&client, PARTS_ONLY, query).await;
    assert_eq!(parts(&answer.text)[0]["payload"]["errors"][0]["path"], path);
    let server = TestServer::start(client.0, Timeouts::default()).await;
    let mut socket = server.connect().await;
    socket.subscribe("q", query, json!({})).await;
    assert_eq!(socket.recv().await["payload"]["errors"][0]["path"], path);
}

#[tokio::test]
async fn sse_carries_request_errors_as_events() {
    let client = TestApp::new().await.anon();
    for (query, code) in [
        ("{ nope }", "GRAPHQL_VALIDATION_FAILED"),
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("query($n: Int!) { home(first: $n) { __typename } }", "BAD_USER_INPUT"),
    ] {
        let answer = post(&client, EVENTS, query).await;
        assert_eq!(answer.status, StatusCode::OK);
        let events = events(&answer.text);
        assert_eq!(events[0].0, "next");
        assert_eq!(events[0].1["errors"][0]["extensions"]["code"], code);
        assert!(events[0].1.get("data").is_none(), "{query}");
        assert_eq!(events[1], ("complete".to_owned(), Value::Null));
    }
}

#[tokio::test]
async fn malformed_requests_get_4xx_for_streams_too() {
    let client = TestApp::new().await.anon();
    let headers = [("accept", EVENTS), ("content-type", "text/plain")];
    let answer = client.send(Method::POST, "/graphql", &headers, "{}").await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(answer.header("content-type"), "application/json");
    let headers = [("accept", EVENTS), ("content-type", "application/json")];
    let answer = client.send(Method::POST, "/graphql", &headers, "{}").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn csrf_prevention_rejects_cross_origin_sse_over_get() {
    let client = TestApp::new().await.anon();
    let headers = [("accept", EVENTS), ("origin", "https://other.example"), ("host", "localhost")];
    let answer = client.send(Method::GET, "/graphql?query=%7B__typename%7D", &headers, "").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn queries_prefer_json_over_multipart_if_both_are_accepted() {
    let client = TestApp::new().await.anon();
    let answer = post(&client, PARTS, "{ __typename }").await;
    assert_eq!(answer.header("content-type"), "application/graphql-response+json");
    assert_eq!(answer.json(), json!({ "data": { "__typename": "Query" } }));
    let answer = post(&client, PARTS_ONLY, "{ __typename }").await;
    let content_type = "multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0";
    assert_eq!(answer.header("content-type"), content_type);
    let payload = json!({ "payload": { "data": { "__typename": "Query" } } });
    assert_eq!(parts(&answer.text), [payload]);
    let answer = post(&client, PARTS_ONLY, "{ nope }").await;
    let code = &parts(&answer.text)[0]["payload"]["errors"][0]["extensions"]["code"];
    assert_eq!(code, "GRAPHQL_VALIDATION_FAILED");
}
