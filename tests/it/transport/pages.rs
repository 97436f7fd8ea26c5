//! CSRF prevention: requests that a browser sends for pages of other origins.

use axum::{
    body::Body,
    http::{Method, StatusCode},
};

use crate::support::TestApp;

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
    assert_eq!(refused.header("cache-control"), "no-store");
    let any = TestApp::new().await.with(&["--frontend-url", "*"]).anon();
    assert_eq!(any.send(Method::GET, QUERY, &[other], Body::empty()).await.status, StatusCode::OK);
}
