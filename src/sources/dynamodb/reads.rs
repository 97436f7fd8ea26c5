//! Pages and look-ups. All reads are consistent: what was written is seen.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    operation::get_item::builders::GetItemFluentBuilder, types::AttributeValue,
};
use chrono::TimeDelta;
use futures_util::{StreamExt, TryStreamExt, stream};
use uuid::Uuid;

use super::{
    CONCURRENCY, DynamoDb, Item, failed, keys,
    rows::{self, GroupRow, MessageRow, Row, text},
};
use crate::{
    domain::{Cursor, Message, MessageGroup, MessageKey, Order, Page, Pagination, Timestamp},
    error::{Error, Result},
};

/// How often a move of an item by somebody else is waited out.
const TRIES: usize = 10;

/// Part of a partition, which is read in the order of its sort keys.
struct Range {
    pk: String,
    low: String,
    high: String,
    descending: bool,
    /// How many items to read at a time.
    limit: Option<usize>,
}

impl Range {
    /// The whole of a partition, the newest first.
    fn whole(pk: String) -> Self {
        Self { pk, low: "0".into(), high: "~".into(), descending: true, limit: None }
    }

    /// What lies between two times, these included.
    fn between(pk: String, low: Timestamp, high: Timestamp) -> Self {
        let ([low, _], [_, high]) = (keys::bounds(low), keys::bounds(high));
        Self { pk, low, high, descending: false, limit: None }
    }
}

impl DynamoDb {
    pub(super) async fn item(&self, pk: String, sk: String) -> Result<Option<Item>> {
        Ok(self.get(pk, sk).await.send().await.map_err(failed)?.item)
    }

    pub(super) async fn get(&self, pk: String, sk: String) -> GetItemFluentBuilder {
        let get = self.client().await.get_item().table_name(&self.table.name);
        get.key("pk", text(pk)).key("sk", text(sk)).consistent_read(true)
    }

    /// Reads a range, batch after batch, until `more` has had enough or it ends.
    async fn read<R: Row>(
        &self,
        range: Range,
        mut more: impl FnMut(&mut Vec<R>) -> bool,
    ) -> Result<Vec<R>> {
        let mut rows = Vec::new();
        let mut from: Option<HashMap<String, AttributeValue>> = None;
        let limit = range.limit.map(|limit| i32::try_from(limit).unwrap_or(i32::MAX));
        loop {
            let query = self.client().await.query().table_name(&self.table.name);
            let query = query
                .key_condition_expression("pk = :pk AND sk BETWEEN :low AND :high")
                .expression_attribute_values(":pk", text(&range.pk))
                .expression_attribute_values(":low", text(&range.low))
                .expression_attribute_values(":high", text(&range.high))
                .consistent_read(true)
                .scan_index_forward(!range.descending)
                .set_limit(limit)
                .set_exclusive_start_key(from);
            let found = query.send().await.map_err(failed)?;
            rows.extend(rows::read(found.items()));
            from = found.last_evaluated_key;
            if !more(&mut rows) || from.is_none() {
                return Ok(rows);
            }
        }
    }

    /// A page of a partition.
    async fn page<R: Row>(&self, pk: String, order: Order, page: &Pagination) -> Result<Page<R>> {
        let (low, high) = page.range(order);
        let descending = page.descending(order);
        let range = Range {
            descending,
            limit: Some(page.limit + 2),
            ..Range::between(pk, low.at, high.at)
        };
        let mut rows = self
            .read::<R>(range, |rows| {
                rows.retain(|row| low < row.position() && row.position() < high);
                drop_doubles(rows, descending);
                // All of a microsecond is needed to put it in order.
                rows.len() <= page.limit
                    || rows.last().map(|row| row.position().at)
                        == rows.get(page.limit).map(|row| row.position().at)
            })
            .await?;
        rows.sort_by_key(Row::position);
        if descending {
            rows.reverse();
        }
        Ok(page.paginate(rows.into_iter().map(|row| (row.position(), row))))
    }

    pub(super) async fn groups(&self, user: Uuid, page: &Pagination) -> Result<Page<MessageGroup>> {
        let rows = self.page(keys::groups_of(user), Order::NewestFirst, page).await?;
        Ok(rows.map(GroupRow::into_group))
    }

    pub(super) async fn message_pages(
        &self,
        groups: &[Uuid],
        page: &Pagination,
    ) -> Result<Vec<Page<Message>>> {
        let pages = groups.iter().map(|group| async move {
            let rows = self.page(keys::messages_of(*group), Order::OldestFirst, page).await?;
            Ok::<_, Error>(rows.map(|row: MessageRow| row.message))
        });
        let pages: Vec<_> = pages.collect();
        stream::iter(pages).buffered(CONCURRENCY).try_collect().await
    }

    /// A user's sides of the conversations whose `key` is among `wanted`.
    pub(super) async fn find_rows(
        &self,
        user: Uuid,
        wanted: &[Uuid],
        key: impl Fn(&GroupRow) -> Uuid,
    ) -> Result<Vec<GroupRow>> {
        let mut wanted = wanted.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        // An item that moves to the front between two batches is found at the second look.
        for last_look in [false, true] {
            let mut batches = 0;
            let rows = self
                .read::<GroupRow>(Range::whole(keys::groups_of(user)), |rows| {
                    batches += 1;
                    rows.retain(|row| wanted.binary_search(&key(row)).is_ok());
                    drop_doubles(rows, true);
                    rows.len() < wanted.len()
                })
                .await?;
            if rows.len() >= wanted.len() || batches == 1 || last_look {
                return Ok(rows);
            }
        }
        Ok(Vec::new())
    }

    /// Messages by their keys, where they are.
    pub(super) async fn message_rows(&self, keys: &[MessageKey]) -> Result<Vec<MessageRow>> {
        let mut keys = keys.to_vec();
        keys.sort_unstable();
        keys.dedup();
        let found: Vec<_> = keys.into_iter().map(|key| self.message_row(key)).collect();
        let found: Vec<_> = stream::iter(found).buffered(CONCURRENCY).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// A message stands where the text of its time says, which is up to 14 hours away from its
    /// time where the original wrote another offset than that of UTC.
    async fn message_row(&self, key: MessageKey) -> Result<Option<MessageRow>> {
        let MessageKey { group_uuid, at: Cursor { at, uuid } } = key;
        for hours in [0, 15] {
            let [low, high] = [at - TimeDelta::hours(hours), at + TimeDelta::hours(hours)];
            let range = Range::between(keys::messages_of(group_uuid), low, high);
            let found = self
                .read::<MessageRow>(range, |rows| {
                    rows.retain(|row| row.message.uuid == uuid && row.message.created_at == at);
                    rows.is_empty()
                })
                .await?;
            if let Some(row) = found.into_iter().next() {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    pub(super) async fn unread(&self, user: Uuid, groups: &[Uuid]) -> Result<Vec<i64>> {
        let rows = self.find_rows(user, groups, |row| row.group_uuid).await?;
        let unread = rows.into_iter().map(|row| async move {
            let read = row.read_up_to();
            if row.last <= read {
                return Ok::<_, Error>((row.group_uuid, 0));
            }
            let range =
                Range::between(keys::messages_of(row.group_uuid), read.at, Cursor::max().at);
            let messages = self
                .read::<MessageRow>(range, |rows| {
                    rows.retain(|row| row.position > read && row.message.user_uuid != user);
                    true
                })
                .await?;
            Ok((row.group_uuid, i64::try_from(messages.len()).unwrap_or(i64::MAX)))
        });
        let unread: Vec<_> = unread.collect();
        let unread: HashMap<_, _> =
            stream::iter(unread).buffered(CONCURRENCY).try_collect().await?;
        Ok(groups.iter().map(|group| unread.get(group).copied().unwrap_or_default()).collect())
    }

    pub(super) async fn mark_read(&self, user: Uuid, up_to: &MessageKey) -> Result<bool> {
        let group = [up_to.group_uuid];
        for _ in 0..TRIES {
            let found = self.find_rows(user, &group, |row| row.group_uuid).await?;
            let Some(row) = found.into_iter().next() else { return Ok(false) };
            let Some(message) = self.message_row(*up_to).await? else { return Ok(false) };
            if message.position <= row.read_up_to() {
                return Ok(true);
            }
            let update = self.client().await.update_item().table_name(&self.table.name);
            let update = update
                .key("pk", text(row.pk))
                .key("sk", text(row.sk))
                .update_expression("SET read_up_to = :read")
                .condition_expression(
                    "message_group_uuid = :group \
                     AND (attribute_not_exists(read_up_to) OR read_up_to < :read)",
                )
                .expression_attribute_values(":group", text(up_to.group_uuid.to_string()))
                .expression_attribute_values(":read", text(keys::position(message.position)));
            match update.send().await {
                Ok(_) => return Ok(true),
                // A new message has moved the item meanwhile.
                Err(error)
                    if error.as_service_error().is_some_and(|error| {
                        error.is_conditional_check_failed_exception()
                            || error.is_transaction_conflict_exception()
                    }) => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Err(Error::Unavailable)
    }
}

/// Keeps the newest of what stands at several places, as an original backend leaves it under load.
fn drop_doubles<R: Row>(rows: &mut Vec<R>, descending: bool) {
    if !descending {
        rows.reverse();
    }
    let mut kept: Vec<R> = Vec::with_capacity(rows.len());
    for row in rows.drain(..) {
        if !kept.iter().any(|other| other.is_same(&row)) {
            kept.push(row);
        }
    }
    *rows = kept;
    if !descending {
        rows.reverse();
    }
}
