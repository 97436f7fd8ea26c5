//! Threads in the SQL databases: long chains, threads that other programs wrote, and deletions that
//! stop half-way.

use cruddur::{
    domain::{Activity, Pagination},
    sources::{Dataset, Sources},
};
use sqlx::{Executor, PgConnection, SqliteConnection};
use uuid::Uuid;

use crate::{
    sources::fixture::{ANDREW, WORF, at, crud, id, people, reply},
    support::stores::{PostgresDatabase, SqliteFile},
};

/// The numbers of the root of a long chain and of its last reply. Each replies to the one before.
const ROOT: u32 = 0x10_0000;
const LAST: u32 = ROOT + 3_000;

/// Inserts the chain as another program would, which knows nothing of roots.
const SQLITE_CHAIN: &str = "
WITH RECURSIVE n (n) AS (SELECT 1048576 UNION ALL SELECT n + 1 FROM n WHERE n < 1051576)
INSERT INTO activities (uuid, user_uuid, message, reply_to_activity_uuid, created_at)
SELECT unhex(printf('%032x', n)), unhex(printf('%032x', 161)), 'link',
    CASE WHEN n > 1048576 THEN unhex(printf('%032x', n - 1)) END, '2026-01-01T00:00:00+00:00'
FROM n ORDER BY n";
const POSTGRES_CHAIN: &str = "
INSERT INTO activities (uuid, user_uuid, message, reply_to_activity_uuid, created_at)
SELECT lpad(to_hex(n), 32, '0')::uuid, lpad(to_hex(161), 32, '0')::uuid, 'link',
    CASE WHEN n > 1048576 THEN lpad(to_hex(n - 1), 32, '0')::uuid END, '2026-01-01'
FROM generate_series(1048576, 1051576) AS n";

/// Undoes the migration of threads.
const SQLITE_UNDO: &str = "
DROP TRIGGER activities_set_thread;
DROP INDEX idempotency_keys_created_at_idx;
ALTER TABLE activities DROP COLUMN root_uuid;
ALTER TABLE activities DROP COLUMN depth;
DELETE FROM _sqlx_migrations WHERE version = 7";
const POSTGRES_UNDO: &str = "
DROP TRIGGER activities_set_thread ON activities;
DROP FUNCTION activities_set_thread;
DROP INDEX idempotency_keys_created_at_idx;
ALTER TABLE activities DROP COLUMN root_uuid, DROP COLUMN depth;
DELETE FROM _sqlx_migrations WHERE version = 7";

/// A connection outside of the gateway's pool, to either database.
enum Outside {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Outside {
    async fn run(&mut self, sqlite: &'static str, postgres: &'static str) {
        match self {
            Self::Sqlite(it) => drop(it.execute(sqlx::raw_sql(sqlite)).await.expect("SQL")),
            Self::Postgres(it) => drop(it.execute(sqlx::raw_sql(postgres)).await.expect("SQL")),
        }
    }

    /// Returns the number that a query selects.
    async fn number(&mut self, query: &'static str) -> i64 {
        match self {
            Self::Sqlite(it) => sqlx::query_scalar(query).fetch_one(it).await,
            Self::Postgres(it) => sqlx::query_scalar(query).fetch_one(it).await,
        }
        .expect("a number")
    }
}

/// Migrates a store and imports users.
async fn with_people(sources: &Sources) {
    sources.store.migrate().await.expect("a fresh store");
    let dataset = Dataset { users: people(), ..Dataset::default() };
    sources.store.import(&dataset).await.expect("data");
}

/// Returns the roots of activities, by their numbers.
async fn roots(sources: &Sources, numbers: &[u32]) -> Vec<(Uuid, Uuid)> {
    let uuids: Vec<_> = numbers.iter().map(|number| id(*number)).collect();
    let roots = sources.store.roots_by_uuids(&uuids, at(10)).await.expect("roots");
    let mut roots: Vec<_> = roots.into_iter().map(|(of, root)| (of, root.uuid)).collect();
    roots.sort();
    roots
}

async fn depth(sources: &Sources, number: u32) -> Option<i32> {
    let found = sources.store.activities_by_uuids(&[id(number)], at(10)).await;
    found.expect("activities").first().map(|it: &Activity| it.depth)
}

/// Deletes what is hidden.
async fn finish(sources: &Sources) {
    while sources.store.delete_step(100).await.expect("a step") > 0 {}
}

async fn threads_of_other_programs(sources: &Sources, outside: &mut Outside) {
    with_people(sources).await;
    outside.run(SQLITE_CHAIN, POSTGRES_CHAIN).await;
    let expected = vec![(id(ROOT), id(ROOT)), (id(ROOT + 1), id(ROOT)), (id(LAST), id(ROOT))];
    let numbers = [ROOT, ROOT + 1, LAST];
    assert_eq!(roots(sources, &numbers).await, expected, "inserted in one statement");
    assert_eq!(depth(sources, LAST).await, Some(3_000));

    outside.run(SQLITE_UNDO, POSTGRES_UNDO).await;
    sources.store.migrate().await.expect("the migration");
    assert_eq!(roots(sources, &numbers).await, expected, "migrated");
    assert_eq!(depth(sources, LAST).await, Some(3_000));
    assert_eq!(depth(sources, ROOT).await, Some(0));

    // Without a root, a read looks for it as far up as a thread of the gateway goes.
    let forget = "UPDATE activities SET root_uuid = NULL";
    outside.run(forget, forget).await;
    let numbers = [ROOT, ROOT + 1, ROOT + 100, LAST];
    let expected = vec![(id(ROOT), id(ROOT)), (id(ROOT + 1), id(ROOT)), (id(ROOT + 100), id(ROOT))];
    assert_eq!(roots(sources, &numbers).await, expected, "without roots");

    // Deleting needs no root.
    let middle = sources.store.delete_activity(id(ROOT + 2_000), ANDREW, 500).await;
    assert_eq!(middle, Ok(true));
    assert_eq!(depth(sources, LAST).await, None);
    assert_eq!(depth(sources, ROOT + 1_999).await, Some(1_999));
    assert_eq!(outside.number("SELECT count(*) FROM activities").await, 3_001);
    finish(sources).await;
    assert_eq!(outside.number("SELECT count(*) FROM activities").await, 2_000);
}

#[tokio::test]
async fn threads_that_other_programs_wrote_are_read_and_deleted_in_sqlite() {
    let file = SqliteFile::new();
    let sources = file.open();
    with_file(&sources).await;
    threads_of_other_programs(&sources, &mut Outside::Sqlite(file.connect().await)).await;
}

#[tokio::test]
async fn threads_that_other_programs_wrote_are_read_and_deleted_in_postgres() {
    let database = PostgresDatabase::new("other_threads").await;
    let mut outside = Outside::Postgres(database.connect().await);
    threads_of_other_programs(&database.open(), &mut outside).await;
}

/// Deletes a thread in a gateway that ends before it has deleted the rows, then in another one.
async fn interrupted(first: Sources, second: Sources, outside: &mut Outside) {
    with_people(&first).await;
    let chain = (1..40).map(|n| reply(0x1000 + n, 0x1000 + n - 1, WORF, "a reply", 1));
    let activities = [crud(0x1000, ANDREW, "root", 0, None)].into_iter().chain(chain).collect();
    let dataset = Dataset { activities, ..Dataset::default() };
    first.store.import(&dataset).await.expect("data");
    assert_eq!(first.store.delete_activity(id(0x1000), ANDREW, 0).await, Ok(true));
    first.store.delete_step(7).await.expect("a step");
    drop(first);

    let all: Vec<_> = (0x1000..0x1040).map(id).collect();
    let left = second.store.activities_by_uuids(&all, at(10)).await;
    assert_eq!(left, Ok(vec![]), "a deletion that was interrupted leaves nothing visible");
    let replies = second.store.replies_by_parents(&all, &Pagination::first(9), at(10)).await;
    assert!(replies.expect("pages").iter().all(|page| page.items.is_empty()));
    assert_eq!(outside.number("SELECT count(*) FROM activities").await, 33);
    finish(&second).await;
    assert_eq!(outside.number("SELECT count(*) FROM activities").await, 0);

    // The first statement hides a bounded number of activities. Steps hide those below them.
    second.store.import(&dataset).await.expect("data");
    let hide = "UPDATE activities SET visible_until = '0001-01-01T00:00:00+00:00' \
                WHERE reply_to_activity_uuid IS NULL";
    outside.run(hide, hide).await;
    finish(&second).await;
    assert_eq!(outside.number("SELECT count(*) FROM activities").await, 0);
}

#[tokio::test]
async fn another_gateway_completes_an_interrupted_deletion_in_sqlite() {
    let file = SqliteFile::new();
    let (first, second) = (file.open(), file.open());
    with_file(&first).await;
    interrupted(first, second, &mut Outside::Sqlite(file.connect().await)).await;
}

#[tokio::test]
async fn another_gateway_completes_an_interrupted_deletion_in_postgres() {
    let database = PostgresDatabase::new("interrupted").await;
    let mut outside = Outside::Postgres(database.connect().await);
    interrupted(database.open(), database.open(), &mut outside).await;
}

/// Creates the file, so that another connection can open it.
async fn with_file(sources: &Sources) {
    sources.store.ping().await.expect("the file can be created");
}
