use std::{fmt::Write, pin::pin};

use cruddur::{
    domain::{Cursor, HasCursor, LogPosition, Pagination},
    error::Error,
    sources::{self, SourceUrl, Sources},
};

use crate::{
    live::fixture::{ANDREW, BAYKO, WORF, gateway, next, texts},
    support::stores::{PostgresDatabase, SqliteFile},
};

#[tokio::test]
async fn every_store_resumes_with_the_same_events() {
    let told = tell(sources::open(&SourceUrl::Mock, 1)).await;
    insta::assert_snapshot!("resume", told);
    let file = SqliteFile::new();
    assert_eq!(told, tell(file.open()).await, "SQLite");
    let database = PostgresDatabase::new("live_resume").await;
    assert_eq!(told, tell(database.open()).await, "PostgreSQL");
}

async fn tell(sources: Sources) -> String {
    let world = gateway(sources).await;
    let mut told = String::new();
    let mut say = |what: &str, texts: &[String]| {
        let _ = writeln!(told, "{what}: {}", texts.join(", "));
    };

    let before = world.post(ANDREW, "before").await;
    let last = {
        let mut live = pin!(world.cruds(None).await);
        world.post(ANDREW, "one").await;
        world.post(BAYKO, "two").await;
        let (texts, last) = texts(&mut live, 2).await;
        say("live from now", &texts);
        last.expect("a place")
    };

    let three = world.post(WORF, "three").await;
    let deleted = world.post(WORF, "deleted").await;
    let short = world.post_for("1-hour", BAYKO, "short-lived").await;
    let reply = world.service.create_reply(ANDREW, Some(three.uuid), Some("a reply"), None).await;
    reply.expect("it is posted");
    world.service.delete_activity(WORF, Some(deleted.uuid)).await.expect("it is his");
    world.clock.advance(short.expires_at.expect("an end") - short.created_at);
    let four = world.post(WORF, "four").await;

    for (what, after) in [
        ("after the last event", last.encode()),
        ("after the edge of what is expired", short.cursor().encode()),
        ("after the edge of what is deleted", deleted.cursor().encode()),
        ("after the place of what is deleted", place_of(last, deleted.cursor())),
        ("after an edge of home", four.cursor().encode()),
        ("after the beginning of time", Cursor::min().encode()),
    ] {
        let mut live = pin!(world.cruds(Some(&after)).await);
        let mark = world.post(ANDREW, "a mark").await;
        let mut heard = Vec::new();
        while heard.last().is_none_or(|text| text != "a mark") {
            heard.push(next(&mut live).await.1.message.clone());
        }
        say(what, &heard);
        world.service.delete_activity(ANDREW, Some(mark.uuid)).await.expect("it is his");
    }

    // More than is read at a time, many of one instant; then live again without a seam.
    let (away, last) = {
        let mut live = pin!(world.cruds(Some(&four.cursor().encode())).await);
        for n in 0..250 {
            let text = format!("{n}");
            let posted =
                world.service.create_activity(BAYKO, Some(&text), Some("1-day"), None).await;
            posted.expect("it is posted");
        }
        texts(&mut live, 120).await
    };
    let mut live = pin!(world.cruds(Some(&last.expect("a place").encode())).await);
    let (rest, _) = texts(&mut live, 130).await;
    world.post(ANDREW, "and then").await;
    let (then, last) = texts(&mut live, 1).await;
    assert_eq!([away, rest].concat(), (0..250).map(|n| n.to_string()).collect::<Vec<_>>());
    say("after 250", &then);

    // The cursor of an event is one of the feed, too.
    let page = Pagination { after: last.map(|last| last.at), ..Pagination::first(2) };
    let home = world.service.home(&page).await.expect("a page");
    let home: Vec<_> = home.value.nodes().map(|crud| crud.message.clone()).collect();
    say("below it in home", &home);

    for wrong in ["", "x", "AAAA", &before.cursor().encode()[1..]] {
        let refused = world.service.activities_created(Some(wrong)).await.err();
        assert!(matches!(refused, Some(Error::BadInput(_))), "{wrong}: {refused:?}");
    }
    told
}

/// A place as an event told it: no later than `last`, whatever is there now.
fn place_of(last: LogPosition, at: Cursor) -> String {
    LogPosition { position: last.position, at }.encode()
}
