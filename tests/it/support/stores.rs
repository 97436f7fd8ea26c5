//! Stores of a test's own.

use std::{path::PathBuf, str::FromStr};

use cruddur::sources::{self, SourceUrl, Sources};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, PgConnection, SqliteConnection,
    postgres::PgConnectOptions,
};
use tempfile::TempDir;

/// A new SQLite file, deleted in the end.
pub struct SqliteFile {
    folder: TempDir,
}

impl SqliteFile {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub fn url(&self) -> SourceUrl {
        SourceUrl::Sqlite(self.path())
    }

    /// The URL as a gateway is told it.
    pub fn text(&self) -> String {
        format!("sqlite:{}", self.path().display())
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("cruddur.db")
    }

    pub fn open(&self) -> Sources {
        sources::open(&self.url(), 8)
    }

    /// A connection of the test's own.
    pub async fn connect(&self) -> SqliteConnection {
        SqliteConnection::connect(&self.path().display().to_string()).await.expect("the file opens")
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
        let database = format!("{name}_{}", std::process::id());
        let mut connection = PgConnection::connect(&server).await.expect("the server answers");
        for statement in ["DROP DATABASE IF EXISTS {}", "CREATE DATABASE {}"] {
            let statement = AssertSqlSafe(statement.replace("{}", &database));
            sqlx::raw_sql(statement).execute(&mut connection).await.expect("the database is made");
        }
        let options = PgConnectOptions::from_str(&server).expect("the server's URL is one");
        Self { url: options.database(&database).to_url_lossy().to_string() }
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

    /// Runs statements of the test's own.
    pub async fn run(&self, statements: &'static str) {
        let mut connection = self.connect().await;
        sqlx::raw_sql(statements).execute(&mut connection).await.expect("the statements are right");
    }
}
