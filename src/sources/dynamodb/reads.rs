//! Pages and look-ups. All reads are consistent: they see every write that has ended.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    operation::get_item::builders::GetItemFluentBuilder, types::AttributeValue,
};
use chrono::TimeDelta;
use futures_util::{StreamExt, TryStreamExt, stream};
use uuid::Uuid;

use super::{
    CONCURRENCY, DynamoDb, Item, keys, request_error,
    rows::{self, GroupRow, MessageRow, Row, text},
};
use crate::{
    domain::{Cursor, Message, MessageGroup, MessageKey, Order, Page, Pagination, Timestamp},
    error::{Error, Result},
};

/// Part of a partition, which is read in the order of its sort keys.
pub(super) struct Range {
    pk: String,
    low: String,
    high: String,
    descending: bool,
    /// The most items of one request.
    limit: Option<usize>,
}

impl Range {
    /// The whole of a partition, the newest first.
    pub(super) fn whole(pk: String) -> Self {
        Self { pk, low: "0".into(), high: "~".into(), descending: true, limit: None }
    }

    /// The items from one time to another, both included.
    pub(super) fn between(pk: String, low: Timestamp, high: Timestamp) -> Self {
        let ([low, _], [_, high]) = (keys::bounds(low), keys::bounds(high));
        Self { pk, low, high, descending: false, limit: None }
    }
}

impl DynamoDb {
    pub(super) async fn item(&self, pk: String, sk: String) -> Result<Option<Item>> {
        Ok(self.get(pk, sk).await.send().await.map_err(request_error)?.item)
    }

    pub(super) async fn get(&self, pk: String, sk: String) -> GetItemFluentBuilder {
        let get = self.client().await.get_item().table_name(&self.table.name);
        get.key("pk", text(pk)).key("sk", text(sk)).consistent_read(true)
    }

    /// Reads a range, batch after batch, until it ends or `more` returns false. `more` may drop rows.
    pub(super) async fn read<R: Row>(
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
            let batch = query.send().await.map_err(request_error)?;
            rows.extend(rows::read(batch.items()));
            from = batch.last_evaluated_key;
            if !more(&mut rows) || from.is_none() {
                return Ok(rows);
            }
        }
    }

    /// A page of a partition.
    async fn page<R: Row>(
        &self,
        pk: String,
        order: Order,
        pagination: &Pagination,
    ) -> Result<Page<R>> {
        let (low, high) = pagination.range(order);
        let descending = pagination.descending(order);
        let range = Range {
            descending,
            limit: Some(pagination.limit + 2),
            ..Range::between(pk, low.at, high.at)
        };
        let mut rows = self
            .read::<R>(range, |rows| {
                rows.retain(|row| low < row.position() && row.position() < high);
                drop_copies(rows, descending);
                // Sorting needs all rows of a microsecond.
                rows.len() <= pagination.limit
                    || rows.last().map(|row| row.position().at)
                        == rows.get(pagination.limit).map(|row| row.position().at)
            })
            .await?;
        rows.sort_by_key(Row::position);
        if descending {
            rows.reverse();
        }
        Ok(pagination.paginate(rows.into_iter().map(|row| (row.position(), row))))
    }

    pub(super) async fn groups(
        &self,
        user: Uuid,
        pagination: &Pagination,
    ) -> Result<Page<MessageGroup>> {
        let mut pagination = *pagination;
        loop {
            let rows = self.page(keys::groups_of(user), Order::NewestFirst, &pagination).await?;
            let mut page = rows.map(GroupRow::into_group);
            let last = page.items.last().map(|(cursor, _)| *cursor);
            let first = page.items.first().map(|(cursor, _)| *cursor);
            let groups = page.items.iter().map(|(_, group)| group.clone()).collect();
            let active = self.with_active(groups).await?;
            page.items.retain(|(_, group)| active.contains(group));
            // A page without items has no cursor to continue from.
            match (pagination.backward, page.has_previous, page.has_next) {
                _ if !page.items.is_empty() => return Ok(page),
                (false, _, true) => pagination.after = last,
                (true, true, _) => pagination.before = first,
                _ => return Ok(page),
            }
        }
    }

    /// Leaves out the conversations whose other person does not exist or is banned.
    pub(super) async fn with_active(&self, groups: Vec<MessageGroup>) -> Result<Vec<MessageGroup>> {
        if groups.is_empty() {
            return Ok(groups);
        }
        let others: Vec<_> = groups.iter().map(|group| group.other_uuid).collect();
        let users = self.people.users_by_uuids(&others).await?;
        let is_active = |group: &MessageGroup| users.iter().any(|it| it.uuid == group.other_uuid);
        Ok(groups.into_iter().filter(is_active).collect())
    }

    pub(super) async fn message_pages(
        &self,
        groups: &[Uuid],
        pagination: &Pagination,
    ) -> Result<Vec<Page<Message>>> {
        let lookups = groups.iter().map(|group| async move {
            let rows = self.page(keys::messages_of(*group), Order::OldestFirst, pagination).await?;
            Ok::<_, Error>(rows.map(|row: MessageRow| row.message))
        });
        let lookups: Vec<_> = lookups.collect();
        stream::iter(lookups).buffered(CONCURRENCY).try_collect().await
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
        // The second pass finds an item that moved to the front between two batches.
        for is_last_pass in [false, true] {
            let mut batches = 0;
            let rows = self
                .read::<GroupRow>(Range::whole(keys::groups_of(user)), |rows| {
                    batches += 1;
                    rows.retain(|row| wanted.binary_search(&key(row)).is_ok());
                    drop_copies(rows, true);
                    rows.len() < wanted.len()
                })
                .await?;
            if rows.len() >= wanted.len() || batches == 1 || is_last_pass {
                return Ok(rows);
            }
        }
        Ok(Vec::new())
    }

    /// Returns the messages that exist among those with these keys.
    pub(super) async fn message_rows(&self, keys: &[MessageKey]) -> Result<Vec<MessageRow>> {
        let mut keys = keys.to_vec();
        keys.sort_unstable();
        keys.dedup();
        let lookups: Vec<_> = keys.into_iter().map(|key| self.message_row(key)).collect();
        let rows: Vec<_> = stream::iter(lookups).buffered(CONCURRENCY).try_collect().await?;
        Ok(rows.into_iter().flatten().collect())
    }

    /// A message's sort key is the text of its time, which is up to 14 hours away from its time in UTC
    /// if the original wrote another offset.
    pub(super) async fn message_row(&self, key: MessageKey) -> Result<Option<MessageRow>> {
        let MessageKey { group_uuid, at: Cursor { at, uuid } } = key;
        for hours in [0, 15] {
            let [low, high] = [at - TimeDelta::hours(hours), at + TimeDelta::hours(hours)];
            let range = Range::between(keys::messages_of(group_uuid), low, high);
            let rows = self
                .read::<MessageRow>(range, |rows| {
                    rows.retain(|row| row.message.uuid == uuid && row.message.created_at == at);
                    rows.is_empty()
                })
                .await?;
            if let Some(row) = rows.into_iter().next() {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }
}

/// Keeps the newest item of each row. An original backend leaves several under load.
fn drop_copies<R: Row>(rows: &mut Vec<R>, descending: bool) {
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
