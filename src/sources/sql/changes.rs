//! The change log: rows in the order in which they became readable.
//!
//! A row's position, which the database assigns (migrations/*/0004_positions.sql), says when it
//! became readable; its time does not.

use async_trait::async_trait;
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    dialect::{Dialect, Row},
    keyset::KeysetOrder,
    pool::Sql,
    query::{Statement, sql},
};
use crate::{
    domain::{
        Activity, Cursor, HasCursor, LogPosition, Notification, Page, Pagination, Snapshot,
        Timestamp, WithSnapshot,
    },
    error::{Error, Result},
    sources::{ChangeBatch, Changes},
};

/// A kind of row that the change log holds.
pub trait Logged: Row + HasCursor {
    const TABLE: &'static str;
    const COLUMNS: &'static str;
}

/// A row with its position.
#[derive(FromRow)]
struct ChangeRow<T> {
    position: i64,
    /// Whether no further row can come before it.
    is_stable: bool,
    #[sqlx(flatten)]
    item: T,
}

/// A row with the snapshot in which it was read.
#[derive(FromRow)]
struct RowWithSnapshot<T> {
    snapshot: String,
    #[sqlx(flatten)]
    item: T,
}

impl<T: HasCursor> HasCursor for RowWithSnapshot<T> {
    fn cursor(&self) -> Cursor {
        self.item.cursor()
    }
}

impl<DB: Dialect> Sql<DB> {
    /// Returns a page of the rows that keep a condition, and the snapshot that it was read in.
    /// `statement` takes the condition and binds its parameters.
    pub async fn page_with_snapshot<T: Logged>(
        &self,
        condition: &str,
        bind: impl FnOnce(Statement<DB>) -> Statement<DB>,
        order: &KeysetOrder,
        pagination: &Pagination,
    ) -> Result<WithSnapshot<Page<T>>> {
        let statement = bind(sql(format!(
            "SELECT ({}) AS snapshot, {} FROM {} WHERE {condition}",
            DB::CURRENT_SNAPSHOT,
            T::COLUMNS,
            T::TABLE,
        )));
        let rows: Page<RowWithSnapshot<T>> = self.page(statement, order, pagination).await?;
        let snapshot = rows.nodes().next().map(|row| parse_snapshot(&row.snapshot)).transpose()?;
        Ok(WithSnapshot { value: rows.map(|row| row.item), snapshot })
    }

    /// Returns the rows after a position, in the order of positions; at most [`ChangeBatch::MAX`].
    /// `condition` says that they come after `$1`, `$2`, `$3`, the position. `bind` binds further
    /// parameters from `$4` on.
    async fn changes_after<T: Logged>(
        &self,
        LogPosition { position, at }: &LogPosition,
        condition: &str,
        bind: impl FnOnce(Statement<DB>) -> Statement<DB>,
    ) -> Result<ChangeBatch<T>> {
        let statement = sql(format!(
            "SELECT position, position < {} AS is_stable, {} FROM {} \
             WHERE {condition} \
             ORDER BY position, created_at, uuid LIMIT {}",
            DB::STABLE_BELOW,
            T::COLUMNS,
            T::TABLE,
            ChangeBatch::<()>::MAX,
        ));
        let rows: Vec<ChangeRow<T>> =
            self.all(bind(statement.bind(*position).bind(at.at).bind(at.uuid))).await?;
        let read = rows.len();
        let items: Vec<_> = rows
            .into_iter()
            .take_while(|row| row.is_stable)
            .map(|ChangeRow { position, item, .. }| {
                (LogPosition { position, at: item.cursor() }, item)
            })
            .collect();
        Ok(ChangeBatch { has_pending: items.len() < read, items })
    }

    /// Returns the position of the latest row that keeps a condition. `statement` binds the
    /// condition's parameters.
    async fn latest_position<T: Logged>(
        &self,
        condition: &str,
        bind: impl FnOnce(Statement<DB>) -> Statement<DB>,
    ) -> Result<Option<LogPosition>> {
        let statement = sql(format!(
            "SELECT position, created_at, uuid FROM {} WHERE {condition} \
             ORDER BY created_at DESC, uuid DESC LIMIT 1",
            T::TABLE
        ));
        let row: Option<(i64, Timestamp, Uuid)> = self.first(bind(statement)).await?;
        Ok(row.map(|(position, at, uuid)| LogPosition { position, at: Cursor { at, uuid } }))
    }
}

#[async_trait]
impl<DB: Dialect> Changes for Sql<DB> {
    async fn snapshot(&self) -> Result<Snapshot> {
        let row: Option<(String,)> = self.first(sql(DB::CURRENT_SNAPSHOT)).await?;
        parse_snapshot(&row.unwrap_or_default().0)
    }

    async fn activities_after(
        &self,
        position: &LogPosition,
        now: Timestamp,
    ) -> Result<ChangeBatch<Activity>> {
        let condition = "(position, created_at, uuid) > ($1, $2, $3) \
                         AND reply_to_activity_uuid IS NULL AND visible_until > $4";
        self.changes_after(position, condition, |it| it.bind(now)).await
    }

    async fn activity_log_position(&self, at: Cursor) -> Result<Option<LogPosition>> {
        let condition = "reply_to_activity_uuid IS NULL AND visible_until IS NOT NULL \
                         AND (created_at, uuid) <= ($1, $2)";
        self.latest_position::<Activity>(condition, |it| it.bind(at.at).bind(at.uuid)).await
    }

    async fn notifications_after(
        &self,
        user: Option<Uuid>,
        position: &LogPosition,
        now: Timestamp,
    ) -> Result<ChangeBatch<Notification>> {
        match user {
            None => {
                let condition =
                    "(position, created_at, uuid) > ($1, $2, $3) AND visible_until > $4";
                self.changes_after(position, condition, |it| it.bind(now)).await
            }
            Some(user) => {
                // In these words the index of the user's notifications is the best one, even if
                // many rows have one position: PostgreSQL takes a comparison of rows for one of
                // positions.
                let condition = "user_uuid = $5 AND position >= $1 \
                                 AND (user_uuid, position, created_at, uuid) > ($5, $1, $2, $3) \
                                 AND visible_until > $4";
                self.changes_after(position, condition, |it| it.bind(now).bind(user)).await
            }
        }
    }

    async fn notification_log_position(
        &self,
        user: Uuid,
        at: Cursor,
    ) -> Result<Option<LogPosition>> {
        let condition = "user_uuid = $1 AND (created_at, uuid) <= ($2, $3)";
        self.latest_position::<Notification>(condition, |it| {
            it.bind(user).bind(at.at).bind(at.uuid)
        })
        .await
    }
}

/// Reads the snapshot that the database returned.
fn parse_snapshot(text: &str) -> Result<Snapshot> {
    Snapshot::parse(text).ok_or_else(|| {
        tracing::error!(text, "could not parse the database snapshot");
        Error::Internal
    })
}
