//! Reconnecting with a cursor: every store produces the same transcript.

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
    let transcript = transcript_of(sources::open(&SourceUrl::Mock, 1)).await;
    insta::assert_snapshot!("resume", transcript);
    let file = SqliteFile::new();
    assert_eq!(transcript, transcript_of(file.open()).await, "SQLite");
    let database = PostgresDatabase::new("live_resume").await;
    assert_eq!(transcript, transcript_of(database.open()).await, "PostgreSQL");
}

/// Runs the same steps on any store and records the received cruds.
async fn transcript_of(sources: Sources) -> String {
    let app = gateway(sources).await;
    let mut transcript = String::new();
    let mut record = |what: &str, texts: &[String]| {
        let _ = writeln!(transcript, "{what}: {}", texts.join(", "));
    };

    let before = app.post(ANDREW, "before").await;
    let last = {
        let mut live = pin!(app.cruds(None).await);
        app.post(ANDREW, "one").await;
        app.post(BAYKO, "two").await;
        let (texts, last) = texts(&mut live, 2).await;
        record("live from now", &texts);
        last.expect("a log position")
    };

    let three = app.post(WORF, "three").await;
    let deleted = app.post(WORF, "deleted").await;
    let short = app.post_for("1-hour", BAYKO, "short-lived").await;
    let reply = app.service.create_reply(ANDREW, Some(three.uuid), Some("a reply"), None).await;
    reply.expect("the reply is valid");
    app.service.delete_activity(WORF, Some(deleted.uuid)).await.expect("the viewer is the author");
    app.clock.advance(short.expires_at.expect("the crud expires") - short.created_at);
    let four = app.post(WORF, "four").await;

    for (what, after) in [
        ("after the last event", last.encode()),
        ("after the edge of what is expired", short.cursor().encode()),
        ("after the edge of what is deleted", deleted.cursor().encode()),
        ("after the place of what is deleted", position_of(last, deleted.cursor())),
        ("after an edge of home", four.cursor().encode()),
        ("after the beginning of time", Cursor::min().encode()),
    ] {
        let mut live = pin!(app.cruds(Some(&after)).await);
        let mark = app.post(ANDREW, "a mark").await;
        let mut received = Vec::new();
        while received.last().is_none_or(|text| text != "a mark") {
            received.push(next(&mut live).await.1.message.clone());
        }
        record(what, &received);
        app.service
            .delete_activity(ANDREW, Some(mark.uuid))
            .await
            .expect("the viewer is the author");
    }

    // More cruds than one batch, with equal timestamps; then new ones follow without a gap.
    let (away, last) = {
        let mut live = pin!(app.cruds(Some(&four.cursor().encode())).await);
        for n in 0..250 {
            let text = format!("{n}");
            let posted = app.service.create_activity(BAYKO, Some(&text), Some("1-day"), None).await;
            posted.expect("the crud is valid");
        }
        texts(&mut live, 120).await
    };
    let mut live = pin!(app.cruds(Some(&last.expect("a log position").encode())).await);
    let (rest, _) = texts(&mut live, 130).await;
    app.post(ANDREW, "and then").await;
    let (then, last) = texts(&mut live, 1).await;
    assert_eq!([away, rest].concat(), (0..250).map(|n| n.to_string()).collect::<Vec<_>>());
    record("after 250", &then);

    // An event's cursor is valid in the feed, too.
    let page = Pagination { after: last.map(|last| last.at), ..Pagination::first(2) };
    let home = app.service.home(&page).await.expect("a page");
    let home: Vec<_> = home.value.nodes().map(|crud| crud.message.clone()).collect();
    record("below it in home", &home);

    // An empty cursor counts as none.
    let mut live = pin!(app.cruds(Some("")).await);
    app.post(ANDREW, "from now").await;
    assert_eq!(texts(&mut live, 1).await.0, ["from now"]);

    for wrong in ["x", "AAAA", &before.cursor().encode()[1..]] {
        let refused = app.service.activities_created(Some(wrong)).await.err();
        assert!(matches!(refused, Some(Error::BadInput(_))), "{wrong}: {refused:?}");
    }
    transcript
}

/// Returns the cursor of an event for a crud that was committed no later than `last`.
fn position_of(last: LogPosition, at: Cursor) -> String {
    LogPosition { position: last.position, at }.encode()
}
