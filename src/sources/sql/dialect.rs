//! Where SQLite and PostgreSQL part.

use futures_util::{FutureExt, future::BoxFuture};
use sqlx::{
    Arguments, Database, Encode, FromRow, Postgres, SqlStr, Sqlite, Type, error::BoxDynError,
    migrate::Migrator,
};
use uuid::Uuid;

use crate::{
    domain::{
        Activity, Message, MessageGroup, Notification, NotificationKind, ReactionKind, Timestamp,
        User, text::Search,
    },
    sources::MigrateError,
};

use super::rows::{
    ChangeRow, CountsRow, EarlierRow, KeyedActivity, KeyedMessage, RelatedUser, RowWithSnapshot,
};

/// A database that takes a `T` as a parameter.
pub trait Holds<T>: Database {
    fn add(arguments: &mut Self::Arguments, value: T) -> Result<(), BoxDynError>;
}

impl<DB: Database, T> Holds<T> for DB
where
    T: for<'q> Encode<'q, DB> + Type<DB>,
{
    fn add(arguments: &mut Self::Arguments, value: T) -> Result<(), BoxDynError> {
        arguments.add(value)
    }
}

/// A database that gives a `T` as a row.
pub trait Gives<T>: Database {
    fn give(row: &Self::Row) -> sqlx::Result<T>;
}

impl<DB: Database, T> Gives<T> for DB
where
    T: for<'r> FromRow<'r, DB::Row>,
{
    fn give(row: &Self::Row) -> sqlx::Result<T> {
        T::from_row(row)
    }
}

/// One of the two databases: what it can hold and give, and the SQL that it says in its own way.
///
/// `parameter` is a placeholder such as `$1`, which holds what [`Dialect::add_uuids`] or
/// [`Dialect::add_texts`] has added.
pub trait Dialect:
    Database
    + Holds<Uuid>
    + Holds<Option<Uuid>>
    + Holds<String>
    + Holds<Option<String>>
    + Holds<Timestamp>
    + Holds<Option<Timestamp>>
    + Holds<i32>
    + Holds<i64>
    + Holds<Vec<u8>>
    + Holds<NotificationKind>
    + Holds<ReactionKind>
    + Gives<(i64,)>
    + Gives<(String,)>
    + Gives<(i64, Timestamp, Uuid)>
    + Gives<(Uuid,)>
    + Gives<(Timestamp,)>
    + Gives<(Option<Uuid>,)>
    + Gives<(Uuid, String)>
    + Gives<(ReactionKind, Uuid)>
    + Gives<(Timestamp, Uuid)>
    + Gives<(Uuid, Timestamp)>
    + Gives<User>
    + Gives<Activity>
    + Gives<Notification>
    + Gives<Message>
    + Gives<MessageGroup>
    + Gives<KeyedActivity>
    + Gives<KeyedMessage>
    + Gives<RelatedUser>
    + Gives<CountsRow>
    + Gives<EarlierRow>
    + Gives<RowWithSnapshot<Activity>>
    + Gives<RowWithSnapshot<Notification>>
    + Gives<ChangeRow<Activity>>
    + Gives<ChangeRow<Notification>>
{
    /// How a transaction that writes begins.
    const BEGIN: &'static str;
    /// How many transactions may write at a time.
    const WRITERS: usize;
    /// What locks the rows that a `SELECT` reads, to be put behind it.
    const FOR_UPDATE: &'static str;
    /// The same, leaving out the rows that others have locked.
    const FREE_FOR_UPDATE: &'static str;
    /// The position below which no row can be added any more, and which some may have already.
    const HORIZON: &'static str;
    /// The statement that tells what can be read at present, as [`crate::domain::Snapshot::parse`] reads it.
    const MOMENT: &'static str;
    /// Sets all positions back to 0 where there are some that no row can have yet.
    ///
    /// Positions come from the cluster, so those in a dump of another cluster mean nothing. At 0 rows
    /// are in the order of their times.
    const RESTART: &'static [&'static str];

    fn rows<'c>(
        connection: &'c mut Self::Connection,
        sql: SqlStr,
        arguments: Self::Arguments,
    ) -> BoxFuture<'c, sqlx::Result<Vec<Self::Row>>>;

    /// Runs a statement; how many rows it changed.
    fn run<'c>(
        connection: &'c mut Self::Connection,
        sql: SqlStr,
        arguments: Self::Arguments,
    ) -> BoxFuture<'c, sqlx::Result<u64>>;

    /// The migrations that are this database's own; those of all databases come before.
    fn migrations() -> Migrator;

    /// Prepares the store for the migrations: takes the lock, which ends with the transaction, and
    /// adopts an original database. Whether it adopted one.
    fn prepare<'c>(
        connection: &'c mut Self::Connection,
    ) -> BoxFuture<'c, Result<bool, MigrateError>>;

    fn migrate<'c>(
        connection: &'c mut Self::Connection,
        migrator: &'c Migrator,
    ) -> BoxFuture<'c, Result<(), MigrateError>>;

    fn add_uuids(arguments: &mut Self::Arguments, uuids: &[Uuid]) -> Result<(), BoxDynError>;
    fn add_texts(arguments: &mut Self::Arguments, texts: &[String]) -> Result<(), BoxDynError>;

    /// `IN` a list of uuids.
    fn in_uuids(parameter: &str) -> String;
    /// `IN` a list of texts.
    fn in_texts(parameter: &str) -> String;
    /// A table `k` of a list of uuids: `k.key`, and its place `k.n` in the list from 1 on.
    fn keys(parameter: &str) -> String;
    /// For each row of `keys`, the rows `t` of a table that `tail` selects, a `WHERE` condition
    /// with `ORDER BY` and `LIMIT` that may name `k.key`.
    fn per_key(columns: &str, keys: &str, table: &str, tail: &str) -> String;
    /// The condition that a row of `users` or `activities` is found by the [`Dialect::search`] in
    /// `parameter`.
    fn found(table: &str, parameter: &str) -> String;
    /// The search in the database's own query language.
    fn search(search: &Search) -> String;
}

macro_rules! executes {
    () => {
        fn rows<'c>(
            connection: &'c mut Self::Connection,
            sql: SqlStr,
            arguments: Self::Arguments,
        ) -> BoxFuture<'c, sqlx::Result<Vec<Self::Row>>> {
            sqlx::query_with(sql, arguments).fetch_all(connection).boxed()
        }

        fn run<'c>(
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

        fn migrate<'c>(
            connection: &'c mut Self::Connection,
            migrator: &'c Migrator,
        ) -> BoxFuture<'c, Result<(), MigrateError>> {
            async move {
                let done = migrator.run_direct(None, connection, false).await;
                done.map_err(|error| MigrateError::Failed(error.to_string()))
            }
            .boxed()
        }
    };
}

impl Dialect for Sqlite {
    const BEGIN: &'static str = "BEGIN IMMEDIATE";
    const WRITERS: usize = 1;
    const FOR_UPDATE: &'static str = "";
    const FREE_FOR_UPDATE: &'static str = "";
    const HORIZON: &'static str = "(SELECT last + 1 FROM positions)";
    const MOMENT: &'static str = "SELECT (last + 1) || ':' || (last + 1) || ':' FROM positions";
    const RESTART: &'static [&'static str] = &[];

    executes!();

    fn migrations() -> Migrator {
        sqlx::migrate!("./migrations/sqlite")
    }

    fn prepare<'c>(
        _connection: &'c mut Self::Connection,
    ) -> BoxFuture<'c, Result<bool, MigrateError>> {
        std::future::ready(Ok(false)).boxed()
    }

    fn add_uuids(arguments: &mut Self::Arguments, uuids: &[Uuid]) -> Result<(), BoxDynError> {
        let hex: Vec<_> = uuids.iter().map(|uuid| uuid.simple().to_string()).collect();
        arguments.add(serde_json::to_string(&hex)?)
    }

    fn add_texts(arguments: &mut Self::Arguments, texts: &[String]) -> Result<(), BoxDynError> {
        arguments.add(serde_json::to_string(texts)?)
    }

    fn in_uuids(parameter: &str) -> String {
        format!("IN (SELECT unhex(value) FROM json_each({parameter}))")
    }

    fn in_texts(parameter: &str) -> String {
        format!("IN (SELECT value FROM json_each({parameter}))")
    }

    fn keys(parameter: &str) -> String {
        format!("(SELECT key + 1 AS n, unhex(value) AS key FROM json_each({parameter})) AS k")
    }

    fn per_key(columns: &str, keys: &str, table: &str, tail: &str) -> String {
        format!(
            "SELECT {columns} FROM {keys} \
             JOIN {table} AS t ON t.rowid IN (SELECT rowid FROM {table} WHERE {tail})"
        )
    }

    fn found(table: &str, parameter: &str) -> String {
        let one = if table == "users" { "user" } else { "activity" };
        format!(
            "uuid IN (SELECT w.uuid FROM {one}_search AS s JOIN {one}_words AS w ON w.id = s.rowid \
             WHERE {one}_search MATCH {parameter})"
        )
    }

    fn search(search: &Search) -> String {
        let words: Vec<_> = search.words.iter().map(|word| format!("\"{word}\"")).collect();
        words.join(" AND ") + if search.prefix { " *" } else { "" }
    }
}

impl Dialect for Postgres {
    const BEGIN: &'static str = "BEGIN";
    const WRITERS: usize = 1_000;
    // Of those who refer to the row, none has to wait.
    const FOR_UPDATE: &'static str = "FOR NO KEY UPDATE";
    const FREE_FOR_UPDATE: &'static str = "FOR UPDATE SKIP LOCKED";
    const HORIZON: &'static str = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint";
    const MOMENT: &'static str = "SELECT pg_current_snapshot()::text";
    const RESTART: &'static [&'static str] = &[
        "UPDATE activities SET position = 0 WHERE position <> 0 AND EXISTS (SELECT FROM activities \
         WHERE reply_to_activity_uuid IS NULL AND visible_until IS NOT NULL \
         AND position >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint)",
        "UPDATE notifications SET position = 0 WHERE position <> 0 AND EXISTS (SELECT \
         FROM notifications \
         WHERE position >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint)",
    ];

    executes!();

    fn migrations() -> Migrator {
        sqlx::migrate!("./migrations/postgres")
    }

    fn prepare<'c>(
        connection: &'c mut Self::Connection,
    ) -> BoxFuture<'c, Result<bool, MigrateError>> {
        super::adopt::prepare(connection).boxed()
    }

    fn add_uuids(arguments: &mut Self::Arguments, uuids: &[Uuid]) -> Result<(), BoxDynError> {
        arguments.add(uuids.to_vec())
    }

    fn add_texts(arguments: &mut Self::Arguments, texts: &[String]) -> Result<(), BoxDynError> {
        arguments.add(texts.to_vec())
    }

    fn in_uuids(parameter: &str) -> String {
        format!("= ANY({parameter})")
    }

    fn in_texts(parameter: &str) -> String {
        format!("= ANY({parameter})")
    }

    fn keys(parameter: &str) -> String {
        format!("unnest({parameter}) WITH ORDINALITY AS k(key, n)")
    }

    fn per_key(columns: &str, keys: &str, table: &str, tail: &str) -> String {
        format!(
            "SELECT {columns} FROM {keys} \
             CROSS JOIN LATERAL (SELECT * FROM {table} WHERE {tail}) AS t"
        )
    }

    fn found(_table: &str, parameter: &str) -> String {
        format!("array_to_tsvector(string_to_array(words, ' ')) @@ {parameter}::text::tsquery")
    }

    fn search(search: &Search) -> String {
        let words: Vec<_> = search.words.iter().map(|word| format!("'{word}'")).collect();
        words.join(" & ") + if search.prefix { ":*" } else { "" }
    }
}
