//! Likes and reposts.

use async_trait::async_trait;
use uuid::Uuid;

use super::{
    activities::COLUMNS as ACTIVITY_COLUMNS,
    dialect::Dialect,
    locks::lock_author,
    notifications::insert_notifications,
    pool::{Sql, WriteTx},
    query::{Statement, insert_if_absent, sql},
};
use crate::{
    domain::{Activity, Notification, Reaction, ReactionKind, Timestamp},
    error::Result,
    sources::Reactions,
};

/// The table with the columns that [`bind_reaction`] binds.
pub const REACTIONS: &str = "reactions (kind, activity_uuid, user_uuid, created_at)";

pub fn bind_reaction<DB: Dialect>(statement: Statement<DB>, reaction: &Reaction) -> Statement<DB> {
    statement
        .bind(reaction.kind)
        .bind(reaction.activity_uuid)
        .bind(reaction.user_uuid)
        .bind(reaction.created_at)
}

#[async_trait]
impl<DB: Dialect> Reactions for Sql<DB> {
    async fn insert_reaction(
        &self,
        reaction: &Reaction,
        notification: Option<&Notification>,
    ) -> Result<Option<Activity>> {
        let mut tx = self.write().await?;
        let notified = notification.map(|it| it.user_uuid);
        let users = lock_author(&mut tx, reaction.user_uuid, notified).await?;
        // The author of the activity is banned.
        if notified.is_some_and(|author| !users.contains(&author)) {
            return Ok(None);
        }
        let uuid = reaction.activity_uuid;
        let Some(visible_until) = lock(&mut tx, uuid, reaction.created_at).await? else {
            return Ok(None);
        };
        let mut change = 0;
        if insert_if_absent(&mut tx, REACTIONS, reaction, bind_reaction).await? {
            change = 1;
            if let Some(notification) = notification {
                insert_notifications(&mut tx, &[(notification, visible_until)]).await?;
            }
        }
        let activity = count(&mut tx, reaction.kind, uuid, change).await?;
        tx.commit().await?;
        Ok(activity)
    }

    async fn delete_reaction(
        &self,
        kind: ReactionKind,
        activity: Uuid,
        user: Uuid,
        now: Timestamp,
    ) -> Result<Option<Activity>> {
        let mut tx = self.write().await?;
        lock_author(&mut tx, user, []).await?;
        if lock(&mut tx, activity, now).await?.is_none() {
            return Ok(None);
        }
        let deleted =
            sql("DELETE FROM reactions WHERE kind = $1 AND activity_uuid = $2 AND user_uuid = $3")
                .bind(kind)
                .bind(activity)
                .bind(user)
                .run(&mut tx)
                .await?;
        if deleted > 0 {
            sql("DELETE FROM notifications \
                 WHERE kind = $1 AND activity_uuid = $2 AND actor_uuid = $3")
            .bind(kind.notification_kind())
            .bind(activity)
            .bind(user)
            .run(&mut tx)
            .await?;
        }
        let change = if deleted > 0 { -1 } else { 0 };
        let changed = count(&mut tx, kind, activity, change).await?;
        tx.commit().await?;
        Ok(changed)
    }

    async fn reactions_by_user(
        &self,
        user: Uuid,
        activities: &[Uuid],
    ) -> Result<Vec<(ReactionKind, Uuid)>> {
        let among = DB::in_uuids("$2");
        let text = format!(
            "SELECT kind, activity_uuid FROM reactions WHERE user_uuid = $1 AND activity_uuid {among}"
        );
        self.all(sql(text).bind(user).bind_uuids(activities)).await
    }
}

/// Locks a visible activity until the transaction ends. Returns the time until which it is visible,
/// or `None` if it is not visible.
async fn lock<DB: Dialect>(
    tx: &mut WriteTx<'_, DB>,
    uuid: Uuid,
    now: Timestamp,
) -> Result<Option<Timestamp>> {
    let row: Option<(Timestamp,)> = sql(format!(
        "SELECT visible_until FROM activities WHERE uuid = $1 AND visible_until > $2 {}",
        DB::FOR_UPDATE
    ))
    .bind(uuid)
    .bind(now)
    .first(tx)
    .await?;
    Ok(row.map(|(visible_until,)| visible_until))
}

/// Adds `change` to the activity's count of a kind of reaction, which does not go below zero.
/// Returns the activity after that.
async fn count<DB: Dialect>(
    tx: &mut WriteTx<'_, DB>,
    kind: ReactionKind,
    uuid: Uuid,
    change: i32,
) -> Result<Option<Activity>> {
    let column = match kind {
        ReactionKind::Like => "likes_count",
        ReactionKind::Repost => "reposts_count",
    };
    if change != 0 {
        sql(format!(
            "UPDATE activities SET {column} = CASE WHEN {column} + $2 < 0 THEN 0 \
             ELSE {column} + $2 END WHERE uuid = $1"
        ))
        .bind(uuid)
        .bind(change)
        .run(tx)
        .await?;
    }
    sql(format!("SELECT {ACTIVITY_COLUMNS} FROM activities WHERE uuid = $1"))
        .bind(uuid)
        .first(tx)
        .await
}
