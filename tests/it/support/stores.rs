//! New SQLite files and PostgreSQL databases for single tests.

use std::{path::PathBuf, str::FromStr};

use cruddur::sources::{self, SourceUrl, Sources};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, PgConnection, SqliteConnection,
    postgres::PgConnectOptions,
};
use tempfile::TempDir;

/// A new SQLite file, deleted when this is dropped.
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

    /// Returns the URL as the setting `DATABASE_URL` takes it.
    pub fn text(&self) -> String {
        format!("sqlite:{}", self.path().display())
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("cruddur.db")
    }

    pub fn open(&self) -> Sources {
        sources::open(&self.url(), 8)
    }

    /// Opens a connection outside of the gateway's pool.
    pub async fn connect(&self) -> SqliteConnection {
        SqliteConnection::connect(&self.path().display().to_string()).await.expect("the file opens")
    }
}

/// A new, empty PostgreSQL database.
pub struct PostgresDatabase {
    pub url: String,
}

impl PostgresDatabase {
    /// Creates a database on the server that `make test` starts. `name` must be unique among tests.
    pub async fn new(name: &str) -> Self {
        let server = std::env::var("TEST_POSTGRES_URL").expect(
            "TEST_POSTGRES_URL is not set; run `make test`, which starts a PostgreSQL server",
        );
        let database = format!("{name}_{}", std::process::id());
        let mut connection = PgConnection::connect(&server).await.expect("the server answers");
        for statement in ["DROP DATABASE IF EXISTS {}", "CREATE DATABASE {}"] {
            let statement = AssertSqlSafe(statement.replace("{}", &database));
            sqlx::raw_sql(statement)
                .execute(&mut connection)
                .await
                .expect("the database can be created");
        }
        let options = PgConnectOptions::from_str(&server).expect("the server's URL is valid");
        Self { url: options.database(&database).to_url_lossy().to_string() }
    }

    pub fn url(&self) -> SourceUrl {
        SourceUrl::Postgres(self.url.as_str().into())
    }

    pub fn open(&self) -> Sources {
        sources::open(&self.url(), 8)
    }

    /// Opens a connection outside of the gateway's pool.
    pub async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.expect("the database answers")
    }

    /// Runs statements on a connection outside of the gateway's pool.
    pub async fn run(&self, statements: &'static str) {
        let mut connection = self.connect().await;
        sqlx::raw_sql(statements).execute(&mut connection).await.expect("the statements succeed");
    }
}
