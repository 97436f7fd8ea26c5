//! Migrations and the index of words, in one transaction.

use uuid::Uuid;

use super::{
    Sql, Write,
    activities::{joined_words, user_words},
    dialect::Dialect,
    statement::Statement,
};
use crate::{
    error::Error,
    sources::{MigrateError, Migrated},
};

/// How many rows are indexed at a time.
const BATCH: usize = 500;

/// Brings the database to the present schema, whole or not at all.
pub async fn migrate<DB: Dialect>(source: &Sql<DB>) -> Result<Migrated, MigrateError> {
    let transaction = source.pool.begin_with(DB::BEGIN).await.map_err(unreachable)?;
    let turn = source.writers.acquire().await.map_err(|_| unreachable(sqlx::Error::PoolClosed))?;
    let mut write = Write { transaction, _turn: turn };
    let connection = &mut *write.transaction;
    let adopted = DB::prepare(connection).await?;
    for mut migrator in [sqlx::migrate!("./migrations"), DB::migrations()] {
        // Each knows its own migrations only, and the transaction is the lock.
        migrator.set_ignore_missing(true).set_locking(false);
        DB::migrate(connection, &migrator).await?;
    }
    let found = index_words::<DB>(connection, adopted).await;
    let found = found.map_err(|error| match error {
        Error::Unavailable => MigrateError::Unreachable(error.to_string()),
        _ => MigrateError::Failed("see the log".into()),
    })?;
    write.commit().await.map_err(|error| MigrateError::Unreachable(error.to_string()))?;
    Ok(found)
}

/// Indexes the rows that others have written.
async fn index_words<DB: Dialect>(
    connection: &mut DB::Connection,
    adopted: bool,
) -> Result<Migrated, Error> {
    loop {
        let select = format!(
            "SELECT uuid, handle, display_name FROM users WHERE words IS NULL LIMIT {BATCH}"
        );
        let users: Vec<(Uuid, String, String)> =
            Statement::<DB>::new(select).all(connection).await?;
        if users.is_empty() {
            break;
        }
        let words =
            users.into_iter().map(|(uuid, handle, name)| (uuid, user_words(&handle, &name)));
        set_words::<DB>(connection, "users", &words.collect::<Vec<_>>()).await?;
    }
    loop {
        let select =
            format!("SELECT uuid, message FROM activities WHERE words IS NULL LIMIT {BATCH}");
        let activities: Vec<(Uuid, String)> = Statement::<DB>::new(select).all(connection).await?;
        if activities.is_empty() {
            break;
        }
        let words = activities.into_iter().map(|(uuid, message)| (uuid, joined_words(&message)));
        set_words::<DB>(connection, "activities", &words.collect::<Vec<_>>()).await?;
    }
    let mut counts = [0; 2];
    for (count, table) in counts.iter_mut().zip(["users", "activities"]) {
        let sql = format!("SELECT count(*) FROM {table}");
        let row: Option<(i64,)> = Statement::<DB>::new(sql).first(connection).await?;
        *count = row.map_or(0, |(count,)| count);
    }
    Ok(match counts {
        [users, activities] if adopted => Migrated::Adopted { users, activities },
        [0, _] => Migrated::Empty,
        _ => Migrated::Current,
    })
}

async fn set_words<DB: Dialect>(
    connection: &mut DB::Connection,
    table: &str,
    rows: &[(Uuid, String)],
) -> Result<(), Error> {
    let marks: Vec<_> =
        (0..rows.len()).map(|row| format!("(${}, ${})", 2 * row + 1, 2 * row + 2)).collect();
    let statement = Statement::<DB>::new(format!(
        "UPDATE {table} SET words = v.column2 FROM (VALUES {}) AS v WHERE {table}.uuid = v.column1",
        marks.join(", ")
    ));
    let statement = rows
        .iter()
        .fold(statement, |statement, (uuid, words)| statement.bind(*uuid).bind(words.clone()));
    statement.run(connection).await.map(drop)
}

fn unreachable(error: sqlx::Error) -> MigrateError {
    MigrateError::Unreachable(error.to_string())
}
