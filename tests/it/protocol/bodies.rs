//! Request bodies that are too large, not wanted or compressed.

use std::process::Command;

use axum::http::Method;
use cruddur::http::Timeouts;
use serde_json::json;
use tokio::{io::AsyncWriteExt, net::TcpStream, time::Instant};

use crate::support::{
    TestApp,
    gateway::{stderr, stdout},
    server::TestServer,
    settings,
};

use super::raw::{SHORT, exchange, header, read_response, server, status};

const LARGE: usize = 8 * 1024 * 1024;

/// Returns a POST of `size` bytes in chunks of 64 kB.
fn chunked(path: &str, content_type: &str, size: usize) -> Vec<u8> {
    let mut sent = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\n\
         Transfer-Encoding: chunked\r\n\r\n"
    )
    .into_bytes();
    for _ in 0..size / 65536 {
        sent.extend(b"10000\r\n");
        sent.extend([b' '; 65536]);
        sent.extend(b"\r\n");
    }
    sent.extend(b"0\r\n\r\n");
    sent
}

/// Returns a POST of `size` bytes with a length.
fn sized(path: &str, content_type: &str, size: usize) -> Vec<u8> {
    let mut sent = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\n\
         Content-Length: {size}\r\n\r\n"
    )
    .into_bytes();
    sent.resize(sent.len() + size, b' ');
    sent
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_send_everything_first_get_the_error() {
    let server = server().await;
    let json = "application/json";
    for (path, content_type, expected) in [
        ("/graphql", json, 413),
        ("/api/activities", json, 413),
        ("/graphql", "text/plain", 415),
        ("/api/activities", "text/plain", 415),
        ("/api/activities/home", json, 405),
        ("/nope", json, 404),
    ] {
        for sent in [sized(path, content_type, LARGE), chunked(path, content_type, LARGE)] {
            let answer = exchange(&server, &sent).await;
            assert_eq!(status(&answer), expected, "{path}: {answer}");
            assert!(answer.ends_with(['}', ']']), "{path}: {answer}");
        }
        let close = sized(path, &format!("{content_type}\r\nConnection: close"), LARGE);
        assert_eq!(status(&exchange(&server, &close).await), expected, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_connection_stays_usable_after_an_oversized_body() {
    let server = server().await;
    let mut client = TcpStream::connect(server.address).await.expect("a connection");
    for sent in [
        sized("/graphql", "application/json", LARGE),
        chunked("/graphql", "application/json", LARGE),
    ] {
        client.write_all(&sent).await.expect("the gateway reads everything");
        assert_eq!(status(&read_response(&mut client).await), 413);
    }
    client.write_all(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("sent");
    assert_eq!(status(&read_response(&mut client).await), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn curl_gets_the_413() {
    let server = server().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("large");
    std::fs::write(&file, vec![b' '; LARGE]).expect("a file");
    for path in ["/graphql", "/api/activities"] {
        for more in [&["-H", "Expect:"][..], &[], &["-H", "Transfer-Encoding: chunked"]] {
            let url = format!("http://{}{path}", server.address);
            let mut curl = Command::new("curl");
            curl.args(["-sS", "-w", "\n%{http_code}", "-H", "Content-Type: application/json"])
                .args(more)
                .arg("--data-binary")
                .arg(format!("@{}", file.display()))
                .arg(url);
            let output = tokio::task::spawn_blocking(move || curl.output()).await;
            let output = output.expect("no panic").expect("curl runs");
            assert!(output.status.success(), "{path} {more:?}: {}", stderr(&output));
            assert!(stdout(&output).ends_with("\n413"), "{}", stdout(&output));
        }
    }
}

#[tokio::test]
async fn a_rejected_body_is_read_for_no_longer_than_the_body_timeout() {
    let app = TestApp::new().await;
    let timeouts = Timeouts { body: SHORT, ..Timeouts::default() };
    let router = cruddur::http::layered(&settings(&[]), timeouts, app.as_user("worf").0);
    let server = TestServer::start(router, timeouts).await;
    let mut client = TcpStream::connect(server.address).await.expect("a connection");
    let head = "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
        Content-Length: 2000000\r\n\r\n";
    client.write_all(head.as_bytes()).await.expect("sent");
    let start = Instant::now();
    assert_eq!(status(&read_response(&mut client).await), 413);
    // The response does not wait for the body, and the connection ends without it.
    assert_eq!(read_response(&mut client).await, "");
    assert!(start.elapsed() >= SHORT, "{:?}", start.elapsed());
}

/// Compresses with the gzip program.
fn gzip(text: &str) -> Vec<u8> {
    use std::{io::Write, process::Stdio};
    let mut gzip = Command::new("gzip");
    let mut gzip =
        gzip.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("gzip is installed");
    let mut stdin = gzip.stdin.take().expect("a pipe");
    let text = text.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()).expect("gzip reads"));
    let output = gzip.wait_with_output().expect("gzip ends");
    writer.join().expect("no panic");
    output.stdout
}

#[tokio::test]
async fn gzip_bodies_are_read_within_the_limit_after_inflation() {
    let client = TestApp::new().await.as_user("worf");
    let post = async |path: &str, coding: &str, body: Vec<u8>| {
        let headers = [("content-type", "application/json"), ("content-encoding", coding)];
        client.send(Method::POST, path, &headers, body).await
    };
    let graphql = r#"{"query":"{__typename}"}"#;
    let rest = json!({ "message": "zipped", "ttl": "1-hour" }).to_string();
    for coding in ["gzip", "GZip", "x-gzip", "identity, gzip", " gzip "] {
        let answer = post("/graphql", coding, gzip(graphql)).await;
        assert_eq!(answer.json()["data"]["__typename"], "Query", "{coding}");
        let answer = post("/api/activities", coding, gzip(&rest)).await;
        assert_eq!(answer.json()["message"], "zipped", "{coding}");
    }
    for coding in ["identity", ""] {
        assert_eq!(post("/graphql", coding, graphql.into()).await.status, 200, "{coding}");
    }
    let bomb = gzip(&" ".repeat(64 * 1024 * 1024));
    assert!(bomb.len() < 100_000);
    for path in ["/graphql", "/api/activities"] {
        assert_eq!(post(path, "gzip", bomb.clone()).await.status, 413, "{path}");
        assert_eq!(post(path, "gzip", graphql.into()).await.status, 400, "{path}");
        let cut = gzip(graphql)[..20].to_vec();
        assert_eq!(post(path, "gzip", cut).await.status, 400, "{path}");
        for coding in ["br", "deflate", "gzip, gzip", "nonsense"] {
            let answer = post(path, coding, graphql.into()).await;
            assert_eq!(answer.status, 415, "{path} {coding}");
            assert_eq!(answer.header("accept-encoding"), "gzip, identity", "{path} {coding}");
            assert!(answer.text.to_lowercase().contains("unsupported_media_type"), "{path}");
        }
    }
}

#[tokio::test]
async fn a_length_of_a_compressed_body_over_the_limit_gets_413() {
    let server = server().await;
    let sent = "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
        Content-Encoding: gzip\r\nContent-Length: 1048577\r\nExpect: 100-continue\r\n\r\n";
    let answer = exchange(&server, sent.as_bytes()).await;
    assert_eq!((status(&answer), header(&answer, "content-type")), (413, "application/json"));
}
