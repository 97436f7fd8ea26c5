//! Where SQLite and PostgreSQL differ.

use futures_util::future::BoxFuture;
use sqlx::{
    Database, Encode, FromRow, Postgres, SqlStr, Sqlite, Type, error::BoxDynError, postgres::PgRow,
    sqlite::SqliteRow,
};
use uuid::Uuid;

use crate::domain::text::Search;

/// A value that both databases take as a parameter.
pub trait Param:
    for<'q> Encode<'q, Sqlite> + Type<Sqlite> + for<'q> Encode<'q, Postgres> + Type<Postgres>
{
}

impl<T> Param for T where
    T: for<'q> Encode<'q, Sqlite> + Type<Sqlite> + for<'q> Encode<'q, Postgres> + Type<Postgres>
{
}

/// A value that can be read from a row of both databases.
pub trait Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

impl<T> Row for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{}

/// One of the two databases: how it runs a statement, and the SQL that it says in its own way.
///
/// `parameter` is a placeholder such as `$1`. It stands for what [`Dialect::add_uuids`] or
/// [`Dialect::add_texts`] has added.
pub trait Dialect: Database {
    /// Begins a transaction that writes.
    const BEGIN: &'static str;
    /// The most transactions that may write at a time.
    const MAX_WRITERS: usize;
    /// Locks the rows that a `SELECT` reads; goes to the end of the statement.
    const FOR_UPDATE: &'static str;
    /// Like [`Dialect::FOR_UPDATE`], but leaves out the rows that other transactions have locked.
    const FOR_UPDATE_SKIP_LOCKED: &'static str;
    /// Locks the rows that a `SELECT` reads against their deletion and against
    /// [`Dialect::FOR_KEY_UPDATE`], but not against other updates; goes to the end of the statement.
    const FOR_KEY_SHARE: &'static str;
    /// Locks the rows that a `SELECT` reads, and waits for [`Dialect::FOR_KEY_SHARE`].
    const FOR_KEY_UPDATE: &'static str;
    /// A statement that makes a transaction fail if another one holds a lock that it needs; `None` if
    /// that cannot happen.
    const NO_WAITING: Option<&'static str>;
    /// An expression: the position below which no row can be added any more. Rows above it may
    /// exist already.
    const STABLE_BELOW: &'static str;
    /// A statement that returns the current snapshot in the form that
    /// [`crate::domain::Snapshot::parse`] reads.
    const CURRENT_SNAPSHOT: &'static str;

    /// Adds one value to the arguments of a statement.
    fn add<T: Param>(arguments: &mut Self::Arguments, value: T) -> Result<(), BoxDynError>;
    /// Adds a list of uuids as one parameter.
    fn add_uuids(arguments: &mut Self::Arguments, uuids: &[Uuid]) -> Result<(), BoxDynError>;
    /// Adds a list of texts as one parameter.
    fn add_texts(arguments: &mut Self::Arguments, texts: &[String]) -> Result<(), BoxDynError>;

    /// Runs a statement and returns all its rows.
    fn fetch_all<'c>(
        connection: &'c mut Self::Connection,
        sql: SqlStr,
        arguments: Self::Arguments,
    ) -> BoxFuture<'c, sqlx::Result<Vec<Self::Row>>>;
    /// Runs a statement and returns the number of rows that it changed.
    fn execute<'c>(
        connection: &'c mut Self::Connection,
        sql: SqlStr,
        arguments: Self::Arguments,
    ) -> BoxFuture<'c, sqlx::Result<u64>>;
    /// Reads a value from a row.
    fn read<T: Row>(row: &Self::Row) -> sqlx::Result<T>;

    /// A condition, to follow a column: `IN` a list of uuids.
    fn in_uuids(parameter: &str) -> String;
    /// A condition, to follow a column: `IN` a list of texts.
    fn in_texts(parameter: &str) -> String;
    /// A table `k` of a list of uuids: `k.key` is the uuid, `k.n` its number in the list from 1 on.
    fn key_table(parameter: &str) -> String;
    /// A `SELECT` of the rows `t` of a table for each row of `keys`. `tail` selects them: a `WHERE`
    /// condition with `ORDER BY` and `LIMIT` that may name `k.key`.
    fn lateral(columns: &str, keys: &str, table: &str, tail: &str) -> String;
    /// A condition: the row of `users` or `activities` matches the [`Dialect::search_query`] in
    /// `parameter`.
    fn matches(table: &str, parameter: &str) -> String;
    /// The search in the database's own query language.
    fn search_query(search: &Search) -> String;
}

/// The methods that are the same for both databases. sqlx implements what they call for each
/// database, but not generically.
macro_rules! run_with_sqlx {
    () => {
        fn add<T: Param>(arguments: &mut Self::Arguments, value: T) -> Result<(), BoxDynError> {
            arguments.add(value)
        }

        fn fetch_all<'c>(
            connection: &'c mut Self::Connection,
            sql: SqlStr,
            arguments: Self::Arguments,
        ) -> BoxFuture<'c, sqlx::Result<Vec<Self::Row>>> {
            sqlx::query_with(sql, arguments).fetch_all(connection).boxed()
        }

        fn execute<'c>(
            connection: &'c mut Self::Connection,
            sql: SqlStr,
            arguments: Self::Arguments,
        ) -> BoxFuture<'c, sqlx::Result<u64>> {
            async move {
                let done = sqlx::query_with(sql, arguments).execute(connection).await?;
                Ok(done.rows_affected())
            }
            .boxed()
        }

        fn read<T: Row>(row: &Self::Row) -> sqlx::Result<T> {
            T::from_row(row)
        }
    };
}

mod postgres;
mod sqlite;
