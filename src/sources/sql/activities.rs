//! Cruds and replies.
//!
//! Activities are locked from the root of a thread downwards, so that no two transactions deadlock.

use async_trait::async_trait;
use chrono::TimeDelta;
use uuid::Uuid;

use super::{
    changes::Logged,
    dialect::Dialect,
    idempotency::claim_key,
    keyset::KeysetOrder,
    locks::lock_author,
    notifications::insert_notifications,
    pool::{Sql, WriteTx},
    query::{Statement, insert, qualified, sql},
    search_words::joined_words,
    threads::{
        Root, delete_activities, delete_hidden, hidden, hide_notifications_of_thread, hide_thread,
        select_hidden, select_roots, weighed_thread,
    },
};
use crate::{
    domain::{
        Activity, HasCursor, Notification, NotificationKind, Page, Pagination, Timestamp,
        WithSnapshot, forever, text::Search,
    },
    error::Result,
    sources::{Activities, Inserted, NewActivity},
};

/// The longest time by which a crud that is older than the latest one is moved past it.
const MAX_REORDER: TimeDelta = TimeDelta::seconds(10);

impl Logged for Activity {
    const TABLE: &'static str = "activities";
    const COLUMNS: &'static str = COLUMNS;
}

pub const COLUMNS: &str = "uuid, user_uuid, message, replies_count, reposts_count, likes_count, \
                           reply_to_activity_uuid, expires_at, created_at, depth";

/// Inserts activities, each with the time until which it is visible. For `None` a trigger of the
/// database finds it. Another trigger sets the root and the depth of each reply.
pub async fn insert_activities<DB: Dialect>(
    tx: &mut WriteTx<'_, DB>,
    activities: &[(&Activity, Option<Timestamp>)],
) -> Result<()> {
    let table = format!("activities ({COLUMNS}, words, visible_until)");
    insert(tx, &table, activities, bind_activity).await
}

fn bind_activity<DB: Dialect>(
    statement: Statement<DB>,
    (activity, visible_until): &(&Activity, Option<Timestamp>),
) -> Statement<DB> {
    statement
        .bind(activity.uuid)
        .bind(activity.user_uuid)
        .bind(activity.message.clone())
        .bind(activity.replies_count)
        .bind(activity.reposts_count)
        .bind(activity.likes_count)
        .bind(activity.reply_to_activity_uuid)
        .bind(activity.expires_at)
        .bind(activity.created_at)
        .bind(activity.depth)
        .bind(joined_words(&activity.message))
        .bind(*visible_until)
}

impl<DB: Dialect> Sql<DB> {
    /// Returns one page of activities for each key. `condition` may name `k.key` and, as `$2`, the
    /// time.
    async fn activity_pages(
        &self,
        keys: &[Uuid],
        condition: &str,
        order: &KeysetOrder,
        pagination: &Pagination,
        now: Timestamp,
    ) -> Result<Vec<Page<Activity>>> {
        let columns = format!("k.n, {}", qualified("t", COLUMNS));
        let tail = format!("{condition} AND visible_until > $2 {}", order.keyset(pagination, 3));
        let select = DB::lateral(&columns, &DB::key_table("$1"), "activities", &tail);
        let statement = sql(format!("{select} {}", order.order_by_key(pagination)))
            .bind_uuids(keys)
            .bind(now)
            .bind_range(order, pagination);
        self.pages(statement, keys, pagination).await
    }
}

#[async_trait]
impl<DB: Dialect> Activities for Sql<DB> {
    async fn activities_by_uuids(&self, uuids: &[Uuid], now: Timestamp) -> Result<Vec<Activity>> {
        let among = DB::in_uuids("$1");
        let text =
            format!("SELECT {COLUMNS} FROM activities WHERE uuid {among} AND visible_until > $2");
        self.all(sql(text).bind_uuids(uuids).bind(now)).await
    }

    async fn home(
        &self,
        pagination: &Pagination,
        now: Timestamp,
    ) -> Result<WithSnapshot<Page<Activity>>> {
        let condition = "reply_to_activity_uuid IS NULL AND visible_until > $1";
        let order = KeysetOrder::NEWEST_FIRST;
        self.page_with_snapshot(condition, |it| it.bind(now), &order, pagination).await
    }

    async fn activities_followed_by(
        &self,
        user: Uuid,
        pagination: &Pagination,
        now: Timestamp,
    ) -> Result<Page<Activity>> {
        // The newest of each followed user, then the newest of those.
        let order = KeysetOrder::NEWEST_FIRST;
        let keyset = order.keyset(pagination, 3);
        let tail = format!(
            "user_uuid = k.key AND reply_to_activity_uuid IS NULL AND visible_until > $2 {keyset}"
        );
        let keys = "(SELECT followed_uuid AS key FROM follows WHERE follower_uuid = $1) AS k";
        let select = DB::lateral(&qualified("t", COLUMNS), keys, "activities", &tail);
        let statement = sql(format!("SELECT {COLUMNS} FROM ({select}) AS f WHERE 1 = 1 {keyset}"))
            .bind(user)
            .bind(now)
            .bind_range(&order, pagination);
        let rows: Vec<Activity> = self.all(statement).await?;
        Ok(pagination.paginate(rows.into_iter().map(HasCursor::with_cursor)))
    }

    async fn activities_matching(
        &self,
        search: &Search,
        pagination: &Pagination,
        now: Timestamp,
    ) -> Result<Page<Activity>> {
        if search.words.is_empty() {
            return Ok(pagination.paginate([]));
        }
        let matches = DB::matches("activities", "$1");
        let text =
            format!("SELECT {COLUMNS} FROM activities WHERE {matches} AND visible_until > $2");
        let statement = sql(text).bind(DB::search_query(search)).bind(now);
        self.page(statement, &KeysetOrder::NEWEST_FIRST, pagination).await
    }

    async fn activities_by_users(
        &self,
        users: &[Uuid],
        pagination: &Pagination,
        now: Timestamp,
    ) -> Result<Vec<Page<Activity>>> {
        let condition = "user_uuid = k.key AND reply_to_activity_uuid IS NULL";
        self.activity_pages(users, condition, &KeysetOrder::NEWEST_FIRST, pagination, now).await
    }

    async fn replies_by_parents(
        &self,
        parents: &[Uuid],
        pagination: &Pagination,
        now: Timestamp,
    ) -> Result<Vec<Page<Activity>>> {
        let condition = "reply_to_activity_uuid = k.key";
        self.activity_pages(parents, condition, &KeysetOrder::OLDEST_FIRST, pagination, now).await
    }

    async fn roots_by_uuids(
        &self,
        uuids: &[Uuid],
        now: Timestamp,
    ) -> Result<Vec<(Uuid, Activity)>> {
        let roots = self.all(select_roots(&qualified("a", COLUMNS), uuids, now)).await?;
        Ok(roots.into_iter().map(|Root { key, crud }| (key, crud)).collect())
    }

    async fn insert_activity(&self, new: &NewActivity) -> Result<Inserted<Activity>> {
        let mut activity = new.activity.clone();
        let mut tx = self.write().await?;
        // Before the first write, which gives the transaction its position.
        let mut latest_crud = None;
        if activity.reply_to_activity_uuid.is_none() {
            let latest = latest_crud.insert(self.latest_crud.lock().await);
            activity.created_at = monotonic(activity.created_at, **latest);
        }
        let notified = new.notifications.iter().map(|it| it.user_uuid);
        let users = lock_author(&mut tx, activity.user_uuid, notified).await?;
        let is_reply = |it: &&Notification| it.kind == NotificationKind::Reply;
        let parent = new.notifications.iter().find(is_reply);
        if parent.is_some_and(|it| !users.contains(&it.user_uuid)) {
            return Ok(Inserted::TargetMissing);
        }
        // A row without an author, whose time is null, has not been deleted.
        let select = format!(
            "SELECT {COLUMNS} FROM activities WHERE uuid = $1 \
             AND (visible_until IS NULL OR visible_until > '{}')",
            hidden().to_rfc3339()
        );
        let key = new.idempotency.as_ref();
        if let Some(answer) = claim_key(&mut tx, key, activity.uuid, &select).await? {
            return Ok(answer);
        }
        let visible_until = match activity.reply_to_activity_uuid {
            None => activity.expires_at.unwrap_or(forever()),
            Some(parent) => {
                let counted: Option<(Timestamp,)> =
                    sql("UPDATE activities SET replies_count = replies_count + 1 \
                     WHERE uuid = $1 AND visible_until > $2 RETURNING visible_until")
                    .bind(parent)
                    .bind(activity.created_at)
                    .first(&mut tx)
                    .await?;
                let Some((visible_until,)) = counted else { return Ok(Inserted::TargetMissing) };
                visible_until
            }
        };
        insert_activities(&mut tx, &[(&activity, Some(visible_until))]).await?;
        if let Some(mut latest) = latest_crud {
            *latest = activity.created_at.max(*latest);
        }
        let notified = new.notifications.iter().filter(|it| users.contains(&it.user_uuid));
        let notifications: Vec<_> = notified.map(|it| (it, visible_until)).collect();
        insert_notifications(&mut tx, &notifications).await?;
        tx.commit().await?;
        Ok(Inserted::New(activity))
    }

    async fn delete_activity(&self, uuid: Uuid, author: Uuid, at_once: u32) -> Result<bool> {
        let mut tx = self.write().await?;
        lock_author(&mut tx, author, []).await?;
        let row: Option<(Option<Uuid>, Option<Uuid>)> =
            sql("SELECT reply_to_activity_uuid, root_uuid FROM activities \
                 WHERE uuid = $1 AND user_uuid = $2 AND visible_until IS DISTINCT FROM $3")
            .bind(uuid)
            .bind(author)
            .bind(hidden())
            .first(&mut tx)
            .await?;
        let Some((parent, root)) = row else { return Ok(false) };
        // Deletions in one thread take turns by this lock, so that they do not deadlock.
        let lock = format!("SELECT uuid FROM activities WHERE uuid = $1 {}", DB::FOR_UPDATE);
        sql(lock).bind(root.unwrap_or(uuid)).first::<(Uuid,)>(&mut tx).await?;
        if let Some(parent) = parent {
            // If another transaction has hidden the reply meanwhile, this one is not committed.
            sql("UPDATE activities SET replies_count = replies_count - 1 \
                 WHERE uuid = $1 AND replies_count > 0")
            .bind(parent)
            .run(&mut tx)
            .await?;
        }
        let count = hide_thread(&mut tx, uuid).await?;
        if count == 0 {
            return Ok(false);
        }
        if count <= u64::from(at_once) {
            let thread = weighed_thread(&mut tx, uuid).await?;
            let weight: i64 = thread.iter().map(|(_, weight)| i64::from(*weight)).sum();
            if weight <= i64::from(at_once) {
                let thread: Vec<_> = thread.into_iter().map(|(uuid, _)| uuid).collect();
                delete_activities(&mut tx, &thread).await?;
                tx.commit().await?;
                return Ok(true);
            }
        }
        hide_notifications_of_thread(&mut tx, uuid).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn delete_step(&self, limit: u32) -> Result<u64> {
        // Most often there is nothing to delete, and no need to wait for other writers.
        if self.first::<(Uuid,)>(select_hidden(1, "")).await?.is_none() {
            return Ok(0);
        }
        let mut tx = self.write().await?;
        let activities: Vec<(Uuid,)> =
            select_hidden(limit, DB::FOR_UPDATE_SKIP_LOCKED).all(&mut tx).await?;
        let activities: Vec<_> = activities.into_iter().map(|(uuid,)| uuid).collect();
        let changed = delete_hidden(&mut tx, &activities, limit).await?;
        tx.commit().await?;
        Ok(changed)
    }

    async fn delete_expired(&self, before: Timestamp, limit: u32) -> Result<u64> {
        let mut tx = self.write().await?;
        let deleted = sql(format!(
            "DELETE FROM activities WHERE uuid IN (SELECT uuid FROM activities \
             WHERE visible_until < $1 AND visible_until > $2 \
             ORDER BY visible_until, uuid LIMIT {limit} {})",
            DB::FOR_UPDATE_SKIP_LOCKED
        ))
        .bind(before)
        .bind(hidden())
        .run(&mut tx)
        .await?;
        tx.commit().await?;
        Ok(deleted)
    }
}

/// Returns the time of a crud that is added after the latest one: its own, or, if it is up to
/// [`MAX_REORDER`] older than the latest one, a microsecond after that.
///
/// This is the one rule that a source holds. Requests are stamped before they wait for the lock on
/// [`Sql::latest_crud`], so two that come at once may take it in the order opposite to their times.
/// Only here, under the lock, is the final order known, and the order of the log and the order of
/// times have to agree: otherwise a reader who continues from a page by time would miss one of the
/// two, or get it twice. A crud that is older than that was stamped by a clock that is wrong, or is
/// imported; it keeps its time.
fn monotonic(created_at: Timestamp, latest: Timestamp) -> Timestamp {
    if created_at < latest && latest - created_at < MAX_REORDER {
        latest + TimeDelta::microseconds(1)
    } else {
        created_at
    }
}
