//! The source of direct messages.

use async_trait::async_trait;
use uuid::Uuid;

use super::{
    List, Sql,
    dialect::Dialect,
    rows::KeyedMessage,
    statement::{Statement, insert},
    writes::claim_key,
};
use crate::{
    domain::{Cursor, Message, MessageGroup, MessageKey, Order, Page, Pagination, Timestamp},
    error::{Error, Result},
    sources::{Inserted, Messages, NewMessage},
};

const GROUP: &str = "group_uuid AS uuid, other_uuid, last_message, last_message_at";
const MESSAGE: &str = "uuid, group_uuid, user_uuid, message, created_at";

#[async_trait]
impl<DB: Dialect> Messages for Sql<DB> {
    async fn message_groups(&self, user: Uuid, page: &Pagination) -> Result<Page<MessageGroup>> {
        let list = List { at: "last_message_at", uuid: "group_uuid", order: Order::NewestFirst };
        let sql = format!("SELECT {GROUP} FROM message_group_members WHERE user_uuid = $1");
        self.page(Statement::new(sql).bind(user), &list, page).await
    }

    async fn message_groups_by_uuids(
        &self,
        user: Uuid,
        uuids: &[Uuid],
    ) -> Result<Vec<MessageGroup>> {
        let found = DB::in_uuids("$2");
        let sql = format!(
            "SELECT {GROUP} FROM message_group_members WHERE user_uuid = $1 AND group_uuid {found}"
        );
        self.all(Statement::new(sql).bind(user).bind_uuids(uuids)).await
    }

    async fn message_groups_by_others(
        &self,
        user: Uuid,
        others: &[Uuid],
    ) -> Result<Vec<MessageGroup>> {
        let found = DB::in_uuids("$2");
        let sql = format!(
            "SELECT {GROUP} FROM message_group_members WHERE user_uuid = $1 AND other_uuid {found}"
        );
        self.all(Statement::new(sql).bind(user).bind_uuids(others)).await
    }

    async fn messages_by_groups(
        &self,
        groups: &[Uuid],
        page: &Pagination,
    ) -> Result<Vec<Page<Message>>> {
        let list = List::OLDEST_FIRST;
        let columns = format!("k.n, t.{}", MESSAGE.replace(", ", ", t."));
        let tail = format!("group_uuid = k.key {}", list.keyset(page, 2));
        let select = DB::per_key(&columns, &DB::keys("$1"), "messages", &tail);
        let statement = Statement::new(format!("{select} {}", list.order_by_key(page)));
        let statement = statement.bind_uuids(groups).bind_range(&list, page);
        self.pages::<KeyedMessage>(statement, groups, page).await
    }

    async fn messages_by_keys(&self, keys: &[MessageKey]) -> Result<Vec<Message>> {
        let uuids: Vec<_> = keys.iter().map(|key| key.at.uuid).collect();
        let found = DB::in_uuids("$1");
        let sql = format!("SELECT {MESSAGE} FROM messages WHERE uuid {found}");
        let mut messages: Vec<Message> = self.all(Statement::new(sql).bind_uuids(&uuids)).await?;
        messages.retain(|message| keys.contains(&message.key()));
        Ok(messages)
    }

    async fn unread_by_groups(&self, user: Uuid, groups: &[Uuid]) -> Result<Vec<i64>> {
        let nothing = Cursor::min();
        let sql = format!(
            "SELECT (SELECT count(*) FROM message_group_members AS g \
             JOIN messages AS m ON m.group_uuid = g.group_uuid AND m.user_uuid <> g.user_uuid \
             AND (m.created_at, m.uuid) > (coalesce(g.read_at, $3), coalesce(g.read_uuid, $4)) \
             WHERE g.group_uuid = k.key AND g.user_uuid = $2) FROM {} ORDER BY k.n",
            DB::keys("$1")
        );
        let statement = Statement::new(sql).bind_uuids(groups).bind(user);
        let rows: Vec<(i64,)> = self.all(statement.bind(nothing.at).bind(nothing.uuid)).await?;
        Ok(rows.into_iter().map(|(count,)| count).collect())
    }

    async fn mark_messages_read(&self, user: Uuid, up_to: &MessageKey) -> Result<bool> {
        let mut write = self.write().await?;
        let transaction = &mut *write.transaction;
        let found = "SELECT m.created_at, m.uuid FROM messages AS m \
                     JOIN message_group_members AS g ON g.group_uuid = m.group_uuid \
                     WHERE m.uuid = $1 AND m.group_uuid = $2 AND g.user_uuid = $3";
        let found = Statement::<DB>::new(found).bind(up_to.at.uuid).bind(up_to.group_uuid);
        let found: Option<(Timestamp, Uuid)> = found.bind(user).first(transaction).await?;
        let Cursor { at, uuid } = up_to.at;
        if found != Some((at, uuid)) {
            return Ok(false);
        }
        let nothing = Cursor::min();
        let read = "UPDATE message_group_members SET read_at = $3, read_uuid = $4 \
                    WHERE user_uuid = $1 AND group_uuid = $2 \
                    AND (coalesce(read_at, $5), coalesce(read_uuid, $6)) < ($3, $4)";
        let read = Statement::<DB>::new(read).bind(user).bind(up_to.group_uuid);
        let read = read.bind(at).bind(uuid).bind(nothing.at).bind(nothing.uuid);
        read.run(transaction).await?;
        write.commit().await?;
        Ok(true)
    }

    async fn insert_message(&self, new: &NewMessage) -> Result<Inserted<Message>> {
        let mut write = self.write().await?;
        let inserted = insert_message::<DB>(&mut write.transaction, new).await?;
        write.commit().await?;
        Ok(inserted)
    }
}

/// Adds one message in a transaction.
pub async fn insert_message<DB: Dialect>(
    connection: &mut DB::Connection,
    new: &NewMessage,
) -> Result<Inserted<Message>> {
    let made = format!("SELECT {MESSAGE} FROM messages WHERE uuid = $1");
    let key = new.idempotency.as_ref();
    if let Some(earlier) = claim_key::<DB, _>(connection, key, new.message.uuid, &made).await? {
        return Ok(earlier);
    }
    let group_uuid = open_group::<DB>(connection, new).await?;
    let message = Message { group_uuid, ..new.message.clone() };
    let into = format!("messages ({MESSAGE})");
    insert::<DB, _>(connection, &into, &[&message], |statement, message| {
        statement
            .bind(message.uuid)
            .bind(message.group_uuid)
            .bind(message.user_uuid)
            .bind(message.message.clone())
            .bind(message.created_at)
    })
    .await?;
    let latest = "UPDATE message_group_members \
                  SET last_message = $2, last_message_at = $3, last_message_uuid = $4 \
                  WHERE group_uuid = $1 AND (last_message_at, last_message_uuid) < ($3, $4)";
    let latest = Statement::<DB>::new(latest).bind(group_uuid).bind(message.message.clone());
    latest.bind(message.created_at).bind(message.uuid).run(connection).await?;
    Ok(Inserted::New(message))
}

/// The conversation of the message's two people, locked, opened where there is none. The row of
/// the lower uuid comes first, so that two who open it at once wait instead of blocking each other.
async fn open_group<DB: Dialect>(
    connection: &mut DB::Connection,
    new: &NewMessage,
) -> Result<Uuid> {
    let mut people = [new.message.user_uuid, new.receiver_uuid];
    people.sort();
    let [low, high] = people;
    for (user, other) in [(low, high), (high, low)] {
        let open = "INSERT INTO message_group_members \
                    (user_uuid, other_uuid, group_uuid, last_message, last_message_at, \
                    last_message_uuid) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
        let open = Statement::<DB>::new(open).bind(user).bind(other).bind(new.message.group_uuid);
        let open = open.bind(new.message.message.clone()).bind(new.message.created_at);
        if open.bind(new.message.uuid).run(connection).await? == 0 {
            break;
        }
    }
    let sql = format!(
        "SELECT group_uuid FROM message_group_members WHERE user_uuid = $1 AND other_uuid = $2 {}",
        DB::FOR_UPDATE
    );
    let found: Option<(Uuid,)> =
        Statement::<DB>::new(sql).bind(low).bind(high).first(connection).await?;
    found.map(|(uuid,)| uuid).ok_or(Error::Internal)
}
