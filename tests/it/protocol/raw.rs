//! Requests as bytes, and the responses as text.

use std::time::Duration;

use cruddur::http::Timeouts;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::support::{
    TestApp,
    server::{LONG, TestServer},
};

/// Starts a gateway that acts for worf, with one allowed origin.
pub async fn server() -> TestServer {
    let app = TestApp::new().await.with(&["--frontend-url", "http://good.example"]);
    TestServer::start(app.as_user("worf").0, Timeouts::default()).await
}

/// Sends the bytes and only then reads, up to the end of the response or of the connection. Returns
/// what was read. A response ends when the gateway sends nothing more for a moment.
pub async fn exchange(server: &TestServer, sent: &[u8]) -> String {
    let mut client = TcpStream::connect(server.address).await.expect("a connection");
    let written = timeout(LONG, client.write_all(sent)).await.expect("the gateway reads");
    written.expect("the gateway reads everything");
    read_response(&mut client).await
}

/// Reads a response: its head, and the body that its `Content-Length` announces.
pub async fn read_response(client: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let read = timeout(LONG, client.read(&mut chunk)).await.expect("a response in time");
        let count = read.expect("the connection is not reset");
        answer.extend(&chunk[..count]);
        if count == 0 || is_complete(&answer) {
            return String::from_utf8_lossy(&answer).into_owned();
        }
    }
}

fn is_complete(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length = length.map_or(0, |it| it.parse().expect("a number"));
    body.len() >= length
}

/// Returns the status of a response.
pub fn status(answer: &str) -> u16 {
    let status = answer.strip_prefix("HTTP/1.1 ").and_then(|it| it.get(..3));
    status.unwrap_or_else(|| panic!("no status in {answer:?}")).parse().expect("a number")
}

/// Returns the value of a header of a response, empty if it is missing.
pub fn header<'a>(answer: &'a str, name: &str) -> &'a str {
    let head = answer.split("\r\n\r\n").next().unwrap_or_default();
    let values = head.lines().filter_map(|line| line.split_once(": "));
    let mut values = values.filter(|(found, _)| found.eq_ignore_ascii_case(name));
    values.next().map_or("", |(_, value)| value)
}

/// Short enough for a test to wait for.
pub const SHORT: Duration = Duration::from_millis(200);
