//! What caches may store (RFC 9111 section 5.2.2).

use axum::{
    body::Body,
    http::{Method, Request, header},
};
use serde_json::json;

use super::raw::{exchange, header as header_of, server, status};
use crate::{
    identity::provider::{KeyFile, cognito},
    support::TestApp,
};

const PRIVATE: &str = "private, no-store";

#[tokio::test]
async fn responses_that_depend_on_the_viewer_are_not_stored() {
    let app = TestApp::new().await;
    let client = app.as_user("worf");
    let post = json!({ "query": "{viewer{user{handle}}}" }).to_string();
    let json = ("content-type", "application/json");
    for (method, path, headers, body, expected) in [
        (Method::GET, "/api/activities/home", &[][..], "", 200),
        (Method::GET, "/api/activities/notifications", &[], "", 200),
        (Method::GET, "/api/message_groups", &[], "", 200),
        (Method::GET, "/api/messages/@bayko", &[], "", 200),
        (Method::GET, "/api/nope", &[], "", 404),
        (Method::DELETE, "/api/activities", &[], "", 405),
        (Method::POST, "/api/activities", &[json], "{}", 422),
        (Method::POST, "/api/activities", &[], "{}", 415),
        (Method::PUT, "/api/profile/update", &[json], "{", 400),
        (Method::POST, "/api/activities", &[json, ("content-encoding", "br")], "{}", 415),
        (Method::POST, "/api/activities", &[("origin", "http://evil.example")], "{}", 403),
        (Method::GET, "/graphql?query=%7B__typename%7D", &[], "", 200),
        (Method::GET, "/graphql", &[], "", 400),
        (Method::GET, "/graphql", &[("accept", "image/png")], "", 406),
        (Method::GET, "/graphql", &[("accept", "text/html")], "", 303),
        (Method::POST, "/graphql", &[json], &post, 200),
        (Method::POST, "/graphql", &[json, ("accept", "text/event-stream")], &post, 200),
        (
            Method::POST,
            "/graphql",
            &[json, ("accept", "multipart/mixed;subscriptionSpec=1.0")],
            &post,
            200,
        ),
        (Method::POST, "/graphql", &[json, ("authorization", "Bearer a.b.c")], &post, 401),
        (Method::POST, "/graphql", &[json], "[]", 400),
        (Method::DELETE, "/graphql", &[], "", 405),
        (Method::GET, "/identity", &[], "", 200),
        (Method::GET, "/identity/people", &[], "", 200),
        (Method::GET, "/identity/people", &[("origin", "null")], "", 403),
    ] {
        let answer = client.send(method.clone(), path, headers, body.to_owned()).await;
        assert_eq!(answer.status, expected, "{method} {path} {headers:?}: {}", answer.text);
        let stored: Vec<_> = answer.headers.get_all("cache-control").iter().collect();
        assert_eq!(stored, [PRIVATE], "{method} {path} {headers:?}");
    }
    let large = "x".repeat(2_000_000);
    let answer = client.send_json(Request::post("/api/activities"), large).await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (413, PRIVATE));
}

#[tokio::test]
async fn rate_limited_and_unauthenticated_responses_are_not_stored() {
    let file = KeyFile::new();
    let app = TestApp::new().await.with(&cognito(&file.path()));
    let client = app.with(&["--address-rate", "1/1"]).as_configured();
    let home = "/api/message_groups";
    for expected in [401, 429] {
        let answer = client.call(Method::GET, home).await;
        assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (expected, PRIVATE));
    }
}

#[tokio::test]
async fn malformed_requests_are_not_stored() {
    let server = server().await;
    let sent = "GET /api/activities/home HTTP/1.1\r\nHost: a b\r\n\r\n";
    let answer = exchange(&server, sent.as_bytes()).await;
    assert_eq!((status(&answer), header_of(&answer, "cache-control")), (400, PRIVATE));
}

#[tokio::test]
async fn vary_names_what_selects_a_response() {
    let client = TestApp::new().await.anon();
    let varies = async |path: &str, accept: &str| {
        let request = [("accept", accept)];
        let answer = client.send(Method::GET, path, &request, Body::empty()).await;
        let values = answer.headers.get_all(header::VARY).iter();
        let mut names: Vec<_> = values.map(|it| it.to_str().expect("ASCII").to_owned()).collect();
        names.sort_unstable();
        names
    };
    let query = "/graphql?query=%7B__typename%7D";
    assert_eq!(varies(query, "*/*").await, ["accept", "origin"]);
    assert_eq!(varies(query, "image/png").await, ["accept", "origin"]);
    assert_eq!(varies("/graphql", "text/html").await, ["accept", "origin"]);
    assert_eq!(varies("/nope", "*/*").await, ["accept", "origin"]);
    assert_eq!(varies("/health/live", "*/*").await, ["origin"]);
}

#[tokio::test]
async fn pages_are_revalidated() {
    let page = TestApp::new().await.anon().get("/graphiql").await;
    assert_eq!(page.header("cache-control"), "no-cache");
}
