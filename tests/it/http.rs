//! The router and its middleware: behaviour that all routes share.

use std::{
    io::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::support::{Answer, Client, TestApp, server::TestServer, settings};
use axum::{
    Router,
    body::Body,
    http::{Method, StatusCode},
    routing::get,
};
use bytes::Bytes;
use cruddur::http::{Readiness, Timeouts, layered};
use futures_util::stream;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
    time::timeout,
};

#[tokio::test]
async fn liveness_does_not_depend_on_readiness() {
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
async fn data_routes_get_503_until_the_gateway_is_ready() {
    let mut app = TestApp::new().await;
    app.ready = Readiness::default();
    let client = app.anon();
    let rest = client.get("/api/health-check").await;
    assert_eq!(rest.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(rest.header("retry-after"), "5");
    assert_eq!(rest.json(), json!(["service_unavailable"]));
    let graphql = client.graphql("{ __typename }", json!({})).await;
    assert_eq!(graphql.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(graphql.header("retry-after"), "5");
    assert_eq!(graphql.json()["errors"][0]["extensions"]["code"], "SERVICE_UNAVAILABLE");
}

#[tokio::test]
async fn valid_request_ids_are_kept_and_others_replaced() {
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
async fn unknown_paths_and_methods_get_json_errors() {
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
async fn every_response_has_the_security_headers() {
    let client = TestApp::new().await.anon();
    for path in ["/health/live", "/nope", "/graphiql", "/api/activities/home", "/api/docs/"] {
        let answer = client.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("strict-transport-security"), "", "{path}");
        let policy = answer.header("content-security-policy");
        for directive in ["base-uri", "frame-ancestors", "form-action"] {
            let none = format!("{directive} 'none'");
            assert!(policy.split("; ").any(|it| it == none), "{path} {none}: {policy}");
        }
        let default = if path == "/api/docs/" { "'self'" } else { "'none'" };
        assert!(policy.starts_with(&format!("default-src {default}; ")), "{path}: {policy}");
    }
}

#[tokio::test]
async fn hsts_is_sent_on_every_response_if_it_is_on() {
    let client = TestApp::new().await.with(&["--hsts", "31536000"]).anon();
    for path in ["/health/live", "/nope", "/", "/api/activities/home"] {
        let answer = client.get(path).await;
        assert_eq!(answer.header("strict-transport-security"), "max-age=31536000", "{path}");
    }
}

#[tokio::test]
async fn metrics_count_requests_by_route_and_status() {
    let client = TestApp::new().await.with(&["--metrics", "on"]).anon();
    client.get("/api/activities/@andrewbrown").await;
    client.get("/api/activities/@worf").await;
    client.post("/api/activities", json!({})).await;
    client.get("/nope").await;
    client.send(Method::from_bytes(b"BREW").expect("a method"), "/nope", &[], "").await;
    let metrics = client.get("/metrics").await;
    assert!(metrics.header("content-type").starts_with("application/openmetrics-text;"));
    let text = &metrics.text;
    for line in [
        r#"http_requests_seconds_count{method="GET",route="/api/activities/@{handle}",status="200"} 2"#,
        r#"http_requests_seconds_count{method="POST",route="/api/activities",status="401"} 1"#,
        r#"http_requests_seconds_count{method="GET",route="none",status="404"} 1"#,
        r#"http_requests_seconds_count{method="other",route="none",status="404"} 1"#,
        "# EOF",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    let memory = text.lines().find_map(|line| line.strip_prefix("process_resident_memory_bytes "));
    assert!(memory.expect("the memory").parse::<u64>().expect("a number") > 1_000_000);
}

#[tokio::test]
async fn metrics_are_off_by_default() {
    let answer = TestApp::new().await.anon().get("/metrics").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_panic_gets_500_without_details() {
    async fn panics() {
        panic!("postgres://cruddur:secret@db/cruddur");
    }
    let routes = Router::new().route("/graphql", get(panics)).route("/api/panics", get(panics));
    let client = Client(layered(&settings(&[]), Timeouts::default(), routes));
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
async fn slow_requests_get_503_after_the_response_timeout() {
    let routes = Router::new().route("/api/slow", get(std::future::pending::<()>));
    let timeouts = Timeouts { response: Duration::from_millis(1), ..Timeouts::default() };
    let client = Client(layered(&settings(&[]), timeouts, routes));
    let answer = client.get("/api/slow").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json(), json!(["service_unavailable"]));
}

#[tokio::test]
async fn bodies_over_1_mb_get_413_with_and_without_a_content_length() {
    let client = TestApp::new().await.anon();
    let large = "x".repeat(1024 * 1024 + 1);
    let length = large.len().to_string();
    let headers = [("content-type", "application/json"), ("content-length", length.as_str())];
    let with_length = client.send(Method::POST, "/graphql", &headers, large).await;
    let chunks =
        stream::iter((0..20).map(|_| Ok::<_, std::io::Error>(Bytes::from(vec![32; 65536]))));
    let without_length =
        client.send(Method::POST, "/graphql", &headers[..1], Body::from_stream(chunks)).await;
    for answer in [with_length, without_length] {
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(answer.json()["errors"][0]["extensions"]["code"], "PAYLOAD_TOO_LARGE");
    }
}

/// Returns the allowed origin for a page of `origin`: of a GET, and of the preflight of a JSON POST.
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
async fn cors_allows_only_configured_origins() {
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
async fn cors_headers_are_set_on_errors_too() {
    let client = TestApp::new().await.with(&["--frontend-url", "https://cruddur.example"]).anon();
    let headers = [("origin", "https://cruddur.example")];
    let answer = client.send(Method::GET, "/nope", &headers, Body::empty()).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.header("access-control-allow-origin"), "https://cruddur.example");
    assert!(answer.header("access-control-expose-headers").contains("x-request-id"));
}

#[tokio::test]
async fn pages_load_nothing_from_other_hosts_and_are_not_cached() {
    let page = TestApp::new().await.anon().get("/graphiql").await;
    assert!(page.header("content-type").starts_with("text/html"));
    assert_eq!(page.header("cache-control"), "no-cache");
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    assert!(!policy.contains("  "), "{policy}");
}

#[tokio::test]
async fn rest_authenticates_before_it_reads_the_body() {
    let app = TestApp::new().await;
    let large = || Body::from("x".repeat(1024 * 1024 + 1));
    let headers = [("content-type", "application/json")];
    let anon = app.anon().send(Method::POST, "/api/activities", &headers, large()).await;
    assert_eq!((anon.status, anon.json()), (StatusCode::UNAUTHORIZED, json!({})));
    let worf = app.as_user("worf").send(Method::POST, "/api/activities", &headers, large()).await;
    assert_eq!(worf.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(worf.json(), json!(["payload_too_large"]));
}

#[tokio::test]
async fn options_requests_are_answered_by_the_route_unless_they_are_preflights() {
    let client = TestApp::new().await.with(&["--frontend-url", "https://cruddur.example"]).anon();
    let options = async |path: &str, headers: &[(&str, &str)]| {
        client.send(Method::OPTIONS, path, headers, Body::empty()).await
    };
    for (path, allow) in [
        ("/graphql", "GET,HEAD,POST,OPTIONS"),
        ("/health/live", "GET,HEAD,OPTIONS"),
        ("/api/activities/home", "GET,HEAD,OPTIONS"),
    ] {
        let answer = options(path, &[]).await;
        assert_eq!((answer.status, answer.header("allow")), (StatusCode::NO_CONTENT, allow));
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        let page = options(path, &[("origin", "https://cruddur.example")]).await;
        assert_eq!(page.status, StatusCode::OK);
        assert_eq!(page.header("access-control-allow-origin"), "https://cruddur.example");
    }
    let page = [("origin", "https://cruddur.example"), ("access-control-request-method", "GET")];
    for headers in [&[][..], &page] {
        for path in ["/nope", "/api/nope"] {
            let unknown = options(path, headers).await;
            assert_eq!(unknown.status, StatusCode::NOT_FOUND, "{path}");
            assert_eq!(unknown.json(), json!(["not_found"]));
        }
    }
}

/// Returns the values of `Vary`, sorted.
fn varies(answer: &Answer) -> Vec<&str> {
    let mut names: Vec<_> =
        answer.headers.get_all("vary").iter().filter_map(|it| it.to_str().ok()).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn large_json_is_compressed_if_the_client_accepts_it() {
    let client = TestApp::new().await.anon();
    let gzip = [("accept-encoding", "br, gzip")];
    let large = client.send(Method::GET, "/api/activities/home", &gzip, Body::empty()).await;
    assert_eq!(large.header("content-encoding"), "gzip");
    assert_eq!(varies(&large), ["accept-encoding", "origin"]);
    let plain = client.get("/api/activities/home").await;
    assert_eq!(plain.header("content-encoding"), "");
    assert!(plain.text.len() > 1024);
    assert_eq!(varies(&plain), ["accept-encoding", "origin"]);
    let small = client.send(Method::GET, "/health/live", &gzip, Body::empty()).await;
    assert_eq!((small.header("content-encoding"), small.header("vary")), ("", "origin"));
}

/// A log writer that collects the text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no writer panics").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn client_disconnects_are_logged() {
    let log = Log::default();
    let writer = log.clone();
    // Set for the whole process: tracing caches that a call site is disabled if another thread without
    // a subscriber reaches it first.
    tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).init();
    let routes = Router::new()
        .route("/api/too-slow", get(std::future::pending::<()>))
        .route("/api/quick", get(async || "done"));
    let client = Client(layered(&settings(&[]), Timeouts::default(), routes));
    let cancelled = timeout(Duration::from_millis(1), client.get("/api/too-slow")).await;
    assert!(cancelled.is_err());
    client.get("/api/quick").await;
    let log = String::from_utf8(log.0.lock().expect("no panic").clone()).expect("UTF-8");
    let line = |path: &str| log.lines().find(|line| line.contains(path)).expect("a line");
    let gone = line("path=\"/api/too-slow\"");
    assert!(gone.contains("request{id="), "{gone}");
    assert!(gone.contains("client disconnected method=GET"), "{gone}");
    let answered = line("path=\"/api/quick\"");
    assert!(answered.contains("answered method=GET"), "{answered}");
    assert!(answered.contains(" status=200 ms="), "{answered}");
}

/// Sends bytes to a gateway and returns everything it sends back until it closes the connection.
async fn exchange(timeouts: Timeouts, sent: &[u8]) -> String {
    let app = TestApp::new().await;
    let router = layered(&settings(&[]), timeouts, app.as_user("worf").0);
    let server = TestServer::start(router, timeouts).await;
    let mut client = TcpStream::connect(server.address).await.expect("a connection");
    client.write_all(sent).await.expect("the bytes fit into the socket's buffer");
    let mut answer = Vec::new();
    let read = timeout(Duration::from_secs(60), client.read_to_end(&mut answer)).await;
    read.expect("the connection is closed").expect("without an error");
    String::from_utf8(answer).expect("UTF-8")
}

#[tokio::test]
async fn half_sent_requests_time_out() {
    let short = Duration::from_millis(50);
    let head = Timeouts { header: short, ..Timeouts::default() };
    let idle = Timeouts { idle: short, ..Timeouts::default() };
    assert_eq!(exchange(idle, b"").await, "");
    let request = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n";
    assert!(exchange(idle, request).await.ends_with("{\"status\":\"live\"}"));
    assert_eq!(exchange(head, b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-").await, "");
    let body = Timeouts { body: short, ..Timeouts::default() };
    for path in ["/graphql", "/api/activities"] {
        let sent = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: 100\r\n\r\n{{\"query\":"
        );
        let answer = exchange(body, sent.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
        assert!(answer.to_lowercase().contains("\"request_timeout\""), "{answer}");
        assert!(answer.contains("connection: close\r\n"), "{answer}");
    }
}

#[tokio::test]
async fn a_response_that_the_client_does_not_read_hits_the_write_timeout() {
    let (held, dropped) = oneshot::channel::<()>();
    let held = Arc::new(Mutex::new(Some(held)));
    let endless = async move || {
        let held = held.lock().expect("no panic").take();
        let chunks = stream::repeat_with(move || {
            let _ = &held;
            Ok::<_, std::io::Error>(Bytes::from(vec![b'x'; 65536]))
        });
        Body::from_stream(chunks)
    };
    let routes = Router::new().route("/api/endless", get(endless));
    let timeouts = Timeouts { write: Duration::from_millis(50), ..Timeouts::default() };
    let router = layered(&settings(&[]), timeouts, routes);
    let server = TestServer::start(router, timeouts).await;
    let mut client = TcpStream::connect(server.address).await.expect("a connection");
    client.write_all(b"GET /api/endless HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("sent");
    let dropped = timeout(Duration::from_secs(60), dropped).await.expect("the body is dropped");
    assert!(dropped.is_err(), "the sender is dropped without sending");
}

#[tokio::test]
async fn oversized_bodies_are_rejected_before_they_are_sent() {
    let sent = b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                 Content-Length: 1048577\r\nExpect: 100-continue\r\n\r\n";
    let answer = exchange(Timeouts::default(), sent).await;
    assert!(answer.starts_with("HTTP/1.1 413 Payload Too Large\r\n"), "{answer}");
    assert!(answer.contains("PAYLOAD_TOO_LARGE"), "{answer}");
}

#[tokio::test]
async fn oversized_headers_get_431() {
    let sent = format!("GET /health/live HTTP/1.1\r\nHost: localhost\r\nX: {}", "x".repeat(70_000));
    let answer = exchange(Timeouts::default(), sent.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\n"), "{answer}");
}
