//! How conversations are erased.
//!
//! Idempotency keys stay for up to two days, until DynamoDB deletes them by their `ttl`: their partition
//! keys are not known. They hold a hash and the key of a message that no longer exists.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{DeleteRequest, WriteRequest};
use uuid::Uuid;

use super::{
    DynamoDb, Item, keys, malformed,
    reads::Range,
    request_error,
    rows::{GroupRow, get},
};
use crate::{
    domain::Conversation,
    error::{Error, Result},
};

/// The most items that one request deletes.
const MAX_DELETES: usize = 25;
/// The most items of one request that reads.
const MAX_READ: u32 = 1000;

impl DynamoDb {
    /// The next conversations of a user after another person, in the order of these persons. If an
    /// original backend has opened several with one person, it is one of them.
    pub(super) async fn all_conversations(
        &self,
        user: Uuid,
        after: Uuid,
        limit: u32,
    ) -> Result<Vec<Conversation>> {
        let rows = self.read::<GroupRow>(Range::whole(keys::groups_of(user)), |_| true).await?;
        let groups: BTreeMap<_, _> =
            rows.into_iter().map(|row| (row.other_uuid, row.group_uuid)).collect();
        let later = groups.into_iter().filter(|(other, _)| *other > after);
        let conversations =
            later.map(|(other_uuid, group_uuid)| Conversation { group_uuid, other_uuid });
        Ok(conversations.take(limit as usize).collect())
    }

    /// Deletes messages, and with the last one the conversation. The user's side of it goes last, so
    /// that a repetition after a crash finds it.
    pub(super) async fn erase_messages(
        &self,
        user: Uuid,
        &Conversation { group_uuid, other_uuid }: &Conversation,
        limit: u32,
    ) -> Result<u64> {
        let kept = self.unread_kept(other_uuid, group_uuid).await?;
        if let Some(kept) = kept.filter(|kept| *kept > 0) {
            let items = self.set_unread(other_uuid, group_uuid, Some(kept), 0)?;
            let transaction = self.client().await.transact_write_items();
            // If the number has changed meanwhile, the caller tries again.
            let set = transaction.set_transact_items(Some(items)).send().await;
            set.map_err(|error| {
                let _ = request_error(error);
                Error::Unavailable
            })?;
        }
        let deleted = self.delete_items(keys::messages_of(group_uuid), limit, |_| true).await?;
        if deleted >= u64::from(limit) {
            return Ok(deleted);
        }
        let mut people = [user, other_uuid];
        people.sort();
        self.delete_items(keys::pair(people), MAX_READ, |_| true).await?;
        let group = group_uuid.to_string();
        for person in [other_uuid, user] {
            let is_number = |item: &Item| get(item, "sk") == Some(&group);
            self.delete_items(keys::unread_of(person), MAX_READ, is_number).await?;
            let is_side = |item: &Item| get(item, "message_group_uuid") == Some(&group);
            self.delete_items(keys::groups_of(person), MAX_READ, is_side).await?;
        }
        Ok(deleted)
    }

    /// Deletes the numbers of unread messages of a user.
    pub(super) async fn erase_numbers(&self, user: Uuid) -> Result<()> {
        self.delete_items(keys::unread_of(user), MAX_READ, |_| true).await.map(drop)
    }

    /// Deletes the items of a partition that are wanted, about `limit` at most if all are wanted. Returns
    /// their number.
    async fn delete_items(
        &self,
        pk: String,
        limit: u32,
        wanted: impl Fn(&Item) -> bool,
    ) -> Result<u64> {
        let mut deleted = 0;
        let mut from: Option<Item> = None;
        loop {
            let query = self.client().await.query().table_name(&self.table.name);
            let query = query
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", super::rows::text(&pk))
                .projection_expression("pk, sk, message_group_uuid")
                .consistent_read(true)
                .limit(i32::try_from(limit).unwrap_or(i32::MAX))
                .set_exclusive_start_key(from);
            let batch = query.send().await.map_err(request_error)?;
            let found: Vec<_> = batch.items().iter().filter(|item| wanted(item)).collect();
            for items in found.chunks(MAX_DELETES) {
                self.delete_batch(items).await?;
            }
            deleted += found.len() as u64;
            from = batch.last_evaluated_key;
            if from.is_none() || deleted >= u64::from(limit) {
                return Ok(deleted);
            }
        }
    }

    /// Deletes up to [`MAX_DELETES`] items. [`Error::Unavailable`] if some of them are left.
    async fn delete_batch(&self, items: &[&Item]) -> Result<()> {
        let mut requests = Vec::new();
        for item in items {
            let key = ["pk", "sk"].into_iter().filter_map(|name| Some((name, item.get(name)?)));
            let key = key.map(|(name, value)| (name.to_owned(), value.clone())).collect();
            let delete = DeleteRequest::builder().set_key(Some(key)).build().map_err(malformed)?;
            requests.push(WriteRequest::builder().delete_request(delete).build());
        }
        let write = self.client().await.batch_write_item();
        let write = write.request_items(&self.table.name, requests).send().await;
        let unprocessed = write.map_err(request_error)?.unprocessed_items;
        if unprocessed.is_none_or(|left| left.is_empty()) {
            Ok(())
        } else {
            Err(Error::Unavailable)
        }
    }
}
