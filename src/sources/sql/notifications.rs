//! Notifications.

use async_trait::async_trait;
use uuid::Uuid;

use super::{
    changes::Logged,
    dialect::Dialect,
    keyset::KeysetOrder,
    locks::{lock_author, lock_users},
    pool::{Sql, WriteTx},
    query::{Statement, insert, insert_if_absent, sql},
};
use crate::{
    domain::{
        Cursor, Notification, NotificationKind, Page, Pagination, Timestamp, WithSnapshot, forever,
    },
    error::Result,
    sources::Notifications,
};

impl Logged for Notification {
    const TABLE: &'static str = "notifications";
    const COLUMNS: &'static str = COLUMNS;
}

const COLUMNS: &str = "uuid, user_uuid, actor_uuid, kind, activity_uuid, created_at, read_at";

/// Inserts notifications, each with the time until which it is visible.
pub async fn insert_notifications<DB: Dialect>(
    tx: &mut WriteTx<'_, DB>,
    notifications: &[(&Notification, Timestamp)],
) -> Result<()> {
    insert(tx, &notifications_table(), notifications, bind_notification).await
}

/// The table with the columns that [`bind_notification`] binds.
fn notifications_table() -> String {
    format!("notifications ({COLUMNS}, visible_until)")
}

fn bind_notification<DB: Dialect>(
    statement: Statement<DB>,
    (notification, visible_until): &(&Notification, Timestamp),
) -> Statement<DB> {
    statement
        .bind(notification.uuid)
        .bind(notification.user_uuid)
        .bind(notification.actor_uuid)
        .bind(notification.kind)
        .bind(notification.activity_uuid)
        .bind(notification.created_at)
        .bind(notification.read_at)
        .bind(*visible_until)
}

#[async_trait]
impl<DB: Dialect> Notifications for Sql<DB> {
    async fn notifications(
        &self,
        user: Uuid,
        unread_only: bool,
        pagination: &Pagination,
        now: Timestamp,
    ) -> Result<WithSnapshot<Page<Notification>>> {
        let unread = if unread_only { " AND read_at IS NULL" } else { "" };
        let condition = format!("user_uuid = $1 AND visible_until > $2{unread}");
        let bind = |statement: Statement<DB>| statement.bind(user).bind(now);
        self.page_with_snapshot(&condition, bind, &KeysetOrder::NEWEST_FIRST, pagination).await
    }

    async fn notifications_by_uuids(
        &self,
        user: Uuid,
        uuids: &[Uuid],
        now: Timestamp,
    ) -> Result<Vec<Notification>> {
        let among = DB::in_uuids("$3");
        let text = format!(
            "SELECT {COLUMNS} FROM notifications \
             WHERE user_uuid = $1 AND visible_until > $2 AND uuid {among}"
        );
        self.all(sql(text).bind(user).bind(now).bind_uuids(uuids)).await
    }

    async fn unread_notifications(&self, user: Uuid, now: Timestamp) -> Result<i64> {
        let statement = sql("SELECT count(*) FROM notifications \
             WHERE user_uuid = $1 AND read_at IS NULL AND visible_until > $2")
        .bind(user)
        .bind(now);
        Ok(self.first::<(i64,)>(statement).await?.map_or(0, |(count,)| count))
    }

    async fn insert_notification(&self, notification: &Notification) -> Result<()> {
        let mut tx = self.write().await?;
        let (user, actor) = (notification.user_uuid, notification.actor_uuid);
        if lock_users(&mut tx, &[user, actor]).await?.len() < 2 {
            return Ok(());
        }
        let row = (notification, forever());
        insert_if_absent(&mut tx, &notifications_table(), &row, bind_notification).await?;
        tx.commit().await
    }

    async fn mark_notifications_read(
        &self,
        user: Uuid,
        up_to: Uuid,
        now: Timestamp,
    ) -> Result<bool> {
        let mut tx = self.write().await?;
        lock_author(&mut tx, user, []).await?;
        let last: Option<(Timestamp, Uuid)> =
            sql("SELECT created_at, uuid FROM notifications WHERE uuid = $1 AND user_uuid = $2")
                .bind(up_to)
                .bind(user)
                .first(&mut tx)
                .await?;
        let Some((at, uuid)) = last else { return Ok(false) };
        sql("UPDATE notifications SET read_at = $1 WHERE user_uuid = $2 \
             AND read_at IS NULL AND (created_at, uuid) <= ($3, $4)")
        .bind(now)
        .bind(user)
        .bind(at)
        .bind(uuid)
        .run(&mut tx)
        .await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn mark_message_notifications_read(
        &self,
        user: Uuid,
        sender: Uuid,
        up_to: Cursor,
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.write().await?;
        lock_author(&mut tx, user, []).await?;
        sql("UPDATE notifications SET read_at = $1 WHERE user_uuid = $2 AND actor_uuid = $3 \
             AND kind = $4 AND read_at IS NULL AND (created_at, uuid) <= ($5, $6)")
        .bind(now)
        .bind(user)
        .bind(sender)
        .bind(NotificationKind::Message)
        .bind(up_to.at)
        .bind(up_to.uuid)
        .run(&mut tx)
        .await?;
        tx.commit().await
    }
}
