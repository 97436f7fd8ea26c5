//! Transactions that commit in another order than they began in, and a restored database.

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
    let app = gateway(database.open()).await;
    let (mut first, mut second) = (database.connect().await, database.connect().await);
    let begun = app.post(ANDREW, "before").await;
    let mut live = pin!(app.cruds(None).await);

    begin(&mut first, "late").await;
    app.post(ANDREW, "in time").await;
    begin(&mut second, "taken back").await;
    app.post(BAYKO, "in time, too").await;
    // The store holds these cruds back, because an open transaction may still commit before them.
    let before = app.sources.store.snapshot().await.expect("a snapshot").end();
    let now = cruddur::service::Clock::now(&*app.clock);
    let changes = app.sources.store.activities_after(&before, now).await;
    assert_eq!(changes, Ok(ChangeBatch { items: vec![], has_pending: true }));
    assert!(next(&mut live).now_or_never().is_none());

    end(&mut first, "COMMIT").await;
    let (received, last) = texts(&mut live, 2).await;
    assert_eq!(received, ["late", "in time"]);
    assert!(next(&mut live).now_or_never().is_none());
    end(&mut second, "ROLLBACK").await;
    app.post(WORF, "after").await;
    let (received, _) = texts(&mut live, 2).await;
    assert_eq!(received, ["in time, too", "after"]);

    // A subscriber that reconnects receives the same cruds in the same order.
    for (after, received) in [
        (begun.cursor().encode(), &["late", "in time", "in time, too", "after"][..]),
        (last.expect("a log position").encode(), &["in time, too", "after"][..]),
    ] {
        let mut live = pin!(app.cruds(Some(&after)).await);
        assert_eq!(texts(&mut live, received.len()).await.0, received);
        let mark = app.post(ANDREW, "a mark").await;
        assert_eq!(texts(&mut live, 1).await.0, ["a mark"]);
        app.service.delete_activity(ANDREW, Some(mark.uuid)).await.expect("Andrew is the author");
    }
}

#[tokio::test]
async fn earlier_changes_are_not_delivered_despite_a_long_transaction() {
    let database = PostgresDatabase::new("live_now").await;
    let app = gateway(database.open()).await;
    let mut other = database.connect().await;
    begin(&mut other, "in time").await;
    app.post(ANDREW, "before").await;
    let mut live = pin!(app.cruds(None).await);
    app.post(BAYKO, "after").await;
    end(&mut other, "COMMIT").await;
    assert_eq!(texts(&mut live, 2).await.0, ["in time", "after"]);
}

#[tokio::test]
async fn changes_without_events_arrive_by_polling() {
    let database = PostgresDatabase::new("live_untold").await;
    let app = gateway(database.open()).await;
    let mut live = pin!(app.cruds(None).await);
    let mut other = database.connect().await;
    begin(&mut other, "of the original backend").await;
    end(&mut other, "COMMIT").await;
    assert_eq!(texts(&mut live, 1).await.0, ["of the original backend"]);
}

/// Rows restored from another cluster have positions far above those of the new cluster.
#[tokio::test]
async fn subscriptions_resume_on_a_restored_database() {
    let database = PostgresDatabase::new("live_restored").await;
    let app = gateway(database.open()).await;
    let first = app.post(ANDREW, "one").await;
    app.post(ANDREW, "two").await;
    let (_, position) = texts(app.cruds(Some(&first.cursor().encode())).await, 1).await;
    app.post(ANDREW, "three").await;
    let position = position.expect("a log position");
    let ahead = 1 << 40;
    let mut connection = PgConnection::connect(&database.url).await.expect("the database answers");
    let shift = sqlx::query("UPDATE activities SET position = position + $1").bind(ahead);
    shift.execute(&mut connection).await.expect("the rows can be updated");
    app.sources.store.migrate().await.expect("the database can be migrated again");

    let old_cluster = LogPosition { position: position.position + ahead, ..position };
    for after in [old_cluster, position] {
        let mut live = pin!(app.cruds(Some(&after.encode())).await);
        let mark = app.post(BAYKO, "a mark").await;
        assert_eq!(texts(&mut live, 2).await.0, ["three", "a mark"]);
        app.service.delete_activity(BAYKO, Some(mark.uuid)).await.expect("Bayko is the author");
    }
}
