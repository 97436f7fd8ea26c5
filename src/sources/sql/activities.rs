//! The source of activities: reads, and writes of one statement.

use async_trait::async_trait;
use uuid::Uuid;

use super::{
    List, Sql,
    dialect::Dialect,
    rows::{CountsRow, KeyedActivity, RelatedUser},
    statement::Statement,
};
use crate::{
    domain::{
        Activity, Cursor, Follow, HasCursor, LogPosition, Notification, NotificationKind, Page,
        Pagination, Profile, Reaction, ReactionKind, Snapshot, Timestamp, User, UserCounts,
        WithSnapshot,
        text::{Search, words},
    },
    error::Result,
    sources::{
        Activities, ChangeBatch, Changes, Connections, Dataset, Follows, InsertUserOutcome,
        Inserted, Lifecycle, MigrateError, Migrated, NewActivity, Notifications, Reactions,
        UserRelation, Users,
    },
};

pub const ACTIVITY: &str = "uuid, user_uuid, message, replies_count, reposts_count, likes_count, \
                            reply_to_activity_uuid, expires_at, created_at";
pub const USER: &str = "uuid, handle, display_name, bio, email, cognito_user_id, created_at";
pub const NOTIFICATION: &str =
    "uuid, user_uuid, actor_uuid, kind, activity_uuid, created_at, read_at";

/// The words that a user is found by.
pub fn user_words(handle: &str, display_name: &str) -> String {
    joined_words(&format!("{handle} {display_name}"))
}

/// The words that a text is found by, as the column `words` holds them.
pub fn joined_words(text: &str) -> String {
    words(text).into_iter().collect::<Vec<_>>().join(" ")
}

/// `columns` as columns of the table `t`.
fn of_table(table: &str, columns: &str) -> String {
    format!("{table}.{}", columns.replace(", ", &format!(", {table}.")))
}

impl<DB: Dialect> Sql<DB> {
    /// One page of activities for each key; `condition` may name `k.key` and, as `$2`, the time.
    async fn activity_pages(
        &self,
        keys: &[Uuid],
        condition: &str,
        list: &List,
        page: &Pagination,
        now: Timestamp,
    ) -> Result<Vec<Page<Activity>>> {
        let columns = format!("k.n, {}", of_table("t", ACTIVITY));
        let tail = format!("{condition} AND visible_until > $2 {}", list.keyset(page, 3));
        let select = DB::per_key(&columns, &DB::keys("$1"), "activities", &tail);
        let statement = Statement::new(format!("{select} {}", list.order_by_key(page)));
        let statement = statement.bind_uuids(keys).bind(now).bind_range(list, page);
        self.pages::<KeyedActivity>(statement, keys, page).await
    }
}

#[async_trait]
impl<DB: Dialect> Lifecycle for Sql<DB> {
    async fn migrate(&self) -> std::result::Result<Migrated, MigrateError> {
        super::migrate::migrate(self).await
    }

    async fn ping(&self) -> Result<()> {
        self.all::<(i64,)>(Statement::new("SELECT CAST(1 AS BIGINT)")).await.map(drop)
    }

    fn connections(&self) -> Option<Connections> {
        let idle = self.pool.num_idle().try_into().unwrap_or(u32::MAX);
        Some(Connections { open: self.pool.size(), idle })
    }

    async fn import(&self, dataset: &Dataset) -> Result<()> {
        super::import::import(self, dataset).await
    }
}

#[async_trait]
impl<DB: Dialect> Users for Sql<DB> {
    async fn users_by_uuids(&self, uuids: &[Uuid]) -> Result<Vec<User>> {
        let found = DB::in_uuids("$1");
        let sql = format!("SELECT {USER} FROM users WHERE uuid {found}");
        self.all(Statement::new(sql).bind_uuids(uuids)).await
    }

    async fn users_by_handles(&self, handles: &[String]) -> Result<Vec<User>> {
        let found = DB::in_texts("$1");
        let sql = format!("SELECT {USER} FROM users WHERE handle {found}");
        self.all(Statement::new(sql).bind_texts(handles)).await
    }

    async fn users_by_subjects(&self, subjects: &[String]) -> Result<Vec<User>> {
        let found = DB::in_texts("$1");
        let sql = format!("SELECT {USER} FROM users WHERE cognito_user_id {found}");
        self.all(Statement::new(sql).bind_texts(subjects)).await
    }

    async fn insert_user(&self, user: &User) -> Result<InsertUserOutcome> {
        super::users::insert_user(self, user).await
    }

    async fn users_matching(&self, search: &Search, page: &Pagination) -> Result<Page<User>> {
        if search.words.is_empty() {
            return Ok(page.paginate([]));
        }
        let found = DB::found("users", "$1");
        let sql = format!("SELECT {USER} FROM users WHERE {found}");
        let statement = Statement::new(sql).bind(DB::search(search));
        self.page(statement, &List::NEWEST_FIRST, page).await
    }

    async fn users_by_relation(
        &self,
        relation: UserRelation,
        keys: &[Uuid],
        page: &Pagination,
    ) -> Result<Vec<Page<User>>> {
        let (table, key, user, kind) = match relation {
            UserRelation::Reacted(ReactionKind::Like) => {
                ("reactions", "activity_uuid", "user_uuid", "AND kind = 'like' ")
            }
            UserRelation::Reacted(ReactionKind::Repost) => {
                ("reactions", "activity_uuid", "user_uuid", "AND kind = 'repost' ")
            }
            UserRelation::Followers => ("follows", "followed_uuid", "follower_uuid", ""),
            UserRelation::Following => ("follows", "follower_uuid", "followed_uuid", ""),
        };
        let list = List { uuid: user, ..List::NEWEST_FIRST };
        let columns = format!("k.n, t.created_at AS related_at, {}", of_table("u", USER));
        let tail = format!("{key} = k.key {kind}{}", list.keyset(page, 2));
        let statement = Statement::new(format!(
            "{} JOIN users AS u ON u.uuid = t.{user} {}",
            DB::per_key(&columns, &DB::keys("$1"), table, &tail),
            list.order_by_key(page)
        ));
        let statement = statement.bind_uuids(keys).bind_range(&list, page);
        self.pages::<RelatedUser>(statement, keys, page).await
    }

    async fn counts_by_users(&self, uuids: &[Uuid], now: Timestamp) -> Result<Vec<UserCounts>> {
        let sql = format!(
            "SELECT (SELECT count(*) FROM activities WHERE user_uuid = k.key \
             AND reply_to_activity_uuid IS NULL AND visible_until > $2) AS activities, \
             (SELECT count(*) FROM follows WHERE followed_uuid = k.key) AS followers, \
             (SELECT count(*) FROM follows WHERE follower_uuid = k.key) AS following \
             FROM {} ORDER BY k.n",
            DB::keys("$1")
        );
        let rows: Vec<CountsRow> =
            self.all(Statement::new(sql).bind_uuids(uuids).bind(now)).await?;
        Ok(rows.into_iter().map(UserCounts::from).collect())
    }

    async fn update_profile(&self, uuid: Uuid, profile: &Profile) -> Result<Option<User>> {
        super::writes::update_profile(self, uuid, profile).await
    }
}

#[async_trait]
impl<DB: Dialect> Activities for Sql<DB> {
    async fn activities_by_uuids(&self, uuids: &[Uuid], now: Timestamp) -> Result<Vec<Activity>> {
        let found = DB::in_uuids("$1");
        let sql =
            format!("SELECT {ACTIVITY} FROM activities WHERE uuid {found} AND visible_until > $2");
        self.all(Statement::new(sql).bind_uuids(uuids).bind(now)).await
    }

    async fn home(
        &self,
        page: &Pagination,
        now: Timestamp,
    ) -> Result<WithSnapshot<Page<Activity>>> {
        let sql = format!(
            "SELECT ({}) AS snapshot, {ACTIVITY} FROM activities \
             WHERE reply_to_activity_uuid IS NULL AND visible_until > $1",
            DB::MOMENT
        );
        self.page_with_snapshot(Statement::new(sql).bind(now), &List::NEWEST_FIRST, page).await
    }

    async fn activities_followed_by(
        &self,
        user: Uuid,
        page: &Pagination,
        now: Timestamp,
    ) -> Result<Page<Activity>> {
        // The newest of each followed user, then the newest of those.
        let list = List::NEWEST_FIRST;
        let keyset = list.keyset(page, 3);
        let tail = format!(
            "user_uuid = k.key AND reply_to_activity_uuid IS NULL AND visible_until > $2 {keyset}"
        );
        let keys = "(SELECT followed_uuid AS key FROM follows WHERE follower_uuid = $1) AS k";
        let select = DB::per_key(&of_table("t", ACTIVITY), keys, "activities", &tail);
        let sql = format!("SELECT {ACTIVITY} FROM ({select}) AS f WHERE 1 = 1 {keyset}");
        let statement = Statement::new(sql).bind(user).bind(now).bind_range(&list, page);
        let rows: Vec<Activity> = self.all(statement).await?;
        Ok(page.paginate(rows.into_iter().map(HasCursor::with_cursor)))
    }

    async fn activities_matching(
        &self,
        search: &Search,
        page: &Pagination,
        now: Timestamp,
    ) -> Result<Page<Activity>> {
        if search.words.is_empty() {
            return Ok(page.paginate([]));
        }
        let found = DB::found("activities", "$1");
        let sql = format!("SELECT {ACTIVITY} FROM activities WHERE {found} AND visible_until > $2");
        let statement = Statement::new(sql).bind(DB::search(search)).bind(now);
        self.page(statement, &List::NEWEST_FIRST, page).await
    }

    async fn activities_by_users(
        &self,
        users: &[Uuid],
        page: &Pagination,
        now: Timestamp,
    ) -> Result<Vec<Page<Activity>>> {
        let by = "user_uuid = k.key AND reply_to_activity_uuid IS NULL";
        self.activity_pages(users, by, &List::NEWEST_FIRST, page, now).await
    }

    async fn replies_by_parents(
        &self,
        parents: &[Uuid],
        page: &Pagination,
        now: Timestamp,
    ) -> Result<Vec<Page<Activity>>> {
        let to = "reply_to_activity_uuid = k.key";
        self.activity_pages(parents, to, &List::OLDEST_FIRST, page, now).await
    }

    async fn insert_activity(&self, new: &NewActivity) -> Result<Inserted<Activity>> {
        super::writes::insert_activity(self, new).await
    }

    async fn delete_activity(&self, uuid: Uuid, author: Uuid) -> Result<bool> {
        super::writes::delete_activity(self, uuid, author).await
    }

    async fn delete_expired(&self, before: Timestamp, limit: u32) -> Result<u64> {
        let mut write = self.write().await?;
        let sql = format!(
            "DELETE FROM activities WHERE uuid IN (SELECT uuid FROM activities \
             WHERE visible_until < $1 ORDER BY visible_until, uuid LIMIT {limit} {})",
            DB::FREE_FOR_UPDATE
        );
        let deleted = Statement::<DB>::new(sql).bind(before).run(&mut write.transaction).await?;
        write.commit().await?;
        Ok(deleted)
    }
}

#[async_trait]
impl<DB: Dialect> Reactions for Sql<DB> {
    async fn insert_reaction(
        &self,
        reaction: &Reaction,
        notification: Option<&Notification>,
    ) -> Result<Option<Activity>> {
        super::writes::insert_reaction(self, reaction, notification).await
    }

    async fn delete_reaction(
        &self,
        kind: ReactionKind,
        activity: Uuid,
        user: Uuid,
        now: Timestamp,
    ) -> Result<Option<Activity>> {
        super::writes::delete_reaction(self, kind, activity, user, now).await
    }

    async fn reactions_by_user(
        &self,
        user: Uuid,
        activities: &[Uuid],
    ) -> Result<Vec<(ReactionKind, Uuid)>> {
        let found = DB::in_uuids("$2");
        let sql = format!(
            "SELECT kind, activity_uuid FROM reactions WHERE user_uuid = $1 AND activity_uuid {found}"
        );
        self.all(Statement::new(sql).bind(user).bind_uuids(activities)).await
    }
}

#[async_trait]
impl<DB: Dialect> Follows for Sql<DB> {
    async fn insert_follow(&self, follow: &Follow, notification: &Notification) -> Result<bool> {
        super::writes::insert_follow(self, follow, notification).await
    }

    async fn delete_follow(&self, follower: Uuid, followed: Uuid) -> Result<bool> {
        super::writes::delete_follow(self, follower, followed).await
    }

    async fn followed_among(&self, follower: Uuid, users: &[Uuid]) -> Result<Vec<Uuid>> {
        let found = DB::in_uuids("$2");
        let sql = format!(
            "SELECT followed_uuid FROM follows WHERE follower_uuid = $1 AND followed_uuid {found}"
        );
        let rows: Vec<(Uuid,)> =
            self.all(Statement::new(sql).bind(follower).bind_uuids(users)).await?;
        Ok(rows.into_iter().map(|(uuid,)| uuid).collect())
    }
}

#[async_trait]
impl<DB: Dialect> Notifications for Sql<DB> {
    async fn notifications(
        &self,
        user: Uuid,
        unread_only: bool,
        page: &Pagination,
        now: Timestamp,
    ) -> Result<WithSnapshot<Page<Notification>>> {
        let unread = if unread_only { " AND read_at IS NULL" } else { "" };
        let sql = format!(
            "SELECT ({}) AS snapshot, {NOTIFICATION} FROM notifications \
             WHERE user_uuid = $1 AND visible_until > $2{unread}",
            DB::MOMENT
        );
        self.page_with_snapshot(Statement::new(sql).bind(user).bind(now), &List::NEWEST_FIRST, page)
            .await
    }

    async fn notifications_by_uuids(
        &self,
        user: Uuid,
        uuids: &[Uuid],
        now: Timestamp,
    ) -> Result<Vec<Notification>> {
        let found = DB::in_uuids("$3");
        let sql = format!(
            "SELECT {NOTIFICATION} FROM notifications \
             WHERE user_uuid = $1 AND visible_until > $2 AND uuid {found}"
        );
        self.all(Statement::new(sql).bind(user).bind(now).bind_uuids(uuids)).await
    }

    async fn unread_notifications(&self, user: Uuid, now: Timestamp) -> Result<i64> {
        let sql = "SELECT count(*) FROM notifications \
                   WHERE user_uuid = $1 AND read_at IS NULL AND visible_until > $2";
        let rows: Vec<(i64,)> = self.all(Statement::new(sql).bind(user).bind(now)).await?;
        Ok(rows.first().map_or(0, |(count,)| *count))
    }

    async fn insert_notification(&self, notification: &Notification) -> Result<()> {
        super::writes::insert_notification(self, notification).await
    }

    async fn mark_notifications_read(
        &self,
        user: Uuid,
        up_to: Uuid,
        now: Timestamp,
    ) -> Result<bool> {
        super::writes::mark_notifications_read(self, user, up_to, now).await
    }

    async fn mark_message_notifications_read(
        &self,
        user: Uuid,
        sender: Uuid,
        up_to: Cursor,
        now: Timestamp,
    ) -> Result<()> {
        let mut write = self.write().await?;
        let statement = Statement::<DB>::new(
            "UPDATE notifications SET read_at = $1 WHERE user_uuid = $2 AND actor_uuid = $3 \
             AND kind = $4 AND read_at IS NULL AND (created_at, uuid) <= ($5, $6)",
        );
        let statement = statement.bind(now).bind(user).bind(sender).bind(NotificationKind::Message);
        let statement = statement.bind(up_to.at).bind(up_to.uuid);
        statement.run(&mut write.transaction).await?;
        write.commit().await
    }
}

#[async_trait]
impl<DB: Dialect> Changes for Sql<DB> {
    async fn snapshot(&self) -> Result<Snapshot> {
        super::changes::snapshot(self).await
    }

    async fn activities_after(
        &self,
        place: &LogPosition,
        now: Timestamp,
    ) -> Result<ChangeBatch<Activity>> {
        super::changes::activities_after(self, place, now).await
    }

    async fn activity_log_position(&self, at: Cursor) -> Result<Option<LogPosition>> {
        super::changes::activity_log_position(self, at).await
    }

    async fn notifications_after(
        &self,
        user: Option<Uuid>,
        place: &LogPosition,
        now: Timestamp,
    ) -> Result<ChangeBatch<Notification>> {
        super::changes::notifications_after(self, user, place, now).await
    }

    async fn notification_log_position(
        &self,
        user: Uuid,
        at: Cursor,
    ) -> Result<Option<LogPosition>> {
        super::changes::notification_log_position(self, user, at).await
    }
}
