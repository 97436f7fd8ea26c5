//! Accounts: how users sign in, bans, and erasure.
//!
//! The steps give up a lock that they do not get at once, and fail with `Error::Unavailable`, so that
//! they never make a request of a user wait or deadlock.

use async_trait::async_trait;
use uuid::Uuid;

use super::{
    dialect::Dialect,
    pool::{Sql, WriteTx},
    query::{Statement, sql},
    threads::hidden,
};
use crate::{
    domain::{Account, ReactionKind, Timestamp, forever},
    error::Result,
    sources::{Accounts, ActivityPart},
};

const COLUMNS: &str = "uuid, handle, cognito_user_id, banned_at";

/// The conditions of an activity that is shown again.
const CAN_BE_SHOWN: &str = "hidden_until IS NOT NULL \
     AND (reply_to_activity_uuid IS NULL OR EXISTS (SELECT 1 FROM activities AS p \
     WHERE p.uuid = activities.reply_to_activity_uuid AND p.visible_until IS NOT NULL)) \
     AND EXISTS (SELECT 1 FROM users AS u \
     WHERE u.uuid = activities.user_uuid AND u.banned_at IS NULL)";

/// Rows that belong to a user: a table, its key, and the condition.
const TRACES: [(&str, &str, &str); 5] = [
    ("follows", "follower_uuid, followed_uuid", "follower_uuid = $1"),
    ("follows", "follower_uuid, followed_uuid", "followed_uuid = $1"),
    ("notifications", "uuid", "actor_uuid = $1"),
    ("notifications", "uuid", "user_uuid = $1"),
    ("idempotency_keys", "user_uuid, key", "user_uuid = $1"),
];

impl<DB: Dialect> Sql<DB> {
    /// Begins the transaction of a step.
    async fn step(&self) -> Result<WriteTx<'_, DB>> {
        let mut tx = self.write().await?;
        if let Some(statement) = DB::NO_WAITING {
            sql(statement).run(&mut tx).await?;
        }
        Ok(tx)
    }

    async fn accounts(
        &self,
        condition: String,
        bind: impl FnOnce(Statement<DB>) -> Statement<DB>,
    ) -> Result<Vec<Account>> {
        let text = format!("SELECT {COLUMNS} FROM users WHERE {condition}");
        self.all(bind(sql(text))).await
    }
}

#[async_trait]
impl<DB: Dialect> Accounts for Sql<DB> {
    async fn accounts_by_uuids(&self, uuids: &[Uuid]) -> Result<Vec<Account>> {
        let condition = format!("uuid {}", DB::in_uuids("$1"));
        self.accounts(condition, |it| it.bind_uuids(uuids)).await
    }

    async fn accounts_by_handles(&self, handles: &[String]) -> Result<Vec<Account>> {
        let condition = format!("handle {}", DB::in_texts("$1"));
        self.accounts(condition, |it| it.bind_texts(handles)).await
    }

    async fn accounts_by_subjects(&self, subjects: &[String]) -> Result<Vec<Account>> {
        let condition = format!("cognito_user_id {}", DB::in_texts("$1"));
        self.accounts(condition, |it| it.bind_texts(subjects)).await
    }

    async fn accounts_version(&self) -> Result<i64> {
        let row: Option<(i64,)> = self.first(sql("SELECT last FROM account_changes")).await?;
        Ok(row.map_or(0, |(last,)| last))
    }

    async fn set_banned(&self, user: Uuid, since: Option<Timestamp>) -> Result<bool> {
        let mut tx = self.write().await?;
        if lock_for_removal(&mut tx, user).await?.is_none() {
            return Ok(false);
        }
        sql("UPDATE users SET banned_at = $2 WHERE uuid = $1")
            .bind(user)
            .bind(since)
            .run(&mut tx)
            .await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn hide_activities(
        &self,
        part: &ActivityPart,
        after: Uuid,
        limit: u32,
    ) -> Result<Vec<Uuid>> {
        let mut tx = self.step().await?;
        let uuids = next_of(&mut tx, part, after, limit).await?;
        let among = DB::in_uuids("$1");
        sql(format!(
            "UPDATE activities SET hidden_until = visible_until, visible_until = NULL \
             WHERE uuid {among} AND visible_until <> $2"
        ))
        .bind_uuids(&uuids)
        .bind(hidden())
        .run(&mut tx)
        .await?;
        sql(format!("UPDATE notifications SET visible_until = $2 WHERE activity_uuid {among}"))
            .bind_uuids(&uuids)
            .bind(hidden())
            .run(&mut tx)
            .await?;
        tx.commit().await?;
        Ok(uuids)
    }

    async fn show_activities(
        &self,
        part: &ActivityPart,
        after: Uuid,
        limit: u32,
    ) -> Result<Vec<Uuid>> {
        let mut tx = self.step().await?;
        let uuids = next_of(&mut tx, part, after, limit).await?;
        let among = DB::in_uuids("$1");
        sql(format!(
            "UPDATE activities SET visible_until = hidden_until, hidden_until = NULL \
             WHERE uuid {among} AND {CAN_BE_SHOWN}"
        ))
        .bind_uuids(&uuids)
        .run(&mut tx)
        .await?;
        sql(format!(
            "UPDATE notifications SET visible_until = a.visible_until FROM activities AS a \
             WHERE notifications.activity_uuid {among} AND a.uuid = notifications.activity_uuid \
             AND a.visible_until IS NOT NULL AND EXISTS (SELECT 1 FROM users AS u \
             WHERE u.uuid = notifications.actor_uuid AND u.banned_at IS NULL)"
        ))
        .bind_uuids(&uuids)
        .run(&mut tx)
        .await?;
        tx.commit().await?;
        Ok(uuids)
    }

    async fn set_notifications_hidden(
        &self,
        actor: Uuid,
        hide: bool,
        after: Uuid,
        limit: u32,
    ) -> Result<Vec<Uuid>> {
        let mut tx = self.step().await?;
        let rows: Vec<(Uuid,)> = sql(format!(
            "SELECT uuid FROM notifications WHERE actor_uuid = $1 AND uuid > $2 \
             ORDER BY uuid LIMIT {limit}"
        ))
        .bind(actor)
        .bind(after)
        .all(&mut tx)
        .await?;
        let uuids: Vec<_> = rows.into_iter().map(|(uuid,)| uuid).collect();
        let among = DB::in_uuids("$1");
        let update = if hide {
            format!("UPDATE notifications SET visible_until = $2 WHERE uuid {among}")
        } else {
            format!(
                "UPDATE notifications SET visible_until = CASE WHEN activity_uuid IS NULL THEN $3 \
                 ELSE coalesce((SELECT a.visible_until FROM activities AS a \
                 WHERE a.uuid = notifications.activity_uuid), $2) END WHERE uuid {among}"
            )
        };
        let update = sql(update).bind_uuids(&uuids).bind(hidden());
        let update = if hide { update } else { update.bind(forever()) };
        update.run(&mut tx).await?;
        tx.commit().await?;
        Ok(uuids)
    }

    async fn erase_activities(&self, uuids: &[Uuid], limit: u32) -> Result<bool> {
        let mut tx = self.step().await?;
        let among = DB::in_uuids("$1");
        for (table, key) in
            [("reactions", "activity_uuid, user_uuid, kind"), ("notifications", "uuid")]
        {
            let deleted = sql(format!(
                "DELETE FROM {table} WHERE ({key}) IN \
                 (SELECT {key} FROM {table} WHERE activity_uuid {among} LIMIT {limit})"
            ))
            .bind_uuids(uuids)
            .run(&mut tx)
            .await?;
            if deleted > 0 {
                tx.commit().await?;
                return Ok(false);
            }
        }
        sql(format!(
            "UPDATE activities SET replies_count = \
             CASE WHEN replies_count < d.replies THEN 0 ELSE replies_count - d.replies END \
             FROM (SELECT reply_to_activity_uuid AS parent, count(*) AS replies FROM activities \
             WHERE uuid {among} AND reply_to_activity_uuid IS NOT NULL \
             AND (visible_until <> $2 OR hidden_until IS NOT NULL) \
             GROUP BY reply_to_activity_uuid) AS d WHERE activities.uuid = d.parent"
        ))
        .bind_uuids(uuids)
        .bind(hidden())
        .run(&mut tx)
        .await?;
        sql(format!("DELETE FROM activities WHERE uuid {among}"))
            .bind_uuids(uuids)
            .run(&mut tx)
            .await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn erase_traces(&self, user: Uuid, limit: u32) -> Result<u64> {
        let mut tx = self.step().await?;
        let mut deleted = erase_reactions(&mut tx, user, limit).await?;
        for (table, key, condition) in TRACES {
            if deleted > 0 {
                break;
            }
            deleted = sql(format!(
                "DELETE FROM {table} WHERE ({key}) IN \
                 (SELECT {key} FROM {table} WHERE {condition} LIMIT {limit})"
            ))
            .bind(user)
            .run(&mut tx)
            .await?;
        }
        tx.commit().await?;
        Ok(deleted)
    }

    async fn erase_user(&self, user: Uuid) -> Result<bool> {
        let mut tx = self.step().await?;
        if !matches!(lock_for_removal(&mut tx, user).await?, Some(Some(_))) {
            return Ok(false);
        }
        let deleted = sql("DELETE FROM users WHERE uuid = $1").bind(user).run(&mut tx).await?;
        tx.commit().await?;
        Ok(deleted > 0)
    }
}

/// Locks a user against all writes on their behalf, and waits for those that have begun. Returns since
/// when the user is banned, `None` if there is no such user.
async fn lock_for_removal<DB: Dialect>(
    tx: &mut WriteTx<'_, DB>,
    user: Uuid,
) -> Result<Option<Option<Timestamp>>> {
    let text = format!("SELECT banned_at FROM users WHERE uuid = $1 {}", DB::FOR_KEY_UPDATE);
    let row: Option<(Option<Timestamp>,)> = sql(text).bind(user).first(tx).await?;
    Ok(row.map(|(banned_at,)| banned_at))
}

/// The uuids of the next activities of a part.
async fn next_of<DB: Dialect>(
    tx: &mut WriteTx<'_, DB>,
    part: &ActivityPart,
    after: Uuid,
    limit: u32,
) -> Result<Vec<Uuid>> {
    let condition = match part {
        ActivityPart::By(_) => "user_uuid = $1".to_owned(),
        ActivityPart::RepliesTo(_) => format!("reply_to_activity_uuid {}", DB::in_uuids("$1")),
    };
    let statement = sql(format!(
        "SELECT uuid FROM activities WHERE {condition} AND uuid > $2 ORDER BY uuid LIMIT {limit}"
    ));
    let statement = match part {
        ActivityPart::By(user) => statement.bind(*user),
        ActivityPart::RepliesTo(parents) => statement.bind_uuids(parents),
    };
    let rows: Vec<(Uuid,)> = statement.bind(after).all(tx).await?;
    Ok(rows.into_iter().map(|(uuid,)| uuid).collect())
}

/// Deletes reactions of a user, who can add no further ones, and lowers the counts.
async fn erase_reactions<DB: Dialect>(
    tx: &mut WriteTx<'_, DB>,
    user: Uuid,
    limit: u32,
) -> Result<u64> {
    let rows: Vec<(ReactionKind, Uuid)> = sql(format!(
        "SELECT kind, activity_uuid FROM reactions WHERE user_uuid = $1 \
         ORDER BY activity_uuid LIMIT {limit}"
    ))
    .bind(user)
    .all(tx)
    .await?;
    let mut deleted = 0;
    for (kind, column) in
        [(ReactionKind::Like, "likes_count"), (ReactionKind::Repost, "reposts_count")]
    {
        let of_kind = rows.iter().filter(|(it, _)| *it == kind);
        let activities: Vec<_> = of_kind.map(|(_, activity)| *activity).collect();
        if activities.is_empty() {
            continue;
        }
        let among = DB::in_uuids("$1");
        sql(format!(
            "UPDATE activities SET {column} = {column} - 1 WHERE uuid {among} AND {column} > 0"
        ))
        .bind_uuids(&activities)
        .run(tx)
        .await?;
        deleted += sql(format!(
            "DELETE FROM reactions WHERE activity_uuid {among} AND user_uuid = $2 AND kind = $3"
        ))
        .bind_uuids(&activities)
        .bind(user)
        .bind(kind)
        .run(tx)
        .await?;
    }
    Ok(deleted)
}
