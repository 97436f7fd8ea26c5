//! What the handles of users look like, as the column `handle_skeleton` holds it.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{
    dialect::Dialect,
    pool::WriteTx,
    query::{Statement, sql},
};
use crate::{domain::name::handle_skeleton, error::Result};

/// The number of rows that one statement indexes.
const BATCH: usize = 500;

/// The most bytes of a skeleton that is indexed. That of a new handle has at most 128 bytes: it has at
/// most 64 characters, each of which becomes at most two. The handles of an original database have no
/// limit, but an index has one.
const MAX_SKELETON: usize = 128;

/// Sets the skeletons of the users that other programs or data sets have added. Of users whose handles
/// look alike, the one whose row is indexed first gets the skeleton.
pub async fn index_handles<DB: Dialect>(tx: &mut WriteTx<'_, DB>) -> Result<()> {
    let mut after = Uuid::nil();
    loop {
        let rows: Vec<(Uuid, String)> = sql(format!(
            "SELECT uuid, handle FROM users WHERE handle_skeleton IS NULL AND uuid >= $1 \
             ORDER BY uuid LIMIT {BATCH}"
        ))
        .bind(after)
        .all(tx)
        .await?;
        let Some((last, _)) = rows.last() else { return Ok(()) };
        after = *last;
        let skeletons: Vec<_> = rows.iter().map(|(_, handle)| handle_skeleton(handle)).collect();
        let taken: Vec<(String,)> = sql(format!(
            "SELECT handle_skeleton FROM users WHERE handle_skeleton {}",
            DB::in_texts("$1")
        ))
        .bind_texts(&skeletons)
        .all(tx)
        .await?;
        let mut taken: BTreeSet<_> = taken.into_iter().map(|(skeleton,)| skeleton).collect();
        let marks: Vec<_> =
            (0..rows.len()).map(|row| format!("(${}, ${})", 2 * row + 1, 2 * row + 2)).collect();
        let update = sql(format!(
            "UPDATE users SET handle_skeleton = v.column2 FROM (VALUES {}) AS v \
             WHERE users.uuid = v.column1",
            marks.join(", ")
        ));
        let bind = |statement: Statement<DB>, ((uuid, _), skeleton): (&(Uuid, String), String)| {
            let is_first = skeleton.len() <= MAX_SKELETON && taken.insert(skeleton.clone());
            statement.bind(*uuid).bind(if is_first { skeleton } else { format!("={uuid}") })
        };
        rows.iter().zip(skeletons).fold(update, bind).run(tx).await?;
    }
}
