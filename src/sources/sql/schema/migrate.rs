//! The migrations, and the indexes of words and handles, in one transaction.

use futures_util::{FutureExt, future::BoxFuture};
use sqlx::{Postgres, Sqlite, migrate::Migrator};

use super::adopt::adopt;
use crate::{
    error::Error,
    sources::{
        MigrateError, Migrated,
        sql::{
            dialect::Dialect,
            error::migrate_error,
            handle_skeletons::index_handles,
            pool::{Sql, WriteTx},
            query::sql,
            search_words::index_words,
        },
    },
};

/// A database that knows its migrations.
pub trait Migrate: Dialect<Connection: sqlx::migrate::Migrate> {
    /// The migrations of this database alone. Those of all databases run before them.
    const MIGRATOR: Migrator;
    /// Statements that reset the positions after a restore from another cluster, whose transaction
    /// ids mean nothing here. They change nothing unless a row has a position that no row of this
    /// cluster can have yet. Rows at position 0 are in the order of their times.
    const RESET_POSITIONS: &'static [&'static str];

    /// Prepares the database for the migrations: takes the lock, which lasts until the transaction
    /// ends, and adopts an original Cruddur database. Returns whether it adopted one.
    fn prepare(connection: &mut Self::Connection) -> BoxFuture<'_, Result<bool, MigrateError>>;
}

impl Migrate for Sqlite {
    const MIGRATOR: Migrator = sqlx::migrate!("./migrations/sqlite");
    const RESET_POSITIONS: &'static [&'static str] = &[];

    fn prepare(_: &mut Self::Connection) -> BoxFuture<'_, Result<bool, MigrateError>> {
        std::future::ready(Ok(false)).boxed()
    }
}

impl Migrate for Postgres {
    const MIGRATOR: Migrator = sqlx::migrate!("./migrations/postgres");
    const RESET_POSITIONS: &'static [&'static str] = &[
        "UPDATE activities SET position = 0 WHERE position <> 0 AND EXISTS (SELECT FROM activities \
         WHERE reply_to_activity_uuid IS NULL AND visible_until IS NOT NULL \
         AND position >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint)",
        "UPDATE notifications SET position = 0 WHERE position <> 0 AND EXISTS (SELECT \
         FROM notifications \
         WHERE position >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint)",
    ];

    fn prepare(connection: &mut Self::Connection) -> BoxFuture<'_, Result<bool, MigrateError>> {
        adopt(connection).boxed()
    }
}

/// Brings the database to the current schema, whole or not at all.
pub async fn migrate<DB: Migrate>(source: &Sql<DB>) -> Result<Migrated, MigrateError> {
    let mut tx = source.begin_waiting().await.map_err(migrate_error)?;
    let adopted = DB::prepare(tx.connection()).await?;
    if adopted {
        // Now, while there are no indexes to keep.
        index_words(&mut tx).await.map_err(logged)?;
    }
    for mut migrator in [sqlx::migrate!("./migrations"), DB::MIGRATOR] {
        // Each knows its own migrations only, and the transaction is the lock.
        migrator.set_ignore_missing(true).set_locking(false);
        let done = migrator.run_direct(None, tx.connection(), false).await;
        done.map_err(|error| MigrateError::Failed(error.to_string()))?;
    }
    for statement in DB::RESET_POSITIONS {
        sql(*statement).run(&mut tx).await.map_err(logged)?;
    }
    index_words(&mut tx).await.map_err(logged)?;
    index_handles(&mut tx).await.map_err(logged)?;
    let users = count(&mut tx, "users").await.map_err(logged)?;
    let activities = count(&mut tx, "activities").await.map_err(logged)?;
    tx.commit().await.map_err(logged)?;
    Ok(match users {
        _ if adopted => Migrated::Adopted { users, activities },
        0 => Migrated::Empty,
        _ => Migrated::Current,
    })
}

async fn count<DB: Dialect>(tx: &mut WriteTx<'_, DB>, table: &str) -> Result<i64, Error> {
    let row: Option<(i64,)> = sql(format!("SELECT count(*) FROM {table}")).first(tx).await?;
    Ok(row.map_or(0, |(count,)| count))
}

/// The error for a failure that is in the log.
fn logged(error: Error) -> MigrateError {
    match error {
        Error::Unavailable => MigrateError::Unreachable(error.to_string()),
        _ => MigrateError::Failed("see the log".into()),
    }
}
