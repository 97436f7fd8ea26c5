//! Threads: the roots of replies, and the deletion of whole threads.
//!
//! A thread is hidden first, by one statement, and then deleted row by row. What is hidden has
//! [`hidden`] as its `visible_until`, which is how the next step finds it, even after a crash.

use sqlx::FromRow;
use uuid::Uuid;

use super::{
    dialect::Dialect,
    pool::WriteTx,
    query::{Statement, sql},
};
use crate::{
    domain::{Activity, Cursor, Timestamp},
    error::Result,
    sources::MAX_HIDDEN,
};

/// The `visible_until` of a row that is hidden for good: before every `now`.
pub fn hidden() -> Timestamp {
    Cursor::min().at
}

/// The crud at the root of an activity's thread.
#[derive(FromRow)]
pub struct Root {
    /// The activity.
    pub key: Uuid,
    #[sqlx(flatten)]
    pub crud: Activity,
}

/// Returns a statement that selects a [`Root`] for each of `uuids`. `columns` are those of the table
/// `a`.
///
/// Follows a reply upwards only if it has no `root_uuid`, which happens if the trigger that sets it is
/// disabled, as in a restore. It stops at the greatest depth.
pub fn select_roots<DB: Dialect>(columns: &str, uuids: &[Uuid], now: Timestamp) -> Statement<DB> {
    let among = DB::in_uuids("$1");
    let max = Activity::MAX_DEPTH;
    let parent = "CASE WHEN a.root_uuid IS NULL THEN a.reply_to_activity_uuid END";
    sql(format!(
        "WITH RECURSIVE f (key, uuid, parent_uuid, level) AS ( \
         SELECT a.uuid, coalesce(a.root_uuid, a.uuid), {parent}, 0 \
         FROM activities AS a WHERE a.uuid {among} AND a.visible_until > $2 \
         UNION ALL SELECT f.key, coalesce(a.root_uuid, a.uuid), {parent}, f.level + 1 \
         FROM f JOIN activities AS a ON a.uuid = f.parent_uuid WHERE f.level < {max}) \
         SELECT f.key, {columns} FROM f JOIN activities AS a ON a.uuid = f.uuid \
         WHERE f.parent_uuid IS NULL AND a.visible_until > $2"
    ))
    .bind_uuids(uuids)
    .bind(now)
}

/// The activity `$1` with everything below it, at most [`MAX_HIDDEN`] activities from the top down.
fn thread() -> String {
    format!(
        "(WITH RECURSIVE thread (uuid) AS (SELECT uuid FROM activities WHERE uuid = $1 \
         UNION SELECT a.uuid FROM thread AS t \
         JOIN activities AS a ON a.reply_to_activity_uuid = t.uuid) \
         SELECT uuid FROM thread LIMIT {MAX_HIDDEN})"
    )
}

/// Hides an activity and everything below it, at most [`MAX_HIDDEN`] activities from the top down.
/// Returns the number hidden; 0 if the activity is hidden already or does not exist. Their
/// notifications stay as they are.
pub async fn hide_thread<DB: Dialect>(tx: &mut WriteTx<'_, DB>, top: Uuid) -> Result<u64> {
    let statement = format!(
        "UPDATE activities SET visible_until = $2, hidden_until = NULL WHERE uuid IN {} \
         AND visible_until IS DISTINCT FROM $2",
        thread()
    );
    let mut all = 0;
    // A hidden activity gets no further replies, so the next round sees a reply that another writer
    // has added at the last moment.
    loop {
        let hidden = sql(statement.as_str()).bind(top).bind(hidden()).run(tx).await?;
        all += hidden;
        if hidden == 0 || DB::MAX_WRITERS == 1 {
            return Ok(all);
        }
    }
}

/// Hides the notifications about an activity and everything below it.
pub async fn hide_notifications_of_thread<DB: Dialect>(
    tx: &mut WriteTx<'_, DB>,
    top: Uuid,
) -> Result<()> {
    let thread = thread();
    sql(format!("UPDATE notifications SET visible_until = $2 WHERE activity_uuid IN {thread}"))
        .bind(top)
        .bind(hidden())
        .run(tx)
        .await?;
    Ok(())
}

/// Returns the activity and everything below it, each with its weight: itself and its reactions.
pub async fn weighed_thread<DB: Dialect>(
    tx: &mut WriteTx<'_, DB>,
    top: Uuid,
) -> Result<Vec<(Uuid, i32)>> {
    let thread = thread();
    sql(format!(
        "SELECT uuid, 1 + likes_count + reposts_count FROM activities WHERE uuid IN {thread}"
    ))
    .bind(top)
    .all(tx)
    .await
}

pub async fn delete_activities<DB: Dialect>(
    tx: &mut WriteTx<'_, DB>,
    activities: &[Uuid],
) -> Result<()> {
    let among = DB::in_uuids("$1");
    sql(format!("DELETE FROM activities WHERE uuid {among}"))
        .bind_uuids(activities)
        .run(tx)
        .await?;
    Ok(())
}

/// Returns up to `limit` hidden activities. `lock` goes to the end of the statement.
pub fn select_hidden<DB: Dialect>(limit: u32, lock: &str) -> Statement<DB> {
    sql(format!(
        "SELECT uuid FROM activities WHERE visible_until = $1 \
         ORDER BY visible_until, uuid LIMIT {limit} {lock}"
    ))
    .bind(hidden())
}

/// Deletes a part of what belongs to hidden activities, which are locked. Then deletes those of them
/// that nothing belongs to any more. Each statement changes at most `limit` rows. Returns the number of
/// rows that were deleted or hidden.
pub async fn delete_hidden<DB: Dialect>(
    tx: &mut WriteTx<'_, DB>,
    activities: &[Uuid],
    limit: u32,
) -> Result<u64> {
    let among = DB::in_uuids("$1");
    let mut changed = 0;
    // A foreign key would delete these with the activity, however many there are.
    for (table, key) in [("reactions", "activity_uuid, user_uuid, kind"), ("notifications", "uuid")]
    {
        changed += sql(format!(
            "DELETE FROM {table} WHERE ({key}) IN \
             (SELECT {key} FROM {table} WHERE activity_uuid {among} LIMIT {limit})"
        ))
        .bind_uuids(activities)
        .run(tx)
        .await?;
        if changed >= u64::from(limit) {
            return Ok(changed);
        }
    }
    // The replies that `hide_thread` left out.
    let replies: Vec<(Uuid,)> = sql(format!(
        "UPDATE activities SET visible_until = $2, hidden_until = NULL \
         WHERE uuid IN (SELECT uuid FROM activities \
         WHERE reply_to_activity_uuid {among} AND visible_until IS DISTINCT FROM $2 \
         LIMIT {limit} {}) RETURNING uuid",
        DB::FOR_UPDATE_SKIP_LOCKED
    ))
    .bind_uuids(activities)
    .bind(hidden())
    .all(tx)
    .await?;
    if !replies.is_empty() {
        let replies: Vec<_> = replies.into_iter().map(|(uuid,)| uuid).collect();
        sql(format!("UPDATE notifications SET visible_until = $2 WHERE activity_uuid {among}"))
            .bind_uuids(&replies)
            .bind(hidden())
            .run(tx)
            .await?;
        return Ok(changed + replies.len() as u64);
    }
    // A reply may be left that another transaction has locked.
    changed += sql(format!(
        "DELETE FROM activities AS a WHERE a.uuid {among} AND NOT EXISTS (SELECT 1 \
         FROM activities AS r WHERE r.reply_to_activity_uuid = a.uuid \
         AND r.visible_until IS DISTINCT FROM $2)"
    ))
    .bind_uuids(activities)
    .bind(hidden())
    .run(tx)
    .await?;
    Ok(changed)
}
