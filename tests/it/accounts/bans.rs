use std::time::{Duration, Instant};

use cruddur::{
    domain::{Pagination, Viewer},
    error::{Error, UserErrorCode},
    http::Timeouts,
    service::Recipient,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::Stores;
use crate::support::{
    Client, TestApp,
    server::{LONG, TestServer},
    stores::{PostgresDatabase, SqliteFile},
};

const HOME: &str = "{ home(first: 5) { nodes { message author { handle } } } }";
const CREATE: &str = "mutation { createActivity(input: { message: \"ghost\", ttl: THIRTY_DAYS }) \
                      { activity { id } userErrors { code } } }";
const INBOX: &str = "{ viewer { messageGroups { nodes { person { handle } lastMessage { sender { handle } } } } } }";

/// Returns the data of a query. Panics if the response has errors.
async fn data(client: &Client, query: &str) -> Value {
    let answer = client.graphql(query, json!({})).await.json();
    assert_eq!(answer["errors"], Value::Null, "{answer}");
    answer["data"].clone()
}

/// Checks that a user whose row another program deletes can write nothing, and hides nothing of others.
async fn check_deleted_user(app: TestApp, delete: impl AsyncFnOnce()) {
    app.service
        .register_viewer(
            Viewer::Unregistered,
            Some(&cruddur::domain::UnregisteredIdentity {
                subject: "eve's sub".into(),
                email: String::new(),
            }),
            Some("eve"),
            Some("Eve"),
        )
        .await
        .expect("eve registers");
    let eve = app.service.viewer_by_subject("eve's sub").await.expect("the store answers");
    let (eve_client, bayko) = (app.as_user("eve"), app.as_user("bayko"));
    data(&eve_client, CREATE).await;
    let sent = app.service.send_message(eve, Recipient::Handle(Some("bayko")), Some("hi"), None);
    // The notification of a message would keep the row.
    let sent = sent.await.expect("the message is sent");
    assert!(data(&bayko, INBOX).await.to_string().contains("eve"));
    delete().await;

    let service = &app.service;
    let unknown = Error::from(UserErrorCode::ViewerUnknown);
    let created = service.create_activity(eve, Some("ghost"), Some("30-days"), None).await;
    assert_eq!(created, Err(unknown.clone()));
    let home = service.home(&Pagination::first(1)).await.expect("a page").value;
    let crud = home.nodes().next().expect("a crud of the demo").uuid;
    let replied = service.create_reply(eve, Some(crud), Some("ghost"), None).await;
    assert_eq!(replied, Err(unknown.clone()));
    for kind in [cruddur::domain::ReactionKind::Like, cruddur::domain::ReactionKind::Repost] {
        assert_eq!(service.react(eve, kind, Some(crud)).await, Err(unknown.clone()));
        assert_eq!(service.undo_reaction(eve, kind, Some(crud)).await, Err(unknown.clone()));
    }
    let bayko_uuid = service.user_by_handle("bayko").await.expect("answers").expect("bayko").uuid;
    assert_eq!(service.follow(eve, Some(bayko_uuid)).await, Err(unknown.clone()));
    assert_eq!(service.unfollow(eve, Some(bayko_uuid)).await, Err(unknown.clone()));
    assert_eq!(service.update_profile(eve, Some("Ghost"), None).await, Err(unknown.clone()));
    let to = Recipient::Handle(Some("bayko"));
    assert_eq!(service.send_message(eve, to, Some("ghost"), None).await, Err(unknown.clone()));
    let marked = service.mark_notifications_read(eve, Some(sent.uuid)).await;
    assert_eq!(marked, Err(unknown.clone()));
    // The `sub` is looked up again.
    assert_eq!(service.viewer_by_subject("eve's sub").await, Ok(Viewer::Unregistered));

    let home = data(&bayko, HOME).await;
    assert!(!home.to_string().contains("ghost"), "{home}");
    assert!(home["home"]["nodes"].as_array().is_some_and(|nodes| !nodes.is_empty()), "{home}");
    let inbox = data(&bayko, INBOX).await;
    assert!(!inbox.to_string().contains("eve"), "{inbox}");
    let stored = app.sources.messages.conversations_of(bayko_uuid, uuid::Uuid::nil(), 100).await;
    let groups: Vec<_> = stored.expect("a list").iter().map(|it| it.group_uuid).collect();
    let pages = app.sources.messages.messages_by_groups(&groups, &Pagination::first(100)).await;
    let texts =
        pages.expect("pages").iter().flat_map(|page| page.nodes().cloned()).collect::<Vec<_>>();
    assert!(!texts.iter().any(|message| message.message == "ghost"), "{texts:?}");
}

const DELETE: &str = "DELETE FROM notifications WHERE actor_uuid IN \
                      (SELECT uuid FROM users WHERE handle = 'eve'); \
                      DELETE FROM users WHERE handle = 'eve'";

#[tokio::test]
async fn users_deleted_in_postgres_can_write_nothing() {
    let database = PostgresDatabase::new("accounts_deleted").await;
    let app = TestApp::with_demo(database.open()).await;
    check_deleted_user(app, async || database.run(DELETE).await).await;
}

#[tokio::test]
async fn users_deleted_in_sqlite_can_write_nothing() {
    let file = SqliteFile::new();
    let app = TestApp::with_demo(file.open()).await;
    let delete = async || {
        let mut connection = file.connect().await;
        sqlx::raw_sql(DELETE).execute(&mut connection).await.expect("the statements succeed");
    };
    check_deleted_user(app, delete).await;
}

#[tokio::test]
async fn banned_users_can_write_nothing_and_are_refused() {
    for (store, sources) in Stores::new("accounts_banned").await.all {
        let app = TestApp::with_demo(sources).await;
        let service = &app.service;
        let worf = service.viewer_by_handle("worf").await.expect("the store answers");
        let crud = service.create_activity(worf, Some("today"), Some("1-day"), None).await;
        let crud = crud.expect("the crud is valid").uuid;
        let account = service.ban("@worf").await.expect("worf exists");
        let refused = service.viewer_by_handle("worf").await;
        assert_eq!(refused, Err(Error::Unauthenticated), "{store}");
        let created = service.create_activity(worf, Some("ghost"), Some("1-day"), None).await;
        assert_eq!(created, Err(UserErrorCode::ViewerUnknown.into()), "{store}");
        // Before the posts are hidden, lists leave them out.
        let bayko = app.as_user("bayko");
        let home = data(&bayko, HOME).await;
        assert!(!home.to_string().contains("worf"), "{store}: {home}");
        let liked = service
            .react(
                service.viewer_by_handle("bayko").await.expect("the store answers"),
                cruddur::domain::ReactionKind::Like,
                Some(crud),
            )
            .await;
        assert_eq!(liked, Err(UserErrorCode::ActivityNotFound.into()), "{store}");

        service.hide_posts(account.uuid).await.expect("the posts are hidden");
        assert_eq!(service.activity_by_uuid(crud).await, Ok(None), "{store}");
        assert_eq!(service.user_by_handle("worf").await, Ok(None), "{store}");
        service.unban("worf").await.expect("worf exists");
        service.show_posts(account.uuid).await.expect("the posts are shown");
        let shown = service.activity_by_uuid(crud).await.expect("the store answers");
        assert_eq!(shown.map(|it| it.message).as_deref(), Some("today"), "{store}");
        assert_eq!(service.viewer_by_handle("worf").await, Ok(worf), "{store}");
    }
}

#[tokio::test]
async fn sockets_and_streams_of_banned_users_end() {
    let app = TestApp::new().await;
    let client = app.as_user("worf");
    let server = TestServer::start(client.0.clone(), Timeouts::default()).await;
    let mut socket = server.connect().await;
    let live = "subscription { activityCreated { cursor } }";
    socket.subscribe("live", live, json!({})).await;
    let mut stream = TcpStream::connect(server.address).await.expect("a connection");
    let body = json!({ "query": live }).to_string();
    let request = format!(
        "POST /graphql HTTP/1.1\r\nHost: {}\r\nAccept: text/event-stream\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        server.address,
        body.len()
    );
    stream.write_all(request.as_bytes()).await.expect("the request is sent");
    let mut text = String::new();
    while !text.contains(":\n\n") {
        let mut bytes = [0; 1024];
        let read = stream.read(&mut bytes).await.expect("the stream begins");
        text.push_str(std::str::from_utf8(&bytes[..read]).expect("UTF-8"));
    }
    let bayko = TestServer::start(app.as_user("bayko").0, Timeouts::default()).await;
    let mut other = bayko.connect().await;
    let banned = Instant::now();
    app.service.ban("worf").await.expect("worf exists");
    assert_eq!(socket.recv_close().await, (4403, "Forbidden".into()));
    let rest = stream.read_to_string(&mut text);
    timeout(LONG, rest).await.expect("the stream ends in time").expect("the stream ends");
    assert!(banned.elapsed() < Duration::from_secs(1), "{:?}", banned.elapsed());
    assert!(text.contains("UNAUTHENTICATED") && text.contains("event: complete"), "{text}");
    // Others keep theirs.
    other.send(json!({ "type": "ping" })).await;
    assert_eq!(other.recv().await, json!({ "type": "pong" }));
}

#[tokio::test]
async fn sockets_of_signed_in_viewers_have_to_reconnect() {
    let app = TestApp::new().await;
    let lifetime = Duration::from_millis(200);
    let timeouts = Timeouts { lifetime, ..Timeouts::default() };
    let server = TestServer::start(app.as_user("worf").0, timeouts).await;
    let mut socket = server.connect().await;
    let close = (1012, "Reconnect to authenticate again".to_owned());
    assert_eq!(socket.recv_close().await, close);
    let unregistered = TestServer::start(app.as_user("nobody").0, timeouts).await;
    let mut socket = unregistered.connect().await;
    assert_eq!(socket.recv_close().await, close, "an unregistered viewer may have registered");
}
