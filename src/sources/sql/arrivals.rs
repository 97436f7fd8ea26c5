//! What has become readable since a reader has looked.
//!
//! A row's position, which the database gives it (migrations/*/0004_positions.sql), says when it
//! became readable; its time does not.

use uuid::Uuid;

use super::{
    Sql,
    activities::{ACTIVITY, NOTIFICATION},
    dialect::{Dialect, Gives},
    rows::Arrived,
    statement::Statement,
};
use crate::{
    domain::{Activity, Cursor, Instant, Notification, Place, Positioned},
    error::Result,
    sources::Arrivals,
};

pub async fn last_position<DB: Dialect>(source: &Sql<DB>) -> Result<i64> {
    let sql = format!("SELECT {} - 1", DB::HORIZON);
    position(source, Statement::new(sql)).await
}

pub async fn cruds_since<DB: Dialect>(
    source: &Sql<DB>,
    place: &Place,
    now: Instant,
) -> Result<Arrivals<Activity>> {
    let condition = "reply_to_activity_uuid IS NULL AND visible_until > $4";
    let statement = since(ACTIVITY, "activities", condition, place);
    arrivals(source, statement.bind(now)).await
}

pub async fn notifications_since<DB: Dialect>(
    source: &Sql<DB>,
    user: Option<Uuid>,
    place: &Place,
    now: Instant,
) -> Result<Arrivals<Notification>> {
    let statement = match user {
        None => since(NOTIFICATION, "notifications", "visible_until > $4", place).bind(now),
        Some(user) => {
            let condition = "visible_until > $4 AND user_uuid = $5";
            since(NOTIFICATION, "notifications", condition, place).bind(now).bind(user)
        }
    };
    arrivals(source, statement).await
}

pub async fn crud_position<DB: Dialect>(source: &Sql<DB>, at: Cursor) -> Result<i64> {
    let statement = Statement::new(
        "SELECT position FROM activities \
         WHERE reply_to_activity_uuid IS NULL AND visible_until IS NOT NULL \
         AND (created_at, uuid) <= ($1, $2) ORDER BY created_at DESC, uuid DESC LIMIT 1",
    );
    position(source, statement.bind(at.at).bind(at.uuid)).await
}

pub async fn notification_position<DB: Dialect>(
    source: &Sql<DB>,
    user: Uuid,
    at: Cursor,
) -> Result<i64> {
    let statement = Statement::new(
        "SELECT position FROM notifications \
         WHERE user_uuid = $1 AND (created_at, uuid) <= ($2, $3) \
         ORDER BY created_at DESC, uuid DESC LIMIT 1",
    );
    position(source, statement.bind(user).bind(at.at).bind(at.uuid)).await
}

/// The rows of a table after a place that keep a condition, whose placeholders begin with `$4`.
fn since<DB: Dialect>(
    columns: &str,
    table: &str,
    condition: &str,
    Place { position, at }: &Place,
) -> Statement<DB> {
    let statement = Statement::new(format!(
        "SELECT position, position < {} AS settled, {columns} FROM {table} \
         WHERE (position, created_at, uuid) > ($1, $2, $3) AND {condition} \
         ORDER BY position, created_at, uuid LIMIT {}",
        DB::HORIZON,
        Arrivals::<()>::MAX,
    ));
    statement.bind(*position).bind(at.at).bind(at.uuid)
}

async fn arrivals<DB, T>(source: &Sql<DB>, statement: Statement<DB>) -> Result<Arrivals<T>>
where
    DB: Dialect + Gives<Arrived<T>>,
    T: Positioned,
{
    let rows: Vec<Arrived<T>> = source.all(statement).await?;
    let read = rows.len();
    let settled = rows.into_iter().take_while(|row| row.settled);
    let items: Vec<_> = settled
        .map(|Arrived { position, item, .. }| (Place { position, at: item.cursor() }, item))
        .collect();
    Ok(Arrivals { unsettled: items.len() < read, items })
}

async fn position<DB: Dialect>(source: &Sql<DB>, statement: Statement<DB>) -> Result<i64> {
    let rows: Vec<(i64,)> = source.all(statement).await?;
    Ok(rows.first().map_or(0, |(position,)| *position))
}
