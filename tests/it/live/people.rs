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
    let told = tell(in_memory()).await;
    insta::assert_snapshot!("people", told);
    let file = SqliteFile::new();
    assert_eq!(told, tell(file.open()).await, "SQLite");
    let database = PostgresDatabase::new("live_people").await;
    assert_eq!(told, tell(database.open()).await, "PostgreSQL");
    let apart = with_table(in_memory(), "live").await;
    assert_eq!(told, tell(apart).await, "DynamoDB");
}

/// What so many notifications tell, and the cursor of the last.
async fn notified(
    stream: impl Stream<Item = Change<Notification>>,
    count: usize,
) -> (String, String) {
    let mut stream = pin!(stream);
    let (mut told, mut cursor) = (Vec::new(), String::new());
    for _ in 0..count {
        let (place, it) = next(&mut stream).await;
        assert_eq!(place.at, it.cursor());
        told.push(format!("{:?} by {}", it.kind, it.actor_uuid.as_u128()));
        cursor = place.encode();
    }
    (told.join(", "), cursor)
}

async fn tell(sources: Sources) -> String {
    let world = gateway(sources).await;
    let service = &world.service;
    let mut told = String::new();
    let mut say = |what: &str, heard: &str| {
        let _ = writeln!(told, "{what}: {heard}");
    };
    let followed = async |viewer, after: Option<&str>| {
        service.notifications_received(viewer, after).await.expect("a user")
    };
    let written = async |viewer, after: Option<&str>| {
        service.messages_received(viewer, after).await.expect("a user")
    };
    let send = async |from, to: &str, text: &str| {
        world.clock.advance(chrono::TimeDelta::seconds(1));
        let sent = service.send_message(from, Recipient::Handle(Some(to)), Some(text), None).await;
        sent.expect("it is sent")
    };

    let crud = world.post(ANDREW, "Hello!").await;
    let like = service.react(WORF, ReactionKind::Like, Some(crud.uuid)).await;
    like.expect("the crud is there");
    let mut live = pin!(followed(ANDREW, None).await);
    let reply = service.create_reply(BAYKO, Some(crud.uuid), Some("Hello @worf"), None).await;
    reply.expect("the crud is there");
    service.follow(WORF, Some(id(2))).await.expect("they are there");
    service.react(BAYKO, ReactionKind::Repost, Some(crud.uuid)).await.expect("the crud is there");
    send(WORF, "andrewbrown", "Qapla'").await;
    let (heard, cursor) = notified(&mut live, 3).await;
    say("Andrew, live", &heard);
    let (heard, mentioned) = {
        let page = cruddur::domain::Pagination::first(10);
        let list = service.notifications(WORF, false, &page).await.expect("a user");
        let mention = list.value.items.last().expect("a mention").0;
        world.post(BAYKO, "Do you hear, @worf?").await;
        let mut live = pin!(followed(WORF, Some(&mention.encode())).await);
        notified(&mut live, 1).await
    };
    say("Worf, after an edge of the list", &heard);
    service.undo_reaction(BAYKO, ReactionKind::Repost, Some(crud.uuid)).await.expect("it is there");
    service.follow(WORF, Some(id(1))).await.expect("they are there");
    let mut live = pin!(followed(ANDREW, Some(&cursor)).await);
    let (heard, _) = notified(&mut live, 1).await;
    say("Andrew, after the last event", &heard);
    let mut live = pin!(followed(WORF, Some(&mentioned)).await);
    send(BAYKO, "worf", "Do you?").await;
    let (heard, _) = notified(&mut live, 1).await;
    say("Worf, after an event", &heard);

    let mut live = pin!(written(ANDREW, None).await);
    let first = send(BAYKO, "andrewbrown", "one").await;
    service.react(WORF, ReactionKind::Repost, Some(crud.uuid)).await.expect("the crud is there");
    send(ANDREW, "worf", "not to himself").await;
    send(WORF, "andrewbrown", "two").await;
    let (_, one) = next(&mut live).await;
    let (place, two) = next(&mut live).await;
    assert_eq!(*one, first);
    say("messages to Andrew", &format!("{}, {}", one.message, two.message));
    send(BAYKO, "andrewbrown", "three").await;
    send(BAYKO, "worf", "not to Andrew").await;
    for (what, after, count) in [
        ("after the first message's edge", one.cursor().encode(), 2),
        ("after the second message's event", place.encode(), 1),
    ] {
        let live = written(ANDREW, Some(&after)).await;
        let texts = live.take(count).map(|(_, it)| it.message.clone()).collect::<Vec<_>>();
        say(what, &texts.await.join(", "));
    }

    for nobody in [Viewer::Anonymous, Viewer::Unregistered] {
        let refused = service.notifications_received(nobody, None).await.err();
        assert_eq!(refused, Some(Error::Unauthenticated));
        let refused = service.messages_received(nobody, None).await.err();
        assert_eq!(refused, Some(Error::Unauthenticated));
    }
    let refused = service.notifications_received(ANDREW, Some("x")).await.err();
    assert!(matches!(refused, Some(Error::BadInput(_))), "{refused:?}");
    told
}

#[tokio::test]
async fn activity_updates_arrive_until_the_activity_is_deleted() {
    let file = SqliteFile::new();
    let database = PostgresDatabase::new("live_updates").await;
    for sources in [sources::open(&SourceUrl::Mock, 1), file.open(), database.open()] {
        let world = gateway(sources).await;
        let service = &world.service;
        let crud = world.post(ANDREW, "Hello!").await;
        let updates =
            async || service.activity_updates(Some(crud.uuid)).await.expect("it is there");
        let mut updates = [Box::pin(updates().await), Box::pin(updates().await)];
        // Nothing of it is lost while nobody looks.
        let like = service.react(WORF, ReactionKind::Like, Some(crud.uuid)).await;
        let repost = service.react(BAYKO, ReactionKind::Repost, Some(crud.uuid)).await;
        let (like, repost) = (like.expect("it is there"), repost.expect("it is there"));
        for updates in &mut updates {
            let mut change = next(&mut *updates).await;
            if *change == like {
                change = next(&mut *updates).await;
            }
            assert_eq!(*change, repost);
        }
        let reply = service.create_reply(WORF, Some(crud.uuid), Some("Hello?"), None).await;
        let reply = reply.expect("it is there");
        for updates in &mut updates {
            assert_eq!(next(&mut *updates).await.replies_count, 1);
        }
        service
            .undo_reaction(WORF, ReactionKind::Like, Some(crud.uuid))
            .await
            .expect("it is there");
        for updates in &mut updates {
            assert_eq!(next(&mut *updates).await.likes_count, 0);
        }
        let replies = service.activity_updates(Some(reply.uuid)).await.expect("it is there");
        service.delete_activity(ANDREW, Some(crud.uuid)).await.expect("it is his");
        for updates in updates {
            assert_eq!(updates.count().await, 0);
        }
        // Deleted with its thread.
        assert_eq!(replies.count().await, 0);
        for unknown in [None, Some(id(9)), Some(crud.uuid)] {
            let refused = service.activity_updates(unknown).await.err();
            assert_eq!(refused, Some(UserErrorCode::ActivityNotFound.into()));
        }
    }
}
