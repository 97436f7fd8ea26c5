//! Operations over one WebSocket: how many there may be, and what becomes of those that nobody reads.

use std::{sync::Arc, time::Duration};

use cruddur::{http::Timeouts, sources::mock::Mock};
use serde_json::json;
use tokio::time::sleep;
use tokio_tungstenite::tungstenite::Message;

use crate::{
    support::TestApp,
    support::recording_store::RecordingStore,
    support::server::{LONG, Running, Socket},
};

const SHORT: Duration = Duration::from_millis(50);

/// An operation that does not end here.
const HELD: &str = "{ home { nodes { id } } }";

/// A gateway whose store never answers for the home feed.
async fn holding() -> Running {
    let (source, sources) = RecordingStore::wrap(Arc::new(Mock::default()).into());
    let app = TestApp::with_demo(sources).await;
    source.hold_method("home");
    Running::start(app.anon().0, Timeouts::default()).await
}

#[tokio::test]
async fn an_id_in_use_is_closed_with_4409_and_is_free_once_completed() {
    let running = holding().await;
    let mut socket = running.connect().await;
    for _ in 0..3 {
        socket.subscribe("1", HELD, json!({})).await;
        socket.say(json!({ "type": "complete", "id": "1" })).await;
    }
    // Nobody has it.
    socket.say(json!({ "type": "complete", "id": "2" })).await;
    socket.subscribe("1", HELD, json!({})).await;
    socket.subscribe("2", "{ __typename }", json!({})).await;
    assert_eq!(socket.hear().await["id"], "2");
    assert_eq!(socket.hear().await["type"], "complete");
    socket.subscribe("1", HELD, json!({})).await;
    let close = (4409, "Subscriber for 1 already exists".to_owned());
    assert_eq!(socket.close().await, close);
}

#[tokio::test]
async fn a_socket_has_at_most_fifty_operations_at_a_time() {
    let running = holding().await;
    let mut socket = running.connect().await;
    for n in 0..51 {
        socket.subscribe(&format!("{n}"), HELD, json!({})).await;
    }
    let refused = socket.hear().await;
    assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!("50")));
    assert_eq!(refused["payload"][0]["extensions"]["code"], "TOO_MANY_REQUESTS");
    socket.say(json!({ "type": "complete", "id": "0" })).await;
    socket.subscribe("51", "{ __typename }", json!({})).await;
    assert_eq!(socket.hear().await["type"], "next");
}

/// Reads in spurts until the gateway has had enough: the close.
async fn read_slowly(socket: &mut Socket) -> (u16, String) {
    loop {
        sleep(SHORT * 4).await;
        match socket.next().await {
            Message::Close(Some(frame)) => return (frame.code.into(), frame.reason.to_string()),
            Message::Text(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_its_answers_is_closed_with_4413() {
    let timeouts = Timeouts { write: SHORT, close: LONG, ..Timeouts::default() };
    let app = TestApp::new().await;
    let running = Running::start(app.as_user("worf").0, timeouts).await;
    let mut socket = running.connect().await;
    let create = "mutation($input: CreateActivityInput!) { createActivity(input: $input) \
        { userErrors { code } } }";
    for n in 0..100 {
        let message = format!("{n} {}", "x".repeat(270));
        let input = json!({ "message": message, "ttl": "ONE_DAY" });
        socket.subscribe("create", create, json!({ "input": input })).await;
        assert_eq!(
            socket.hear().await["payload"]["data"]["createActivity"]["userErrors"],
            json!([])
        );
        assert_eq!(socket.hear().await["type"], "complete");
    }
    let fields = (0..30).map(|n| format!("a{n}: home(first: 100) {{ nodes {{ id message }} }} "));
    let large = format!("{{ {}}}", fields.collect::<String>());
    for n in 0..20 {
        socket.subscribe(&format!("{n}"), &large, json!({})).await;
    }
    assert_eq!(read_slowly(&mut socket).await, (4413, "Too slow".to_owned()));
}
