//! Original Cruddur databases are adopted in place, without losing data.

use cruddur::{
    domain::{Activity, Pagination, Timestamp, User, text::Search},
    sources::{InsertUserOutcome, MigrateError, Migrated, Sources},
};
use sqlx::{AssertSqlSafe, Executor, PgConnection};
use uuid::Uuid;

use crate::{sources::fixture::id, support::stores::PostgresDatabase};

/// A version of the original's schema: the early one, in which replies refer to integers, or the last.
#[derive(Clone, Copy, PartialEq)]
enum Original {
    Early,
    Last,
}

const SCHEMA: &str = r#"
CREATE EXTENSION IF NOT EXISTS "uuid-ossp";
CREATE TABLE public.users (
  uuid UUID DEFAULT uuid_generate_v4() PRIMARY KEY,
  display_name text NOT NULL,
  handle text NOT NULL,
  email text NOT NULL,
  cognito_user_id text NOT NULL,
  created_at TIMESTAMP default current_timestamp NOT NULL
);
CREATE TABLE public.activities (
  uuid UUID DEFAULT uuid_generate_v4() PRIMARY KEY,
  user_uuid UUID NOT NULL,
  message text NOT NULL,
  replies_count integer DEFAULT 0,
  reposts_count integer DEFAULT 0,
  likes_count integer DEFAULT 0,
  reply_to_activity_uuid integer,
  expires_at TIMESTAMP,
  created_at TIMESTAMP default current_timestamp NOT NULL
);
"#;

/// The changes that the original's own migrations make.
const LAST: &str = "
ALTER TABLE public.users ADD COLUMN bio text;
ALTER TABLE public.activities DROP COLUMN reply_to_activity_uuid;
ALTER TABLE public.activities ADD COLUMN reply_to_activity_uuid uuid;
CREATE TABLE public.schema_information (id integer UNIQUE, last_successful_run text);
INSERT INTO public.schema_information (id, last_successful_run) VALUES (1, '1681651200.0');
";

/// Four users and 20,000 cruds, a minute apart. Of every ten cruds one never expires and three expire
/// in June, the others in August.
const ROWS: &str = "
INSERT INTO users (uuid, display_name, handle, email, cognito_user_id, created_at) VALUES
  ('00000000-0000-0000-0000-0000000000a1', 'Andrew Brown', 'andrewbrown', 'a@example.com', 'MOCK', '2023-04-01'),
  ('00000000-0000-0000-0000-0000000000a2', 'Andrew Bayko', 'bayko', 'b@example.com', 'MOCK', '2023-04-02 12:30'),
  ('00000000-0000-0000-0000-0000000000a3', 'Londo Mollari', 'londo', 'c@example.com', 'MOCK', '2023-04-03'),
  ('00000000-0000-0000-0000-0000000000a4', 'Worf', 'worf', 'd@example.com', 'f73f4b05', '2023-04-04');
INSERT INTO activities (uuid, user_uuid, message, expires_at, created_at)
SELECT ('00000000-0000-0000-0001-' || lpad(to_hex(n), 12, '0'))::uuid,
  ('00000000-0000-0000-0000-0000000000a' || 1 + n % 4)::uuid,
  'crud ' || n || ' #cloud über ''quoted''',
  CASE WHEN n % 10 = 0 THEN NULL WHEN n % 10 < 4 THEN timestamp '2023-06-01' ELSE timestamp '2023-08-01' END,
  timestamp '2023-05-01 00:00:00.123456' + n * interval '1 minute'
FROM generate_series(1, 20000) AS n;
-- A crud whose author does not exist, and one without counts, posted while New York's clocks go back.
INSERT INTO activities (uuid, user_uuid, message, expires_at, created_at) VALUES
  ('00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-0000000000ff', 'ghost', NULL, '2023-05-01');
INSERT INTO activities (uuid, user_uuid, message, replies_count, reposts_count, likes_count, created_at) VALUES
  ('00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-0000000000a1', 'no counts', NULL, NULL, NULL, '2023-11-05 01:30');
";

/// Replies: 5 to 2, 6 to 5 and 7 to 6; 8 to a missing crud; 9 to itself; 10 and 11 to each other; 12 to
/// 6, by a missing user; 13 to 12.
const REPLIES: &str = "
INSERT INTO activities (uuid, user_uuid, message, reply_to_activity_uuid, expires_at, created_at)
SELECT ('00000000-0000-0000-0000-' || lpad(to_hex(r.n), 12, '0'))::uuid,
  ('00000000-0000-0000-0000-0000000000' || r.author)::uuid, 'reply ' || r.n,
  ('00000000-0000-0000-0000-' || lpad(to_hex(r.parent), 12, '0'))::uuid,
  r.expires_at, timestamp '2023-11-06' + r.n * interval '1 second'
FROM (VALUES (5, 2, 'a2', NULL), (6, 5, 'a3', timestamp '2023-11-07'), (7, 6, 'a1', NULL),
  (8, 4095, 'a1', NULL), (9, 9, 'a1', NULL), (10, 11, 'a1', NULL), (11, 10, 'a1', NULL),
  (12, 6, 'ff', NULL), (13, 12, 'a1', NULL)) AS r (n, parent, author, expires_at);
UPDATE users SET bio = 'My bio' WHERE handle = 'worf';
";

const NUMBERED_REPLIES: &str = "
INSERT INTO activities (uuid, user_uuid, message, reply_to_activity_uuid, created_at) VALUES
  ('00000000-0000-0000-0000-000000000005', '00000000-0000-0000-0000-0000000000a2', 'reply 5', 17, '2023-11-06');
";

/// Creates an original database whose time zone is New York's.
async fn original(name: &str, kind: Original) -> (PostgresDatabase, PgConnection) {
    let database = PostgresDatabase::new(name).await;
    let mut connection = database.connect().await;
    let zone = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone TO ''America/New_York''', \
                current_database()); END $$";
    run(&mut connection, zone).await;
    let mut connection = database.connect().await;
    run(&mut connection, SCHEMA).await;
    if kind == Original::Last {
        run(&mut connection, LAST).await;
    }
    run(&mut connection, ROWS).await;
    run(&mut connection, if kind == Original::Last { REPLIES } else { NUMBERED_REPLIES }).await;
    (database, connection)
}

async fn run(connection: &mut PgConnection, statements: &'static str) {
    connection.execute(sqlx::raw_sql(statements)).await.unwrap_or_else(|error| panic!("{error}"));
}

async fn text(connection: &mut PgConnection, query: impl Into<String>) -> String {
    let query = AssertSqlSafe(query.into());
    let text: Option<String> =
        sqlx::query_scalar(query).fetch_one(connection).await.unwrap_or_else(|it| panic!("{it}"));
    text.unwrap_or_default()
}

/// Returns the number of rows and a checksum of the original's columns for each table, with times in
/// UTC.
async fn contents(connection: &mut PgConnection, kind: Original) -> String {
    run(connection, "SET timezone TO 'UTC'").await;
    let replies = match kind {
        Original::Last => "reply_to_activity_uuid",
        Original::Early => {
            let renamed = "SELECT coalesce(max(column_name), 'reply_to_activity_uuid') \
                           FROM information_schema.columns \
                           WHERE column_name = 'reply_to_activity_number'";
            &text(connection, renamed).await
        }
    };
    let bio = if kind == Original::Last { "bio" } else { "''" };
    let mut all = String::new();
    for (table, columns) in [
        (
            "users",
            format!(
                "uuid, display_name, handle, email, cognito_user_id, created_at::timestamp, {bio}"
            ),
        ),
        (
            "activities",
            format!(
                "uuid, user_uuid, message, reposts_count + 0, likes_count + 0, {replies}, \
                 expires_at::timestamp, created_at::timestamp"
            ),
        ),
    ] {
        let columns = columns.replace("reposts_count + 0", "coalesce(reposts_count, 0)");
        let columns = columns.replace("likes_count + 0", "coalesce(likes_count, 0)");
        all += &text(
            connection,
            format!(
                "SELECT count(*) || ' ' || md5(string_agg(row_text, chr(10))) FROM (SELECT \
                 concat_ws('|', {columns}) AS row_text FROM {table} ORDER BY uuid) AS r"
            ),
        )
        .await;
        all += "\n";
    }
    all
}

/// Returns all columns with their types and defaults, all indexes and all triggers.
async fn schema(connection: &mut PgConnection) -> String {
    text(
        connection,
        "SELECT string_agg(line, chr(10) ORDER BY line) FROM ( \
         SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default) AS line \
         FROM information_schema.columns WHERE table_schema = 'public' \
         UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' \
         UNION ALL SELECT tgname::text FROM pg_trigger) AS s",
    )
    .await
}

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

async fn by_uuids(sources: &Sources, numbers: &[u32], now: Timestamp) -> Vec<Activity> {
    let uuids: Vec<_> = numbers.iter().map(|number| id(*number)).collect();
    let found = sources.store.activities_by_uuids(&uuids, now).await;
    let mut found = found.expect("activities");
    found.sort_by_key(|activity| activity.uuid);
    found
}

fn numbers(activities: &[Activity]) -> Vec<u128> {
    activities.iter().map(|activity| activity.uuid.as_u128()).collect()
}

/// Creates an original database and adopts it. Asserts that the rows stay the same and that migrating
/// again changes nothing.
async fn adopt(kind: Original, name: &str, activities: i64) -> (PostgresDatabase, Sources) {
    let (database, mut connection) = original(name, kind).await;
    let before = contents(&mut connection, kind).await;
    let sources = database.open();

    let started = std::time::Instant::now();
    let adopted = sources.store.migrate().await.expect("the database can be adopted");
    println!("4 users and {activities} activities were adopted in {:?}", started.elapsed());
    assert_eq!(adopted, Migrated::Adopted { users: 4, activities });
    assert_eq!(contents(&mut connection, kind).await, before);

    let adopted = schema(&mut connection).await;
    assert_eq!(sources.store.migrate().await.expect("the database is adopted"), Migrated::Current);
    assert_eq!(contents(&mut connection, kind).await, before);
    assert_eq!(schema(&mut connection).await, adopted);
    (database, sources)
}

#[tokio::test]
async fn the_last_original_schema_is_adopted_with_all_rows() {
    let (_database, sources) = adopt(Original::Last, "adopt_last", 20_011).await;
    let source = &sources.store;

    let users = source.users_by_handles(&["worf".into(), "bayko".into()]).await.expect("users");
    let mut users: Vec<_> =
        users.into_iter().map(|it| (it.handle, it.bio, it.created_at)).collect();
    users.sort();
    assert_eq!(
        users,
        [
            ("bayko".into(), None, time("2023-04-02T12:30:00Z")),
            ("worf".into(), Some("My bio".into()), time("2023-04-04T00:00:00Z")),
        ]
    );

    // Times are read as UTC, whatever the server's time zone.
    let newest =
        source.home(&Pagination::first(3), time("2023-12-01T00:00:00Z")).await.expect("home");
    let newest = newest.value.into_nodes();
    assert_eq!(newest[0].message, "no counts");
    assert_eq!(newest[0].created_at, time("2023-11-05T01:30:00Z"));
    assert_eq!(newest[0].replies_count, 1, "replies that the original never counted");
    assert_eq!((newest[0].likes_count, newest[0].reposts_count), (0, 0));
    assert_eq!(newest[1].message, "crud 20000 #cloud über 'quoted'");
    assert_eq!(newest[1].created_at, time("2023-05-14T21:20:00.123456Z"));
    assert_eq!(newest[1].expires_at, None);

    // Before June all cruds are visible, before August those that expire later, then those that never
    // expire.
    let all_users = [id(0xa1), id(0xa2), id(0xa3), id(0xa4)];
    for (now, cruds) in [
        ("2023-05-31T23:59:59Z", 20_001),
        ("2023-06-01T00:00:00Z", 14_001),
        ("2023-07-31T23:59:59Z", 14_001),
        ("2023-08-01T00:00:00Z", 2_001),
        ("2099-01-01T00:00:00Z", 2_001),
    ] {
        let counts = source.counts_by_users(&all_users, time(now)).await.expect("counts");
        let sum: i64 = counts.iter().map(|counts| counts.activities).sum();
        assert_eq!(sum, cruds, "at {now}");
    }

    // Replies are visible as long as their crud. Replies by a missing user, below such a reply or below
    // a missing crud are never visible.
    let now = time("2030-01-01T00:00:00Z");
    let visible = by_uuids(&sources, &(1..14).collect::<Vec<_>>(), now).await;
    assert_eq!(numbers(&visible), [2, 5, 6, 7]);
    assert_eq!(visible.iter().map(|it| it.replies_count).collect::<Vec<_>>(), [1, 1, 1, 0]);
    let keys: Vec<Uuid> = (1..14).map(id).collect();
    let replies =
        source.replies_by_parents(&keys, &Pagination::first(5), now).await.expect("replies");
    let replies: Vec<_> = replies.into_iter().flat_map(|page| page.into_nodes()).collect();
    assert_eq!(numbers(&replies), [5, 6, 7]);
    assert_eq!(visible.iter().map(|it| it.depth).collect::<Vec<_>>(), [0, 1, 2, 3]);
    let roots = source.roots_by_uuids(&keys, now).await.expect("roots");
    let mut roots: Vec<_> =
        roots.iter().map(|(of, root)| (of.as_u128(), root.uuid.as_u128())).collect();
    roots.sort();
    assert_eq!(roots, [(2, 2), (5, 2), (6, 2), (7, 2)]);

    let search = Search::parse("#cloud 19990");
    let found = source.activities_matching(&search, &Pagination::first(2), now).await;
    let found = found.expect("a page").into_nodes();
    assert_eq!(found.iter().map(|it| &it.message[..10]).collect::<Vec<_>>(), ["crud 19990"]);
    let found = source.users_matching(&Search::parse("mollari"), &Pagination::first(2)).await;
    assert_eq!(found.expect("a page").items.len(), 1);
}

#[tokio::test]
async fn the_early_original_schema_is_adopted_with_all_rows() {
    let (_database, sources) = adopt(Original::Early, "adopt_early", 20_003).await;
    let now = time("2030-01-01T00:00:00Z");
    assert_eq!(numbers(&by_uuids(&sources, &[1, 2, 5], now).await), [2]);
    let home =
        sources.store.home(&Pagination::first(2), now).await.expect("home").value.into_nodes();
    assert_eq!(home[0].message, "no counts");
    assert_eq!(home[1].message, "crud 20000 #cloud über 'quoted'");
}

#[tokio::test]
async fn later_writes_of_the_original_programs_are_served() {
    let (database, sources) = adopt(Original::Last, "written_later", 20_011).await;
    let mut connection = database.connect().await;
    // The statements of the sign-up lambda and of posting a crud and a reply, and a crud that never
    // expires.
    run(
        &mut connection,
        "INSERT INTO public.users (display_name, email, handle, cognito_user_id)
         VALUES ('Coco', 'coco@example.com', 'coco', 'e5a7');
         INSERT INTO public.activities (user_uuid, message, expires_at)
         VALUES ((SELECT uuid FROM public.users WHERE users.handle = 'coco' LIMIT 1),
                 'written by the original', '2099-01-01T00:00:00+00:00');
         INSERT INTO public.activities (user_uuid, message, reply_to_activity_uuid)
         VALUES ((SELECT uuid FROM public.users WHERE users.handle = 'worf' LIMIT 1), 'and a reply',
                 (SELECT uuid FROM public.activities WHERE message = 'written by the original'));
         INSERT INTO public.activities (user_uuid, message)
         VALUES ('00000000-0000-0000-0000-0000000000fe', 'without an author');",
    )
    .await;
    let now = time("2098-12-31T00:00:00Z");
    let source = &sources.store;
    let home = source.home(&Pagination::first(1), now).await.expect("home").value.into_nodes();
    assert_eq!(home[0].message, "written by the original");
    assert_eq!(home[0].expires_at, Some(time("2099-01-01T00:00:00Z")));
    let replies = source.replies_by_parents(&[home[0].uuid], &Pagination::first(2), now).await;
    let reply = replies.expect("replies").remove(0).into_nodes().remove(0);
    assert_eq!((reply.message.as_str(), reply.depth), ("and a reply", 1));
    let roots = source.roots_by_uuids(&[reply.uuid], now).await.expect("roots");
    assert_eq!(roots, [(reply.uuid, home[0].clone())]);
    let coco = source.users_by_handles(&["coco".into()]).await.expect("users");
    assert_eq!(coco[0].display_name, "Coco");
    let at_expiry = time("2099-01-01T00:00:00Z");
    let replies =
        source.replies_by_parents(&[home[0].uuid], &Pagination::first(2), at_expiry).await;
    assert_eq!(replies.expect("replies")[0].items.len(), 0);

    // The next migration adds them to the search index.
    assert_eq!(source.migrate().await.expect("the database is adopted"), Migrated::Current);
    for term in ["written", "reply"] {
        let found =
            source.activities_matching(&Search::parse(term), &Pagination::first(2), now).await;
        assert!(!found.expect("a page").items.is_empty(), "{term}");
    }
    let found = source.users_matching(&Search::parse("coco"), &Pagination::first(2)).await;
    assert_eq!(found.expect("a page").items.len(), 1);
}

#[tokio::test]
async fn concurrent_adoptions_both_succeed() {
    let (database, _) = original("adopt_twice", Original::Last).await;
    let (one, other) = (database.open(), database.open());
    let (one, other) = tokio::join!(one.store.migrate(), other.store.migrate());
    let mut outcomes = [one, other].map(|outcome| format!("{:?}", outcome.expect("both succeed")));
    outcomes.sort();
    assert_eq!(outcomes, ["Adopted { users: 4, activities: 20011 }", "Current"]);
}

/// Damages an original database and tries to adopt it. Asserts that nothing changes and returns the
/// reason of the refusal.
async fn refusal(name: &str, damage: &'static str) -> String {
    let (database, mut connection) = original(name, Original::Last).await;
    run(&mut connection, damage).await;
    let before = (contents(&mut connection, Original::Last).await, schema(&mut connection).await);
    let outcome = database.open().store.migrate().await;
    let after = (contents(&mut connection, Original::Last).await, schema(&mut connection).await);
    assert_eq!(after, before);
    match outcome {
        Err(MigrateError::Refused(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn duplicate_handles_block_adoption_and_are_named() {
    let why = refusal(
        "twins",
        "INSERT INTO users (uuid, display_name, handle, email, cognito_user_id) VALUES
         ('00000000-0000-0000-0000-0000000000b1', 'Worf the second', 'Worf', 'e@example.com', 'MOCK')",
    )
    .await;
    insta::assert_snapshot!(why, @"users share a handle, or have handles that differ in case alone: worf (00000000-0000-0000-0000-0000000000a4), Worf (00000000-0000-0000-0000-0000000000b1)");
}

#[tokio::test]
async fn handles_that_look_alike_are_adopted_and_taken() {
    let (database, mut connection) = original("lookalikes", Original::Last).await;
    run(
        &mut connection,
        "INSERT INTO users (uuid, display_name, handle, email, cognito_user_id) VALUES
         ('00000000-0000-0000-0000-0000000000b1', 'Not Worf', 'w0rf', 'e@example.com', 'a sub')",
    )
    .await;
    let store = database.open().store;
    let adopted = store.migrate().await.expect("the database can be adopted");
    assert_eq!(adopted, Migrated::Adopted { users: 5, activities: 20_011 });
    let users = store.users_by_handles(&["worf".into(), "w0rf".into()]).await.expect("users");
    assert_eq!(users.len(), 2);
    let another =
        User { handle: "vvorf".into(), cognito_user_id: "another sub".into(), ..users[0].clone() };
    let another = User { uuid: id(0xc1), ..another };
    let outcome = store.insert_user(&another).await.expect("an outcome");
    assert_eq!(outcome, InsertUserOutcome::HandleTaken);
}

#[tokio::test]
async fn infinite_times_block_adoption_and_are_named() {
    let why = refusal(
        "endless",
        "UPDATE activities SET expires_at = 'infinity'
         WHERE uuid = '00000000-0000-0000-0000-000000000005'",
    )
    .await;
    insta::assert_snapshot!(why, @"times lie before the year 1 or after the year 9999: 00000000-0000-0000-0000-000000000005");
}

#[tokio::test]
async fn unexpected_column_types_block_adoption_and_are_named() {
    let why = refusal(
        "strange",
        "ALTER TABLE activities ALTER COLUMN likes_count TYPE numeric;
         ALTER TABLE users DROP COLUMN email; ALTER TABLE users ADD COLUMN email integer",
    );
    insta::assert_snapshot!(why.await, @"users.email is integer, not text; activities.likes_count is numeric, not integer");
}
