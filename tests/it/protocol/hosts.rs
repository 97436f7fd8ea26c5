//! The `Host` header and the forms of the request target (RFC 9112 section 3.2), and the hosts that a
//! gateway serves.

use axum::http::Method;
use cruddur::http::Timeouts;
use serde_json::json;

use super::raw::{exchange, header, server, status};
use crate::{
    identity::provider::{KeyFile, cognito},
    support::{TestApp, gateway::Gateway, server::TestServer},
};

const QUERY: &str = "/graphql?query=%7B__typename%7D";

#[tokio::test]
async fn a_missing_double_or_malformed_host_gets_400() {
    let server = server().await;
    for path in [QUERY, "/api/activities/home", "/health/live", "/", "/nope"] {
        for hosts in [
            "",
            "Host: a\r\nHost: a\r\n",
            "Host: a\r\nHost: b\r\n",
            "Host: a b/c@\r\n",
            "Host: user@a\r\n",
            "Host: a/b\r\n",
            "Host: a:b\r\n",
            "Host: a:80:80\r\n",
            "Host: a, b\r\n",
            "Host: [::1\r\n",
            "Host: [a]\r\n",
            "Host: ::1\r\n",
            "Host: a%2\r\n",
            "Host: a:99999\r\n",
            "Host: \r\n",
            "Host: b\u{fc}cher\r\n",
        ] {
            let sent = format!("GET {path} HTTP/1.1\r\n{hosts}\r\n");
            let answer = exchange(&server, sent.as_bytes()).await;
            assert_eq!(status(&answer), 400, "{path} {hosts:?}: {answer}");
            let code = if path == QUERY { "\"BAD_REQUEST\"" } else { "[\"bad_request\"]" };
            assert!(answer.contains(code), "{path} {hosts:?}: {answer}");
        }
    }
}

/// Starts a gateway with an identity provider, which serves any host, and with one allowed origin.
async fn server_of_any_host() -> TestServer {
    let file = KeyFile::new();
    let app = TestApp::new().await.with(&cognito(&file.path()));
    let app = app.with(&["--frontend-url", "http://good.example"]);
    TestServer::start(app.as_configured().0, Timeouts::default()).await
}

#[tokio::test]
async fn valid_hosts_and_http_1_0_without_a_host_are_served() {
    let server = server_of_any_host().await;
    for hosts in [
        "Host: a",
        "host: A.example:4567",
        "Host: a:",
        "Host: [::1]:80",
        "Host: 127.0.0.1",
        "Host: a_b~c!$&'()*+;=%41",
        "Host:  a ",
    ] {
        let sent = format!("GET {QUERY} HTTP/1.1\r\n{hosts}\r\n\r\n");
        let answer = exchange(&server, sent.as_bytes()).await;
        assert_eq!(status(&answer), 200, "{hosts}: {answer}");
    }
    let sent = format!("GET {QUERY} HTTP/1.0\r\n\r\n");
    assert!(exchange(&server, sent.as_bytes()).await.contains(" 200 OK\r\n"));
}

#[tokio::test]
async fn the_host_of_an_absolute_target_counts_for_csrf_prevention() {
    let server = server_of_any_host().await;
    let get = async |target: &str, host: &str, origin: &str| {
        let sent = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\n\r\n");
        status(&exchange(&server, sent.as_bytes()).await)
    };
    let absolute = format!("http://api.example{QUERY}");
    assert_eq!(get(&absolute, "evil.example", "http://evil.example").await, 403);
    assert_eq!(get(&absolute, "x", "http://api.example").await, 200);
    assert_eq!(get(&absolute, "x", "http://good.example").await, 200);
    let upper = format!("HTTP://API.example:8080{QUERY}");
    assert_eq!(get(&upper, "x", "http://api.example:8080").await, 200);
    assert_eq!(get(QUERY, "evil.example", "http://evil.example").await, 200);
    assert_eq!(get(QUERY, "x", "http://evil.example").await, 403);
    // Host is checked even if the target has an authority of its own.
    assert_eq!(get(&absolute, "a b", "http://api.example").await, 400);
    assert_eq!(get("http://user@api.example/health/live", "a", "http://x").await, 400);
}

#[tokio::test]
async fn options_for_the_whole_server_list_all_methods() {
    let server = server().await;
    for origin in ["", "Origin: http://good.example\r\n"] {
        let sent = format!("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n{origin}\r\n");
        let answer = exchange(&server, sent.as_bytes()).await;
        assert_eq!(status(&answer), 204, "{answer}");
        assert_eq!(header(&answer, "allow"), "GET,HEAD,POST,PUT,OPTIONS");
        assert!(!header(&answer, "x-request-id").is_empty());
    }
    let answer = exchange(&server, b"OPTIONS * HTTP/1.1\r\n\r\n").await;
    assert_eq!(status(&answer), 400);
}

/// Every kind of route and method.
const ROUTES: [(&str, &str); 16] = [
    ("GET", QUERY),
    ("POST", "/graphql"),
    ("OPTIONS", "/graphql"),
    ("GET", "/api/activities/home"),
    ("POST", "/api/activities"),
    ("PUT", "/api/profile/update"),
    ("GET", "/api/message_groups"),
    ("GET", "/api/docs/"),
    ("GET", "/api/openapi.json"),
    ("GET", "/identity"),
    ("GET", "/identity/people"),
    ("GET", "/metrics"),
    ("GET", "/"),
    ("GET", "/graphiql"),
    ("GET", "/assets/none.js"),
    ("GET", "/nope"),
];

#[tokio::test]
async fn demo_mode_answers_421_to_requests_for_other_hosts() {
    let client = TestApp::new().await.with(&["--metrics", "on"]).as_user("worf");
    for host in [
        "evil.example",
        "evil.example:4567",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "10.0.0.1:4567",
        "0.0.0.0",
        "[::2]",
    ] {
        let origin = format!("http://{host}");
        for (method, path) in ROUTES {
            let headers = [
                ("host", host),
                ("origin", &origin),
                ("sec-fetch-site", "same-origin"),
                ("content-type", "application/json"),
            ];
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            let answer = client.send(method.clone(), path, &headers, "{}").await;
            assert_eq!(answer.status, 421, "{method} {path} {host}");
            assert_eq!(answer.header("access-control-allow-origin"), "");
            assert_eq!(answer.header("cache-control"), "private, no-store");
            assert!(answer.text.to_uppercase().contains("ALLOWED_HOSTS"), "{}", answer.text);
        }
    }
    let foreign = [("host", "evil.example")];
    let answer = client.send(Method::GET, QUERY, &foreign, "").await.json();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "HOST_NOT_IN_ALLOWED_HOSTS");
    let answer = client.send(Method::GET, "/api/activities/home", &foreign, "").await;
    assert_eq!(answer.json(), json!(["host_not_in_allowed_hosts"]));
    let browser = [("host", "evil.example"), ("accept", "text/html")];
    let page = client.send(Method::GET, "/", &browser, "").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
}

#[tokio::test]
async fn health_checks_are_answered_for_any_host() {
    let client = TestApp::new().await.as_user("worf");
    for path in ["/health/live", "/health/ready", "/api/health-check"] {
        let answer = client.send(Method::GET, path, &[("host", "10.0.0.1:4567")], "").await;
        assert_eq!(answer.status, 200, "{path}");
    }
}

#[tokio::test]
async fn demo_mode_serves_loopback_hosts_and_those_of_the_settings() {
    let flags = [
        "--frontend-url",
        "https://front.example:8443,*",
        "--backend-url",
        "http://back.example:4567",
        "--allowed-hosts",
        "gateway,*.wild.example,10.0.0.7",
        "--host",
        "My-Machine",
        "--demo",
    ];
    let client = TestApp::new().await.with(&flags).as_user("worf");
    let status = async |host: &str| {
        client.send(Method::GET, QUERY, &[("host", host)], "").await.status.as_u16()
    };
    for host in [
        "localhost:4567",
        "LocalHost.",
        "app.localhost",
        "127.0.0.1:4567",
        "127.1.2.3",
        "[::1]:4567",
        "front.example",
        "Back.Example:4567",
        "gateway:4567",
        "a.wild.example",
        "10.0.0.7:4567",
        "my-machine:4567",
    ] {
        assert_eq!(status(host).await, 200, "{host}");
    }
    for host in ["other.example", "wild.example", "x.gateway", "10.0.0.8", "x.front.example"] {
        assert_eq!(status(host).await, 421, "{host}");
    }
}

#[tokio::test]
async fn sockets_and_streams_for_other_hosts_get_421() {
    let server = server().await;
    for (host, expected) in [("evil.example", 421), ("localhost", 101)] {
        let sent = format!(
            "GET /graphql HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n\
             Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
        );
        assert_eq!(status(&exchange(&server, sent.as_bytes()).await), expected, "{host}");
    }
    let subscription = "/graphql?query=subscription%7BactivityCreated%7Bcursor%7D%7D";
    for accept in ["text/event-stream", "multipart/mixed;subscriptionSpec=1.0"] {
        let sent = format!(
            "GET {subscription} HTTP/1.1\r\nHost: evil.example\r\nAccept: {accept}\r\n\r\n"
        );
        assert_eq!(status(&exchange(&server, sent.as_bytes()).await), 421, "{accept}");
    }
    // The target's host counts, not the header.
    let sent = format!("GET http://evil.example{QUERY} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(status(&exchange(&server, sent.as_bytes()).await), 421);
}

#[tokio::test]
async fn with_a_provider_only_the_metrics_need_a_known_host() {
    let file = KeyFile::new();
    let app = TestApp::new().await.with(&cognito(&file.path()));
    let app = app.with(&["--metrics", "on", "--allowed-hosts", "metrics.internal"]);
    let client = app.as_configured();
    let status = async |path: &str, host: &str| {
        client.send(Method::GET, path, &[("host", host)], "").await.status.as_u16()
    };
    for path in [QUERY, "/api/activities/home", "/identity", "/health/live"] {
        assert_eq!(status(path, "cruddur.example").await, 200, "{path}");
    }
    assert_eq!(status("/metrics", "cruddur.example").await, 421);
    assert_eq!(status("/metrics", "metrics.internal:4567").await, 200);
    assert_eq!(status("/metrics", "127.0.0.1:4567").await, 200);
}

#[test]
fn the_program_checks_hosts_when_it_listens_on_all_addresses() {
    let gateway = Gateway::start(&["--host", "0.0.0.0", "--demo"]);
    gateway.wait_until_ready();
    let status = |host: &str| {
        let header = format!("Host: {host}:{}", gateway.port());
        gateway.curl("/identity/people", &["-H", &header]).0
    };
    assert_eq!(status("0.0.0.0"), 200);
    assert_eq!(status("10.9.8.7"), 421);
    assert_eq!(status("rebind.example"), 421);
}
