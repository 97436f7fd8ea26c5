//! Query plans: no read scans a whole table.
//!
//! This is a separate program because it collects everything that sqlx logs: the text of each
//! statement, and the plans that PostgreSQL's `auto_explain` reports while the reads run, with the
//! numbers of rows that they touched.

#[allow(dead_code, reason = "the plans use only some of the helpers")]
#[path = "it/sources/fixture.rs"]
mod fixture;
#[allow(dead_code, unused_imports, reason = "the plans use only some of the helpers")]
#[path = "it/support/mod.rs"]
mod support;

use std::{collections::BTreeSet, fmt, sync::Mutex};

use chrono::TimeDelta;
use cruddur::{
    domain::{
        Activity, Cursor, Follow, LogPosition, Notification, NotificationKind, Pagination,
        Reaction, ReactionKind, text::Search,
    },
    sources::{self, Dataset, Sources, UserRelation},
};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt},
};
use uuid::Uuid;

use fixture::{at, crud, id, notification, reply, user};
use support::{
    fixtures,
    stores::{PostgresDatabase, SqliteFile},
};

/// Users, of which the first 200 are active.
const USERS: u32 = 3_000;
const ACTIVE: u32 = 200;
const CRUDS: u32 = 6_000;
const REPLIES: u32 = 2_000;
/// The maximum number of rows of a table that a read may touch.
const MOST_ROWS: f64 = 500.0;

/// The messages that sqlx has logged: statements, and notices of PostgreSQL.
static LOGGED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A tracing layer that collects the messages of sqlx.
struct Collector;

impl<S: Subscriber> Layer<S> for Collector {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        struct Texts(Vec<String>);
        impl Visit for Texts {
            fn record_str(&mut self, field: &Field, value: &str) {
                if matches!(field.name(), "db.statement" | "message") {
                    self.0.push(value.trim().to_owned());
                }
            }
            fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
                self.record_str(field, &format!("{value:?}"));
            }
        }
        if event.metadata().target().starts_with("sqlx::") {
            let mut texts = Texts(Vec::new());
            event.record(&mut texts);
            LOGGED.lock().expect("no collector panics").append(&mut texts.0);
        }
    }
}

/// Returns the collected messages and clears them.
fn take_logged() -> Vec<String> {
    std::mem::take(&mut *LOGGED.lock().expect("no collector panics"))
}

/// Returns an active user.
fn person(number: u32) -> Uuid {
    id(0x10_0000 + number % ACTIVE)
}

/// Returns 200 users with 30 cruds each, of which one in ten has expired, and many more users.
fn dataset() -> Dataset {
    let users =
        (0..USERS).map(|n| user(id(0x10_0000 + n), &format!("user{n}"), &format!("User {n}")));
    let cruds = (1..=CRUDS).map(|n| {
        let ttl = if n % 10 == 0 { Some(1) } else { None };
        let text = format!("crud {n} #topic{}", n % 500);
        crud(n, person(n), &text, i64::from(n), ttl)
    });
    let replies = (0..REPLIES).map(|n| {
        let parent = 1 + n % 400 * 3;
        reply(0x1_0000 + n, parent, person(n * 7), "a reply", i64::from(CRUDS + n))
    });
    let activities: Vec<Activity> = cruds.chain(replies).collect();
    let reactions = (0..6_000).map(|n| Reaction {
        kind: if n % 3 == 0 { ReactionKind::Repost } else { ReactionKind::Like },
        activity_uuid: id(1 + n % 600),
        user_uuid: person(n / 600 + n),
        created_at: at(i64::from(n)),
    });
    let follows = (0..ACTIVE * 20).map(|n| Follow {
        follower_uuid: person(n / 20),
        followed_uuid: person(n / 20 + 1 + n % 20 * 3),
        created_at: at(i64::from(n)),
    });
    let notifications = (0..4_000).map(|n| {
        let about = Some(1 + n % CRUDS);
        let minutes = i64::from(n);
        let kind = NotificationKind::Like;
        Notification {
            read_at: (n % 4 > 0).then(|| at(minutes)),
            ..notification(0x20_0000 + n, person(n), person(n + 1), kind, about, minutes)
        }
    });
    // The last 2,000 are to users who have no other data: PostgreSQL scans a table of few rows, and
    // that of unread messages has one per receiver.
    let messages = (0..2_600).map(|n| {
        let people = if n < 600 {
            [person(n % 30), person(n % 30 + 1 + n % 7)]
        } else {
            [id(0x10_0000 + n), id(0x10_0000 + n - 1)]
        };
        let [message, group] = [id(0x30_0000 + n), id(0x40_0000 + n)];
        fixtures::message(message, group, people, &format!("message {n}"), at(i64::from(n)))
    });
    // One each to many of the others, so that the numbers of unread messages fill pages.
    let others = (0..1_000).map(|n| {
        let people = [0, 1].map(|one| id(0x10_0000 + ACTIVE + 2 * n + one));
        let [message, group] = [id(0x50_0000 + n), id(0x60_0000 + n)];
        fixtures::message(message, group, people, &format!("message {n}"), at(i64::from(n)))
    });
    Dataset {
        users: users.collect(),
        activities,
        reactions: reactions.collect(),
        follows: follows.collect(),
        notifications: notifications.collect(),
        messages: messages.chain(others).collect(),
    }
}

async fn fill(sources: &Sources) {
    sources.store.migrate().await.expect("a fresh store");
    sources.store.import(&dataset()).await.expect("data");
}

/// Calls every read method of a source.
async fn read(sources: &Sources, page: &Pagination) {
    let now = at(0) + TimeDelta::days(30);
    let source = &sources.store;
    let keys: Vec<_> = (0..5).map(|n| person(40 * n)).collect();
    let cruds: Vec<_> = (0..20).map(|n| id(1 + 3 * n)).collect();
    let handles: Vec<_> = (0..20).map(|n| format!("user{n}")).collect();
    let term = Search::parse("#topic7 crud");
    let typed = Search::parse("user17");
    let failed = "the read succeeds";
    source.home(page, now).await.expect(failed);
    source.activities_followed_by(keys[1], page, now).await.expect(failed);
    source.activities_matching(&term, page, now).await.expect(failed);
    source.activities_by_users(&keys, page, now).await.expect(failed);
    source.replies_by_parents(&cruds, page, now).await.expect(failed);
    source.activities_by_uuids(&cruds, now).await.expect(failed);
    let replies: Vec<_> = (0..100).map(|n| id(0x1_0000 + n)).collect();
    source.roots_by_uuids(&replies, now).await.expect(failed);
    source.delete_step(500).await.expect(failed);
    source.users_by_uuids(&keys).await.expect(failed);
    source.users_by_handles(&handles).await.expect(failed);
    source.users_matching(&typed, page).await.expect(failed);
    source.counts_by_users(&keys, now).await.expect(failed);
    for relation in [
        UserRelation::Followers,
        UserRelation::Following,
        UserRelation::Reacted(ReactionKind::Like),
        UserRelation::Reacted(ReactionKind::Repost),
    ] {
        source.users_by_relation(relation, &keys, page).await.expect(failed);
        source.users_by_relation(relation, &cruds, page).await.expect(failed);
    }
    source.reactions_by_user(keys[1], &cruds).await.expect(failed);
    source.followed_among(keys[1], &keys).await.expect(failed);
    let notifications = source.notifications(keys[1], false, page, now).await.expect(failed);
    source.notifications(keys[1], true, page, now).await.expect(failed);
    let uuids: Vec<_> = notifications.value.nodes().map(|it| it.uuid).collect();
    source.notifications_by_uuids(keys[1], &uuids, now).await.expect(failed);
    source.unread_notifications(keys[1], now).await.expect(failed);
    source.snapshot().await.expect(failed);
    let seen = Cursor { at: at(3_000), uuid: id(3_000) };
    let position =
        source.activity_log_position(seen).await.expect(failed).expect("a crud before it");
    for position in [
        position,
        LogPosition { at: Cursor::min(), ..position },
        LogPosition::after_all(position.position),
    ] {
        source.activities_after(&position, now).await.expect(failed);
        source.notifications_after(None, &position, now).await.expect(failed);
        source.notifications_after(Some(keys[1]), &position, now).await.expect(failed);
    }
    source.notification_log_position(keys[1], seen).await.expect(failed);
    let source = &sources.messages;
    let groups = source.message_groups(person(3), page).await.expect(failed);
    let groups: Vec<_> = groups.nodes().map(|group| group.uuid).collect();
    source.message_groups_by_uuids(person(3), &groups).await.expect(failed);
    source.message_groups_by_others(person(3), &[person(4), person(8)]).await.expect(failed);
    source.messages_by_groups(&groups, page).await.expect(failed);
    source.unread_messages(person(3)).await.expect(failed);
}

/// Returns the first page, the last page, and a page in each direction from the middle.
fn pages() -> [Pagination; 4] {
    let middle = Some(Cursor { at: at(3_000), uuid: id(3_000) });
    [
        Pagination::first(10),
        Pagination::last(10),
        Pagination { after: middle, ..Pagination::first(10) },
        Pagination { before: middle, ..Pagination::last(10) },
    ]
}

async fn read_from_sqlite() {
    let file = SqliteFile::new();
    let sources = sources::open(&file.url(), 1);
    fill(&sources).await;
    let mut connection = file.connect().await;
    take_logged();
    for page in pages() {
        read(&sources, &page).await;
    }
    let statements: BTreeSet<_> = take_logged()
        .into_iter()
        .filter(|text| text.starts_with("SELECT") || text.starts_with("WITH"))
        .collect();
    assert!(statements.len() > 25, "only {} statements were logged", statements.len());
    for analyzed in [false, true] {
        if analyzed {
            connection.execute("ANALYZE").await.expect("statistics");
        }
        for statement in &statements {
            let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
            let plan: Vec<(i64, i64, i64, String)> =
                sqlx::query_as(explain).fetch_all(&mut connection).await.expect("a plan");
            let steps: Vec<_> = plan.into_iter().map(|(_, _, _, step)| step).collect();
            for step in &steps {
                // Scans are allowed on the keys of the request, the matches in the search index, the
                // rows that another step has selected, and the single row of positions.
                let scanned = step.strip_prefix("SCAN ");
                let small = scanned.is_none_or(|what| {
                    what.starts_with("json_each VIRTUAL TABLE INDEX 1:")
                        || what.starts_with("s VIRTUAL TABLE INDEX 0:M")
                        || matches!(what, "f" | "positions" | "CONSTANT ROW")
                });
                assert!(small, "{step} in {steps:#?} of {statement}, analyzed: {analyzed}");
            }
        }
    }
    a_long_thread_takes_few_statements(&sources).await;
}

/// Collects the tables that a plan reads: name, kind of scan, number of rows touched.
fn touched(plan: &Value, tables: &mut Vec<(String, String, f64)>) {
    let number = |name: &str| plan[name].as_f64().unwrap_or_default();
    if let (Some(table), Some(how)) = (plan["Relation Name"].as_str(), plan["Node Type"].as_str()) {
        let rows = number("Actual Rows")
            + number("Rows Removed by Filter")
            + number("Rows Removed by Index Recheck");
        tables.push((table.into(), how.into(), rows * number("Actual Loops")));
    }
    for part in plan["Plans"].as_array().into_iter().flatten() {
        touched(part, tables);
    }
}

async fn read_from_postgres() {
    let database = PostgresDatabase::new("plans").await;
    fill(&database.open()).await;
    let mut connection = database.connect().await;
    connection.execute("ANALYZE").await.expect("statistics");
    for setting in [
        "session_preload_libraries = 'auto_explain'",
        "auto_explain.log_min_duration = 0",
        "auto_explain.log_analyze = on",
        "auto_explain.log_format = json",
        "auto_explain.log_level = notice",
    ] {
        let statement = format!(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET {}', current_database()); END $$",
            setting.replace('\'', "''")
        );
        connection.execute(sqlx::raw_sql(AssertSqlSafe(statement))).await.expect("a superuser");
    }

    // One connection, and seven executions: PostgreSQL considers a generic plan after five.
    let sources = sources::open(&database.url(), 1);
    take_logged();
    for page in pages() {
        for _ in 0..7 {
            read(&sources, &page).await;
        }
    }
    let mut plans = 0;
    for text in take_logged() {
        let Some((_, plan)) = text.split_once("plan:\n") else { continue };
        let plan: Value = serde_json::from_str(plan).expect("JSON");
        let statement = plan["Query Text"].as_str().unwrap_or_default();
        let mut tables = Vec::new();
        touched(&plan["Plan"], &mut tables);
        for (table, how, rows) in tables {
            assert!(how != "Seq Scan", "{how} of {table} in {statement}");
            assert!(rows <= MOST_ROWS, "{how} of {rows} {table} in {statement}\n{plan:#}");
        }
        plans += 1;
    }
    assert!(plans > 25 * 7 * 4, "only {plans} plans were logged");
    a_long_thread_takes_few_statements(&sources).await;
}

/// The number of the crud at the root of a long thread.
const CHAIN: u32 = 0x70_0000;

/// Returns the statements that the last calls ran, without those that begin and end transactions.
fn statements() -> Vec<String> {
    let logged = take_logged().into_iter();
    let kinds = ["SELECT", "WITH", "INSERT", "UPDATE", "DELETE"];
    // A message that ends in an ellipsis is the beginning of a statement that follows.
    let whole = logged.filter(|text| !text.ends_with('…'));
    whole.filter(|text| kinds.iter().any(|kind| text.starts_with(kind))).collect()
}

/// Reads and deletes a thread of 2,000 levels. Asserts that neither takes a statement per level.
async fn a_long_thread_takes_few_statements(sources: &Sources) {
    let source = &sources.store;
    let link = |n: u32| reply(CHAIN + n, CHAIN + n - 1, person(1), "a link", 9_000);
    let root = crud(CHAIN, person(0), "a root", 9_000, None);
    let activities = [root].into_iter().chain((1..=2_000).map(link)).collect();
    let mention = NotificationKind::Mention;
    let notifications =
        vec![notification(0x80_0000, person(2), person(1), mention, Some(CHAIN + 2_000), 9_000)];
    let dataset = Dataset { activities, notifications, ..Dataset::default() };
    source.import(&dataset).await.expect("data");
    let now = at(9_001);
    take_logged();

    let roots = source.roots_by_uuids(&[id(CHAIN + 2_000)], now).await.expect("a root");
    assert_eq!(roots.iter().map(|(_, root)| root.uuid).collect::<Vec<_>>(), [id(CHAIN)]);
    let run = statements();
    assert_eq!(run.len(), 1, "{run:#?}");

    // The author, the row, the lock, the thread, once more for what was added meanwhile, and the
    // notifications.
    assert_eq!(source.delete_activity(id(CHAIN), person(0), 500).await, Ok(true));
    let run = statements();
    assert!(run.len() <= 6, "{run:#?}");
    let links: Vec<_> = (0..=2_000).map(|n| id(CHAIN + n)).collect();
    assert_eq!(source.activities_by_uuids(&links, now).await, Ok(vec![]));
    take_logged();

    // Two look-ups, and four kinds of rows.
    let mut steps = 0;
    while source.delete_step(500).await.expect("a step") > 0 {
        steps += 1;
        let run = statements();
        assert!(run.len() <= 6, "{run:#?}");
    }
    assert_eq!(steps, 5, "2,001 activities, 500 at a time");
}

#[tokio::test]
async fn no_read_scans_a_whole_table() {
    let subscriber = tracing_subscriber::registry().with(Collector);
    tracing::subscriber::set_global_default(subscriber).expect("no subscriber is set");
    read_from_sqlite().await;
    read_from_postgres().await;
}
