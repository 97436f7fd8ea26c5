//! Migrations and the index of words, in one transaction.

use std::time::Duration;

use sqlx::Transaction;
use tokio::time::sleep;
use uuid::Uuid;

use super::{
    Sql, Write, activities::joined_words, dialect::Dialect, is_passing, statement::Statement,
};
use crate::{
    error::Error,
    sources::{MigrateError, Migrated},
};

/// How many rows are indexed at a time.
const BATCH: usize = 500;
/// How often, and with what pause, a database that is busy is tried again.
const BUSY_TRIES: usize = 50;
const BUSY_PAUSE: Duration = Duration::from_millis(20);

/// Brings the database to the present schema, whole or not at all.
pub async fn migrate<DB: Dialect>(source: &Sql<DB>) -> Result<Migrated, MigrateError> {
    let turn = source.writers.acquire().await.map_err(|_| failed(sqlx::Error::PoolClosed))?;
    let transaction = begin(source).await.map_err(failed)?;
    let mut write = Write { transaction, _turn: turn };
    let connection = &mut *write.transaction;
    let adopted = DB::prepare(connection).await?;
    if adopted {
        // Before there are indexes to keep.
        index_words::<DB>(connection).await.map_err(logged)?;
    }
    for mut migrator in [sqlx::migrate!("./migrations"), DB::migrations()] {
        // Each knows its own migrations only, and the transaction is the lock.
        migrator.set_ignore_missing(true).set_locking(false);
        DB::migrate(connection, &migrator).await?;
    }
    for restart in DB::RESTART {
        Statement::<DB>::new(*restart).run(connection).await.map_err(logged)?;
    }
    index_words::<DB>(connection).await.map_err(logged)?;
    let users = count::<DB>(connection, "users").await.map_err(logged)?;
    let activities = count::<DB>(connection, "activities").await.map_err(logged)?;
    write.transaction.commit().await.map_err(failed)?;
    Ok(match users {
        _ if adopted => Migrated::Adopted { users, activities },
        0 => Migrated::Empty,
        _ => Migrated::Current,
    })
}

/// A transaction to migrate in. While another process makes the file one that is written ahead,
/// SQLite refuses at once, whatever its busy timeout.
async fn begin<DB: Dialect>(source: &Sql<DB>) -> sqlx::Result<Transaction<'static, DB>> {
    for _ in 0..BUSY_TRIES {
        match source.pool.begin_with(DB::BEGIN).await {
            Err(error @ sqlx::Error::Database(_)) if is_passing(&error) => sleep(BUSY_PAUSE).await,
            outcome => return outcome,
        }
    }
    source.pool.begin_with(DB::BEGIN).await
}

async fn count<DB: Dialect>(connection: &mut DB::Connection, table: &str) -> Result<i64, Error> {
    let sql = format!("SELECT count(*) FROM {table}");
    let row: Option<(i64,)> = Statement::<DB>::new(sql).first(connection).await?;
    Ok(row.map_or(0, |(count,)| count))
}

/// Indexes the rows that others have written.
async fn index_words<DB: Dialect>(connection: &mut DB::Connection) -> Result<(), Error> {
    index_table::<DB>(connection, "users", "handle || ' ' || display_name").await?;
    index_table::<DB>(connection, "activities", "message").await
}

/// Sets the words of the rows that have none yet to those of `text`, in the order of uuids, so that
/// no row is met twice.
async fn index_table<DB: Dialect>(
    connection: &mut DB::Connection,
    table: &str,
    text: &str,
) -> Result<(), Error> {
    let mut after = Uuid::nil();
    loop {
        let select = format!(
            "SELECT uuid, {text} FROM {table} WHERE words IS NULL AND uuid >= $1 \
             ORDER BY uuid LIMIT {BATCH}"
        );
        let rows: Vec<(Uuid, String)> =
            Statement::<DB>::new(select).bind(after).all(connection).await?;
        let Some((last, _)) = rows.last() else { return Ok(()) };
        after = *last;
        let marks: Vec<_> =
            (0..rows.len()).map(|row| format!("(${}, ${})", 2 * row + 1, 2 * row + 2)).collect();
        let update = format!(
            "UPDATE {table} SET words = v.column2 FROM (VALUES {}) AS v \
             WHERE {table}.uuid = v.column1",
            marks.join(", ")
        );
        let bind = |statement: Statement<DB>, (uuid, text): &(Uuid, String)| {
            statement.bind(*uuid).bind(joined_words(text))
        };
        rows.iter().fold(Statement::new(update), bind).run(connection).await?;
    }
}

/// A failure that has been logged.
fn logged(error: Error) -> MigrateError {
    match error {
        Error::Unavailable => MigrateError::Unreachable(error.to_string()),
        _ => MigrateError::Failed("see the log".into()),
    }
}

/// Worth another try, or not.
pub fn failed(error: sqlx::Error) -> MigrateError {
    if is_passing(&error) {
        MigrateError::Unreachable(error.to_string())
    } else {
        MigrateError::Failed(error.to_string())
    }
}
