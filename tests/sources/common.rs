//! Stores to test on, and people and times to tell of.

use std::str::FromStr;

use chrono::{DateTime, TimeDelta};
use cruddur::{
    domain::{Activity, Instant, Notification, NotificationKind, User},
    sources::{self, SourceUrl, Sources},
};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection, postgres::PgConnectOptions};
use tempfile::TempDir;
use uuid::Uuid;

/// A new SQLite file, deleted in the end.
pub struct SqliteFile {
    folder: TempDir,
}

impl SqliteFile {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub fn url(&self) -> SourceUrl {
        SourceUrl::Sqlite(self.folder.path().join("cruddur.db"))
    }

    pub fn open(&self) -> Sources {
        sources::open(&self.url(), 8)
    }

    /// A connection of the test's own.
    pub async fn connect(&self) -> SqliteConnection {
        let path = self.folder.path().join("cruddur.db");
        SqliteConnection::connect(&path.display().to_string()).await.expect("the file opens")
    }
}

/// A new, empty PostgreSQL database.
pub struct PostgresDatabase {
    pub url: String,
}

impl PostgresDatabase {
    /// `name` is the test's own; the server is the one that `make test` starts.
    pub async fn new(name: &str) -> Self {
        let server = std::env::var("TEST_POSTGRES_URL").expect(
            "TEST_POSTGRES_URL names no PostgreSQL server; run `make test`, which starts one",
        );
        let database = format!("sources_{name}_{}", std::process::id());
        let mut connection = PgConnection::connect(&server).await.expect("the server answers");
        for statement in ["DROP DATABASE IF EXISTS {}", "CREATE DATABASE {}"] {
            let statement = AssertSqlSafe(statement.replace("{}", &database));
            sqlx::raw_sql(statement).execute(&mut connection).await.expect("the database is made");
        }
        let options = PgConnectOptions::from_str(&server).expect("the server's URL is one");
        let url = sqlx::ConnectOptions::to_url_lossy(&options.database(&database));
        Self { url: url.to_string() }
    }

    pub fn url(&self) -> SourceUrl {
        SourceUrl::Postgres(self.url.clone())
    }

    pub fn open(&self) -> Sources {
        sources::open(&self.url(), 8)
    }

    /// A connection of the test's own.
    pub async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.expect("the database answers")
    }
}

/// So many minutes after the beginning of 2026.
pub fn at(minutes: i64) -> Instant {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_767_225_600) + TimeDelta::minutes(minutes)
}

pub const fn id(number: u32) -> Uuid {
    Uuid::from_u128(number as u128)
}

pub const ANDREW: Uuid = id(0xa1);
pub const WORF: Uuid = id(0xa2);
pub const GAREK: Uuid = id(0xa3);
pub const LONDO: Uuid = id(0xa4);
/// Somebody whom no store knows.
pub const NOBODY: Uuid = id(0xff);

/// The members of a crowd of 32.
pub fn crowd() -> impl Iterator<Item = Uuid> {
    (0..32).map(|number| id(0xc00 + number))
}

pub fn user(uuid: Uuid, handle: &str, display_name: &str) -> User {
    User {
        uuid,
        handle: handle.into(),
        display_name: display_name.into(),
        bio: None,
        email: format!("{handle}@example.com"),
        cognito_user_id: "MOCK".into(),
        created_at: at(-1_000),
    }
}

/// Andrew, Worf, Garek, Londo and the crowd.
pub fn people() -> Vec<User> {
    let known = [
        user(ANDREW, "andrewbrown", "Andrew Brown"),
        user(WORF, "worf", "Worf, son of Mogh"),
        user(GAREK, "garek", "Elim Garek"),
        user(LONDO, "Londo.M", "Łondo Mollari"),
    ];
    let crowd = crowd().enumerate();
    let crowd = crowd.map(|(n, uuid)| user(uuid, &format!("fan{n:02}"), &format!("Fan {n}")));
    known.into_iter().chain(crowd).collect()
}

/// A crud that lives for so many minutes, or for ever.
pub fn crud(number: u32, by: Uuid, message: &str, minutes: i64, ttl: Option<i64>) -> Activity {
    Activity {
        uuid: id(number),
        user_uuid: by,
        message: message.into(),
        replies_count: 0,
        reposts_count: 0,
        likes_count: 0,
        reply_to_activity_uuid: None,
        expires_at: ttl.map(|ttl| at(minutes + ttl)),
        created_at: at(minutes),
    }
}

pub fn reply(number: u32, to: u32, by: Uuid, message: &str, minutes: i64) -> Activity {
    Activity { reply_to_activity_uuid: Some(id(to)), ..crud(number, by, message, minutes, None) }
}

/// A notification of an activity, or of a follow.
pub fn told(
    number: u32,
    user: Uuid,
    actor: Uuid,
    kind: NotificationKind,
    activity: Option<u32>,
    minutes: i64,
) -> Notification {
    Notification {
        uuid: id(number),
        user_uuid: user,
        actor_uuid: actor,
        kind,
        activity_uuid: activity.map(id),
        created_at: at(minutes),
        read_at: None,
    }
}
