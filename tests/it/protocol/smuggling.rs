//! Requests whose parts a proxy and the gateway could read differently, and hostile request lines.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::raw::{exchange, header, server, status};
use crate::support::server::{LONG, TestServer};

/// The second request in what is sent. It must never get an answer of its own.
const SECOND: &str = "GET /api/health-check HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

/// Sends the bytes, closes the sending side, and returns everything until the gateway closes.
async fn everything(server: &TestServer, sent: &[u8]) -> String {
    let mut client = TcpStream::connect(server.address).await.expect("a connection");
    // The gateway may refuse and close before it has read everything.
    let _ = client.write_all(sent).await;
    let _ = client.shutdown().await;
    let mut all = Vec::new();
    let _ = timeout(LONG, client.read_to_end(&mut all)).await.expect("the gateway closes");
    String::from_utf8_lossy(&all).into_owned()
}

/// Returns a POST with this header for its body, and a second request after it.
fn two_requests(framing: &str, body: &str) -> String {
    format!(
        "POST /api/activities HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
         {framing}\r\n\r\n{body}{SECOND}"
    )
}

#[tokio::test]
async fn requests_with_one_clear_length_can_follow_each_other() {
    let server = server().await;
    for (framing, body) in [
        ("Content-Length: 2", "{}"),
        ("Content-Length: 2\r\nContent-Length: 2", "{}"),
        ("Transfer-Encoding: chunked", "2\r\n{}\r\n0\r\n\r\n"),
        ("transfer-encoding: CHUNKED", "2;x=\"y\"\r\n{}\r\n0\r\nX: y\r\n\r\n"),
    ] {
        let answers = everything(&server, two_requests(framing, body).as_bytes()).await;
        assert!(answers.starts_with("HTTP/1.1 422 "), "{framing:?}: {answers}");
        assert!(answers.contains("\"success\""), "{framing:?}: {answers}");
    }
}

#[tokio::test]
async fn a_body_with_an_ambiguous_length_ends_the_connection() {
    let server = server().await;
    for framing in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5, 5",
        "Content-Length: 5, 6",
        "Content-Length: +5",
        "Content-Length: -5",
        "Content-Length: 0x5",
        "Content-Length: 5 5",
        "Content-Length: 5.0",
        "Content-Length:",
        "Content-Length: 18446744073709551616",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding\t: chunked",
        " Transfer-Encoding: chunked",
        "Transfer-Encoding:\x0bchunked",
        "Transfer_Encoding: chunked\r\nContent-Length : 5",
    ] {
        for body in ["0\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n"] {
            let answers = everything(&server, two_requests(framing, body).as_bytes()).await;
            let first = answers.split("HTTP/1.1 ").nth(1).unwrap_or_default();
            let second = answers.contains("\"success\"");
            // Transfer-Encoding overrides Content-Length (RFC 9112 section 6.3); then the connection
            // ends. All others are errors.
            assert!(first.starts_with('4') || first.starts_with('5'), "{framing:?}: {answers}");
            assert!(!second, "{framing:?} {body:?}: {answers}");
        }
    }
}

#[tokio::test]
async fn malformed_heads_get_400() {
    let server = server().await;
    for sent in [
        &b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\rb\r\n\r\n"[..],
        b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\0b\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nX y: z\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n: z\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nX\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n X: folded\r\n\r\n",
        b"GET /health/live\xff HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /health/live HTTP/2.0\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET  /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /health/ live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET\t/health/live\tHTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"G\x1b[31mT /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"G\xe2\x80\xaeT /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /\x1b[31m HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /\0 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ] {
        let answer = exchange(&server, sent).await;
        let shown = sent.escape_ascii();
        assert!(answer.is_empty() || status(&answer) == 400, "{shown}: {answer}");
        assert!(!answer.contains('\x1b'), "{shown}");
    }
}

#[tokio::test]
async fn hostile_targets_reach_no_file_and_no_other_route() {
    let server = server().await;
    for target in [
        "/../Cargo.toml",
        "/assets/../../Cargo.toml",
        "/assets/..%2f..%2fCargo.toml",
        "/assets/%2e%2e/%2e%2e/Cargo.toml",
        "/assets/..\\..\\Cargo.toml",
        "/assets/%5c..%5c..%5cCargo.toml",
        "/assets//etc/passwd",
        "/assets/%00index.js",
        "/api/docs/../../../etc/passwd",
        "/api/docs/..%2f..%2fetc/passwd",
        "/api/docs/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "//etc/passwd",
        "/%2fetc%2fpasswd",
        // Metrics are off, however they are spelt.
        "/metrics",
        "//metrics",
        "/metrics/",
        "/%6detrics",
        "/metrics%00",
        "/./metrics",
        "/x/../metrics",
        "/metrics;x",
        "/%1b%5b31m",
        "/%e2%80%ae",
    ] {
        let sent = format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
        let answer = exchange(&server, sent.as_bytes()).await;
        assert!([400, 404].contains(&status(&answer)), "{target}: {answer}");
        assert!(!answer.contains("[package]") && !answer.contains("root:"), "{target}");
    }
    let long = format!("GET /{} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "a".repeat(60_000));
    assert!([404, 414].contains(&status(&exchange(&server, long.as_bytes()).await)));
}

#[tokio::test]
async fn other_methods_and_upgrades_are_not_served() {
    let server = server().await;
    for (line, expected) in [
        ("TRACE / HTTP/1.1", 405),
        ("TRACE /graphql HTTP/1.1", 405),
        ("CONNECT a:443 HTTP/1.1", 421),
        ("DELETE /api/activities/home HTTP/1.1", 405),
        ("get /health/live HTTP/1.1", 405),
    ] {
        let sent = format!(
            "{line}\r\nHost: 127.0.0.1:443\r\nX-Secret: s3cret\r\nConnection: close\r\n\r\n"
        );
        let answer = exchange(&server, sent.as_bytes()).await;
        let found = status(&answer);
        assert!(found == expected || found == 404, "{line}: {answer}");
        // TRACE must not echo the request.
        assert!(!answer.contains("s3cret"), "{line}: {answer}");
    }
    let h2c = "GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade, HTTP2-Settings\r\n\
               Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n";
    assert_eq!(status(&exchange(&server, h2c.as_bytes()).await), 200);
    for id in ["a b", "<script>", "a\"b", "\x7f", &"a".repeat(1000)] {
        let sent =
            format!("GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Request-Id: {id}\r\n\r\n");
        let answer = exchange(&server, sent.as_bytes()).await;
        assert_ne!(header(&answer, "x-request-id"), id, "{answer}");
    }
}
