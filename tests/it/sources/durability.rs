//! Data stays consistent when requests are dropped, conflict, wait or fail.

use std::{
    future::{Future, poll_fn},
    net::TcpListener,
    pin::pin,
    task::Poll,
};

use cruddur::{
    domain::{Activity, NotificationKind, Pagination, Reaction, ReactionKind},
    error::{Error, UserErrorCode},
    sources::{
        self, Dataset, Idempotency, Inserted, MigrateError, NewActivity, SourceUrl, Sources,
    },
};
use futures_util::future::join_all;
use sqlx::Executor;
use uuid::Uuid;

use crate::{
    sources::fixture::{
        ANDREW, GAREK, UNKNOWN, WORF, at, crowd, crud, id, notification, people, reply,
    },
    support::stores::{PostgresDatabase, SqliteFile},
};

/// Migrates a store and imports users and four cruds.
async fn with_data(sources: Sources) -> Sources {
    sources.store.migrate().await.expect("a fresh store");
    let activities = (1..5).map(|number| crud(number, ANDREW, "root", 0, None)).collect();
    let dataset = Dataset { users: people(), activities, ..Dataset::default() };
    sources.store.import(&dataset).await.expect("data");
    sources
}

fn like(number: u32, by: Uuid) -> Reaction {
    let kind = ReactionKind::Like;
    Reaction { kind, activity_uuid: id(number), user_uuid: by, created_at: at(1) }
}

/// Polls a future so many times, then drops it. Returns its output if it completed.
async fn drop_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

/// Drops inserts after more and more polls, until three have completed. Asserts that each insert is
/// atomic.
async fn drop_replies(sources: &Sources) {
    let source = &sources.store;
    let mut completed = 0;
    for polls in 0..1_000 {
        let number = 0x1000 + polls as u32;
        let notification =
            notification(number + 0x1_0000, ANDREW, WORF, NotificationKind::Reply, Some(number), 1);
        let new = NewActivity {
            activity: reply(number, 1, WORF, "a reply", 1),
            notifications: vec![notification],
            idempotency: Some(Idempotency {
                user_uuid: WORF,
                key: number.to_string(),
                input_hash: vec![],
                created_at: at(1),
                since: at(0),
            }),
        };
        let done = drop_after(polls, source.insert_activity(&new)).await;

        // A retry leaves exactly one reply, whether or not the dropped insert had committed.
        let again = source.insert_activity(&new).await.expect("the store is not blocked");
        assert!(matches!(again, Inserted::New(_) | Inserted::Replayed(_)), "{again:?}");
        let root = source.activities_by_uuids(&[id(1)], at(2)).await.expect("the root");
        let page = Pagination::first(100);
        let replies = source.replies_by_parents(&[id(1)], &page, at(2)).await.expect("replies");
        let unread = source.unread_notifications(ANDREW, at(2)).await.expect("a number");
        let counts = (root[0].replies_count, replies[0].items.len(), unread);
        assert_eq!(counts, (1, 1, 1), "dropped after {polls} polls");

        assert!(source.delete_activity(id(number), WORF, 500).await.expect("an answer"));
        if let Some(done) = done {
            assert!(matches!(done, Ok(Inserted::New(_))), "{done:?}");
            completed += 1;
            if completed == 3 {
                return;
            }
        }
    }
    panic!("the insert never completes");
}

#[tokio::test]
async fn dropped_writes_are_atomic_in_sqlite() {
    let file = SqliteFile::new();
    drop_replies(&with_data(file.open()).await).await;
}

#[tokio::test]
async fn dropped_writes_are_atomic_in_postgres() {
    let database = PostgresDatabase::new("dropped").await;
    drop_replies(&with_data(database.open()).await).await;
}

/// Deletes a thread while other users reply to its activities. Asserts that no reply is left.
async fn delete_threads(sources: &Sources) {
    for round in 0..30 {
        let number = 0x1000 + round * 0x100;
        let root = NewActivity {
            activity: crud(number, WORF, "root", 1, None),
            notifications: vec![],
            idempotency: None,
        };
        sources.store.insert_activity(&root).await.expect("the root");
        let answer = |n: u32| {
            let source = sources.store.clone();
            let new = NewActivity {
                activity: reply(number + n, number + n / 4, GAREK, "a reply", 1),
                notifications: vec![],
                idempotency: None,
            };
            async move {
                source
                    .insert_activity(&new)
                    .await
                    .expect("the reply is new or its parent is missing")
            }
        };
        for n in 1..4 {
            answer(n).await;
        }
        let answers = (4..16).map(|n| tokio::spawn(answer(n)));
        // Every other time, steps delete what is hidden while the answers go on.
        let at_once = if round % 2 == 0 { 500 } else { 0 };
        let deleted = sources.store.delete_activity(id(number), WORF, at_once);
        let (deleted, _) = tokio::join!(deleted, join_all(answers));
        assert_eq!(deleted, Ok(true));
        let all: Vec<_> = (0..16).map(|n| id(number + n)).collect();
        let left = sources.store.activities_by_uuids(&all, at(1)).await;
        assert_eq!(left, Ok(vec![]), "in round {round}");
        while sources.store.delete_step(3).await.expect("a step") > 0 {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deleting_a_thread_leaves_no_orphaned_replies_in_sqlite() {
    let file = SqliteFile::new();
    delete_threads(&with_data(file.open()).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deleting_a_thread_leaves_no_orphaned_replies_in_postgres() {
    let database = PostgresDatabase::new("deleted").await;
    delete_threads(&with_data(sources::open(&database.url(), 16)).await).await;
}

/// Likes, replies, deletes and reads as 16 concurrent users, each in another order.
async fn write_concurrently(sources: &Sources) {
    let users: Vec<_> = crowd().take(16).collect();
    let all = users.iter().enumerate().map(|(person, by)| {
        let source = sources.store.clone();
        let by = *by;
        tokio::spawn(async move {
            let mut random = 7 + person as u32;
            for step in 0..40 {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let root = 1 + (random >> 8) % 4;
                let own = 0x1_0000 + person as u32 * 0x100 + step;
                let before = own - 1 - (random >> 16) % 8;
                let now = at(1);
                let outcome = match (random >> 24) % 8 {
                    0 => source.insert_reaction(&like(root, by), None).await.map(drop),
                    1 => {
                        let kind = ReactionKind::Like;
                        source.delete_reaction(kind, id(root), by, now).await.map(drop)
                    }
                    2 => {
                        let kind = NotificationKind::Like;
                        let notification =
                            notification(own + 0x10_0000, ANDREW, by, kind, Some(before), 1);
                        source
                            .insert_reaction(&like(before, by), Some(&notification))
                            .await
                            .map(drop)
                    }
                    3 => {
                        let at_once = if step % 2 == 0 { 500 } else { 0 };
                        source.delete_activity(id(before), by, at_once).await.map(drop)
                    }
                    4 => source
                        .mark_notifications_read(ANDREW, id(own + 0xf_ffff), now)
                        .await
                        .map(drop),
                    5 if step % 2 == 0 => source.delete_step(3).await.map(drop),
                    5 => source.delete_expired(at(2), 3).await.map(drop),
                    6 => {
                        let expiring =
                            Activity { expires_at: Some(at(2)), ..crud(own, by, "", 1, None) };
                        let new = NewActivity {
                            activity: expiring,
                            notifications: vec![],
                            idempotency: None,
                        };
                        source.insert_activity(&new).await.map(drop)
                    }
                    _ => {
                        // Replies to a root, or to another user's activity, which may be deleted
                        // concurrently.
                        let to =
                            if step % 3 == 0 { root } else { before ^ ((random >> 4) & 0x700) };
                        let kind = NotificationKind::Reply;
                        let notification =
                            notification(own + 0x10_0000, ANDREW, by, kind, Some(own), 1);
                        let new = NewActivity {
                            activity: reply(own, to, by, "reply", 1),
                            notifications: vec![notification],
                            idempotency: None,
                        };
                        source.insert_activity(&new).await.map(drop)
                    }
                };
                assert_eq!(outcome, Ok(()));
            }
        })
    });
    for outcome in join_all(all).await {
        outcome.expect("no writer panics");
    }
    while sources.store.delete_step(100).await.expect("a step") > 0 {}
}

/// Queries that count inconsistent rows.
const FAULTS: [&str; 3] = [
    "SELECT count(*) FROM activities AS a WHERE likes_count <> \
     (SELECT count(*) FROM reactions AS r WHERE r.activity_uuid = a.uuid)",
    "SELECT count(*) FROM activities AS a WHERE replies_count <> \
     (SELECT count(*) FROM activities AS r WHERE r.reply_to_activity_uuid = a.uuid)",
    "SELECT count(*) FROM activities AS r WHERE r.reply_to_activity_uuid IS NOT NULL \
     AND r.visible_until > '2026-01-02' \
     AND NOT EXISTS (SELECT 1 FROM activities AS a WHERE a.uuid = r.reply_to_activity_uuid)",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_are_correct_after_concurrent_writes_in_sqlite() {
    let file = SqliteFile::new();
    write_concurrently(&with_data(file.open()).await).await;
    let mut connection = file.connect().await;
    for fault in FAULTS {
        let rows: i64 = sqlx::query_scalar(fault).fetch_one(&mut connection).await.expect("rows");
        assert_eq!(rows, 0, "{fault}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_are_correct_after_concurrent_writes_in_postgres() {
    let database = PostgresDatabase::new("storm").await;
    write_concurrently(&with_data(sources::open(&database.url(), 16)).await).await;
    let mut connection = database.connect().await;
    for fault in FAULTS {
        let rows: i64 = sqlx::query_scalar(fault).fetch_one(&mut connection).await.expect("rows");
        assert_eq!(rows, 0, "{fault}");
    }
}

#[tokio::test]
async fn a_blocked_sqlite_write_times_out_and_reads_continue() {
    let file = SqliteFile::new();
    let sources = with_data(file.open()).await;
    let mut other = file.connect().await;
    other.execute("BEGIN IMMEDIATE").await.expect("the file is free");
    let reaction = like(1, WORF);
    let write = sources.store.insert_reaction(&reaction, None);
    assert_eq!(write.await, Err(Error::Unavailable));
    assert!(sources.store.home(&Pagination::first(3), at(1)).await.is_ok());
    other.execute("ROLLBACK").await.expect("a transaction is open");
    let liked = sources.store.insert_reaction(&reaction, None).await;
    assert_eq!(liked.expect("the file is free").expect("an activity").likes_count, 1);
}

#[tokio::test]
async fn postgres_statements_and_connection_requests_time_out() {
    let database = PostgresDatabase::new("timeouts").await;
    let sources = with_data(sources::open(&database.url(), 1)).await;
    let mut other = database.connect().await;
    other.execute("BEGIN; SELECT FROM activities FOR UPDATE").await.expect("the rows are free");
    let reaction = like(1, WORF);
    let write = sources.store.insert_reaction(&reaction, None);
    let (write, read) = tokio::join!(write, sources.store.ping());
    assert_eq!(read, Err(Error::Unavailable), "the only connection is in use for over 3 s");
    assert_eq!(write, Err(Error::Unavailable), "a statement is cancelled after 5 s");
    other.execute("ROLLBACK").await.expect("a transaction is open");
    let liked = sources.store.insert_reaction(&reaction, None).await;
    assert_eq!(liked.expect("the rows are free").expect("an activity").likes_count, 1);
}

#[tokio::test]
async fn connections_ended_by_the_server_are_replaced() {
    let database = PostgresDatabase::new("ended").await;
    let sources = with_data(database.open()).await;
    let pings = join_all((0..8).map(|_| sources.store.ping()));
    assert!(pings.await.iter().all(Result::is_ok));
    let mut other = database.connect().await;
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    other.execute(end).await.expect("the connections can be ended");
    for _ in 0..8 {
        assert_eq!(sources.store.ping().await, Ok(()));
    }
}

#[tokio::test]
async fn an_unreachable_server_is_distinguished_from_one_that_refuses() {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port");
    let down = SourceUrl::Postgres(format!("postgres://cruddur@{port}/cruddur").as_str().into());
    let down = sources::open(&down, 2);
    let outcome = down.store.migrate().await;
    assert!(matches!(outcome, Err(MigrateError::Unreachable(_))), "{outcome:?}");
    assert_eq!(down.store.ping().await, Err(Error::Unavailable));

    let database = PostgresDatabase::new("refusing").await;
    let unknown = database.url.replace("/refusing", "/unknown");
    let unknown = sources::open(&SourceUrl::Postgres(unknown.as_str().into()), 2);
    let outcome = unknown.store.migrate().await;
    assert!(matches!(outcome, Err(MigrateError::Failed(_))), "{outcome:?}");

    let nowhere = sources::open(&SourceUrl::Sqlite("/nowhere/at/all/cruddur.db".into()), 2);
    let outcome = nowhere.store.migrate().await;
    assert!(matches!(outcome, Err(MigrateError::Failed(_))), "{outcome:?}");
}

/// Migrates a store several times at once, like replicas that start together.
async fn migrate_concurrently(stores: Vec<Sources>) {
    let started = stores.iter().map(|sources| {
        let source = sources.store.clone();
        tokio::spawn(async move { source.migrate().await })
    });
    for outcome in join_all(started).await {
        let outcome = outcome.expect("no panic");
        assert!(outcome.is_ok(), "{outcome:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_gateways_can_migrate_a_fresh_database_at_once() {
    let file = SqliteFile::new();
    migrate_concurrently((0..4).map(|_| file.open()).collect()).await;
    let database = PostgresDatabase::new("together").await;
    migrate_concurrently((0..4).map(|_| database.open()).collect()).await;
}

#[tokio::test]
async fn a_sqlite_file_uses_wal_and_refuses_unknown_authors() {
    let file = SqliteFile::new();
    let sources = with_data(file.open()).await;
    let mut connection = file.connect().await;
    let mode: String =
        sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut connection).await.expect("a mode");
    assert_eq!(mode, "wal");
    let by_unknown = sources.store.insert_reaction(&like(1, UNKNOWN), None).await;
    assert_eq!(by_unknown, Err(UserErrorCode::ViewerUnknown.into()));
    let liked = sources.store.insert_reaction(&like(1, GAREK), None).await;
    assert_eq!(liked.expect("the user exists").expect("an activity").likes_count, 1);
}
