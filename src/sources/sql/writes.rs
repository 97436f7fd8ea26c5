//! Writes of several statements, each one transaction.
//!
//! Activities are locked from the root of a thread downwards, so that no two transactions wait for
//! each other.

use chrono::TimeDelta;
use uuid::Uuid;

use super::{
    Sql,
    activities::{ACTIVITY, NOTIFICATION, USER, joined_words, user_words},
    dialect::{Dialect, Row},
    rows::EarlierRow,
    statement::{Statement, insert},
};
use crate::{
    domain::{
        Activity, Follow, Notification, NotificationKind, Profile, Reaction, ReactionKind,
        Timestamp, User, page::forever,
    },
    error::{Error, Result},
    sources::{Idempotency, Inserted, NewActivity},
};

/// How long after another a crud may be added that was made before it, and still be told after it.
const ONE_AFTER_THE_OTHER: TimeDelta = TimeDelta::seconds(10);

pub async fn update_profile<DB: Dialect>(
    source: &Sql<DB>,
    uuid: Uuid,
    profile: &Profile,
) -> Result<Option<User>> {
    let mut write = source.write().await?;
    let sql = format!("SELECT {USER} FROM users WHERE uuid = $1 {}", DB::FOR_UPDATE);
    let user: Option<User> =
        Statement::<DB>::new(sql).bind(uuid).first(&mut write.transaction).await?;
    let Some(user) = user else { return Ok(None) };
    let sql = format!(
        "UPDATE users SET display_name = $2, bio = $3, words = $4 WHERE uuid = $1 RETURNING {USER}"
    );
    let changed = Statement::<DB>::new(sql)
        .bind(uuid)
        .bind(profile.display_name.clone())
        .bind(profile.bio.clone())
        .bind(user_words(&user.handle, &profile.display_name))
        .first(&mut write.transaction)
        .await?;
    write.commit().await?;
    Ok(changed)
}

pub async fn insert_activity<DB: Dialect>(
    source: &Sql<DB>,
    new: &NewActivity,
) -> Result<Inserted<Activity>> {
    let mut activity = new.activity.clone();
    let mut write = source.write().await?;
    let transaction = &mut *write.transaction;
    // Before the first write, which gives the transaction its position.
    let mut latest = None;
    if activity.reply_to_activity_uuid.is_none() {
        let latest = latest.insert(source.latest_crud.lock().await);
        activity.created_at = in_order(activity.created_at, **latest);
    }
    let made = format!("SELECT {ACTIVITY} FROM activities WHERE uuid = $1");
    let key = new.idempotency.as_ref();
    if let Some(earlier) = claim_key::<DB, _>(transaction, key, activity.uuid, &made).await? {
        return Ok(earlier);
    }
    let visible_until = match activity.reply_to_activity_uuid {
        None => activity.expires_at.unwrap_or(forever()),
        Some(parent) => {
            let statement = Statement::<DB>::new(
                "UPDATE activities SET replies_count = replies_count + 1 \
                 WHERE uuid = $1 AND visible_until > $2 RETURNING visible_until",
            );
            let parent: Option<(Timestamp,)> =
                statement.bind(parent).bind(activity.created_at).first(transaction).await?;
            let Some((visible_until,)) = parent else { return Ok(Inserted::TargetMissing) };
            visible_until
        }
    };
    insert_activities::<DB>(transaction, &[(&activity, Some(visible_until))]).await?;
    if let Some(mut latest) = latest {
        *latest = activity.created_at.max(*latest);
    }
    let told: Vec<_> = new.notifications.iter().map(|it| (it, visible_until)).collect();
    insert_notifications::<DB>(transaction, &told).await?;
    write.commit().await?;
    Ok(Inserted::New(activity))
}

/// The time of a crud that is added after the latest one: a little after that, where the crud was
/// made a moment before it and came later.
fn in_order(created_at: Timestamp, latest: Timestamp) -> Timestamp {
    if created_at < latest && latest - created_at < ONE_AFTER_THE_OTHER {
        latest + TimeDelta::microseconds(1)
    } else {
        created_at
    }
}

/// Adds activities, each with the instant until when it is visible.
pub async fn insert_activities<DB: Dialect>(
    connection: &mut DB::Connection,
    activities: &[(&Activity, Option<Timestamp>)],
) -> Result<()> {
    let into = format!("activities ({ACTIVITY}, words, visible_until)");
    insert::<DB, _>(connection, &into, activities, |statement, (activity, visible_until)| {
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
            .bind(joined_words(&activity.message))
            .bind(*visible_until)
    })
    .await
}

/// Adds notifications, each with the instant until when it is visible.
pub async fn insert_notifications<DB: Dialect>(
    connection: &mut DB::Connection,
    notifications: &[(&Notification, Timestamp)],
) -> Result<()> {
    let into = format!("notifications ({NOTIFICATION}, visible_until)");
    insert::<DB, _>(connection, &into, notifications, |statement, (told, visible_until)| {
        bind_notification(statement, told, *visible_until)
    })
    .await
}

fn bind_notification<DB: Dialect>(
    statement: Statement<DB>,
    told: &Notification,
    visible_until: Timestamp,
) -> Statement<DB> {
    statement
        .bind(told.uuid)
        .bind(told.user_uuid)
        .bind(told.actor_uuid)
        .bind(told.kind)
        .bind(told.activity_uuid)
        .bind(told.created_at)
        .bind(told.read_at)
        .bind(visible_until)
}

pub async fn insert_notification<DB: Dialect>(
    source: &Sql<DB>,
    notification: &Notification,
) -> Result<()> {
    let statement = Statement::<DB>::new(format!(
        "INSERT INTO notifications ({NOTIFICATION}, visible_until) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING"
    ));
    let mut write = source.write().await?;
    bind_notification(statement, notification, forever()).run(&mut write.transaction).await?;
    write.commit().await
}

pub async fn delete_activity<DB: Dialect>(
    source: &Sql<DB>,
    uuid: Uuid,
    author: Uuid,
) -> Result<bool> {
    let mut write = source.write().await?;
    let transaction = &mut *write.transaction;
    let found = "SELECT reply_to_activity_uuid FROM activities WHERE uuid = $1 AND user_uuid = $2";
    let found = Statement::<DB>::new(found).bind(uuid).bind(author);
    let found: Option<(Option<Uuid>,)> = found.first(transaction).await?;
    let Some((parent,)) = found else { return Ok(false) };
    if let Some(parent) = parent {
        // Counted down again should the reply have gone meanwhile: then nothing is committed.
        let statement = "UPDATE activities SET replies_count = replies_count - 1 \
                         WHERE uuid = $1 AND replies_count > 0";
        Statement::<DB>::new(statement).bind(parent).run(transaction).await?;
    }
    let statement = "DELETE FROM activities WHERE uuid = $1";
    if Statement::<DB>::new(statement).bind(uuid).run(transaction).await? == 0 {
        return Ok(false);
    }
    // Level by level: once an activity is deleted nobody replies to it any more, so that a reply
    // which came in the last moment is seen by the next statement.
    let mut level = vec![uuid];
    while !level.is_empty() {
        let found = DB::in_uuids("$1");
        let statement =
            format!("DELETE FROM activities WHERE reply_to_activity_uuid {found} RETURNING uuid");
        let statement = Statement::<DB>::new(statement).bind_uuids(&level);
        let replies: Vec<(Uuid,)> = statement.all(transaction).await?;
        level = replies.into_iter().map(|(uuid,)| uuid).collect();
    }
    write.commit().await?;
    Ok(true)
}

pub async fn insert_reaction<DB: Dialect>(
    source: &Sql<DB>,
    reaction: &Reaction,
    notification: Option<&Notification>,
) -> Result<Option<Activity>> {
    let mut write = source.write().await?;
    let transaction = &mut *write.transaction;
    let Reaction { kind, activity_uuid: uuid, user_uuid, created_at } = *reaction;
    let Some(visible_until) = lock::<DB>(transaction, uuid, created_at).await? else {
        return Ok(None);
    };
    let statement = "INSERT INTO reactions (kind, activity_uuid, user_uuid, created_at) \
                     VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    let statement = Statement::<DB>::new(statement);
    let statement = statement.bind(kind).bind(uuid).bind(user_uuid).bind(created_at);
    let added = statement.run(transaction).await?;
    if added > 0
        && let Some(told) = notification
    {
        insert_notifications::<DB>(transaction, &[(told, visible_until)]).await?;
    }
    let activity = count::<DB>(transaction, kind, uuid, "+", added).await?;
    write.commit().await?;
    Ok(activity)
}

pub async fn delete_reaction<DB: Dialect>(
    source: &Sql<DB>,
    kind: ReactionKind,
    uuid: Uuid,
    user: Uuid,
    now: Timestamp,
) -> Result<Option<Activity>> {
    let mut write = source.write().await?;
    let transaction = &mut *write.transaction;
    if lock::<DB>(transaction, uuid, now).await?.is_none() {
        return Ok(None);
    }
    let statement =
        "DELETE FROM reactions WHERE kind = $1 AND activity_uuid = $2 AND user_uuid = $3";
    let statement = Statement::<DB>::new(statement).bind(kind).bind(uuid).bind(user);
    let deleted = statement.run(transaction).await?;
    if deleted > 0 {
        let statement =
            "DELETE FROM notifications WHERE kind = $1 AND activity_uuid = $2 AND actor_uuid = $3";
        let statement =
            Statement::<DB>::new(statement).bind(kind.notification_kind()).bind(uuid).bind(user);
        statement.run(transaction).await?;
    }
    let activity = count::<DB>(transaction, kind, uuid, "-", deleted).await?;
    write.commit().await?;
    Ok(activity)
}

/// Locks a visible activity until the transaction ends. Until when it is visible.
async fn lock<DB: Dialect>(
    connection: &mut DB::Connection,
    uuid: Uuid,
    now: Timestamp,
) -> Result<Option<Timestamp>> {
    let sql = format!(
        "SELECT visible_until FROM activities WHERE uuid = $1 AND visible_until > $2 {}",
        DB::FOR_UPDATE
    );
    let row: Option<(Timestamp,)> =
        Statement::<DB>::new(sql).bind(uuid).bind(now).first(connection).await?;
    Ok(row.map(|(visible_until,)| visible_until))
}

/// Changes the count of a kind of reaction by `by`, not below zero. The activity as it is then.
async fn count<DB: Dialect>(
    connection: &mut DB::Connection,
    kind: ReactionKind,
    uuid: Uuid,
    sign: &str,
    by: u64,
) -> Result<Option<Activity>> {
    let column = match kind {
        ReactionKind::Like => "likes_count",
        ReactionKind::Repost => "reposts_count",
    };
    if by > 0 {
        let sql = format!(
            "UPDATE activities SET {column} = CASE WHEN {column} {sign} {by} < 0 THEN 0 \
             ELSE {column} {sign} {by} END WHERE uuid = $1"
        );
        Statement::<DB>::new(sql).bind(uuid).run(connection).await?;
    }
    let sql = format!("SELECT {ACTIVITY} FROM activities WHERE uuid = $1");
    Statement::<DB>::new(sql).bind(uuid).first(connection).await
}

pub async fn insert_follow<DB: Dialect>(
    source: &Sql<DB>,
    follow: &Follow,
    notification: &Notification,
) -> Result<bool> {
    let mut write = source.write().await?;
    let transaction = &mut *write.transaction;
    let statement = "INSERT INTO follows (follower_uuid, followed_uuid, created_at) \
                     VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    let statement = Statement::<DB>::new(statement);
    let statement = statement.bind(follow.follower_uuid).bind(follow.followed_uuid);
    let added = statement.bind(follow.created_at).run(transaction).await?;
    if added > 0 {
        insert_notifications::<DB>(transaction, &[(notification, forever())]).await?;
    }
    write.commit().await?;
    Ok(added > 0)
}

pub async fn delete_follow<DB: Dialect>(
    source: &Sql<DB>,
    follower: Uuid,
    followed: Uuid,
) -> Result<bool> {
    let mut write = source.write().await?;
    let transaction = &mut *write.transaction;
    let statement = "DELETE FROM follows WHERE follower_uuid = $1 AND followed_uuid = $2";
    let statement = Statement::<DB>::new(statement).bind(follower).bind(followed);
    let deleted = statement.run(transaction).await?;
    if deleted > 0 {
        let statement = "DELETE FROM notifications WHERE actor_uuid = $1 AND user_uuid = $2 \
                         AND kind = $3 AND activity_uuid IS NULL";
        let statement = Statement::<DB>::new(statement).bind(follower).bind(followed);
        statement.bind(NotificationKind::Follow).run(transaction).await?;
    }
    write.commit().await?;
    Ok(deleted > 0)
}

pub async fn mark_notifications_read<DB: Dialect>(
    source: &Sql<DB>,
    user: Uuid,
    up_to: Uuid,
    now: Timestamp,
) -> Result<bool> {
    let mut write = source.write().await?;
    let transaction = &mut *write.transaction;
    let statement = "SELECT created_at, uuid FROM notifications WHERE uuid = $1 AND user_uuid = $2";
    let statement = Statement::<DB>::new(statement).bind(up_to).bind(user);
    let last: Option<(Timestamp, Uuid)> = statement.first(transaction).await?;
    let Some((at, uuid)) = last else { return Ok(false) };
    let statement = "UPDATE notifications SET read_at = $1 WHERE user_uuid = $2 \
                     AND read_at IS NULL AND (created_at, uuid) <= ($3, $4)";
    let statement = Statement::<DB>::new(statement).bind(now).bind(user).bind(at).bind(uuid);
    statement.run(transaction).await?;
    write.commit().await?;
    Ok(true)
}

/// Takes the key for what is about to be made, unless it was taken since the key's `since`: then
/// there is an answer already, with what `select` finds by the uuid that was made. Waits for another
/// transaction that is taking the same key.
pub async fn claim_key<DB, T>(
    connection: &mut DB::Connection,
    key: Option<&Idempotency>,
    made: Uuid,
    select: &str,
) -> Result<Option<Inserted<T>>>
where
    DB: Dialect,
    T: Row,
{
    let Some(it) = key else { return Ok(None) };
    let forget = "DELETE FROM idempotency_keys WHERE user_uuid = $1 AND created_at <= $2";
    Statement::<DB>::new(forget).bind(it.user_uuid).bind(it.since).run(connection).await?;
    let take = "INSERT INTO idempotency_keys (user_uuid, key, input_hash, made_uuid, created_at) \
                VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    let take = Statement::<DB>::new(take).bind(it.user_uuid).bind(it.key.clone());
    let take = take.bind(it.input_hash.clone()).bind(made).bind(it.created_at);
    if take.run(connection).await? > 0 {
        return Ok(None);
    }
    let earlier =
        "SELECT input_hash, made_uuid FROM idempotency_keys WHERE user_uuid = $1 AND key = $2";
    let earlier = Statement::<DB>::new(earlier).bind(it.user_uuid).bind(it.key.clone());
    let earlier: Option<EarlierRow> = earlier.first(connection).await?;
    // Else it was forgotten between the two statements.
    let earlier = earlier.ok_or(Error::Unavailable)?;
    if earlier.input_hash != it.input_hash {
        return Ok(Some(Inserted::KeyReused));
    }
    let made = Statement::<DB>::new(select).bind(earlier.made_uuid).first(connection).await?;
    Ok(Some(made.map_or(Inserted::TargetMissing, Inserted::Replayed)))
}
