//! HEAD has the headers of GET (RFC 9110 section 9.3.2).

use axum::{body::Body, http::Method};

use crate::support::{Answer, TestApp};

use super::raw::{exchange, header, server, status};

/// Returns the headers that may differ from one request to the next, left out.
fn headers(answer: &Answer) -> Vec<(String, String)> {
    let varying = ["x-request-id", "date"];
    let headers = answer.headers.iter().filter(|(name, _)| !varying.contains(&name.as_str()));
    let mut headers: Vec<_> = headers
        .map(|(name, value)| (name.to_string(), value.to_str().expect("ASCII").to_owned()))
        .collect();
    headers.sort_unstable();
    headers
}

#[tokio::test]
async fn head_has_the_status_and_headers_of_get() {
    let client = TestApp::new().await.with(&["--metrics", "on"]).as_user("worf");
    let home = "/graphql?query=%7Bhome%7Bnodes%7Bid%20message%20createdAt%7D%7D%7D";
    for path in [
        home,
        "/graphql?query=%7B__typename%7D",
        "/graphql?query=mutation%7B__typename%7D",
        "/graphql",
        "/api/activities/home",
        "/api/activities/notifications",
        "/api/activities/@worf",
        "/api/activities",
        "/api/openapi.json",
        "/api/health-check",
        "/api/nope",
        "/health/live",
        "/health/ready",
        "/identity",
        "/graphiql",
        "/",
        "/settings",
        "/nope",
    ] {
        for coding in ["", "gzip", "br", "gzip;q=0", "identity;q=0", "*;q=0"] {
            for accept in ["*/*", "text/html"] {
                let headers_sent = [("accept-encoding", coding), ("accept", accept)];
                let get = client.send(Method::GET, path, &headers_sent, Body::empty()).await;
                let head = client.send(Method::HEAD, path, &headers_sent, Body::empty()).await;
                assert_eq!(head.text, "");
                assert_eq!(head.status, get.status, "{path} {coding} {accept}");
                let (got, expected) = (headers(&head), headers(&get));
                assert_eq!(got, expected, "{path} {coding} {accept}");
            }
        }
    }
    let gzip = [("accept-encoding", "gzip")];
    let head = client.send(Method::HEAD, "/api/activities/home", &gzip, Body::empty()).await;
    assert_eq!(head.header("content-encoding"), "gzip");
    assert_eq!(head.header("content-length"), "");
}

#[tokio::test]
async fn head_does_not_open_a_websocket() {
    let server = server().await;
    let sent =
        b"HEAD /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n";
    let answer = exchange(&server, sent).await;
    assert_eq!(status(&answer), 400, "{answer}");
    assert_eq!(header(&answer, "upgrade"), "");
}
