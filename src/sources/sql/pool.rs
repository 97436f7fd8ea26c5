//! A database with its connections, and its transactions.

use std::{path::Path, str::FromStr, time::Duration};

use sqlx::{
    Connection as _, Pool, Postgres, Sqlite, Transaction,
    pool::{PoolConnection, PoolOptions},
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use tokio::{
    sync::{Mutex, Semaphore, SemaphorePermit},
    time::{sleep, timeout},
};

use super::{
    dialect::Dialect,
    error::{is_transient, query_error},
};
use crate::{
    domain::Timestamp,
    error::{Error, Result},
    secret_url::SecretUrl,
};

/// How long an idle connection may take to answer a ping before it is used. A connection whose host
/// or network is gone does not say so, and a request may meet several of them.
const PING_TIMEOUT: Duration = Duration::from_millis(500);
/// How long a request waits for a connection.
pub const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long PostgreSQL works on one statement.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(5);
/// How often, and with what pause, [`Sql::begin_waiting`] tries a busy database again.
const BUSY_TRIES: usize = 50;
const BUSY_PAUSE: Duration = Duration::from_millis(20);

/// A source in an SQL database.
pub struct Sql<DB: Dialect> {
    pub pool: Pool<DB>,
    /// Lets [`Dialect::MAX_WRITERS`] transactions write at a time: SQLite has one writer, and lets
    /// waiting ones starve.
    write_permits: Semaphore,
    /// The time of the latest crud that was added here. Its holder adds the next one, so that cruds
    /// get their positions in the order of their times.
    pub latest_crud: Mutex<Timestamp>,
}

/// A transaction that writes. Dropped without a commit, it changes nothing.
pub struct WriteTx<'s, DB: Dialect> {
    transaction: Transaction<'static, DB>,
    _permit: SemaphorePermit<'s>,
}

impl<DB: Dialect> WriteTx<'_, DB> {
    pub fn connection(&mut self) -> &mut DB::Connection {
        &mut self.transaction
    }

    pub async fn commit(self) -> Result<()> {
        self.transaction.commit().await.map_err(query_error)
    }
}

/// The file at `path`, which the first use creates.
pub fn sqlite(path: &Path, max_connections: u32) -> Sql<Sqlite> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5))
        .foreign_keys(true);
    Sql::open(options, max_connections)
}

/// The database at `url`, which [`is_postgres_url`] has accepted.
pub fn postgres(url: &SecretUrl, max_connections: u32) -> Sql<Postgres> {
    let options = PgConnectOptions::from_str(url.expose_secret()).unwrap_or_default();
    let options = options.application_name("cruddur").options([
        ("statement_timeout", STATEMENT_TIMEOUT.as_millis().to_string().as_str()),
        ("idle_in_transaction_session_timeout", "10000"),
        ("random_page_cost", "1.1"),
    ]);
    Sql::open(options, max_connections)
}

/// Whether sqlx takes this as the URL of a PostgreSQL database.
pub fn is_postgres_url(url: &SecretUrl) -> bool {
    PgConnectOptions::from_str(url.expose_secret()).is_ok()
}

/// Whether sqlx knows a query parameter of a PostgreSQL URL. It logs the others with their values.
pub fn is_postgres_parameter(name: &str) -> bool {
    const NAMES: [&str; 18] = [
        "application_name",
        "dbname",
        "host",
        "hostaddr",
        "options",
        "password",
        "port",
        "ssl-ca",
        "ssl-cert",
        "ssl-key",
        "ssl-mode",
        "ssl-root-cert",
        "sslcert",
        "sslkey",
        "sslmode",
        "sslrootcert",
        "statement-cache-capacity",
        "user",
    ];
    NAMES.contains(&name) || (name.starts_with("options[") && name.ends_with(']'))
}

impl<DB: Dialect> Sql<DB> {
    fn open(options: <DB::Connection as sqlx::Connection>::Options, max_connections: u32) -> Self {
        let pool = PoolOptions::new()
            .max_connections(max_connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .before_acquire(|connection: &mut DB::Connection, _| {
                Box::pin(async move {
                    let answer = timeout(PING_TIMEOUT, connection.ping()).await;
                    Ok(answer.is_ok_and(|answer| answer.is_ok()))
                })
            })
            .connect_lazy_with(options);
        Self { pool, write_permits: Semaphore::new(DB::MAX_WRITERS), latest_crud: Mutex::default() }
    }

    /// A connection to read with. [`Error::Unavailable`] if there is none in time.
    pub async fn read(&self) -> Result<PoolConnection<DB>> {
        self.pool.acquire().await.map_err(query_error)
    }

    /// Begins a transaction to write in. [`Error::Unavailable`] if it cannot begin in time.
    pub async fn write(&self) -> Result<WriteTx<'_, DB>> {
        let permit = timeout(ACQUIRE_TIMEOUT, self.write_permits.acquire()).await;
        let permit = permit.ok().and_then(std::result::Result::ok).ok_or(Error::Unavailable)?;
        let transaction = self.pool.begin_with(DB::BEGIN).await.map_err(query_error)?;
        Ok(WriteTx { transaction, _permit: permit })
    }

    /// Begins a transaction as [`Sql::write`] does, however long the other writers take. While
    /// another process switches the file to write-ahead logging, SQLite refuses at once, whatever
    /// its busy timeout is.
    pub async fn begin_waiting(&self) -> sqlx::Result<WriteTx<'_, DB>> {
        let permit = self.write_permits.acquire().await.map_err(|_| sqlx::Error::PoolClosed)?;
        let mut tries = 0;
        loop {
            match self.pool.begin_with(DB::BEGIN).await {
                Ok(transaction) => return Ok(WriteTx { transaction, _permit: permit }),
                Err(error @ sqlx::Error::Database(_))
                    if is_transient(&error) && tries < BUSY_TRIES =>
                {
                    tries += 1;
                    sleep(BUSY_PAUSE).await;
                }
                Err(error) => return Err(error),
            }
        }
    }
}
