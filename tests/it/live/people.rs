//! Subscriptions to notifications, messages and updates of activities.

use std::{fmt::Write, pin::pin};

use cruddur::{
    domain::{HasCursor, Notification, ReactionKind, Viewer},
    error::{Error, UserErrorCode},
    service::{Change, Recipient},
    sources::{self, SourceUrl, Sources},
};
use futures_util::{Stream, StreamExt};

use crate::{
    live::fixture::{ANDREW, BAYKO, WORF, gateway, next},
    support::{
        dynamodb::with_table,
        fixtures::id,
        stores::{PostgresDatabase, SqliteFile},
    },
};

#[tokio::test]
async fn every_store_delivers_the_same_events_to_users() {
    let in_memory = || sources::open(&SourceUrl::Mock, 1);
    let transcript = transcript_of(in_memory()).await;
    insta::assert_snapshot!("people", transcript);
    let file = SqliteFile::new();
    assert_eq!(transcript, transcript_of(file.open()).await, "SQLite");
    let database = PostgresDatabase::new("live_people").await;
    assert_eq!(transcript, transcript_of(database.open()).await, "PostgreSQL");
    let separate = with_table(in_memory(), "live").await;
    assert_eq!(transcript, transcript_of(separate).await, "DynamoDB");
}

/// Describes the next notifications. Returns also the cursor of the last one.
async fn notified(
    stream: impl Stream<Item = Change<Notification>>,
    count: usize,
) -> (String, String) {
    let mut stream = pin!(stream);
    let (mut lines, mut cursor) = (Vec::new(), String::new());
    for _ in 0..count {
        let (position, it) = next(&mut stream).await;
        assert_eq!(position.at, it.cursor());
        lines.push(format!("{:?} by {}", it.kind, it.actor_uuid.as_u128()));
        cursor = position.encode();
    }
    (lines.join(", "), cursor)
}

/// Runs the same steps on any store and records the received events.
async fn transcript_of(sources: Sources) -> String {
    let app = gateway(sources).await;
    let service = &app.service;
    let mut transcript = String::new();
    let mut record = |what: &str, received: &str| {
        let _ = writeln!(transcript, "{what}: {received}");
    };
    let notifications = async |viewer, after: Option<&str>| {
        service.notifications_received(viewer, after).await.expect("a user")
    };
    let messages = async |viewer, after: Option<&str>| {
        service.messages_received(viewer, after).await.expect("a user")
    };
    let send = async |from, to: &str, text: &str| {
        app.clock.advance(chrono::TimeDelta::seconds(1));
        let sent = service.send_message(from, Recipient::Handle(Some(to)), Some(text), None).await;
        sent.expect("the message is valid")
    };

    let crud = app.post(ANDREW, "Hello!").await;
    let like = service.react(WORF, ReactionKind::Like, Some(crud.uuid)).await;
    like.expect("the crud exists");
    let mut live = pin!(notifications(ANDREW, None).await);
    let reply = service.create_reply(BAYKO, Some(crud.uuid), Some("Hello @worf"), None).await;
    reply.expect("the crud exists");
    service.follow(WORF, Some(id(2))).await.expect("the users exist");
    service.react(BAYKO, ReactionKind::Repost, Some(crud.uuid)).await.expect("the crud exists");
    send(WORF, "andrewbrown", "Qapla'").await;
    let (received, cursor) = notified(&mut live, 3).await;
    record("Andrew, live", &received);
    let (received, mentioned) = {
        let page = cruddur::domain::Pagination::first(10);
        let list = service.notifications(WORF, false, &page).await.expect("a user");
        let mention = list.value.items.last().expect("a mention").0;
        app.post(BAYKO, "Do you hear, @worf?").await;
        let mut live = pin!(notifications(WORF, Some(&mention.encode())).await);
        notified(&mut live, 1).await
    };
    record("Worf, after an edge of the list", &received);
    service
        .undo_reaction(BAYKO, ReactionKind::Repost, Some(crud.uuid))
        .await
        .expect("the crud exists");
    service.follow(WORF, Some(id(1))).await.expect("the users exist");
    let mut live = pin!(notifications(ANDREW, Some(&cursor)).await);
    let (received, _) = notified(&mut live, 1).await;
    record("Andrew, after the last event", &received);
    let mut live = pin!(notifications(WORF, Some(&mentioned)).await);
    send(BAYKO, "worf", "Do you?").await;
    let (received, _) = notified(&mut live, 1).await;
    record("Worf, after an event", &received);

    let mut live = pin!(messages(ANDREW, None).await);
    let first = send(BAYKO, "andrewbrown", "one").await;
    service.react(WORF, ReactionKind::Repost, Some(crud.uuid)).await.expect("the crud exists");
    send(ANDREW, "worf", "not to himself").await;
    send(WORF, "andrewbrown", "two").await;
    let (_, one) = next(&mut live).await;
    let (position, two) = next(&mut live).await;
    assert_eq!(*one, first);
    record("messages to Andrew", &format!("{}, {}", one.message, two.message));
    send(BAYKO, "andrewbrown", "three").await;
    send(BAYKO, "worf", "not to Andrew").await;
    for (what, after, count) in [
        ("after the first message's edge", one.cursor().encode(), 2),
        ("after the second message's event", position.encode(), 1),
    ] {
        let live = messages(ANDREW, Some(&after)).await;
        let texts = live.take(count).map(|(_, it)| it.message.clone()).collect::<Vec<_>>();
        record(what, &texts.await.join(", "));
    }

    for viewer in [Viewer::Anonymous, Viewer::Unregistered] {
        let refused = service.notifications_received(viewer, None).await.err();
        assert_eq!(refused, Some(Error::Unauthenticated));
        let refused = service.messages_received(viewer, None).await.err();
        assert_eq!(refused, Some(Error::Unauthenticated));
    }
    let refused = service.notifications_received(ANDREW, Some("x")).await.err();
    assert!(matches!(refused, Some(Error::BadInput(_))), "{refused:?}");
    transcript
}

#[tokio::test]
async fn activity_updates_arrive_until_the_activity_is_deleted() {
    let file = SqliteFile::new();
    let database = PostgresDatabase::new("live_updates").await;
    for sources in [sources::open(&SourceUrl::Mock, 1), file.open(), database.open()] {
        let app = gateway(sources).await;
        let service = &app.service;
        let crud = app.post(ANDREW, "Hello!").await;
        let updates =
            async || service.activity_updates(Some(crud.uuid)).await.expect("the crud exists");
        let mut updates = [Box::pin(updates().await), Box::pin(updates().await)];
        // Changes are kept until the subscriber polls.
        let like = service.react(WORF, ReactionKind::Like, Some(crud.uuid)).await;
        let repost = service.react(BAYKO, ReactionKind::Repost, Some(crud.uuid)).await;
        let (like, repost) = (like.expect("the crud exists"), repost.expect("the crud exists"));
        for updates in &mut updates {
            let mut change = next(&mut *updates).await;
            if *change == like {
                change = next(&mut *updates).await;
            }
            assert_eq!(*change, repost);
        }
        let reply = service.create_reply(WORF, Some(crud.uuid), Some("Hello?"), None).await;
        let reply = reply.expect("the crud exists");
        for updates in &mut updates {
            assert_eq!(next(&mut *updates).await.replies_count, 1);
        }
        service
            .undo_reaction(WORF, ReactionKind::Like, Some(crud.uuid))
            .await
            .expect("the crud exists");
        for updates in &mut updates {
            assert_eq!(next(&mut *updates).await.likes_count, 0);
        }
        let replies = service.activity_updates(Some(reply.uuid)).await.expect("the crud exists");
        service.delete_activity(ANDREW, Some(crud.uuid)).await.expect("the viewer is the author");
        for updates in updates {
            assert_eq!(updates.count().await, 0);
        }
        // The reply is deleted with its thread.
        assert_eq!(replies.count().await, 0);
        for unknown in [None, Some(id(9)), Some(crud.uuid)] {
            let refused = service.activity_updates(unknown).await.err();
            assert_eq!(refused, Some(UserErrorCode::ActivityNotFound.into()));
        }
    }
}
