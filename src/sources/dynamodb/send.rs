//! How a message is added: one transaction of the message, both sides of its conversation, the
//! receiver's number of unread messages and the idempotency key. On a conflict it reads again and
//! retries.
//!
//! An attempt with an unknown outcome may be repeated: the retry finds its own message by its uuid.

use std::time::Duration;

use aws_sdk_dynamodb::{
    operation::transact_write_items::TransactWriteItemsError,
    primitives::Blob,
    types::{
        AttributeValue, CancellationReason, Delete, Put, ReturnValuesOnConditionCheckFailure,
        TransactWriteItem,
    },
};
use chrono::TimeDelta;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::{
    DynamoDb, Item, delays, is_conflict, is_transient, keys, malformed, request_error,
    rows::{self, GroupRow, MessageRow, Row, get, text},
};
use crate::{
    domain::{HasCursor, Message, User},
    error::{Error, Result, UserErrorCode},
    sources::{Idempotency, Inserted, NewMessage},
};

/// How long, and how often, a message is tried.
const TIMEOUT: Duration = Duration::from_secs(20);
const TRIES: usize = 60;

pub async fn insert_message(source: &DynamoDb, new: &NewMessage) -> Result<Inserted<Message>> {
    let sent = timeout(TIMEOUT, async {
        let mut people = [new.message.user_uuid, new.receiver_uuid];
        people.sort();
        let _guard = source.conversation_lock(people).lock().await;
        match PendingMessage::new(source, new).await? {
            Some(message) => message.run().await,
            None => Ok(Inserted::TargetMissing),
        }
    });
    sent.await.unwrap_or_else(|_| {
        tracing::warn!("a message could not be written to DynamoDB in time");
        Err(Error::Unavailable)
    })
}

/// A message that is being sent.
struct PendingMessage<'a> {
    source: &'a DynamoDb,
    new: &'a NewMessage,
    /// The sender and the receiver.
    people: [User; 2],
    /// Whether another message of the conversation has the same microsecond.
    message_tied: bool,
    /// For each person, whether another of their conversations has the same microsecond.
    sides_tied: [bool; 2],
}

/// What one item of the transaction is, and what its failed condition means.
#[derive(Debug, Clone, Copy)]
enum TransactionItem {
    /// The idempotency key is taken.
    Key,
    /// The sort key of the message is taken.
    Message,
    /// Another transaction has opened the conversation.
    Pair,
    /// A person's side, or number, is no longer as it was read.
    Unchanged,
    /// The sort key to which a person's side moves is taken.
    Side(usize),
    /// It has no condition.
    Unread,
}

/// The outcome of an attempt.
enum Attempt {
    Done(Inserted<Message>),
    Retry,
}

impl<'a> PendingMessage<'a> {
    /// Looks the two people up, right before the write. `None` if there is no such receiver.
    ///
    /// [`UserErrorCode::ViewerUnknown`] if there is no such sender.
    async fn new(source: &'a DynamoDb, new: &'a NewMessage) -> Result<Option<Self>> {
        let uuids = [new.message.user_uuid, new.receiver_uuid];
        let found = source.people.users_by_uuids(&uuids).await?;
        let [sender, receiver] = uuids.map(|uuid| found.iter().find(|it| it.uuid == uuid).cloned());
        let sender = sender.ok_or(UserErrorCode::ViewerUnknown)?;
        let Some(receiver) = receiver else { return Ok(None) };
        let people = [sender, receiver];
        Ok(Some(Self { source, new, people, message_tied: false, sides_tied: [false; 2] }))
    }

    async fn run(mut self) -> Result<Inserted<Message>> {
        for delay in delays(TRIES, self.new.message.uuid) {
            if let Attempt::Done(inserted) = self.attempt().await? {
                return Ok(inserted);
            }
            sleep(delay).await;
        }
        tracing::warn!("too much contention on one conversation; giving up");
        Err(Error::Unavailable)
    }

    async fn attempt(&mut self) -> Result<Attempt> {
        let [sender, receiver] = self.people.each_ref().map(|user| user.uuid);
        let (of_sender, of_receiver) = ([receiver], [sender]);
        let (from, to) = futures_util::join!(
            self.source.find_rows(sender, &of_sender, |row| row.other_uuid),
            self.source.find_rows(receiver, &of_receiver, |row| row.other_uuid),
        );
        let sides = [from?.into_iter().next(), to?.into_iter().next()];
        let mut pair = [sender, receiver];
        pair.sort();
        let pair = keys::pair(pair);
        // An original backend may have opened two at once: the one with the lower uuid stays.
        let known = sides.iter().flatten().map(|side| side.group_uuid).min();
        let opened = match known {
            Some(group) => Some(group),
            None => self.opened(&pair).await?,
        };
        let group_uuid = opened.unwrap_or(self.new.message.group_uuid);
        let message = Message { group_uuid, ..self.new.message.clone() };
        let sides = sides.map(|side| side.filter(|side| side.group_uuid == group_uuid));

        let mut items = Vec::new();
        if let Some(key) = &self.new.idempotency {
            items.push((TransactionItem::Key, self.key(key, &message)?));
        }
        let item = rows::message_item(&message, &self.message_sk(), &self.people[0]);
        let put = self.put(item)?.condition_expression("attribute_not_exists(pk)");
        let put = put
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        items.push((TransactionItem::Message, put_item(put)?));
        if opened.is_none() {
            let item =
                [("pk", pair), ("sk", "PAIR".into()), ("group_uuid", group_uuid.to_string())];
            let item = item.into_iter().map(|(name, value)| (name.to_owned(), text(value)));
            let put = self.put(item.collect())?.condition_expression("attribute_not_exists(pk)");
            items.push((TransactionItem::Pair, put_item(put)?));
        }
        let [_, receiver_moves] = [
            self.move_side(0, sides[0].as_ref(), &message, &mut items)?,
            self.move_side(1, sides[1].as_ref(), &message, &mut items)?,
        ];
        self.count_unread(sides[1].as_ref(), receiver_moves, &message, &mut items).await?;
        self.write(items, message).await
    }

    /// The conversation of two people whose sides are both missing: an original backend is moving
    /// them, or has lost them.
    async fn opened(&self, pair: &str) -> Result<Option<Uuid>> {
        let item = self.source.item(pair.to_owned(), "PAIR".into()).await?;
        Ok(item.and_then(|item| get(&item, "group_uuid")?.parse().ok()))
    }

    fn message_sk(&self) -> String {
        let Message { created_at, uuid, .. } = self.new.message;
        if self.message_tied { keys::tied_time(created_at, uuid) } else { keys::time(created_at) }
    }

    /// Moves a person's side of the conversation to the message, unless it has a later one. Returns
    /// whether it moves.
    fn move_side(
        &self,
        index: usize,
        side: Option<&GroupRow>,
        message: &Message,
        items: &mut Vec<(TransactionItem, TransactWriteItem)>,
    ) -> Result<bool> {
        let (user, other) = (&self.people[index], &self.people[1 - index]);
        let at = message.created_at;
        let sk = if self.sides_tied[index] {
            keys::tied_time(at, message.group_uuid)
        } else {
            keys::time(at)
        };
        let Some(side) = side else {
            let item = rows::group_item(user.uuid, &sk, message, other, String::new());
            let put = self.put(item)?.condition_expression("attribute_not_exists(pk)");
            items.push((TransactionItem::Side(index), put_item(put)?));
            return Ok(true);
        };
        if side.last > message.cursor() && !(side.last_message_uuid.is_none() && side.last.at == at)
        {
            return Ok(false);
        }
        let attribute = side.read_up_to.clone();
        let read_up_to = attribute.unwrap_or_else(|| keys::position(side.read_up_to()));
        if side.last.at == at {
            let item = rows::group_item(user.uuid, &side.sk, message, other, read_up_to);
            let (condition, values) = side.unchanged();
            let put = self.put(item)?.condition_expression(condition);
            let put = put.set_expression_attribute_values(Some(values));
            items.push((TransactionItem::Unchanged, put_item(put)?));
            return Ok(true);
        }
        let (condition, values) = side.unchanged();
        let delete = Delete::builder()
            .table_name(&self.source.table.name)
            .key("pk", text(&side.pk))
            .key("sk", text(&side.sk))
            .condition_expression(condition)
            .set_expression_attribute_values(Some(values));
        let delete = delete.build().map_err(malformed)?;
        items.push((
            TransactionItem::Unchanged,
            TransactWriteItem::builder().delete(delete).build(),
        ));
        let item = rows::group_item(user.uuid, &sk, message, other, read_up_to);
        let put = self.put(item)?.condition_expression("attribute_not_exists(pk)");
        items.push((TransactionItem::Side(index), put_item(put)?));
        Ok(true)
    }

    /// Counts the message as unread by the receiver, if it is. `moves` is whether the transaction
    /// moves their side of the conversation.
    async fn count_unread(
        &self,
        side: Option<&GroupRow>,
        moves: bool,
        message: &Message,
        items: &mut Vec<(TransactionItem, TransactWriteItem)>,
    ) -> Result<()> {
        let receiver = self.people[1].uuid;
        let group = message.group_uuid;
        let is_unread = side.is_none_or(|side| message.cursor() > side.read_up_to());
        match side {
            // An original backend has written the side: what was unread before counts as read.
            Some(GroupRow { read_up_to: None, .. }) if moves => {
                let kept = self.source.unread_kept(receiver, group).await?;
                let set = self.source.set_unread(receiver, group, kept, i64::from(is_unread))?;
                items.extend(set.into_iter().map(|item| (TransactionItem::Unchanged, item)));
            }
            _ if !is_unread => {}
            side => {
                if let Some((side, read_up_to)) =
                    side.and_then(|side| Some((side, side.read_up_to.clone()?))).filter(|_| !moves)
                {
                    // The side does not move, but must not be marked as read meanwhile.
                    let same = self.source.set_read_up_to(side, read_up_to)?;
                    items.push((TransactionItem::Unchanged, same));
                }
                let add = self.source.add_unread(receiver, group)?;
                items.extend(add.into_iter().map(|item| (TransactionItem::Unread, item)));
            }
        }
        Ok(())
    }

    fn put(&self, item: Item) -> Result<aws_sdk_dynamodb::types::builders::PutBuilder> {
        Ok(Put::builder().table_name(&self.source.table.name).set_item(Some(item)))
    }

    /// Claims the idempotency key, unless it was claimed after [`Idempotency::since`].
    fn key(&self, key: &Idempotency, message: &Message) -> Result<TransactWriteItem> {
        let number = |at: i64| AttributeValue::N(at.to_string());
        // DynamoDB deletes the item some time after `ttl`.
        let ttl = key.created_at + (key.created_at - key.since) + TimeDelta::hours(1);
        let item = [
            ("pk", text(keys::idempotency(key.user_uuid, &key.key))),
            ("sk", text("IDEM")),
            ("input_hash", AttributeValue::B(Blob::new(key.input_hash.clone()))),
            ("made_pk", text(keys::messages_of(message.group_uuid))),
            ("made_sk", text(self.message_sk())),
            ("made_at", number(key.created_at.timestamp_micros())),
            ("ttl", number(ttl.timestamp())),
        ];
        let item = item.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let put = self
            .put(item)?
            .condition_expression("attribute_not_exists(pk) OR made_at <= :since")
            .expression_attribute_values(":since", number(key.since.timestamp_micros()));
        put_item(put)
    }

    async fn write(
        &mut self,
        items: Vec<(TransactionItem, TransactWriteItem)>,
        message: Message,
    ) -> Result<Attempt> {
        let (kinds, items): (Vec<_>, Vec<_>) = items.into_iter().unzip();
        let write = self.source.client().await.transact_write_items();
        let error = match write.set_transact_items(Some(items)).send().await {
            Ok(_) => return Ok(Attempt::Done(Inserted::New(message))),
            Err(error) => error,
        };
        let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
            error.as_service_error()
        else {
            // The outcome may be unknown: the next attempt finds the message.
            let is_transient = is_transient(&error);
            let error = request_error(error);
            return if is_transient { Ok(Attempt::Retry) } else { Err(error) };
        };
        let reasons = cancelled.cancellation_reasons();
        for (kind, reason) in kinds.into_iter().zip(reasons) {
            match reason.code() {
                None | Some("None") => {}
                Some("ConditionalCheckFailed") => match kind {
                    TransactionItem::Key => return self.answer_of_key().await.map(Attempt::Done),
                    TransactionItem::Message if is_message(reason, message.uuid) => {
                        return Ok(Attempt::Done(Inserted::New(message)));
                    }
                    TransactionItem::Message => self.message_tied = true,
                    TransactionItem::Side(index) => self.sides_tied[index] = true,
                    TransactionItem::Pair
                    | TransactionItem::Unchanged
                    | TransactionItem::Unread => {}
                },
                Some(_) if is_conflict(reason) => {}
                Some(_) => return Err(request_error(error)),
            }
        }
        Ok(Attempt::Retry)
    }

    /// The answer to an insert whose idempotency key is taken.
    async fn answer_of_key(&self) -> Result<Inserted<Message>> {
        let Some(key) = &self.new.idempotency else { return Ok(Inserted::TargetMissing) };
        let pk = keys::idempotency(key.user_uuid, &key.key);
        let Some(claim) = self.source.item(pk, "IDEM".into()).await? else {
            return Ok(Inserted::TargetMissing);
        };
        let hash = claim.get("input_hash").and_then(|hash| hash.as_b().ok());
        if hash.is_none_or(|hash| hash.as_ref() != key.input_hash) {
            return Ok(Inserted::KeyReused);
        }
        let (Some(pk), Some(sk)) = (get(&claim, "made_pk"), get(&claim, "made_sk")) else {
            return Ok(Inserted::TargetMissing);
        };
        let item = self.source.item(pk.to_owned(), sk.to_owned()).await?;
        Ok(match item.as_ref().and_then(MessageRow::read).map(|row| row.message) {
            // An earlier attempt of this very message has succeeded.
            Some(message) if message.uuid == self.new.message.uuid => Inserted::New(message),
            Some(message) => Inserted::Replayed(message),
            None => Inserted::TargetMissing,
        })
    }
}

/// Whether the item that takes the sort key is this message itself, written by an earlier attempt.
fn is_message(reason: &CancellationReason, uuid: Uuid) -> bool {
    let existing = reason.item().and_then(|item| get(item, "message_uuid"));
    existing == Some(uuid.to_string().as_str())
}

fn put_item(put: aws_sdk_dynamodb::types::builders::PutBuilder) -> Result<TransactWriteItem> {
    Ok(TransactWriteItem::builder().put(put.build().map_err(malformed)?).build())
}
