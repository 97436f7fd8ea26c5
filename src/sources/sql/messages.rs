//! Direct messages.

use async_trait::async_trait;
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    dialect::Dialect,
    idempotency::claim_key,
    keyset::KeysetOrder,
    locks::lock_author,
    pool::{Sql, WriteTx},
    query::{Statement, insert, qualified, sql},
};
use crate::{
    domain::{
        Conversation, Cursor, HasCursor, Message, MessageGroup, MessageKey, Order, Page,
        Pagination, Timestamp,
    },
    error::{Error, Result},
    sources::{Inserted, Messages, NewMessage},
};

const GROUP_COLUMNS: &str = "group_uuid AS uuid, other_uuid, last_message, last_message_at";
const COLUMNS: &str = "uuid, group_uuid, user_uuid, message, created_at";

/// The condition that the other person of a conversation exists and is not banned. It is looked up for
/// each row of a page, and not joined.
const WITH_ACTIVE: &str = "(SELECT u.banned_at IS NULL FROM users AS u WHERE u.uuid = other_uuid)";

fn bind_message<DB: Dialect>(statement: Statement<DB>, message: &Message) -> Statement<DB> {
    statement
        .bind(message.uuid)
        .bind(message.group_uuid)
        .bind(message.user_uuid)
        .bind(message.message.clone())
        .bind(message.created_at)
}

#[async_trait]
impl<DB: Dialect> Messages for Sql<DB> {
    async fn message_groups(
        &self,
        user: Uuid,
        pagination: &Pagination,
    ) -> Result<Page<MessageGroup>> {
        let order =
            KeysetOrder { at: "last_message_at", uuid: "group_uuid", order: Order::NewestFirst };
        let text = format!(
            "SELECT {GROUP_COLUMNS} FROM message_group_members WHERE user_uuid = $1 AND {WITH_ACTIVE}"
        );
        self.page(sql(text).bind(user), &order, pagination).await
    }

    async fn message_groups_by_uuids(
        &self,
        user: Uuid,
        uuids: &[Uuid],
    ) -> Result<Vec<MessageGroup>> {
        let among = DB::in_uuids("$2");
        let text = format!(
            "SELECT {GROUP_COLUMNS} FROM message_group_members \
             WHERE user_uuid = $1 AND group_uuid {among} AND {WITH_ACTIVE}"
        );
        self.all(sql(text).bind(user).bind_uuids(uuids)).await
    }

    async fn message_groups_by_others(
        &self,
        user: Uuid,
        others: &[Uuid],
    ) -> Result<Vec<MessageGroup>> {
        let among = DB::in_uuids("$2");
        let text = format!(
            "SELECT {GROUP_COLUMNS} FROM message_group_members \
             WHERE user_uuid = $1 AND other_uuid {among} AND {WITH_ACTIVE}"
        );
        self.all(sql(text).bind(user).bind_uuids(others)).await
    }

    async fn messages_by_groups(
        &self,
        groups: &[Uuid],
        pagination: &Pagination,
    ) -> Result<Vec<Page<Message>>> {
        let order = KeysetOrder::OLDEST_FIRST;
        let columns = format!("k.n, {}", qualified("t", COLUMNS));
        let tail = format!("group_uuid = k.key {}", order.keyset(pagination, 2));
        let select = DB::lateral(&columns, &DB::key_table("$1"), "messages", &tail);
        let statement = sql(format!("{select} {}", order.order_by_key(pagination)))
            .bind_uuids(groups)
            .bind_range(&order, pagination);
        self.pages(statement, groups, pagination).await
    }

    async fn messages_by_keys(&self, keys: &[MessageKey]) -> Result<Vec<Message>> {
        let uuids: Vec<_> = keys.iter().map(|key| key.at.uuid).collect();
        let text = format!("SELECT {COLUMNS} FROM messages WHERE uuid {}", DB::in_uuids("$1"));
        let mut messages: Vec<Message> = self.all(sql(text).bind_uuids(&uuids)).await?;
        messages.retain(|message| keys.contains(&message.key()));
        Ok(messages)
    }

    async fn unread_by_groups(&self, user: Uuid, groups: &[Uuid]) -> Result<Vec<i64>> {
        let nothing = Cursor::min();
        let statement = sql(format!(
            "SELECT (SELECT count(*) FROM message_group_members AS g \
             JOIN messages AS m ON m.group_uuid = g.group_uuid AND m.user_uuid <> g.user_uuid \
             AND (m.created_at, m.uuid) > (coalesce(g.read_at, $3), coalesce(g.read_uuid, $4)) \
             WHERE g.group_uuid = k.key AND g.user_uuid = $2) FROM {} ORDER BY k.n",
            DB::key_table("$1")
        ))
        .bind_uuids(groups)
        .bind(user)
        .bind(nothing.at)
        .bind(nothing.uuid);
        let rows: Vec<(i64,)> = self.all(statement).await?;
        Ok(rows.into_iter().map(|(count,)| count).collect())
    }

    async fn unread_messages(&self, user: Uuid) -> Result<i64> {
        let statement = sql("SELECT count FROM unread_messages WHERE user_uuid = $1").bind(user);
        Ok(self.first::<(i64,)>(statement).await?.map_or(0, |(count,)| count))
    }

    async fn mark_messages_read(&self, user: Uuid, up_to: &MessageKey) -> Result<bool> {
        let MessageKey { group_uuid, at: up_to } = *up_to;
        let mut tx = self.write().await?;
        lock_author(&mut tx, user, []).await?;
        let members = lock_members(&mut tx, group_uuid).await?;
        let Some(member) = members.into_iter().find(|it| it.user_uuid == user) else {
            return Ok(false);
        };
        let message: Option<(Timestamp,)> =
            sql("SELECT created_at FROM messages WHERE uuid = $1 AND group_uuid = $2")
                .bind(up_to.uuid)
                .bind(group_uuid)
                .first(&mut tx)
                .await?;
        if message != Some((up_to.at,)) {
            return Ok(false);
        }
        let read_up_to = member.read_up_to();
        if read_up_to >= up_to {
            return Ok(true);
        }
        let newly_read: Option<(i64,)> =
            sql("SELECT count(*) FROM messages WHERE group_uuid = $1 AND user_uuid <> $2 \
             AND (created_at, uuid) > ($3, $4) AND (created_at, uuid) <= ($5, $6)")
            .bind(group_uuid)
            .bind(user)
            .bind(read_up_to.at)
            .bind(read_up_to.uuid)
            .bind(up_to.at)
            .bind(up_to.uuid)
            .first(&mut tx)
            .await?;
        sql("UPDATE message_group_members SET read_at = $3, read_uuid = $4 \
             WHERE user_uuid = $1 AND group_uuid = $2")
        .bind(user)
        .bind(group_uuid)
        .bind(up_to.at)
        .bind(up_to.uuid)
        .run(&mut tx)
        .await?;
        let newly_read = newly_read.map_or(0, |(count,)| count);
        subtract_unread(&mut tx, user, newly_read).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn insert_message(&self, new: &NewMessage) -> Result<Inserted<Message>> {
        let mut tx = self.write().await?;
        let users = lock_author(&mut tx, new.message.user_uuid, [new.receiver_uuid]).await?;
        if !users.contains(&new.receiver_uuid) {
            return Ok(Inserted::TargetMissing);
        }
        let (inserted, is_unread) = send(&mut tx, new).await?;
        if is_unread {
            add_unread(&mut tx, new.receiver_uuid, 1).await?;
        }
        tx.commit().await?;
        Ok(inserted)
    }

    async fn conversations_of(
        &self,
        user: Uuid,
        after: Uuid,
        limit: u32,
    ) -> Result<Vec<Conversation>> {
        let statement = sql(format!(
            "SELECT group_uuid, other_uuid FROM message_group_members \
             WHERE user_uuid = $1 AND other_uuid > $2 ORDER BY other_uuid LIMIT {limit}"
        ));
        self.all(statement.bind(user).bind(after)).await
    }

    async fn erase_conversation(
        &self,
        _user: Uuid,
        conversation: &Conversation,
        limit: u32,
    ) -> Result<u64> {
        let mut tx = self.write().await?;
        let deleted = erase(&mut tx, conversation, limit).await?;
        tx.commit().await?;
        Ok(deleted)
    }

    async fn erase_reader(&self, user: Uuid) -> Result<()> {
        let mut tx = self.write().await?;
        sql("DELETE FROM unread_messages WHERE user_uuid = $1").bind(user).run(&mut tx).await?;
        tx.commit().await
    }
}

/// Deletes messages of a conversation, as [`Messages::erase_conversation`] does.
async fn erase<DB: Dialect>(
    tx: &mut WriteTx<'_, DB>,
    Conversation { group_uuid, other_uuid }: &Conversation,
    limit: u32,
) -> Result<u64> {
    let members = lock_members(tx, *group_uuid).await?;
    let Some(other) = members.into_iter().find(|it| it.user_uuid == *other_uuid) else {
        return Ok(0);
    };
    let read_up_to = other.read_up_to();
    let unread: Vec<(Timestamp, Uuid, Uuid)> =
        sql("SELECT created_at, uuid, user_uuid FROM messages WHERE group_uuid = $1 \
         AND (created_at, uuid) > ($2, $3) ORDER BY created_at DESC, uuid DESC")
        .bind(*group_uuid)
        .bind(read_up_to.at)
        .bind(read_up_to.uuid)
        .all(tx)
        .await?;
    if let Some((at, uuid, _)) = unread.first() {
        sql("UPDATE message_group_members SET read_at = $3, read_uuid = $4 \
             WHERE user_uuid = $1 AND group_uuid = $2")
        .bind(*other_uuid)
        .bind(*group_uuid)
        .bind(*at)
        .bind(*uuid)
        .run(tx)
        .await?;
    }
    let deleted = sql(format!(
        "DELETE FROM messages WHERE uuid IN (SELECT uuid FROM messages WHERE group_uuid = $1 \
         ORDER BY created_at, uuid LIMIT {limit})"
    ))
    .bind(*group_uuid)
    .run(tx)
    .await?;
    if deleted < u64::from(limit) {
        sql("DELETE FROM message_group_members WHERE group_uuid = $1")
            .bind(*group_uuid)
            .run(tx)
            .await?;
    }
    let received = unread.iter().filter(|(_, _, sender)| sender != other_uuid).count();
    subtract_unread(tx, *other_uuid, i64::try_from(received).unwrap_or(i64::MAX)).await?;
    Ok(deleted)
}

/// Inserts a message and makes it the last one of its conversation, unless a later one is there.
/// Returns the outcome, and whether the message is a new one that the receiver has not read. The
/// caller passes that to [`add_unread`].
pub async fn send<DB: Dialect>(
    tx: &mut WriteTx<'_, DB>,
    new: &NewMessage,
) -> Result<(Inserted<Message>, bool)> {
    let select = format!("SELECT {COLUMNS} FROM messages WHERE uuid = $1");
    let key = new.idempotency.as_ref();
    if let Some(answer) = claim_key(tx, key, new.message.uuid, &select).await? {
        return Ok((answer, false));
    }
    let group_uuid = open_group(tx, new).await?;
    let members = lock_members(tx, group_uuid).await?;
    let message = Message { group_uuid, ..new.message.clone() };
    let table = format!("messages ({COLUMNS})");
    insert(tx, &table, std::slice::from_ref(&message), bind_message).await?;
    sql("UPDATE message_group_members \
         SET last_message = $2, last_message_at = $3, last_message_uuid = $4 \
         WHERE group_uuid = $1 AND (last_message_at, last_message_uuid) < ($3, $4)")
    .bind(group_uuid)
    .bind(message.message.clone())
    .bind(message.created_at)
    .bind(message.uuid)
    .run(tx)
    .await?;
    let is_unread = members
        .iter()
        .any(|it| it.user_uuid == new.receiver_uuid && it.read_up_to() < message.cursor());
    Ok((Inserted::New(message), is_unread))
}

/// Adds to the number of messages that a user has not read.
///
/// This locks the user's row. It comes last in a transaction, after the conversation's rows, and for
/// several users in the order of their uuids, so that no two transactions deadlock.
pub async fn add_unread<DB: Dialect>(
    tx: &mut WriteTx<'_, DB>,
    user: Uuid,
    messages: i64,
) -> Result<()> {
    sql("INSERT INTO unread_messages (user_uuid, count) VALUES ($1, $2) \
         ON CONFLICT (user_uuid) DO UPDATE SET count = unread_messages.count + excluded.count")
    .bind(user)
    .bind(messages)
    .run(tx)
    .await?;
    Ok(())
}

/// Subtracts from the number of messages that a user has not read. It comes last in a transaction, as
/// [`add_unread`] does.
async fn subtract_unread<DB: Dialect>(
    tx: &mut WriteTx<'_, DB>,
    user: Uuid,
    messages: i64,
) -> Result<()> {
    // An older gateway beside this one does not count the messages that it adds.
    sql("UPDATE unread_messages SET count = CASE WHEN count < $2 THEN 0 ELSE count - $2 END \
         WHERE user_uuid = $1")
    .bind(user)
    .bind(messages)
    .run(tx)
    .await
    .map(drop)
}

/// One of the two people of a conversation.
#[derive(FromRow)]
struct MemberRow {
    user_uuid: Uuid,
    read_at: Option<Timestamp>,
    read_uuid: Option<Uuid>,
}

impl MemberRow {
    /// The last message that the person has read.
    fn read_up_to(&self) -> Cursor {
        let read = self.read_at.zip(self.read_uuid);
        read.map_or(Cursor::min(), |(at, uuid)| Cursor { at, uuid })
    }
}

/// Locks the rows of a conversation's two people, the lower uuid first, and returns them. No other
/// transaction can add a message or mark one as read until this one ends.
async fn lock_members<DB: Dialect>(
    tx: &mut WriteTx<'_, DB>,
    group: Uuid,
) -> Result<Vec<MemberRow>> {
    sql(format!(
        "SELECT user_uuid, read_at, read_uuid FROM message_group_members \
         WHERE group_uuid = $1 ORDER BY user_uuid {}",
        DB::FOR_UPDATE
    ))
    .bind(group)
    .all(tx)
    .await
}

/// Locks the conversation of the message's two people, and opens it if it is missing. Returns its
/// uuid. The row of the lower uuid comes first, so that two transactions that open it at once do
/// not deadlock.
async fn open_group<DB: Dialect>(tx: &mut WriteTx<'_, DB>, new: &NewMessage) -> Result<Uuid> {
    let mut people = [new.message.user_uuid, new.receiver_uuid];
    people.sort();
    let [low, high] = people;
    for (user, other) in [(low, high), (high, low)] {
        let opened = sql("INSERT INTO message_group_members \
             (user_uuid, other_uuid, group_uuid, last_message, last_message_at, \
             last_message_uuid) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING")
        .bind(user)
        .bind(other)
        .bind(new.message.group_uuid)
        .bind(new.message.message.clone())
        .bind(new.message.created_at)
        .bind(new.message.uuid)
        .run(tx)
        .await?;
        if opened == 0 {
            break;
        }
    }
    let row: Option<(Uuid,)> = sql(format!(
        "SELECT group_uuid FROM message_group_members WHERE user_uuid = $1 AND other_uuid = $2 {}",
        DB::FOR_UPDATE
    ))
    .bind(low)
    .bind(high)
    .first(tx)
    .await?;
    row.map(|(uuid,)| uuid).ok_or(Error::Internal)
}
