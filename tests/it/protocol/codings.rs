//! `Accept-Encoding` (RFC 9110 section 12.5.3): a client that accepts no coding the gateway has gets the
//! response without one, so that nothing is executed and then refused.

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use serde_json::json;

use crate::support::TestApp;

/// Headers that accept neither gzip nor a response without a coding.
const UNSATISFIABLE: [&str; 7] = [
    "identity;q=0",
    "*;q=0",
    "br, identity;q=0",
    "gzip;q=0, *;q=0",
    "identity ; q=0.000, deflate",
    "zstd, *;q=0",
    "IDENTITY;Q=0",
];

#[tokio::test]
async fn requests_that_accept_no_coding_are_answered_without_one() {
    let app = TestApp::new().await;
    let client = app.as_user("worf");
    for (number, codings) in UNSATISFIABLE.into_iter().enumerate() {
        let accepts = |accept| [("accept-encoding", codings), ("accept", accept)];
        for path in [
            "/graphql?query=%7B__typename%7D",
            "/graphql?query=%7Bhome%7Bnodes%7Bid%20message%20createdAt%7D%7D%7D",
            "/api/activities/home",
            "/health/live",
            "/health/ready",
            "/identity",
        ] {
            let answer = client.send(Method::GET, path, &accepts("*/*"), Body::empty()).await;
            assert_eq!(answer.status, StatusCode::OK, "{codings} {path}");
            assert_eq!(answer.header("content-encoding"), "", "{codings} {path}");
            answer.json();
        }
        let unknown = client.send(Method::GET, "/nope", &accepts("*/*"), Body::empty()).await;
        assert_eq!(unknown.status, StatusCode::NOT_FOUND, "{codings}");

        let text = format!("coding {number}");
        let query = format!(
            "mutation {{ createActivity(input: {{ message: \"{text}\", ttl: ONE_HOUR }}) {{ \
             activity {{ message }} }} }}"
        );
        for accept in ["application/json", "text/event-stream"] {
            let mut headers = accepts(accept).to_vec();
            headers.push(("content-type", "application/json"));
            let body = json!({ "query": query }).to_string();
            let answer = client.send(Method::POST, "/graphql", &headers, body).await;
            assert_eq!(answer.status, StatusCode::OK, "{codings} {accept}");
            assert!(answer.text.contains(&text), "{codings} {accept}: {}", answer.text);
        }
        let mut headers = accepts("*/*").to_vec();
        headers.push(("content-type", "application/json"));
        let body = json!({ "message": text, "ttl": "1-hour" }).to_string();
        let answer = client.send(Method::POST, "/api/activities", &headers, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{codings}: {}", answer.text);
        // Each of the three requests was carried out once.
        let home = client.get("/api/activities/home").await;
        assert_eq!(home.messages().iter().filter(|it| **it == text).count(), 3, "{codings}");
    }
}

#[tokio::test]
async fn gzip_is_used_if_the_client_prefers_it() {
    let client = TestApp::new().await.anon();
    for (codings, expected) in [
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("*", "gzip"),
        ("gzip ; q=0.1, identity;q=0", "gzip"),
        ("br, gzip;q=0.5, identity;q=0.1", "gzip"),
        ("gzip;q=0.5, identity", ""),
        ("gzip;q=0, *", ""),
        ("br", ""),
        ("", ""),
    ] {
        let headers = [("accept-encoding", codings)];
        let answer = client.send(Method::GET, "/api/activities/home", &headers, "").await;
        assert_eq!(answer.status, StatusCode::OK, "{codings}");
        assert_eq!(answer.header("content-encoding"), expected, "{codings}");
    }
}
