//! How a message is added: one transaction of the message, both sides of its conversation and the
//! idempotency key, tried again where somebody else has changed them meanwhile.
//!
//! A try whose outcome is not known may be repeated: the message's uuid tells whether it is there.

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
    DynamoDb, Item, failed, is_passing, keys,
    rows::{self, GroupRow, MessageRow, Row, get, text},
};
use crate::{
    domain::{HasCursor, Message, User},
    error::{Error, Result},
    sources::{Idempotency, Inserted, NewMessage},
};

/// For how long a message is tried, and how often.
const TIMEOUT: Duration = Duration::from_secs(20);
const TRIES: u32 = 60;
/// The longest pause before the second try; it doubles with each, up to the longest of all.
const FIRST_PAUSE: Duration = Duration::from_millis(8);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

pub async fn insert_message(source: &DynamoDb, new: &NewMessage) -> Result<Inserted<Message>> {
    let sent = timeout(TIMEOUT, async {
        let mut people = [new.message.user_uuid, new.receiver_uuid];
        people.sort();
        let _turn = source.turn(people).lock().await;
        Send::new(source, new).await?.run().await
    });
    sent.await.unwrap_or_else(|_| {
        tracing::warn!("a message could not be written to DynamoDB in time");
        Err(Error::Unavailable)
    })
}

/// A message that is being sent.
struct Send<'a> {
    source: &'a DynamoDb,
    new: &'a NewMessage,
    /// The sender and the receiver.
    people: [User; 2],
    /// Whether the message's microsecond is taken by another of the conversation.
    message_tied: bool,
    /// Whether a person's side is to move to a microsecond that is taken by another conversation.
    sides_tied: [bool; 2],
}

/// What one part of the transaction is about.
#[derive(Debug, Clone, Copy)]
enum Part {
    Key,
    Message,
    Pair,
    /// What was read has to be as it was.
    Old,
    /// The new place of a person's side has to be free.
    Side(usize),
}

/// What a try has come to.
enum Outcome {
    Done(Inserted<Message>),
    Again,
}

impl<'a> Send<'a> {
    async fn new(source: &'a DynamoDb, new: &'a NewMessage) -> Result<Self> {
        let uuids = [new.message.user_uuid, new.receiver_uuid];
        let found = source.people.users_by_uuids(&uuids).await?;
        let [sender, receiver] = uuids.map(|uuid| found.iter().find(|it| it.uuid == uuid).cloned());
        let people = sender.zip(receiver).map(<[User; 2]>::from).ok_or_else(|| {
            tracing::error!("a message is from or to a user who is not there");
            Error::Internal
        })?;
        Ok(Self { source, new, people, message_tied: false, sides_tied: [false; 2] })
    }

    async fn run(mut self) -> Result<Inserted<Message>> {
        let mut pause = FIRST_PAUSE;
        for number in 0..TRIES {
            if let Outcome::Done(inserted) = self.attempt().await? {
                return Ok(inserted);
            }
            // Those who have met have other uuids, and so meet no more.
            let part = self.new.message.uuid.as_u128().rotate_right(number * 8) as u32 % 256;
            sleep(pause * part / 256).await;
            pause = LONGEST_PAUSE.min(pause * 2);
        }
        tracing::warn!("a conversation is written to by too many at once");
        Err(Error::Unavailable)
    }

    async fn attempt(&mut self) -> Result<Outcome> {
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
        // An original backend may have opened two at once: the lower one goes on.
        let known = sides.iter().flatten().map(|side| side.group_uuid).min();
        let opened = match known {
            Some(group) => Some(group),
            None => self.opened(&pair).await?,
        };
        let group_uuid = opened.unwrap_or(self.new.message.group_uuid);
        let message = Message { group_uuid, ..self.new.message.clone() };
        let sides = sides.map(|side| side.filter(|side| side.group_uuid == group_uuid));

        let mut parts = Vec::new();
        if let Some(key) = &self.new.idempotency {
            parts.push((Part::Key, self.key(key, &message)?));
        }
        let item = rows::message_item(&message, &self.message_sk(), &self.people[0]);
        let put = self.put(item)?.condition_expression("attribute_not_exists(pk)");
        let put = put
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        parts.push((Part::Message, put_part(put)?));
        if opened.is_none() {
            let item =
                [("pk", pair), ("sk", "PAIR".into()), ("group_uuid", group_uuid.to_string())];
            let item = item.into_iter().map(|(name, value)| (name.to_owned(), text(value)));
            let put = self.put(item.collect())?.condition_expression("attribute_not_exists(pk)");
            parts.push((Part::Pair, put_part(put)?));
        }
        for (index, side) in sides.iter().enumerate() {
            self.move_side(index, side.as_ref(), &message, &mut parts)?;
        }
        self.write(parts, message).await
    }

    /// The conversation that two people have, though neither's side of it is there: an original
    /// backend is moving them, or has lost them.
    async fn opened(&self, pair: &str) -> Result<Option<Uuid>> {
        let found = self.source.item(pair.to_owned(), "PAIR".into()).await?;
        Ok(found.and_then(|item| get(&item, "group_uuid")?.parse().ok()))
    }

    fn message_sk(&self) -> String {
        let Message { created_at, uuid, .. } = self.new.message;
        if self.message_tied { keys::tied_time(created_at, uuid) } else { keys::time(created_at) }
    }

    /// Moves a person's side of the conversation to the message, unless it is beyond that.
    fn move_side(
        &self,
        index: usize,
        side: Option<&GroupRow>,
        message: &Message,
        parts: &mut Vec<(Part, TransactWriteItem)>,
    ) -> Result<()> {
        let (user, other) = (&self.people[index], &self.people[1 - index]);
        let at = message.created_at;
        let place = if self.sides_tied[index] {
            keys::tied_time(at, message.group_uuid)
        } else {
            keys::time(at)
        };
        let Some(side) = side else {
            let item = rows::group_item(user.uuid, &place, message, other, String::new());
            let put = self.put(item)?.condition_expression("attribute_not_exists(pk)");
            parts.push((Part::Side(index), put_part(put)?));
            return Ok(());
        };
        if side.last > message.cursor() && !(side.last_message_uuid.is_none() && side.last.at == at)
        {
            return Ok(());
        }
        let read = side.read_up_to.clone();
        let read = read.unwrap_or_else(|| keys::position(side.read_up_to()));
        if side.last.at == at {
            let item = rows::group_item(user.uuid, &side.sk, message, other, read);
            let (condition, values) = unchanged(side);
            let put = self.put(item)?.condition_expression(condition);
            let put = put.set_expression_attribute_values(Some(values));
            parts.push((Part::Old, put_part(put)?));
            return Ok(());
        }
        let (condition, values) = unchanged(side);
        let delete = Delete::builder()
            .table_name(&self.source.table.name)
            .key("pk", text(&side.pk))
            .key("sk", text(&side.sk))
            .condition_expression(condition)
            .set_expression_attribute_values(Some(values));
        let delete = delete.build().map_err(malformed)?;
        parts.push((Part::Old, TransactWriteItem::builder().delete(delete).build()));
        let item = rows::group_item(user.uuid, &place, message, other, read);
        let put = self.put(item)?.condition_expression("attribute_not_exists(pk)");
        parts.push((Part::Side(index), put_part(put)?));
        Ok(())
    }

    fn put(&self, item: Item) -> Result<aws_sdk_dynamodb::types::builders::PutBuilder> {
        Ok(Put::builder().table_name(&self.source.table.name).set_item(Some(item)))
    }

    /// Takes the idempotency key, unless it was taken since the key's `since`.
    fn key(&self, key: &Idempotency, message: &Message) -> Result<TransactWriteItem> {
        let number = |at: i64| AttributeValue::N(at.to_string());
        // The table may let items go when the time in `ttl` is over.
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
        put_part(put)
    }

    async fn write(
        &mut self,
        parts: Vec<(Part, TransactWriteItem)>,
        message: Message,
    ) -> Result<Outcome> {
        let (parts, items): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        let write = self.source.client().await.transact_write_items();
        let error = match write.set_transact_items(Some(items)).send().await {
            Ok(_) => return Ok(Outcome::Done(Inserted::New(message))),
            Err(error) => error,
        };
        let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
            error.as_service_error()
        else {
            // Its outcome may not be known: the next try finds the message.
            let passing = is_passing(&error);
            let error = failed(error);
            return if passing { Ok(Outcome::Again) } else { Err(error) };
        };
        let reasons = cancelled.cancellation_reasons();
        for (part, reason) in parts.into_iter().zip(reasons) {
            match reason.code() {
                None | Some("None") => {}
                Some("ConditionalCheckFailed") => match part {
                    Part::Key => return self.earlier().await.map(Outcome::Done),
                    Part::Message if is_message(reason, message.uuid) => {
                        return Ok(Outcome::Done(Inserted::New(message)));
                    }
                    Part::Message => self.message_tied = true,
                    Part::Side(index) => self.sides_tied[index] = true,
                    Part::Pair | Part::Old => {}
                },
                Some(
                    "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded",
                ) => {}
                Some(_) => return Err(failed(error)),
            }
        }
        Ok(Outcome::Again)
    }

    /// What the idempotency key made before.
    async fn earlier(&self) -> Result<Inserted<Message>> {
        let Some(key) = &self.new.idempotency else { return Ok(Inserted::TargetMissing) };
        let pk = keys::idempotency(key.user_uuid, &key.key);
        let Some(taken) = self.source.item(pk, "IDEM".into()).await? else {
            return Ok(Inserted::TargetMissing);
        };
        let hash = taken.get("input_hash").and_then(|hash| hash.as_b().ok());
        if hash.is_none_or(|hash| hash.as_ref() != key.input_hash) {
            return Ok(Inserted::KeyReused);
        }
        let (Some(pk), Some(sk)) = (get(&taken, "made_pk"), get(&taken, "made_sk")) else {
            return Ok(Inserted::TargetMissing);
        };
        let made = self.source.item(pk.to_owned(), sk.to_owned()).await?;
        let made = made.as_ref().and_then(MessageRow::read).map(|row| row.message);
        Ok(match made {
            // An earlier try of this very message had gone through.
            Some(made) if made.uuid == self.new.message.uuid => Inserted::New(made),
            Some(made) => Inserted::Replayed(made),
            None => Inserted::TargetMissing,
        })
    }
}

/// The condition that a person's side is as it was read.
fn unchanged(side: &GroupRow) -> (String, Item) {
    let mut condition = "message_group_uuid = :group".to_owned();
    let mut values = Item::from([(":group".into(), text(side.group_uuid.to_string()))]);
    let own = [("read_up_to", &side.read_up_to), ("last_message_uuid", &side.last_message_uuid)];
    for (name, value) in own {
        match value {
            Some(value) => {
                condition.push_str(&format!(" AND {name} = :{name}"));
                values.insert(format!(":{name}"), text(value));
            }
            None => condition.push_str(&format!(" AND attribute_not_exists({name})")),
        }
    }
    (condition, values)
}

/// Whether what is in the way is this message itself, which an earlier try has written.
fn is_message(reason: &CancellationReason, uuid: Uuid) -> bool {
    let there = reason.item().and_then(|item| get(item, "message_uuid"));
    there == Some(uuid.to_string().as_str())
}

fn put_part(put: aws_sdk_dynamodb::types::builders::PutBuilder) -> Result<TransactWriteItem> {
    Ok(TransactWriteItem::builder().put(put.build().map_err(malformed)?).build())
}

fn malformed(error: impl std::fmt::Display) -> Error {
    tracing::error!(%error, "a request to DynamoDB is malformed");
    Error::Internal
}
