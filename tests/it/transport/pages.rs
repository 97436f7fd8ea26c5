//! CSRF prevention: requests that a browser sends for pages of other origins.

use axum::{
    body::Body,
    http::{Method, StatusCode},
};

use serde_json::json;

use crate::{
    identity::provider::{KeyFile, cognito},
    support::TestApp,
};

const QUERY: &str = "/graphql?query=%7B__typename%7D";

#[tokio::test]
async fn csrf_prevention_rejects_cross_origin_gets() {
    let app = TestApp::new().await.with(&["--frontend-url", "https://cruddur.example"]);
    let client = app.anon();
    let status = async |headers: &[(&str, &str)]| {
        client.send(Method::GET, QUERY, headers, Body::empty()).await.status.as_u16()
    };
    let other = ("origin", "https://other.example");
    assert_eq!(status(&[]).await, 200);
    assert_eq!(status(&[("origin", "https://cruddur.example")]).await, 200);
    assert_eq!(
        status(&[("origin", "http://127.0.0.1:4567"), ("host", "127.0.0.1:4567")]).await,
        200
    );
    assert_eq!(status(&[("sec-fetch-site", "same-origin")]).await, 200);
    assert_eq!(status(&[other]).await, 403);
    assert_eq!(status(&[("sec-fetch-site", "cross-site")]).await, 403);
    assert_eq!(status(&[("sec-fetch-site", "same-site")]).await, 403);
    assert_eq!(status(&[other, ("apollo-require-preflight", "true")]).await, 200);
    assert_eq!(status(&[other, ("graphql-require-preflight", "true")]).await, 200);
    // A request for an image.
    assert_eq!(status(&[("accept", "image/avif,image/webp")]).await, 406);

    let refused = client.send(Method::GET, QUERY, &[other], Body::empty()).await;
    assert_eq!(refused.json()["errors"][0]["extensions"]["code"], "FORBIDDEN");
    assert_eq!(refused.header("cache-control"), "private, no-store");
    let any = TestApp::new().await.with(&["--frontend-url", "*"]).anon();
    assert_eq!(any.send(Method::GET, QUERY, &[other], Body::empty()).await.status, StatusCode::OK);
}

/// What a browser adds to the requests of pages of other origins.
const FOREIGN: [&[(&str, &str)]; 6] = [
    &[("origin", "https://other.example"), ("host", "127.0.0.1:4567")],
    &[("origin", "null"), ("host", "127.0.0.1:4567")],
    &[("origin", "http://127.0.0.1:3000"), ("host", "127.0.0.1:4567")],
    &[("origin", "https://127.0.0.1:4567"), ("host", "127.0.0.1:4567")],
    &[
        ("origin", "http://127.0.0.1:4567"),
        ("host", "127.0.0.1:4567"),
        ("sec-fetch-site", "same-site"),
    ],
    &[("sec-fetch-site", "cross-site")],
];

#[tokio::test]
async fn cross_origin_pages_cannot_write_in_demo_mode() {
    let app = TestApp::new().await;
    let client = app.as_user("andrewbrown");
    let mutation = json!({
        "query": "mutation{createActivity(input:{message:\"csrf\",ttl:ONE_HOUR}){activity{id}}}"
    });
    let crud = json!({ "message": "csrf", "ttl": "1-hour" });
    let message = json!({ "message": "csrf", "user_receiver_handle": "bayko" });
    let profile = json!({ "display_name": "csrf", "bio": "csrf" });
    for (method, path, body) in [
        (Method::POST, "/graphql", &mutation),
        (Method::POST, "/api/activities", &crud),
        (Method::POST, "/api/messages", &message),
        (Method::POST, "/api/profile/update", &profile),
        (Method::PUT, "/api/profile/update", &profile),
    ] {
        for foreign in FOREIGN {
            for accept in ["*/*", "text/event-stream", "multipart/mixed;subscriptionSpec=1.0"] {
                let mut headers = foreign.to_vec();
                headers.extend([("content-type", "application/json"), ("accept", accept)]);
                let answer = client.send(method.clone(), path, &headers, body.to_string()).await;
                assert_eq!(answer.status, 403, "{method} {path} {headers:?}");
            }
        }
    }
    let home = client.get("/api/activities/home").await;
    assert!(!home.text.contains("csrf"), "{}", home.text);
    let own = [
        ("origin", "http://127.0.0.1:4567"),
        ("host", "127.0.0.1:4567"),
        ("sec-fetch-site", "same-origin"),
        ("content-type", "application/json"),
    ];
    for (path, body) in [("/graphql", mutation), ("/api/activities", crud)] {
        let answer = client.send(Method::POST, path, &own, body.to_string()).await;
        assert_eq!(answer.status, 200, "{path}");
    }
    assert_eq!(client.get("/api/activities/home").await.text.matches("csrf").count(), 2);
}

#[tokio::test]
async fn the_scheme_of_an_origin_counts_behind_a_tls_proxy() {
    let file = KeyFile::new();
    let app = TestApp::new().await.with(&cognito(&file.path()));
    let behind = app.as_configured();
    let status = async |origin: &str, forwarded: &str| {
        let headers = [
            ("origin", origin),
            ("host", "cruddur.example"),
            ("x-forwarded-proto", forwarded),
            ("content-type", "application/json"),
        ];
        let body = r#"{"query":"{__typename}"}"#;
        behind.send(Method::POST, "/graphql", &headers, body).await.status.as_u16()
    };
    assert_eq!(status("https://cruddur.example", "https").await, 200);
    assert_eq!(status("http://cruddur.example", "https").await, 403);
    assert_eq!(status("https://cruddur.example", "http").await, 403);
    assert_eq!(status("http://cruddur.example", "http").await, 200);
}
