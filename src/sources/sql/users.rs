//! Users.

use async_trait::async_trait;
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    dialect::Dialect,
    keyset::KeysetOrder,
    pool::{Sql, WriteTx},
    query::{Statement, insert_if_absent, qualified, sql},
    search_words::user_words,
};
use crate::{
    domain::{
        Cursor, HasCursor, Page, Pagination, Profile, ReactionKind, Timestamp, User, UserCounts,
        name::handle_skeleton, text::Search,
    },
    error::Result,
    sources::{InsertUserOutcome, UserRelation, Users},
};

const COLUMNS: &str = "uuid, handle, display_name, bio, email, cognito_user_id, created_at";

/// The condition that a user is not banned.
const ACTIVE: &str = "banned_at IS NULL";

/// The table with the columns that [`bind_user`] binds.
pub fn users_table() -> String {
    format!("users ({COLUMNS}, words)")
}

pub fn bind_user<DB: Dialect>(statement: Statement<DB>, user: &User) -> Statement<DB> {
    statement
        .bind(user.uuid)
        .bind(user.handle.clone())
        .bind(user.display_name.clone())
        .bind(user.bio.clone())
        .bind(user.email.clone())
        .bind(user.cognito_user_id.clone())
        .bind(user.created_at)
        .bind(user_words(&user.handle, &user.display_name))
}

/// Adds a user with what their handle looks like, unless another user has one of the unique values.
async fn insert_if_unique<DB: Dialect>(tx: &mut WriteTx<'_, DB>, user: &User) -> Result<bool> {
    let table = format!("users ({COLUMNS}, words, handle_skeleton)");
    let bind =
        |statement, user: &User| bind_user(statement, user).bind(handle_skeleton(&user.handle));
    insert_if_absent(tx, &table, user, bind).await
}

/// A user on the other side of a relation.
#[derive(FromRow)]
struct RelatedUser {
    related_at: Timestamp,
    #[sqlx(flatten)]
    user: User,
}

impl HasCursor for RelatedUser {
    fn cursor(&self) -> Cursor {
        Cursor { at: self.related_at, uuid: self.user.uuid }
    }
}

#[async_trait]
impl<DB: Dialect> Users for Sql<DB> {
    async fn users_by_uuids(&self, uuids: &[Uuid]) -> Result<Vec<User>> {
        let text =
            format!("SELECT {COLUMNS} FROM users WHERE uuid {} AND {ACTIVE}", DB::in_uuids("$1"));
        self.all(sql(text).bind_uuids(uuids)).await
    }

    async fn users_by_handles(&self, handles: &[String]) -> Result<Vec<User>> {
        let text =
            format!("SELECT {COLUMNS} FROM users WHERE handle {} AND {ACTIVE}", DB::in_texts("$1"));
        self.all(sql(text).bind_texts(handles)).await
    }

    /// Of two who register at once with one `sub`, one meets the other's row in the unique index.
    async fn insert_user(&self, user: &User) -> Result<InsertUserOutcome> {
        let mut tx = self.write().await?;
        let with_subject = || {
            sql("SELECT uuid FROM users WHERE cognito_user_id = $1 LIMIT 1")
                .bind(user.cognito_user_id.clone())
        };
        if with_subject().first::<(Uuid,)>(&mut tx).await?.is_some() {
            return Ok(InsertUserOutcome::SubjectTaken);
        }
        if insert_if_unique(&mut tx, user).await? {
            tx.commit().await?;
            return Ok(InsertUserOutcome::Added);
        }
        // A user with this `sub` may have been added in between.
        Ok(match with_subject().first::<(Uuid,)>(&mut tx).await? {
            Some(_) => InsertUserOutcome::SubjectTaken,
            None => InsertUserOutcome::HandleTaken,
        })
    }

    async fn users_matching(&self, search: &Search, pagination: &Pagination) -> Result<Page<User>> {
        if search.words.is_empty() {
            return Ok(pagination.paginate([]));
        }
        let matches = DB::matches("users", "$1");
        let text = format!("SELECT {COLUMNS} FROM users WHERE {matches} AND {ACTIVE}");
        let statement = sql(text).bind(DB::search_query(search));
        self.page(statement, &KeysetOrder::NEWEST_FIRST, pagination).await
    }

    async fn users_by_relation(
        &self,
        relation: UserRelation,
        keys: &[Uuid],
        pagination: &Pagination,
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
        let order = KeysetOrder { uuid: user, ..KeysetOrder::NEWEST_FIRST };
        let columns = format!("k.n, t.created_at AS related_at, {}", qualified("u", COLUMNS));
        // In the inner statement, so that the page is full.
        let is_active = format!("AND (SELECT b.{ACTIVE} FROM users AS b WHERE b.uuid = {user}) ");
        let tail = format!("{key} = k.key {kind}{is_active}{}", order.keyset(pagination, 2));
        let statement = sql(format!(
            "{} JOIN users AS u ON u.uuid = t.{user} {}",
            DB::lateral(&columns, &DB::key_table("$1"), table, &tail),
            order.order_by_key(pagination)
        ))
        .bind_uuids(keys)
        .bind_range(&order, pagination);
        let pages: Vec<Page<RelatedUser>> = self.pages(statement, keys, pagination).await?;
        Ok(pages.into_iter().map(|page| page.map(|row| row.user)).collect())
    }

    async fn counts_by_users(&self, uuids: &[Uuid], now: Timestamp) -> Result<Vec<UserCounts>> {
        let text = format!(
            "SELECT (SELECT count(*) FROM activities WHERE user_uuid = k.key \
             AND reply_to_activity_uuid IS NULL AND visible_until > $2), \
             (SELECT count(*) FROM follows WHERE followed_uuid = k.key), \
             (SELECT count(*) FROM follows WHERE follower_uuid = k.key) \
             FROM {} ORDER BY k.n",
            DB::key_table("$1")
        );
        let rows: Vec<(i64, i64, i64)> = self.all(sql(text).bind_uuids(uuids).bind(now)).await?;
        let counts =
            |(activities, followers, following)| UserCounts { activities, followers, following };
        Ok(rows.into_iter().map(counts).collect())
    }

    async fn update_profile(&self, uuid: Uuid, profile: &Profile) -> Result<Option<User>> {
        let mut tx = self.write().await?;
        let locked: Option<(String,)> = sql(format!(
            "SELECT handle FROM users WHERE uuid = $1 AND {ACTIVE} {}",
            DB::FOR_UPDATE
        ))
        .bind(uuid)
        .first(&mut tx)
        .await?;
        let Some((handle,)) = locked else { return Ok(None) };
        let changed = sql(format!(
            "UPDATE users SET display_name = $2, bio = $3, words = $4 WHERE uuid = $1 \
             RETURNING {COLUMNS}"
        ))
        .bind(uuid)
        .bind(profile.display_name.clone())
        .bind(profile.bio.clone())
        .bind(user_words(&handle, &profile.display_name))
        .first(&mut tx)
        .await?;
        tx.commit().await?;
        Ok(changed)
    }
}
