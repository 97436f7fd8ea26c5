//! Direct messages.

use async_trait::async_trait;
use uuid::Uuid;

use super::{
    dialect::Dialect,
    idempotency::claim_key,
    keyset::KeysetOrder,
    pool::{Sql, WriteTx},
    query::{Statement, insert, qualified, sql},
};
use crate::{
    domain::{Cursor, Message, MessageGroup, MessageKey, Order, Page, Pagination, Timestamp},
    error::{Error, Result},
    sources::{Inserted, Messages, NewMessage},
};

const GROUP_COLUMNS: &str = "group_uuid AS uuid, other_uuid, last_message, last_message_at";
const COLUMNS: &str = "uuid, group_uuid, user_uuid, message, created_at";

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
        let text =
            format!("SELECT {GROUP_COLUMNS} FROM message_group_members WHERE user_uuid = $1");
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
             WHERE user_uuid = $1 AND group_uuid {among}"
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
             WHERE user_uuid = $1 AND other_uuid {among}"
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

    async fn mark_messages_read(&self, user: Uuid, up_to: &MessageKey) -> Result<bool> {
        let MessageKey { group_uuid, at: Cursor { at, uuid } } = *up_to;
        let nothing = Cursor::min();
        let mut tx = self.write().await?;
        let message: Option<(Timestamp, Uuid)> =
            sql("SELECT m.created_at, m.uuid FROM messages AS m \
             JOIN message_group_members AS g ON g.group_uuid = m.group_uuid \
             WHERE m.uuid = $1 AND m.group_uuid = $2 AND g.user_uuid = $3")
            .bind(uuid)
            .bind(group_uuid)
            .bind(user)
            .first(&mut tx)
            .await?;
        if message != Some((at, uuid)) {
            return Ok(false);
        }
        sql("UPDATE message_group_members SET read_at = $3, read_uuid = $4 \
             WHERE user_uuid = $1 AND group_uuid = $2 \
             AND (coalesce(read_at, $5), coalesce(read_uuid, $6)) < ($3, $4)")
        .bind(user)
        .bind(group_uuid)
        .bind(at)
        .bind(uuid)
        .bind(nothing.at)
        .bind(nothing.uuid)
        .run(&mut tx)
        .await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn insert_message(&self, new: &NewMessage) -> Result<Inserted<Message>> {
        let mut tx = self.write().await?;
        let inserted = send(&mut tx, new).await?;
        tx.commit().await?;
        Ok(inserted)
    }
}

/// Inserts a message and makes it the last one of its conversation, unless a later one is there.
pub async fn send<DB: Dialect>(
    tx: &mut WriteTx<'_, DB>,
    new: &NewMessage,
) -> Result<Inserted<Message>> {
    let select = format!("SELECT {COLUMNS} FROM messages WHERE uuid = $1");
    let key = new.idempotency.as_ref();
    if let Some(answer) = claim_key(tx, key, new.message.uuid, &select).await? {
        return Ok(answer);
    }
    let group_uuid = open_group(tx, new).await?;
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
    Ok(Inserted::New(message))
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
