//! The source of direct messages.

use async_trait::async_trait;
use uuid::Uuid;

use super::{
    List, Sql,
    dialect::Dialect,
    rows::KeyedMessage,
    statement::{Statement, insert},
    writes::{Claim, claim_key},
};
use crate::{
    domain::{Message, MessageGroup, Order, Page, Slice},
    error::{Error, Result},
    sources::{Inserted, MessageSource, NewMessage},
};

const GROUP: &str = "group_uuid AS uuid, other_uuid, last_message, last_message_at";
const MESSAGE: &str = "uuid, group_uuid, user_uuid, message, created_at";

#[async_trait]
impl<DB: Dialect> MessageSource for Sql<DB> {
    async fn message_groups(&self, user: Uuid, page: &Page) -> Result<Slice<MessageGroup>> {
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
        page: &Page,
    ) -> Result<Vec<Slice<Message>>> {
        let list = List::OLDEST_FIRST;
        let columns = format!("k.n, t.{}", MESSAGE.replace(", ", ", t."));
        let tail = format!("group_uuid = k.key {}", list.keyset(page, 2));
        let select = DB::per_key(&columns, &DB::keys("$1"), "messages", &tail);
        let statement = Statement::new(format!("{select} {}", list.order_by_key(page)));
        let statement = statement.bind_uuids(groups).bind_range(&list, page);
        self.pages::<KeyedMessage>(statement, groups, page).await
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
    match claim_key::<DB>(connection, new.idempotency.as_ref(), new.message.uuid).await? {
        Claim::New => {}
        Claim::KeyReused => return Ok(Inserted::KeyReused),
        Claim::Earlier(uuid) => {
            let sql = format!("SELECT {MESSAGE} FROM messages WHERE uuid = $1");
            let made = Statement::<DB>::new(sql).bind(uuid).first(connection).await?;
            return Ok(made.map_or(Inserted::Gone, Inserted::Earlier));
        }
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
