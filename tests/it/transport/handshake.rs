//! The opening handshake of a WebSocket (RFC 6455 section 4), byte by byte and with a Python client.

use std::{path::Path, process::Command};

use cruddur::http::Timeouts;

use crate::{
    protocol::raw::{exchange, header, status},
    support::{
        TestApp,
        gateway::{stderr, stdout},
        server::TestServer,
    },
};

const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const VERSION: &str = "Sec-WebSocket-Version: 13\r\n";

async fn server() -> TestServer {
    TestServer::start(TestApp::new().await.as_user("worf").0, Timeouts::default()).await
}

/// Sends a handshake with these lines in place of those of the version and the key.
async fn handshake(server: &TestServer, lines: &str) -> String {
    let sent = format!(
        "GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Protocol: graphql-transport-ws\r\n{lines}\r\n"
    );
    exchange(server, sent.as_bytes()).await
}

#[tokio::test]
async fn a_wrong_or_missing_version_gets_426_with_the_right_one() {
    let server = server().await;
    for version in ["8", "0", "14", "013", "13, 8", "x", ""] {
        let lines = format!("{KEY}Sec-WebSocket-Version: {version}\r\n");
        let answer = handshake(&server, &lines).await;
        assert_eq!(status(&answer), 426, "{version}: {answer}");
        assert_eq!(header(&answer, "sec-websocket-version"), "13", "{version}");
        assert_eq!(header(&answer, "upgrade"), "websocket", "{version}");
        assert!(answer.contains("\"UPGRADE_REQUIRED\""), "{answer}");
    }
    for lines in [KEY.to_owned(), format!("{KEY}{VERSION}{VERSION}")] {
        let answer = handshake(&server, &lines).await;
        assert_eq!(status(&answer), 426, "{lines}: {answer}");
        assert_eq!(header(&answer, "sec-websocket-version"), "13", "{lines}");
    }
}

#[tokio::test]
async fn a_bad_or_missing_key_gets_400() {
    let server = server().await;
    for key in [
        "short",
        "",
        "dGhlIHNhbXBsZSBub25jZQ",
        "dGhlIHNhbXBsZSBub25jZSE=",
        "dGhlIHNhbXBsZSBub25j",
        "dGhlIHNhbXBsZSBub25j!!==",
        "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==",
    ] {
        let answer = handshake(&server, &format!("{VERSION}Sec-WebSocket-Key: {key}\r\n")).await;
        assert_eq!(status(&answer), 400, "{key}: {answer}");
        assert!(answer.contains("\"BAD_REQUEST\""), "{answer}");
    }
    for lines in [VERSION.to_owned(), format!("{VERSION}{KEY}{KEY}")] {
        assert_eq!(status(&handshake(&server, &lines).await), 400, "{lines}");
    }
}

#[tokio::test]
async fn the_protocol_header_is_written_as_the_rfc_spells_it() {
    let server = server().await;
    let answer = handshake(&server, &format!("{VERSION}{KEY}")).await;
    assert_eq!(status(&answer), 101, "{answer}");
    assert!(answer.contains("\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n"), "{answer}");
    assert!(
        answer.contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
        "{answer}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_python_client_gql_works() {
    let server = server().await;
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
    let mut python = Command::new(target.join("python/bin/python"));
    python.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/transport/gql_client.py"));
    python.arg(format!("127.0.0.1:{}", server.address.port()));
    let output = tokio::task::spawn_blocking(move || python.output()).await.expect("no panic");
    let output = output.expect("target/python exists; `make test` creates it");
    assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
    assert_eq!(stdout(&output), "query ok\nmutation ok\nsubscription ok\n");
}
