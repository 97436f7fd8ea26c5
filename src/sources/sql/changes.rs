//! What has become readable since a reader has looked.
//!
//! A row's position, which the database gives it (migrations/*/0004_positions.sql), says when it
//! became readable; its time does not.

use uuid::Uuid;

use super::{
    Sql,
    activities::{ACTIVITY, NOTIFICATION},
    dialect::{Dialect, Row},
    rows::ChangeRow,
    statement::Statement,
};
use crate::{
    domain::{Activity, Cursor, HasCursor, LogPosition, Notification, Snapshot, Timestamp},
    error::{Error, Result},
    sources::ChangeBatch,
};

pub async fn snapshot<DB: Dialect>(source: &Sql<DB>) -> Result<Snapshot> {
    let rows: Vec<(String,)> = source.all(Statement::new(DB::MOMENT)).await?;
    parse_snapshot(rows.first().map_or("", |(text,)| text))
}

/// Reads the moment that the database tells of.
pub fn parse_snapshot(text: &str) -> Result<Snapshot> {
    Snapshot::parse(text).ok_or_else(|| {
        tracing::error!(text, "the database tells of no snapshot");
        Error::Internal
    })
}

pub async fn activities_after<DB: Dialect>(
    source: &Sql<DB>,
    place: &LogPosition,
    now: Timestamp,
) -> Result<ChangeBatch<Activity>> {
    let condition = "(position, created_at, uuid) > ($1, $2, $3) \
                     AND reply_to_activity_uuid IS NULL AND visible_until > $4";
    let statement = since(ACTIVITY, "activities", condition, place);
    arrivals(source, statement.bind(now)).await
}

pub async fn notifications_after<DB: Dialect>(
    source: &Sql<DB>,
    user: Option<Uuid>,
    place: &LogPosition,
    now: Timestamp,
) -> Result<ChangeBatch<Notification>> {
    let statement = match user {
        None => {
            let condition = "(position, created_at, uuid) > ($1, $2, $3) AND visible_until > $4";
            since(NOTIFICATION, "notifications", condition, place).bind(now)
        }
        Some(user) => {
            // Said so that the index of the user's own is the best for it, even where many rows
            // have one position: PostgreSQL takes a comparison of rows for one of positions.
            let condition = "user_uuid = $5 AND position >= $1 \
                             AND (user_uuid, position, created_at, uuid) > ($5, $1, $2, $3) \
                             AND visible_until > $4";
            since(NOTIFICATION, "notifications", condition, place).bind(now).bind(user)
        }
    };
    arrivals(source, statement).await
}

pub async fn activity_log_position<DB: Dialect>(
    source: &Sql<DB>,
    at: Cursor,
) -> Result<Option<LogPosition>> {
    let statement = Statement::new(
        "SELECT position, created_at, uuid FROM activities \
         WHERE reply_to_activity_uuid IS NULL AND visible_until IS NOT NULL \
         AND (created_at, uuid) <= ($1, $2) ORDER BY created_at DESC, uuid DESC LIMIT 1",
    );
    place(source, statement.bind(at.at).bind(at.uuid)).await
}

pub async fn notification_log_position<DB: Dialect>(
    source: &Sql<DB>,
    user: Uuid,
    at: Cursor,
) -> Result<Option<LogPosition>> {
    let statement = Statement::new(
        "SELECT position, created_at, uuid FROM notifications \
         WHERE user_uuid = $1 AND (created_at, uuid) <= ($2, $3) \
         ORDER BY created_at DESC, uuid DESC LIMIT 1",
    );
    place(source, statement.bind(user).bind(at.at).bind(at.uuid)).await
}

/// The rows of a table that keep a condition, which says that they stand after `$1`, `$2`, `$3`: the
/// place. Further placeholders begin with `$4`.
fn since<DB: Dialect>(
    columns: &str,
    table: &str,
    condition: &str,
    LogPosition { position, at }: &LogPosition,
) -> Statement<DB> {
    let statement = Statement::new(format!(
        "SELECT position, position < {} AS is_stable, {columns} FROM {table} \
         WHERE {condition} \
         ORDER BY position, created_at, uuid LIMIT {}",
        DB::HORIZON,
        ChangeBatch::<()>::MAX,
    ));
    statement.bind(*position).bind(at.at).bind(at.uuid)
}

async fn arrivals<DB, T>(source: &Sql<DB>, statement: Statement<DB>) -> Result<ChangeBatch<T>>
where
    DB: Dialect,
    T: Row + HasCursor,
{
    let rows: Vec<ChangeRow<T>> = source.all(statement).await?;
    let read = rows.len();
    let is_stable = rows.into_iter().take_while(|row| row.is_stable);
    let items: Vec<_> = is_stable
        .map(|ChangeRow { position, item, .. }| (LogPosition { position, at: item.cursor() }, item))
        .collect();
    Ok(ChangeBatch { has_pending: items.len() < read, items })
}

async fn place<DB: Dialect>(
    source: &Sql<DB>,
    statement: Statement<DB>,
) -> Result<Option<LogPosition>> {
    let rows: Vec<(i64, Timestamp, Uuid)> = source.all(statement).await?;
    let place = |(position, at, uuid)| LogPosition { position, at: Cursor { at, uuid } };
    Ok(rows.into_iter().next().map(place))
}
