//! The limit per address covers every way in: each request and each operation of a WebSocket.

use axum::http::{Method, StatusCode};
use chrono::TimeDelta;
use cruddur::http::Timeouts;
use futures_util::{SinkExt, StreamExt, stream::SplitSink};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

use crate::{
    identity::provider::{ANDREW, KeyFile, RSA, access, cognito, now},
    support::gateway::Gateway,
    support::server::{LONG, Socket, TestServer},
    support::{Answer, Client, TestApp},
};

const LIMITED: [&str; 2] = ["--address-rate", "5/10"];
const TOO_MANY: u16 = 429;

async fn limited() -> TestApp {
    TestApp::new().await.with(&LIMITED).with(&["--frontend-url", "https://cruddur.example"])
}

/// Sends so many equal requests. Returns the number of those that were not rejected, and the last
/// rejection.
async fn flood(
    client: &Client,
    count: usize,
    send: impl AsyncFn(&Client) -> Answer,
) -> (usize, Option<Answer>) {
    let (mut served, mut rejection) = (0, None);
    for number in 0..count {
        let answer = send(client).await;
        if answer.status == TOO_MANY {
            assert_eq!(answer.header("retry-after"), "1", "{answer:?}");
            rejection = Some(answer);
        } else {
            served += 1;
        }
        if number % 20 == 0 {
            for health in ["/health/live", "/health/ready"] {
                assert_eq!(client.get(health).await.status, 200);
            }
        }
    }
    (served, rejection)
}

async fn assert_limited(count: usize, send: impl AsyncFn(&Client) -> Answer) -> Answer {
    let app = limited().await;
    let client = app.anon();
    let (served, rejection) = flood(&client, count, &send).await;
    assert_eq!(served, 10);
    for _ in 0..2 {
        app.clock.advance(TimeDelta::seconds(1));
        assert_eq!(flood(&client, 20, &send).await.0, 5);
    }
    rejection.expect("more requests than the burst")
}

#[tokio::test]
async fn invalid_documents_count() {
    for document in ["{", "{ nope }", ""] {
        let send = async |client: &Client| client.graphql(document, json!({})).await;
        let rejection = assert_limited(2000, send).await;
        assert_eq!(rejection.json()["errors"][0]["extensions"]["code"], "TOO_MANY_REQUESTS");
    }
}

#[tokio::test]
async fn pages_and_unknown_paths_count() {
    let html = [("accept", "text/html")];
    for (path, headers) in [
        ("/", &html[..]),
        ("/", &[]),
        ("/home/worf", &html),
        ("/nope", &[]),
        ("/assets/nope.js", &[]),
        ("/graphiql", &html),
        ("/api/nope", &[]),
        ("/api/docs/", &html),
        ("/api/openapi.json", &[]),
        ("/identity", &[]),
        ("/health/nope", &[]),
        ("/metrics", &[]),
    ] {
        let send = async |client: &Client| client.send(Method::GET, path, headers, "").await;
        let rejection = assert_limited(300, send).await;
        assert_eq!(rejection.json(), json!(["too_many_requests"]), "{path}");
    }
}

#[tokio::test]
async fn requests_that_no_handler_sees_count() {
    let origin = ("origin", "https://cruddur.example");
    let preflight = [origin, ("access-control-request-method", "POST")];
    for (method, headers) in [
        (Method::OPTIONS, &preflight[..]),
        (Method::OPTIONS, &[]),
        (Method::DELETE, &[]),
        (Method::HEAD, &[]),
        (Method::POST, &[("content-encoding", "zstd")]),
        (Method::GET, &[("upgrade", "websocket")]),
    ] {
        let send =
            async |client: &Client| client.send(method.clone(), "/graphql", headers, "{").await;
        assert_limited(30, send).await;
    }
}

#[tokio::test]
async fn allowed_pages_can_read_the_rejection() {
    let origin = [("origin", "https://cruddur.example")];
    let get = async |client: &Client| client.send(Method::GET, "/nope", &origin, "").await;
    let rejection = assert_limited(30, get).await;
    assert_eq!(rejection.header("access-control-allow-origin"), "https://cruddur.example");
    assert!(rejection.header("access-control-expose-headers").contains("retry-after"));
    assert_eq!(rejection.header("x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn metrics_and_health_checks_are_free() {
    let app = limited().await.with(&["--metrics", "on"]);
    let client = app.anon();
    for path in ["/metrics", "/health/live", "/health/ready"] {
        for _ in 0..30 {
            assert_eq!(client.get(path).await.status, 200, "{path}");
        }
    }
    let (served, _) = flood(&client, 30, async |client| client.get("/nope").await).await;
    assert_eq!(served, 10);
}

/// Sends messages until the gateway closes the socket.
async fn send_all(
    mut sink: SplitSink<WebSocketStream<TcpStream>, Message>,
    messages: impl Iterator<Item = Message>,
) {
    for message in messages {
        if sink.send(message).await.is_err() {
            break;
        }
    }
}

/// Sends all messages over a socket while it reads. Returns the messages of the gateway, and the code
/// and reason of its close if it closes the socket. Otherwise it ends after so many answers.
async fn exchange(
    socket: Socket,
    messages: Vec<Message>,
    answers: usize,
) -> (Vec<Value>, Option<(u16, String)>) {
    let (sink, mut source) = socket.0.split();
    let sending = tokio::spawn(send_all(sink, messages.into_iter()));
    let mut received = Vec::new();
    let mut close = None;
    while received.len() < answers {
        let next = tokio::time::timeout(LONG, source.next()).await.expect("an answer in time");
        match next.expect("the connection is open").expect("the frame is valid") {
            Message::Text(text) => received.push(serde_json::from_str(&text).expect("JSON")),
            Message::Close(frame) => {
                let frame = frame.expect("a code");
                close = Some((frame.code.into(), frame.reason.to_string()));
                break;
            }
            _ => {}
        }
    }
    sending.abort();
    (received, close)
}

fn operations(document: &str, count: usize) -> Vec<Message> {
    let message = |id| {
        let payload = json!({ "query": document });
        Message::text(json!({ "type": "subscribe", "id": id, "payload": payload }).to_string())
    };
    (0..count).map(|id| message(id.to_string())).collect()
}

fn is_rejection(message: &Value) -> bool {
    let errors = &message["payload"];
    if message["type"] != "error" || errors[0]["extensions"]["code"] != "TOO_MANY_REQUESTS" {
        return false;
    }
    assert_eq!(errors[0]["extensions"]["retryAfter"], 1, "{message}");
    true
}

fn too_many(reason: &str) -> Option<(u16, String)> {
    Some((4429, reason.to_owned()))
}

#[tokio::test]
async fn operations_of_an_anonymous_socket_count_before_their_documents_are_read() {
    for document in [
        "{",
        "{ nope }",
        "subscription { nope }",
        "query($a: Int!) { home(first: $a) { __typename } }",
    ] {
        let app = limited().await;
        let client = app.anon();
        let server = TestServer::start(client.0.clone(), Timeouts::default()).await;
        let socket = server.connect().await;
        let (messages, close) = exchange(socket, operations(document, 2000), usize::MAX).await;
        let served = messages.iter().filter(|it| !is_rejection(it));
        // The handshake counts as well.
        assert_eq!(served.count(), 9, "{document}");
        assert_eq!(messages.iter().filter(|it| is_rejection(it)).count(), 100, "{document}");
        assert_eq!(close, too_many("Too many requests"), "{document}");
        assert_eq!(client.get("/health/ready").await.status, 200);
        // Another socket is no way round.
        let protocol = [("sec-websocket-protocol", "graphql-transport-ws")];
        assert_eq!(server.rejection(&protocol).await.as_u16(), TOO_MANY);
        app.clock.advance(TimeDelta::seconds(1));
        let (messages, _) =
            exchange(server.connect().await, operations(document, 2000), usize::MAX).await;
        let served = messages.iter().filter(|it| !is_rejection(it));
        assert_eq!(served.count(), 4, "{document}");
    }
}

#[tokio::test]
async fn a_flood_of_queries_closes_an_anonymous_socket() {
    let app = limited().await;
    let server = TestServer::start(app.anon().0, Timeouts::default()).await;
    let operations = operations("{ __typename }", 2000);
    let (messages, close) = exchange(server.connect().await, operations, usize::MAX).await;
    // The close does not wait for queries that run.
    assert!(messages.iter().filter(|it| it["type"] == "next").count() <= 9);
    assert_eq!(messages.iter().filter(|it| is_rejection(it)).count(), 100);
    assert_eq!(close, too_many("Too many requests"));
}

#[tokio::test]
async fn a_socket_goes_on_after_the_time_to_wait() {
    let app = limited().await;
    let server = TestServer::start(app.anon().0, Timeouts::default()).await;
    let mut socket = server.connect().await;
    for count in [9, 5, 5] {
        for _ in 0..count {
            socket.subscribe("1", "{ __typename }", json!({})).await;
            assert_eq!(socket.recv().await["type"], "next");
            assert_eq!(socket.recv().await["type"], "complete");
        }
        socket.subscribe("1", "{ __typename }", json!({})).await;
        assert!(is_rejection(&socket.recv().await));
        app.clock.advance(TimeDelta::seconds(1));
    }
}

#[tokio::test]
async fn unreadable_operations_and_operations_beyond_the_greatest_number_count() {
    let app = limited().await;
    let server = TestServer::start(app.anon().0, Timeouts::default()).await;
    let mut messages = operations("subscription { activityCreated { cursor } }", 4);
    let unreadable = r#"{"type":"subscribe","id":"x","payload":{"query":"{a}","n":1e400}}"#;
    messages.extend((0..100).map(|_| Message::text(unreadable)));
    let (answers, _) = exchange(server.connect().await, messages, 100).await;
    let unreadable = |it: &&Value| it["payload"][0]["extensions"]["code"] == "BAD_REQUEST";
    assert_eq!(answers.iter().filter(unreadable).count(), 5);
    assert_eq!(answers.iter().filter(|it| is_rejection(it)).count(), 95);

    let app = TestApp::new().await.with(&["--address-rate", "5/60"]);
    let server = TestServer::start(app.anon().0, Timeouts::default()).await;
    let messages = operations("subscription { activityCreated { cursor } }", 150);
    let (answers, _) = exchange(server.connect().await, messages, 100).await;
    let hinted = |it: &&Value| !it["payload"][0]["extensions"]["retryAfter"].is_null();
    // The handshake and fifty operations that run leave nine for those beyond.
    assert_eq!(answers.iter().filter(hinted).count(), 91, "{answers:?}");
}

#[tokio::test]
async fn operations_of_a_signed_in_socket_count_for_the_viewer_too() {
    let keys = KeyFile::new();
    let app = TestApp::new().await.with(&cognito(&keys.path())).with(&["--viewer-rate", "5/10"]);
    let token = RSA.token(Some("rsa"), &access(ANDREW, now(&app)));
    let server = TestServer::start(app.as_configured().0, Timeouts::default()).await;
    for count in [10, 0] {
        let mut socket = server.open().await;
        socket.send(json!({ "type": "connection_init", "payload": { "token": token } })).await;
        assert_eq!(socket.recv().await["type"], "connection_ack");
        let (messages, close) = exchange(socket, operations("{", 200), usize::MAX).await;
        assert_eq!(messages.iter().filter(|it| !is_rejection(it)).count(), count);
        assert_eq!(close, too_many("Too many requests"));
    }
}

#[tokio::test]
async fn large_rejected_operations_close_a_socket_sooner() {
    let app = limited().await;
    let server = TestServer::start(app.anon().0, Timeouts::default()).await;
    let document = format!("{{ __typename }} #{}", "x".repeat(100_000));
    let (messages, close) =
        exchange(server.connect().await, operations(&document, 50), usize::MAX).await;
    assert_eq!(messages.iter().filter(|it| is_rejection(it)).count(), 9);
    assert_eq!(close, too_many("Too many requests"));
}

#[tokio::test]
async fn a_socket_counts_for_the_address_of_its_client() {
    let app = limited().await.with(&["--trusted-proxies", "127.0.0.1"]);
    let server = TestServer::start(app.anon().0, Timeouts::default()).await;
    let socket = async |from: &str| {
        let headers =
            [("sec-websocket-protocol", "graphql-transport-ws"), ("x-forwarded-for", from)];
        let mut socket = Socket(server.handshake(&headers).await.expect("a handshake").0);
        socket.send(json!({ "type": "connection_init" })).await;
        assert_eq!(socket.recv().await["type"], "connection_ack");
        socket
    };
    let served = async |socket: Socket, count: usize| {
        let (messages, _) = exchange(socket, operations("{", count), count).await;
        messages.iter().filter(|it| !is_rejection(it)).count()
    };
    let (first, second) = (socket("192.0.2.1:1234").await, socket("192.0.2.1:4321").await);
    let other = socket("192.0.2.2").await;
    assert_eq!(served(first, 20).await, 8);
    assert_eq!(served(second, 20).await, 0);
    assert_eq!(served(other, 20).await, 9);
}

#[tokio::test]
async fn pings_and_other_messages_without_an_operation_are_limited() {
    let server = TestServer::start(TestApp::new().await.anon().0, Timeouts::default()).await;
    let text = |message: Value| Message::text(message.to_string());
    for (message, pongs) in [
        (text(json!({ "type": "ping" })), 50),
        (text(json!({ "type": "pong" })), 0),
        (text(json!({ "type": "complete", "id": "nope" })), 0),
        (Message::Ping("x".into()), 0),
        (Message::Pong("x".into()), 0),
    ] {
        for socket in [server.open().await, server.connect().await] {
            let messages = vec![message.clone(); 2000];
            let (answers, close) = exchange(socket, messages, usize::MAX).await;
            assert_eq!(answers, vec![json!({ "type": "pong" }); pongs], "{message:?}");
            assert_eq!(close, too_many("Too many messages"), "{message:?}");
        }
    }
}

#[tokio::test]
async fn the_limit_of_pings_is_a_rate() {
    let app = TestApp::new().await;
    let server = TestServer::start(app.anon().0, Timeouts::default()).await;
    let mut socket = server.connect().await;
    for _ in 0..50 {
        socket.send(json!({ "type": "ping" })).await;
        assert_eq!(socket.recv().await, json!({ "type": "pong" }));
    }
    app.clock.advance(TimeDelta::seconds(1));
    for _ in 0..10 {
        socket.send(json!({ "type": "ping" })).await;
        assert_eq!(socket.recv().await, json!({ "type": "pong" }));
    }
    socket.send(json!({ "type": "ping" })).await;
    assert_eq!(Some(socket.recv_close().await), too_many("Too many messages"));
}

#[tokio::test]
async fn a_large_payload_of_a_ping_closes_the_socket() {
    let server = TestServer::start(TestApp::new().await.anon().0, Timeouts::default()).await;
    let ping = |length: usize| json!({ "type": "ping", "payload": { "a": "x".repeat(length) } });
    let mut socket = server.connect().await;
    // {"a":"…"}
    socket.send(ping(1016)).await;
    assert_eq!(socket.recv().await["type"], "pong");
    socket.send(ping(1017)).await;
    let expected = (1009, "Ping payload larger than 1 kB".to_owned());
    assert_eq!(socket.recv_close().await, expected);
    let mut socket = server.connect().await;
    socket.send(ping(900_000)).await;
    assert!([1009, 4429].contains(&socket.recv_close().await.0));
}

#[test]
fn an_untrusted_proxy_is_warned_about_once_while_the_limit_is_on() {
    let warnings = |args: &[&str]| {
        let gateway = Gateway::start(args);
        gateway.wait_until_ready();
        for _ in 0..3 {
            gateway.curl("/api/activities/home", &["-H", "X-Forwarded-For: 192.0.2.1"]);
        }
        let (_, log, _) = gateway.stop("-TERM");
        let lines: Vec<_> = log.lines().filter(|it| it.contains("X-Forwarded-For")).collect();
        assert!(lines.iter().all(|it| it.contains("WARN") && it.contains("TRUSTED_PROXIES")));
        assert!(lines.iter().all(|it| it.contains("127.0.0.1")), "{lines:?}");
        lines.len()
    };
    assert_eq!(warnings(&LIMITED), 1);
    assert_eq!(warnings(&[&LIMITED[..], &["--trusted-proxies", "127.0.0.1"]].concat()), 0);
    assert_eq!(warnings(&["--address-rate", "off"]), 0);
}

#[test]
fn a_log_line_has_200_bytes_of_the_path_and_the_method() {
    let gateway = Gateway::start(&["--log-format", "json"]);
    gateway.wait_until_ready();
    let path = format!("/{}", "x".repeat(60_000));
    let status = |args: &[&str]| gateway.curl(&path, args).0;
    assert_eq!(status(&[]), u16::from(StatusCode::NOT_FOUND));
    assert_eq!(status(&["-X", &"M".repeat(2000)]), u16::from(StatusCode::NOT_FOUND));
    let (_, log, _) = gateway.stop("-TERM");
    let lines: Vec<_> = log.lines().filter(|it| it.contains("xxx")).collect();
    assert_eq!(lines.len(), 2, "{log}");
    let cut = format!("/{}…\"", "x".repeat(199));
    assert!(lines.iter().all(|it| it.contains(&cut) && it.len() < 1000), "{lines:?}");
    assert!(lines[1].contains(&format!("{}…\"", "M".repeat(200))), "{}", lines[1]);
}
