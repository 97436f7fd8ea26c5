//! The numbers of unread messages, and how messages are marked as read.
//!
//! `UNREAD#<user>` holds the number for each conversation and their sum. A message that is unread and
//! the mark that it is read change both in the transaction that writes them. So the sum is exact and
//! never below zero while only gateways write.
//!
//! An original backend knows nothing of it. When it writes a message, it moves both sides of the
//! conversation and drops `read_up_to`: then all messages up to that one count as read. The sum still
//! has the ones that were unread before, until a gateway writes to the conversation or a message in it
//! is marked as read. Until then the number is too high rather than too low: nothing unread is hidden.
//! Messages that were sent before gateways kept the sum are in it once one of their conversation is
//! marked as read.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    operation::transact_write_items::TransactWriteItemsError,
    types::{AttributeValue, TransactWriteItem, Update},
};
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::time::sleep;
use uuid::Uuid;

use super::{
    CONCURRENCY, DynamoDb, delays, is_conflict, is_transient, keys, malformed,
    reads::Range,
    request_error,
    rows::{GroupRow, MessageRow, text, unread},
};
use crate::{
    domain::{Cursor, MessageKey},
    error::{Error, Result},
};

/// The sort key of the sum. Those of the conversations are their uuids.
const SUM: &str = "UNREAD";
/// How often a mark is tried while others write to the conversation.
const TRIES: usize = 20;

impl DynamoDb {
    /// The number of the user's unread messages in all conversations.
    pub(super) async fn unread_sum(&self, user: Uuid) -> Result<i64> {
        let item = self.item(keys::unread_of(user), SUM.into()).await?;
        Ok(unread(item.as_ref()).max(0))
    }

    /// The number that is kept for one conversation; `None` if it has none yet.
    pub(super) async fn unread_kept(&self, user: Uuid, group: Uuid) -> Result<Option<i64>> {
        let item = self.item(keys::unread_of(user), group.to_string()).await?;
        Ok(item.map(|item| unread(Some(&item))))
    }

    /// The number of unread messages in each conversation, in the order of `groups`.
    pub(super) async fn unread(&self, user: Uuid, groups: &[Uuid]) -> Result<Vec<i64>> {
        let rows = self.find_rows(user, groups, |row| row.group_uuid).await?;
        let counts = rows.into_iter().map(|row| async move {
            let read_up_to = row.read_up_to();
            let count = if row.last <= read_up_to {
                0
            } else {
                self.unread_after(user, row.group_uuid, read_up_to).await?
            };
            Ok::<_, Error>((row.group_uuid, count))
        });
        let counts: Vec<_> = counts.collect();
        let by_group: HashMap<_, _> =
            stream::iter(counts).buffered(CONCURRENCY).try_collect().await?;
        Ok(groups.iter().map(|group| by_group.get(group).copied().unwrap_or_default()).collect())
    }

    /// Counts the messages of the other person after a position.
    async fn unread_after(&self, user: Uuid, group: Uuid, read_up_to: Cursor) -> Result<i64> {
        let range = Range::between(keys::messages_of(group), read_up_to.at, Cursor::max().at);
        let messages = self
            .read::<MessageRow>(range, |rows| {
                rows.retain(|row| row.position > read_up_to && row.message.user_uuid != user);
                true
            })
            .await?;
        Ok(i64::try_from(messages.len()).unwrap_or(i64::MAX))
    }

    /// Marks a message and all before it as read. Returns whether it is in a conversation of the
    /// user's. [`Error::Unavailable`] if others write to the conversation all the time.
    pub(super) async fn mark_read(&self, user: Uuid, up_to: &MessageKey) -> Result<bool> {
        let group = up_to.group_uuid;
        for delay in delays(TRIES, up_to.at.uuid) {
            let rows = self.find_rows(user, &[group], |row| row.group_uuid).await?;
            let Some(row) = rows.into_iter().next() else { return Ok(false) };
            let Some(message) = self.message_row(*up_to).await? else { return Ok(false) };
            let kept = self.unread_kept(user, group).await?;
            let is_counted = row.read_up_to.is_some() || kept.unwrap_or(0) == 0;
            if message.position <= row.read_up_to() && is_counted {
                return Ok(true);
            }
            let read_up_to = row.read_up_to().max(message.position);
            let count = self.unread_after(user, group, read_up_to).await?;
            let mut items = self.set_unread(user, group, kept, count)?;
            items.push(self.set_read_up_to(&row, keys::position(read_up_to))?);
            let transaction = self.client().await.transact_write_items();
            let Err(error) = transaction.set_transact_items(Some(items)).send().await else {
                return Ok(true);
            };
            // A new message or another mark may have changed the conversation meanwhile.
            let is_conflict = match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                    cancelled.cancellation_reasons().iter().all(is_conflict)
                }
                _ => is_transient(&error),
            };
            if !is_conflict {
                return Err(request_error(error));
            }
            sleep(delay).await;
        }
        tracing::warn!(%group, "too much contention on one conversation; giving up");
        Err(Error::Unavailable)
    }

    /// Writes `read_up_to` of a person's side, which has to be as it was read.
    pub(super) fn set_read_up_to(
        &self,
        side: &GroupRow,
        read_up_to: String,
    ) -> Result<TransactWriteItem> {
        let (condition, values) = side.unchanged();
        let update = Update::builder()
            .table_name(&self.table.name)
            .key("pk", text(&side.pk))
            .key("sk", text(&side.sk))
            .update_expression("SET read_up_to = :new_read_up_to")
            .condition_expression(condition)
            .set_expression_attribute_values(Some(values))
            .expression_attribute_values(":new_read_up_to", text(read_up_to));
        let update = update.build().map_err(malformed)?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// Counts one more unread message in a conversation.
    pub(super) fn add_unread(&self, user: Uuid, group: Uuid) -> Result<Vec<TransactWriteItem>> {
        Ok(vec![self.add_to(user, &group.to_string(), 1)?, self.add_to(user, SUM, 1)?])
    }

    /// Replaces the number of a conversation, which has to be the one that is kept.
    pub(super) fn set_unread(
        &self,
        user: Uuid,
        group: Uuid,
        kept: Option<i64>,
        count: i64,
    ) -> Result<Vec<TransactWriteItem>> {
        let mut update = Update::builder()
            .table_name(&self.table.name)
            .key("pk", text(keys::unread_of(user)))
            .key("sk", text(group.to_string()))
            .update_expression("SET unread = :count")
            .expression_attribute_values(":count", number(count));
        update = match kept {
            None => update.condition_expression("attribute_not_exists(pk)"),
            Some(kept) => update
                .condition_expression("unread = :kept")
                .expression_attribute_values(":kept", number(kept)),
        };
        let update = update.build().map_err(malformed)?;
        let mut items = vec![TransactWriteItem::builder().update(update).build()];
        let change = count - kept.unwrap_or(0);
        if change != 0 {
            items.push(self.add_to(user, SUM, change)?);
        }
        Ok(items)
    }

    fn add_to(&self, user: Uuid, sk: &str, change: i64) -> Result<TransactWriteItem> {
        let update = Update::builder()
            .table_name(&self.table.name)
            .key("pk", text(keys::unread_of(user)))
            .key("sk", text(sk))
            .update_expression("ADD unread :change")
            .expression_attribute_values(":change", number(change));
        let update = update.build().map_err(malformed)?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}

fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
