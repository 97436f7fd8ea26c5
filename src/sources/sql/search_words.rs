//! The words that users and activities are found by, as the column `words` holds them: lower-case,
//! each once, separated by spaces.

use uuid::Uuid;

use super::{
    dialect::Dialect,
    pool::WriteTx,
    query::{Statement, sql},
};
use crate::{domain::text::words, error::Result};

/// The number of rows that one statement indexes.
const BATCH: usize = 500;

/// The words that a user is found by.
pub fn user_words(handle: &str, display_name: &str) -> String {
    joined_words(&format!("{handle} {display_name}"))
}

/// The words that a text is found by.
pub fn joined_words(text: &str) -> String {
    words(text).into_iter().collect::<Vec<_>>().join(" ")
}

/// Indexes the rows that other programs have written.
pub async fn index_words<DB: Dialect>(tx: &mut WriteTx<'_, DB>) -> Result<()> {
    index_table(tx, "users", "handle || ' ' || display_name").await?;
    index_table(tx, "activities", "message").await
}

/// Sets the words of the rows that have none yet to those of the expression `text`, in the order of
/// uuids, so that each row is read once.
async fn index_table<DB: Dialect>(tx: &mut WriteTx<'_, DB>, table: &str, text: &str) -> Result<()> {
    let mut after = Uuid::nil();
    loop {
        let rows: Vec<(Uuid, String)> = sql(format!(
            "SELECT uuid, {text} FROM {table} WHERE words IS NULL AND uuid >= $1 \
             ORDER BY uuid LIMIT {BATCH}"
        ))
        .bind(after)
        .all(tx)
        .await?;
        let Some((last, _)) = rows.last() else { return Ok(()) };
        after = *last;
        let marks: Vec<_> =
            (0..rows.len()).map(|row| format!("(${}, ${})", 2 * row + 1, 2 * row + 2)).collect();
        let update = sql(format!(
            "UPDATE {table} SET words = v.column2 FROM (VALUES {}) AS v \
             WHERE {table}.uuid = v.column1",
            marks.join(", ")
        ));
        let bind = |statement: Statement<DB>, (uuid, text): &(Uuid, String)| {
            statement.bind(*uuid).bind(joined_words(text))
        };
        rows.iter().fold(update, bind).run(tx).await?;
    }
}
