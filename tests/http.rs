//! The router and its layers: what holds for every route.

mod common;

use std::time::Duration;

use axum::{
    Router,
    body::Body,
    http::{Method, StatusCode},
    routing::get,
};
use bytes::Bytes;
use common::{Answer, Client, TestApp};
use cruddur::{
    config::Origins,
    http::{Readiness, layered},
};
use futures_util::stream;
use serde_json::json;

#[tokio::test]
async fn health_tells_live_from_ready() {
    let mut app = TestApp::new().await;
    assert_eq!(app.anon().get("/health/ready").await.json(), json!({ "status": "ready" }));
    app.ready = Readiness::default();
    let client = app.anon();
    assert_eq!(client.get("/health/live").await.status, StatusCode::OK);
    let ready = client.get("/health/ready").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ready.json(), json!({ "status": "starting" }));
}

#[tokio::test]
async fn data_is_not_served_before_it_is_ready() {
    let mut app = TestApp::new().await;
    app.ready = Readiness::default();
    let client = app.anon();
    let rest = client.get("/api/health-check").await;
    assert_eq!(rest.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(rest.header("retry-after"), "1");
    assert_eq!(rest.json(), json!(["service_unavailable"]));
    let graphql = client.graphql("{ __typename }", json!({})).await;
    assert_eq!(graphql.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(graphql.header("retry-after"), "1");
    assert_eq!(graphql.json()["errors"][0]["extensions"]["code"], "SERVICE_UNAVAILABLE");
}

#[tokio::test]
async fn a_sane_request_id_is_kept_and_any_other_replaced() {
    let client = TestApp::new().await.anon();
    let of = async |id: &str| {
        let headers = [("x-request-id", id)];
        let answer = client.send(Method::GET, "/health/live", &headers, Body::empty()).await;
        answer.header("x-request-id").to_owned()
    };
    assert_eq!(of("Root=1-67891233-abcdef").await.len(), 36);
    assert_eq!(of("1-67891233_abc.def:0").await, "1-67891233_abc.def:0");
    assert_eq!(of("").await.len(), 36);
    assert_eq!(of(&"x".repeat(129)).await.len(), 36);
    assert_eq!(of("two words").await.len(), 36);
}

#[tokio::test]
async fn unknown_paths_and_methods_are_answered_in_json() {
    let client = TestApp::new().await.anon();
    let unknown = client.get("/nope").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert_eq!(unknown.json(), json!(["not_found"]));
    let deleted = client.send(Method::DELETE, "/health/live", &[], Body::empty()).await;
    assert_eq!(deleted.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(deleted.header("allow"), "GET,HEAD");
    assert_eq!(deleted.json(), json!(["method_not_allowed"]));
    let deleted = client.send(Method::DELETE, "/graphql", &[], Body::empty()).await;
    assert_eq!(deleted.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(deleted.header("allow"), "GET,HEAD,POST");
    assert_eq!(deleted.json()["errors"][0]["extensions"]["code"], "METHOD_NOT_ALLOWED");
}

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let client = TestApp::new().await.anon();
    for path in ["/health/live", "/nope", "/graphiql", "/api/activities/home"] {
        let answer = client.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
    }
}

#[tokio::test]
async fn a_panic_is_answered_and_tells_nothing() {
    async fn panics() {
        panic!("postgres://cruddur:secret@db/cruddur");
    }
    let routes = Router::new().route("/graphql", get(panics)).route("/api/panics", get(panics));
    let client = Client(layered(&Origins::Any, Duration::from_secs(9), routes));
    let rest = client.get("/api/panics").await;
    assert_eq!(rest.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(rest.json(), json!(["internal_server_error"]));
    assert_eq!(rest.header("x-request-id").len(), 36);
    let graphql = client.get("/graphql").await;
    assert_eq!(graphql.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(graphql.json()["errors"][0]["extensions"]["code"], "INTERNAL_SERVER_ERROR");
    assert!(!graphql.text.contains("secret"));
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_given_up() {
    let routes = Router::new().route("/api/slow", get(std::future::pending::<()>));
    let limit = Duration::from_millis(1);
    let client = Client(layered(&Origins::Any, limit, routes));
    let answer = client.get("/api/slow").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json(), json!(["service_unavailable"]));
}

#[tokio::test]
async fn a_body_over_a_megabyte_is_refused_with_and_without_its_length() {
    let client = TestApp::new().await.anon();
    let large = "x".repeat(1024 * 1024 + 1);
    let length = large.len().to_string();
    let headers = [("content-type", "application/json"), ("content-length", length.as_str())];
    let told = client.send(Method::POST, "/graphql", &headers, large).await;
    let chunks =
        stream::iter((0..20).map(|_| Ok::<_, std::io::Error>(Bytes::from(vec![32; 65536]))));
    let untold =
        client.send(Method::POST, "/graphql", &headers[..1], Body::from_stream(chunks)).await;
    for answer in [told, untold] {
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(answer.json()["errors"][0]["extensions"]["code"], "PAYLOAD_TOO_LARGE");
    }
}

/// What a page of `origin` may do: read the answer of a GET, and send a POST with JSON.
async fn granted(client: &Client, origin: &str) -> (String, String) {
    let headers = [("origin", origin)];
    let get = client.send(Method::GET, "/health/live", &headers, Body::empty()).await;
    let headers = [
        ("origin", origin),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization,content-type"),
    ];
    let preflight = client.send(Method::OPTIONS, "/graphql", &headers, Body::empty()).await;
    assert_eq!(preflight.status, StatusCode::OK);
    assert!(preflight.header("access-control-allow-methods").contains("POST"));
    for name in ["authorization", "content-type", "apollo-require-preflight", "idempotency-key"] {
        assert!(preflight.header("access-control-allow-headers").contains(name), "{name}");
    }
    assert_eq!(get.header("vary"), "origin");
    assert_eq!(preflight.header("vary"), "origin");
    let origin = |answer: &Answer| answer.header("access-control-allow-origin").to_owned();
    (origin(&get), origin(&preflight))
}

#[tokio::test]
async fn only_configured_origins_may_call() {
    let (cruddur, other) = ("https://cruddur.example", "https://other.example");
    let both = |origin: &str| (origin.to_owned(), origin.to_owned());

    let none = TestApp::new().await.anon();
    assert_eq!(granted(&none, cruddur).await, both(""));

    let flags = ["--frontend-url", "https://cruddur.example/, http://127.0.0.1:3000"];
    let listed = TestApp::new().await.with(&flags).with(&["--backend-url", "http://b.example"]);
    let listed = listed.anon();
    assert_eq!(granted(&listed, cruddur).await, both(cruddur));
    assert_eq!(granted(&listed, "http://127.0.0.1:3000").await, both("http://127.0.0.1:3000"));
    assert_eq!(granted(&listed, "http://b.example").await, both("http://b.example"));
    assert_eq!(granted(&listed, other).await, both(""));
    assert_eq!(granted(&listed, "null").await, both(""));

    let any = TestApp::new().await.with(&["--frontend-url", "*"]).anon();
    assert_eq!(granted(&any, other).await, both("*"));
}

#[tokio::test]
async fn a_failure_can_be_read_by_a_page_of_a_configured_origin() {
    let client = TestApp::new().await.with(&["--frontend-url", "https://cruddur.example"]).anon();
    let headers = [("origin", "https://cruddur.example")];
    let answer = client.send(Method::GET, "/nope", &headers, Body::empty()).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.header("access-control-allow-origin"), "https://cruddur.example");
    assert!(answer.header("access-control-expose-headers").contains("x-request-id"));
}

#[tokio::test]
async fn graphql_is_answered_over_post_and_get() {
    let client = TestApp::new().await.anon();
    let expected = json!({ "data": { "__typename": "Query" } });
    let post = client.graphql("{ __typename }", json!({})).await;
    assert_eq!((post.status, post.json()), (StatusCode::OK, expected.clone()));
    assert_eq!(post.header("content-type"), "application/json");
    let get = client.get("/graphql?query=%7B__typename%7D").await;
    assert_eq!((get.status, get.json()), (StatusCode::OK, expected.clone()));
    let named = "/graphql?query=query+A%7B__typename%7Dquery+B%7Bb:__typename%7D&operationName=A\
        &variables=%7B%22a%22:1%7D&extensions=%7B%7D";
    assert_eq!(client.get(named).await.json(), expected);
}

#[tokio::test]
async fn the_content_type_of_a_graphql_answer_follows_accept() {
    let client = TestApp::new().await.anon();
    let send = async |accept: &str, query: &str| {
        let headers = [("accept", accept), ("content-type", "application/json; charset=utf-8")];
        let body = json!({ "query": query }).to_string();
        let answer = client.send(Method::POST, "/graphql", &headers, body).await;
        (answer.status.as_u16(), answer.header("content-type").to_owned())
    };
    let modern = "application/graphql-response+json";
    let both = "application/graphql-response+json; charset=utf-8, application/json; q=0.9";
    assert_eq!(send(both, "{ __typename }").await, (200, modern.to_owned()));
    assert_eq!(send(both, "{ nope }").await, (400, modern.to_owned()));
    assert_eq!(send(both, "{").await, (400, modern.to_owned()));
    let json = "application/json";
    assert_eq!(send("*/*", "{ __typename }").await, (200, json.to_owned()));
    assert_eq!(send(json, "{ nope }").await, (200, json.to_owned()));
}

#[tokio::test]
async fn a_mutation_by_get_is_refused() {
    let client = TestApp::new().await.anon();
    for query in [
        "mutation%7B__typename%7D",
        "query+A%7B__typename%7Dmutation+B%7B__typename%7D&operationName=B",
    ] {
        let answer = client.get(&format!("/graphql?query={query}")).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(answer.header("allow"), "POST");
        assert_eq!(answer.json()["errors"][0]["extensions"]["code"], "METHOD_NOT_ALLOWED");
    }
}

#[tokio::test]
async fn what_is_no_graphql_request_is_refused_in_its_own_form() {
    let client = TestApp::new().await.anon();
    let post = async |content_type: &str, body: &str| {
        let headers = [("content-type", content_type)];
        let answer = client.send(Method::POST, "/graphql", &headers, body.to_owned()).await;
        (answer.status.as_u16(), answer.json()["errors"][0]["extensions"]["code"].clone())
    };
    let query = r#"{"query":"{__typename}"}"#;
    let unsupported = (415, json!("UNSUPPORTED_MEDIA_TYPE"));
    assert_eq!(post("text/plain", query).await, unsupported);
    assert_eq!(post("application/x-www-form-urlencoded", "query=%7B%7D").await, unsupported);
    assert_eq!(post("multipart/form-data; boundary=x", query).await, unsupported);
    let bad = (400, json!("BAD_REQUEST"));
    for body in ["", "{", "[]", "1", "{}", r#"{"query":1}"#, r#"{"query":"{a}","variables":1}"#] {
        assert_eq!(post("application/json", body).await, bad, "{body}");
    }
    for path in [
        "/graphql",
        "/graphql?query=",
        "/graphql?query=%7Ba%7D&variables=%7B",
        "/graphql?query=a&query=b",
    ] {
        let answer = client.get(path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(answer.json()["errors"][0]["extensions"]["code"], "BAD_REQUEST", "{path}");
    }
}

#[tokio::test]
async fn a_browser_is_sent_from_graphql_to_graphiql() {
    let app = TestApp::new().await;
    let headers = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
    let answer = app.anon().send(Method::GET, "/graphql", &headers, Body::empty()).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header("location"), "/graphiql");
    let off = app.with(&["--graphiql", "off"]).anon();
    let answer = off.send(Method::GET, "/graphql", &headers, Body::empty()).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(off.get("/graphiql").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn pages_load_nothing_from_outside_and_are_not_cached() {
    let page = TestApp::new().await.anon().get("/graphiql").await;
    assert!(page.header("content-type").starts_with("text/html"));
    assert_eq!(page.header("cache-control"), "no-cache");
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    assert!(!policy.contains("  "), "{policy}");
}

#[tokio::test]
async fn requests_act_as_the_configured_viewer_or_nobody() {
    let app = TestApp::new().await;
    let body = json!({ "query": "{ __typename }" });
    for client in [app.anon(), app.as_user("worf"), app.as_user("nobody-here")] {
        assert_eq!(client.post("/graphql", body.clone()).await.status, StatusCode::OK);
    }
}
