//! Codings of requests and responses.
//!
//! `Accept-Encoding` (RFC 9110 section 12.5.3): a client that accepts no coding the gateway has gets the
//! response without one, so that nothing is executed and then refused.

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use serde_json::json;

use super::raw::{exchange, header, server, status};
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

#[tokio::test]
async fn unknown_transfer_codings_get_501_on_every_route() {
    let server = server().await;
    for path in ["/graphql", "/api/activities", "/health/live", "/", "/nope", "/identity/people"] {
        for (codings, expected) in [
            ("Transfer-Encoding: gzip, chunked", 501),
            ("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", 501),
            ("Transfer-Encoding: identity, chunked", 501),
            ("Transfer-Encoding: chunked, chunked", 501),
            ("Transfer-Encoding: gzip", 400),
            ("Transfer-Encoding: chunked, gzip", 400),
        ] {
            let sent = format!(
                "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                 {codings}\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n"
            );
            let answer = exchange(&server, sent.as_bytes()).await;
            assert_eq!(status(&answer), expected, "{path} {codings}: {answer}");
            assert_eq!(header(&answer, "connection"), "close", "{path} {codings}: {answer}");
        }
    }
    let sent = "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                Transfer-Encoding: Chunked\r\n\r\n18\r\n{\"query\":\"{__typename}\"}\r\n0\r\n\r\n";
    assert_eq!(status(&exchange(&server, sent.as_bytes()).await), 200);
}

#[tokio::test]
async fn unknown_content_codings_get_415_on_every_route() {
    let client = TestApp::new().await.as_user("worf");
    let text = "application/json";
    for path in ["/graphql", "/api/activities", "/api/profile/update", "/nope", "/identity/people"]
    {
        for coding in ["br", "deflate", "gzip, gzip", "gzip, br", "zstd"] {
            let headers = [("content-type", text), ("content-encoding", coding)];
            let answer = client.send(Method::POST, path, &headers, "{}").await;
            assert_eq!(answer.status, 415, "{path} {coding}");
            assert_eq!(answer.header("accept-encoding"), "gzip, identity", "{path} {coding}");
        }
    }
    // A header that is not text.
    let server = server().await;
    for coding in [&b"\xfc"[..], b"gzip, \xfc", b"gzip\r\nContent-Encoding: \xfc"] {
        let sent = [
            &b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"[..],
            b"Content-Length: 2\r\nContent-Encoding: ",
            coding,
            b"\r\n\r\n{}",
        ];
        assert_eq!(status(&exchange(&server, &sent.concat()).await), 415, "{coding:?}");
    }
}
