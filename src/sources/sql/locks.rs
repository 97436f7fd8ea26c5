//! The users that a write needs: they exist and are not banned until its transaction ends.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{dialect::Dialect, pool::WriteTx, query::sql};
use crate::error::{Result, UserErrorCode};

/// Locks those of the users that exist and are not banned, and returns them. None of them can be banned
/// or deleted until the transaction ends. This comes before the locks on other rows, so that no two
/// transactions deadlock.
pub async fn lock_users<DB: Dialect>(
    tx: &mut WriteTx<'_, DB>,
    users: &[Uuid],
) -> Result<BTreeSet<Uuid>> {
    let rows: Vec<(Uuid,)> = sql(format!(
        "SELECT uuid FROM users WHERE uuid {} AND banned_at IS NULL ORDER BY uuid {}",
        DB::in_uuids("$1"),
        DB::FOR_KEY_SHARE
    ))
    .bind_uuids(users)
    .all(tx)
    .await?;
    Ok(rows.into_iter().map(|(uuid,)| uuid).collect())
}

/// Locks the author of a write as [`lock_users`] does, and the users that it notifies. Returns those of
/// them who exist and are not banned.
///
/// [`UserErrorCode::ViewerUnknown`] if the author is not one of them.
pub async fn lock_author<DB: Dialect>(
    tx: &mut WriteTx<'_, DB>,
    author: Uuid,
    notified: impl IntoIterator<Item = Uuid>,
) -> Result<BTreeSet<Uuid>> {
    let users: Vec<_> = std::iter::once(author).chain(notified).collect();
    let found = lock_users(tx, &users).await?;
    if found.contains(&author) { Ok(found) } else { Err(UserErrorCode::ViewerUnknown.into()) }
}
