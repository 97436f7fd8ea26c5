//! Follows between users.

use async_trait::async_trait;
use uuid::Uuid;

use super::{
    dialect::Dialect,
    locks::lock_author,
    notifications::insert_notifications,
    pool::Sql,
    query::{Statement, insert_if_absent, sql},
};
use crate::{
    domain::{Follow, Notification, NotificationKind, forever},
    error::{Result, UserErrorCode},
    sources::Follows,
};

/// The table with the columns that [`bind_follow`] binds.
pub const FOLLOWS: &str = "follows (follower_uuid, followed_uuid, created_at)";

pub fn bind_follow<DB: Dialect>(statement: Statement<DB>, follow: &Follow) -> Statement<DB> {
    statement.bind(follow.follower_uuid).bind(follow.followed_uuid).bind(follow.created_at)
}

#[async_trait]
impl<DB: Dialect> Follows for Sql<DB> {
    async fn insert_follow(&self, follow: &Follow, notification: &Notification) -> Result<bool> {
        let mut tx = self.write().await?;
        let users = lock_author(&mut tx, follow.follower_uuid, [follow.followed_uuid]).await?;
        if !users.contains(&follow.followed_uuid) {
            return Err(UserErrorCode::UserNotFound.into());
        }
        let is_new = insert_if_absent(&mut tx, FOLLOWS, follow, bind_follow).await?;
        if is_new {
            insert_notifications(&mut tx, &[(notification, forever())]).await?;
        }
        tx.commit().await?;
        Ok(is_new)
    }

    async fn delete_follow(&self, follower: Uuid, followed: Uuid) -> Result<bool> {
        let mut tx = self.write().await?;
        lock_author(&mut tx, follower, []).await?;
        let deleted = sql("DELETE FROM follows WHERE follower_uuid = $1 AND followed_uuid = $2")
            .bind(follower)
            .bind(followed)
            .run(&mut tx)
            .await?;
        if deleted > 0 {
            sql("DELETE FROM notifications WHERE actor_uuid = $1 AND user_uuid = $2 \
                 AND kind = $3 AND activity_uuid IS NULL")
            .bind(follower)
            .bind(followed)
            .bind(NotificationKind::Follow)
            .run(&mut tx)
            .await?;
        }
        tx.commit().await?;
        Ok(deleted > 0)
    }

    async fn followed_among(&self, follower: Uuid, users: &[Uuid]) -> Result<Vec<Uuid>> {
        let among = DB::in_uuids("$2");
        let text = format!(
            "SELECT followed_uuid FROM follows WHERE follower_uuid = $1 AND followed_uuid {among}"
        );
        let rows: Vec<(Uuid,)> = self.all(sql(text).bind(follower).bind_uuids(users)).await?;
        Ok(rows.into_iter().map(|(uuid,)| uuid).collect())
    }
}
