//! The headers that pages may send and read.

use axum::http::{Method, StatusCode};

use crate::support::{Client, TestApp};

async fn allowed_headers(client: &Client) -> Vec<String> {
    let headers = [
        ("origin", "https://cruddur.example"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type,sentry-trace,baggage"),
    ];
    let answer = client.send(Method::OPTIONS, "/graphql", &headers, "").await;
    assert_eq!(answer.status, StatusCode::OK);
    let allowed = answer.header("access-control-allow-headers");
    allowed.split(',').map(str::to_owned).collect()
}

#[tokio::test]
async fn pages_may_send_tracing_and_idempotency_headers() {
    let client = TestApp::new().await.with(&["--frontend-url", "*"]).anon();
    let allowed = allowed_headers(&client).await;
    for name in [
        "authorization",
        "content-type",
        "traceparent",
        "tracestate",
        "baggage",
        "sentry-trace",
        "x-request-id",
        "idempotency-key",
    ] {
        assert!(allowed.iter().any(|it| it == name), "{name} is not in {allowed:?}");
    }
}

#[tokio::test]
async fn pages_may_send_the_configured_headers_too() {
    let flags =
        ["--frontend-url", "*", "--cors-allowed-headers", "X-Tenant, x-b3-traceid,X-Tenant"];
    let allowed = allowed_headers(&TestApp::new().await.with(&flags).anon()).await;
    for name in ["x-tenant", "x-b3-traceid", "traceparent"] {
        assert_eq!(allowed.iter().filter(|it| *it == name).count(), 1, "{name} in {allowed:?}");
    }
}

#[tokio::test]
async fn pages_may_read_when_to_retry() {
    let client = TestApp::new().await.with(&["--frontend-url", "*"]).anon();
    let headers = [("origin", "https://cruddur.example")];
    let answer = client.send(Method::GET, "/health/live", &headers, "").await;
    let exposed: Vec<_> = answer.header("access-control-expose-headers").split(',').collect();
    for name in ["location", "link", "authorization", "x-request-id", "retry-after"] {
        assert!(exposed.contains(&name), "{name} is not in {exposed:?}");
    }
}
