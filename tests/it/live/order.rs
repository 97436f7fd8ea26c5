use std::pin::pin;

use cruddur::{
    domain::{HasCursor, LogPosition},
    sources::ChangeBatch,
};
use futures_util::FutureExt;
use sqlx::{Connection, PgConnection};

use crate::{
    live::fixture::{ANDREW, BAYKO, WORF, begin, end, gateway, next, texts},
    support::stores::PostgresDatabase,
};

#[tokio::test]
async fn changes_are_delivered_in_commit_order() {
    let database = PostgresDatabase::new("live_late").await;
    let world = gateway(database.open()).await;
    let (mut first, mut second) = (database.connect().await, database.connect().await);
    let begun = world.post(ANDREW, "before").await;
    let mut live = pin!(world.cruds(None).await);

    begin(&mut first, "late").await;
    world.post(ANDREW, "in time").await;
    begin(&mut second, "taken back").await;
    world.post(BAYKO, "in time, too").await;
    // What can be read now, and is not given away: something may come before it.
    let before = world.sources.store.snapshot().await.expect("a moment").end();
    let now = cruddur::service::Clock::now(&*world.clock);
    let arrivals = world.sources.store.activities_after(&before, now).await;
    assert_eq!(arrivals, Ok(ChangeBatch { items: vec![], has_pending: true }));
    assert!(next(&mut live).now_or_never().is_none());

    end(&mut first, "COMMIT").await;
    let (heard, last) = texts(&mut live, 2).await;
    assert_eq!(heard, ["late", "in time"]);
    assert!(next(&mut live).now_or_never().is_none());
    end(&mut second, "ROLLBACK").await;
    world.post(WORF, "after").await;
    let (heard, _) = texts(&mut live, 2).await;
    assert_eq!(heard, ["in time, too", "after"]);

    // Those who come back hear the same.
    for (after, heard) in [
        (begun.cursor().encode(), &["late", "in time", "in time, too", "after"][..]),
        (last.expect("a place").encode(), &["in time, too", "after"][..]),
    ] {
        let mut live = pin!(world.cruds(Some(&after)).await);
        assert_eq!(texts(&mut live, heard.len()).await.0, heard);
        let mark = world.post(ANDREW, "a mark").await;
        assert_eq!(texts(&mut live, 1).await.0, ["a mark"]);
        world.service.delete_activity(ANDREW, Some(mark.uuid)).await.expect("it is his");
    }
}

#[tokio::test]
async fn earlier_changes_are_not_delivered_despite_a_long_transaction() {
    let database = PostgresDatabase::new("live_now").await;
    let world = gateway(database.open()).await;
    let mut other = database.connect().await;
    begin(&mut other, "in time").await;
    world.post(ANDREW, "before").await;
    let mut live = pin!(world.cruds(None).await);
    world.post(BAYKO, "after").await;
    end(&mut other, "COMMIT").await;
    assert_eq!(texts(&mut live, 2).await.0, ["in time", "after"]);
}

#[tokio::test]
async fn changes_without_events_arrive_by_polling() {
    let database = PostgresDatabase::new("live_untold").await;
    let world = gateway(database.open()).await;
    let mut live = pin!(world.cruds(None).await);
    let mut other = database.connect().await;
    begin(&mut other, "of the original backend").await;
    end(&mut other, "COMMIT").await;
    assert_eq!(texts(&mut live, 1).await.0, ["of the original backend"]);
}

/// A dump of an old cluster brings positions that a new cluster is far from.
#[tokio::test]
async fn subscriptions_resume_on_a_restored_database() {
    let database = PostgresDatabase::new("live_restored").await;
    let world = gateway(database.open()).await;
    let first = world.post(ANDREW, "one").await;
    world.post(ANDREW, "two").await;
    let (_, place) = texts(world.cruds(Some(&first.cursor().encode())).await, 1).await;
    world.post(ANDREW, "three").await;
    let place = place.expect("a place");
    let ahead = 1 << 40;
    let mut connection = PgConnection::connect(&database.url).await.expect("the database answers");
    let move_on = sqlx::query("UPDATE activities SET position = position + $1").bind(ahead);
    move_on.execute(&mut connection).await.expect("they are moved");
    world.sources.store.migrate().await.expect("it is brought up again");

    let theirs = LogPosition { position: place.position + ahead, ..place };
    for after in [theirs, place] {
        let mut live = pin!(world.cruds(Some(&after.encode())).await);
        let mark = world.post(BAYKO, "a mark").await;
        assert_eq!(texts(&mut live, 2).await.0, ["three", "a mark"]);
        world.service.delete_activity(BAYKO, Some(mark.uuid)).await.expect("it is his");
    }
}
