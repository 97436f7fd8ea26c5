//! A ban from the command line, and the gateways that notice it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    client_async,
    tungstenite::{client::IntoClientRequest, http::HeaderValue},
};

use crate::support::{
    gateway::{Gateway, run, stderr, stdout},
    server::Socket,
    stores::{PostgresDatabase, SqliteFile},
};

const SECRET: &str = "a secret that all gateways share";
const VIEWER: &str = "{ viewer { user { handle } } }";

fn start(url: &str) -> Gateway {
    let gateway = Gateway::start(&["--database-url", url, "--demo-token-secret", SECRET]);
    gateway.wait_until_ready();
    gateway
}

fn command(url: &str, args: &[&str]) -> String {
    let env = [("DATABASE_URL", url), ("DEMO_TOKEN_SECRET", SECRET)];
    let output = run(args, &env);
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output).trim_end().to_owned()
}

async fn connect(gateway: &Gateway, token: &str) -> Socket {
    let address = gateway.url.strip_prefix("http://").expect("an http URL");
    let stream = TcpStream::connect(address).await.expect("a connection");
    let mut request =
        format!("ws://{address}/graphql").into_client_request().expect("the URL is valid");
    let protocol = HeaderValue::from_static("graphql-transport-ws");
    request.headers_mut().insert("sec-websocket-protocol", protocol);
    let mut socket = Socket(client_async(request, stream).await.expect("a handshake").0);
    let payload = json!({ "authorization": format!("Bearer {token}") });
    socket.send(json!({ "type": "connection_init", "payload": payload })).await;
    assert_eq!(socket.recv().await, json!({ "type": "connection_ack" }));
    socket
}

/// Bans a user, and checks that each gateway refuses their token and ends their socket within a second.
async fn check_ban(url: &str, gateways: usize) {
    let gateways: Vec<_> = (0..gateways).map(|_| start(url)).collect();
    let token = command(url, &["token", "--handle", "worf"]);
    let mut sockets = Vec::new();
    for gateway in &gateways {
        let viewer = gateway.graphql(Some(&token), VIEWER, json!({}));
        assert_eq!(viewer["data"]["viewer"]["user"]["handle"], "worf");
        sockets.push(connect(gateway, &token).await);
    }
    let banned = command(url, &["users", "ban", "--handle", "@worf"]);
    let since = Instant::now();
    assert!(banned.starts_with("@worf is banned"), "{banned}");
    for (gateway, socket) in gateways.iter().zip(&mut sockets) {
        assert_eq!(socket.recv_close().await, (4403, "Forbidden".into()));
        assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());
        let refused = gateway.graphql(Some(&token), VIEWER, json!({}));
        assert_eq!(refused["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{refused}");
        let profile = gateway.graphql(None, "{ user(handle: \"worf\") { handle } }", json!({}));
        assert_eq!(profile, json!({ "data": { "user": Value::Null } }));
    }
    command(url, &["users", "unban", "--handle", "worf"]);
    let viewer = gateways[0].graphql(Some(&token), VIEWER, json!({}));
    assert_eq!(viewer["data"]["viewer"]["user"]["handle"], "worf");
    let erased = command(url, &["users", "erase", "--handle", "worf"]);
    assert!(erased.starts_with("@worf is erased"), "{erased}");
    let gone = gateways[0].graphql(Some(&token), VIEWER, json!({}));
    assert_eq!(gone, json!({ "data": { "viewer": Value::Null } }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_gateway_of_a_postgres_database_notices_a_ban() {
    let database = PostgresDatabase::new("accounts_gateways").await;
    check_ban(&database.url, 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_gateway_of_an_sqlite_file_notices_a_ban() {
    let file = SqliteFile::new();
    check_ban(&file.text(), 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sub_that_changes_in_the_database_ends_the_sockets_of_its_user() {
    let database = PostgresDatabase::new("accounts_locked_out").await;
    let gateway = start(&database.url);
    let token = command(&database.url, &["token", "--handle", "worf"]);
    let mut socket = connect(&gateway, &token).await;
    // The first change may come before the gateway has read the `sub`.
    let change = "UPDATE users SET cognito_user_id = gen_random_uuid()::text WHERE handle = 'worf'";
    let closed = loop {
        database.run(change).await;
        if let Ok(closed) = timeout(Duration::from_secs(1), socket.recv_close()).await {
            break closed;
        }
    };
    assert_eq!(closed, (4403, "Forbidden".into()));
}

#[test]
fn unknown_users_and_stores_without_memory_are_refused() {
    let file = SqliteFile::new();
    for command in ["ban", "unban", "erase"] {
        let args = ["users", command, "--handle", "nemo"];
        let unknown = run(&args, &[("DATABASE_URL", &file.text())]);
        assert_eq!(unknown.status.code(), Some(1), "{command}");
        let text = "cruddur: there is no user with the handle \"nemo\"";
        assert_eq!(stderr(&unknown).lines().last(), Some(text));
        let mock = run(&args, &[("DATABASE_URL", "mock:")]);
        assert_eq!(mock.status.code(), Some(2), "{command}");
    }
}
