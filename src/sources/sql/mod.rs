//! SQLite and PostgreSQL: one generic source over both.
//!
//! * dialect.rs    where the two part
//! * statement.rs  one statement with its parameters
//! * rows.rs       rows that are more than one domain struct
//! * activities.rs the source of activities: reads, and writes of one statement
//! * writes.rs     its writes of several statements
//! * messages.rs   the source of direct messages
//! * migrate.rs    migrations and the index of words
//! * adopt.rs      how an original Cruddur database is taken over
//! * import.rs     whole data sets
//! * changes.rs    what has become readable

mod activities;
mod adopt;
mod changes;
mod dialect;
mod import;
mod messages;
mod migrate;
mod rows;
mod statement;
mod users;
mod writes;

use std::{path::Path, str::FromStr, time::Duration};

use sqlx::{
    Connection as _, Pool, Postgres, Sqlite, Transaction,
    pool::{PoolConnection, PoolOptions},
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use uuid::Uuid;

use self::{
    dialect::{Dialect, Gives},
    rows::{Keyed, RowWithSnapshot},
    statement::Statement,
};
use crate::{
    domain::{HasCursor, Order, Page, Pagination, Timestamp, WithSnapshot},
    error::{Error, Result},
};

/// How long a connection that lies idle may take to show that it still leads to the database. One
/// whose host is gone, or whose network was cut, says nothing of it; a request may meet one after
/// the other.
const PING: Duration = Duration::from_millis(500);
/// How long a request waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long PostgreSQL works on one statement.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(5);

/// A source in an SQL database.
pub struct Sql<DB: Dialect> {
    pool: Pool<DB>,
    /// Whose turn it is to write: SQLite has one writer at a time, and lets waiting ones starve.
    writers: Semaphore,
    /// The time of the latest crud that was added here. Whoever holds it adds the next, so that cruds
    /// get their positions in the order of their times.
    latest_crud: Mutex<Timestamp>,
}

/// A transaction that writes, and its turn to do so.
struct Write<'s, DB: Dialect> {
    transaction: Transaction<'static, DB>,
    _turn: SemaphorePermit<'s>,
}

impl<DB: Dialect> Write<'_, DB> {
    async fn commit(self) -> Result<()> {
        self.transaction.commit().await.map_err(failed)
    }
}

/// The file at `path`, made at the first use.
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

/// The database at `url`; [`is_postgres_url`] says whether it is one.
pub fn postgres(url: &str, max_connections: u32) -> Sql<Postgres> {
    let options =
        PgConnectOptions::from_str(url).unwrap_or_default().application_name("cruddur").options([
            ("statement_timeout", STATEMENT_TIMEOUT.as_millis().to_string().as_str()),
            ("idle_in_transaction_session_timeout", "10000"),
            ("random_page_cost", "1.1"),
        ]);
    Sql::open(options, max_connections)
}

/// Whether the text names a PostgreSQL database.
pub fn is_postgres_url(text: &str) -> bool {
    PgConnectOptions::from_str(text).is_ok()
}

impl<DB: Dialect> Sql<DB> {
    fn open(options: <DB::Connection as sqlx::Connection>::Options, max_connections: u32) -> Self {
        let pool = PoolOptions::new()
            .max_connections(max_connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .before_acquire(|connection: &mut DB::Connection, _| {
                Box::pin(async move {
                    let answer = tokio::time::timeout(PING, connection.ping()).await;
                    Ok(answer.is_ok_and(|answer| answer.is_ok()))
                })
            })
            .connect_lazy_with(options);
        Self { pool, writers: Semaphore::new(DB::WRITERS), latest_crud: Mutex::default() }
    }

    /// A connection to read with.
    async fn read(&self) -> Result<PoolConnection<DB>> {
        self.pool.acquire().await.map_err(failed)
    }

    /// A transaction to write in; dropped without a commit, nothing has happened.
    async fn write(&self) -> Result<Write<'_, DB>> {
        let turn = tokio::time::timeout(ACQUIRE_TIMEOUT, self.writers.acquire()).await;
        let turn = turn.ok().and_then(std::result::Result::ok).ok_or(Error::Unavailable)?;
        let transaction = self.pool.begin_with(DB::BEGIN).await.map_err(failed)?;
        Ok(Write { transaction, _turn: turn })
    }

    /// All rows of one statement.
    async fn all<T>(&self, statement: Statement<DB>) -> Result<Vec<T>>
    where
        DB: Gives<T>,
    {
        statement.all(&mut *self.read().await?).await
    }

    /// One page of one list: what `statement` selects, which ends in its `WHERE` condition.
    async fn page<T>(
        &self,
        statement: Statement<DB>,
        list: &List,
        page: &Pagination,
    ) -> Result<Page<T>>
    where
        DB: Gives<T>,
        T: HasCursor,
    {
        let rows: Vec<T> = self.all(statement.page(list, page)).await?;
        Ok(page.paginate(rows.into_iter().map(HasCursor::with_cursor)))
    }

    /// A page as [`Sql::page`] gives it, and what could be read then, which `statement` selects as
    /// `moment`.
    async fn page_with_snapshot<T>(
        &self,
        statement: Statement<DB>,
        list: &List,
        page: &Pagination,
    ) -> Result<WithSnapshot<Page<T>>>
    where
        DB: Gives<RowWithSnapshot<T>>,
        T: HasCursor,
    {
        let rows: Page<RowWithSnapshot<T>> = self.page(statement, list, page).await?;
        let snapshot =
            rows.nodes().next().map(|row| changes::parse_snapshot(&row.snapshot)).transpose()?;
        Ok(WithSnapshot { value: rows.map(|row| row.item), snapshot })
    }

    /// One page of each key's list, in the keys' order.
    async fn pages<T>(
        &self,
        statement: Statement<DB>,
        keys: &[Uuid],
        page: &Pagination,
    ) -> Result<Vec<Page<T::Item>>>
    where
        DB: Gives<T>,
        T: Keyed,
    {
        let mut lists: Vec<Vec<_>> = keys.iter().map(|_| Vec::new()).collect();
        for row in self.all::<T>(statement).await? {
            let list = usize::try_from(row.n() - 1).ok().and_then(|n| lists.get_mut(n));
            list.ok_or(Error::Internal)?.push(row.with_cursor());
        }
        Ok(lists.into_iter().map(|rows| page.paginate(rows)).collect())
    }
}

/// The columns that a list is ordered by, and how.
struct List {
    at: &'static str,
    uuid: &'static str,
    order: Order,
}

impl List {
    const NEWEST_FIRST: Self = Self { at: "created_at", uuid: "uuid", order: Order::NewestFirst };
    const OLDEST_FIRST: Self = Self { order: Order::OldestFirst, ..Self::NEWEST_FIRST };

    /// What cuts the page out of a list: the end of a `WHERE` condition whose four placeholders
    /// begin with `first`, the order, and the limit.
    ///
    /// The limit is a literal, since PostgreSQL plans `LIMIT $1` for thousands of rows, and out of
    /// few, so that few statements are prepared.
    fn keyset(&self, page: &Pagination, first: usize) -> String {
        let Self { at, uuid, .. } = self;
        let limit = [2, 4, 11, 21, 51].into_iter().find(|limit| *limit > page.limit);
        format!(
            "AND ({at}, {uuid}) > (${}, ${}) AND ({at}, {uuid}) < (${}, ${}) {} LIMIT {}",
            first,
            first + 1,
            first + 2,
            first + 3,
            self.order_by(page),
            limit.unwrap_or(Pagination::MAX + 1),
        )
    }

    /// The order in which the page's rows are read.
    fn order_by(&self, page: &Pagination) -> String {
        let Self { at, uuid, order } = self;
        let direction = if page.descending(*order) { "DESC" } else { "ASC" };
        format!("ORDER BY {at} {direction}, {uuid} {direction}")
    }

    /// The order of the rows `t` of lists by keys `k`: [`List::order_by`] within each key.
    fn order_by_key(&self, page: &Pagination) -> String {
        let Self { at, uuid, order } = self;
        let direction = if page.descending(*order) { "DESC" } else { "ASC" };
        format!("ORDER BY k.n, t.{at} {direction}, t.{uuid} {direction}")
    }
}

/// What a client may know of a failure; the rest is logged here.
fn failed(error: sqlx::Error) -> Error {
    if is_passing(&error) {
        tracing::warn!(%error, "the database did not answer");
        Error::Unavailable
    } else {
        tracing::error!(%error, "a statement failed");
        Error::Internal
    }
}

/// Whether another try may mend it.
fn is_passing(error: &sqlx::Error) -> bool {
    /// PostgreSQL's codes: cancelled by the statement timeout or the lock timeout, deadlock,
    /// serialization failure, shutdown, start-up, too many connections, not enough memory.
    const CODES: [&str; 9] =
        ["57014", "55P03", "40P01", "40001", "57P01", "57P02", "57P03", "53300", "53200"];
    match error {
        sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::WorkerCrashed => true,
        // SQLITE_BUSY and SQLITE_LOCKED, with their extended codes.
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            CODES.contains(&code.as_ref())
                || code.parse::<u32>().is_ok_and(|code| {
                    error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some()
                        && matches!(code & 0xff, 5 | 6)
                })
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sqlite_writes_ahead_waits_for_the_disk_and_checks_references() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let source = sqlite(&folder.path().join("cruddur.db"), 2);
        for (pragma, expected) in [("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 5_000)]
        {
            let statement = Statement::new(format!("PRAGMA {pragma}"));
            assert_eq!(source.all::<(i64,)>(statement).await, Ok(vec![(expected,)]), "{pragma}");
        }
    }
}
