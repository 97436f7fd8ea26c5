//! Concurrent operations over one WebSocket: ids, their maximum number, and clients that read too slowly.

use std::{sync::Arc, time::Duration};

use cruddur::{http::Timeouts, sources::mock::Mock};
use serde_json::json;
use tokio::time::sleep;
use tokio_tungstenite::tungstenite::Message;

use crate::{
    support::TestApp,
    support::recording_store::RecordingStore,
    support::server::{LONG, Socket, TestServer},
};

const SHORT: Duration = Duration::from_millis(50);

/// An operation that never completes, because the store hangs.
const HELD: &str = "{ home { nodes { id } } }";

/// Starts a gateway whose store hangs on the home feed.
async fn hanging() -> TestServer {
    let (recorder, sources) = RecordingStore::wrap(Arc::new(Mock::default()).into());
    let app = TestApp::with_demo(sources).await;
    recorder.hold_method("home");
    TestServer::start(app.anon().0, Timeouts::default()).await
}

#[tokio::test]
async fn a_duplicate_operation_id_closes_with_4409_and_completed_ids_are_free() {
    let server = hanging().await;
    let mut socket = server.connect().await;
    for _ in 0..3 {
        socket.subscribe("1", HELD, json!({})).await;
        socket.send(json!({ "type": "complete", "id": "1" })).await;
    }
    // No operation has this id.
    socket.send(json!({ "type": "complete", "id": "2" })).await;
    socket.subscribe("1", HELD, json!({})).await;
    socket.subscribe("2", "{ __typename }", json!({})).await;
    assert_eq!(socket.recv().await["id"], "2");
    assert_eq!(socket.recv().await["type"], "complete");
    socket.subscribe("1", HELD, json!({})).await;
    let close = (4409, "Subscriber for 1 already exists".to_owned());
    assert_eq!(socket.recv_close().await, close);
}

#[tokio::test]
async fn a_socket_has_at_most_50_concurrent_operations() {
    let server = hanging().await;
    let mut socket = server.connect().await;
    for n in 0..51 {
        socket.subscribe(&format!("{n}"), HELD, json!({})).await;
    }
    let refused = socket.recv().await;
    assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!("50")));
    assert_eq!(refused["payload"][0]["extensions"]["code"], "TOO_MANY_REQUESTS");
    socket.send(json!({ "type": "complete", "id": "0" })).await;
    socket.subscribe("51", "{ __typename }", json!({})).await;
    assert_eq!(socket.recv().await["type"], "next");
}

/// Reads a message every 200 ms until the gateway closes the socket. Returns the code and reason.
async fn read_slowly(socket: &mut Socket) -> (u16, String) {
    loop {
        sleep(SHORT * 4).await;
        match socket.recv_raw().await {
            Message::Close(Some(frame)) => return (frame.code.into(), frame.reason.to_string()),
            Message::Text(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_client_that_reads_too_slowly_is_closed_with_4413() {
    let timeouts = Timeouts { write: SHORT, close: LONG, ..Timeouts::default() };
    let app = TestApp::new().await;
    let server = TestServer::start(app.as_user("worf").0, timeouts).await;
    let mut socket = server.connect().await;
    let create = "mutation($input: CreateActivityInput!) { createActivity(input: $input) \
        { userErrors { code } } }";
    for n in 0..100 {
        let message = format!("{n} {}", "x".repeat(270));
        let input = json!({ "message": message, "ttl": "ONE_DAY" });
        socket.subscribe("create", create, json!({ "input": input })).await;
        assert_eq!(
            socket.recv().await["payload"]["data"]["createActivity"]["userErrors"],
            json!([])
        );
        assert_eq!(socket.recv().await["type"], "complete");
    }
    let fields = (0..30).map(|n| format!("a{n}: home(first: 100) {{ nodes {{ id message }} }} "));
    let large = format!("{{ {}}}", fields.collect::<String>());
    for n in 0..20 {
        socket.subscribe(&format!("{n}"), &large, json!({})).await;
    }
    assert_eq!(read_slowly(&mut socket).await, (4413, "Too slow".to_owned()));
}
