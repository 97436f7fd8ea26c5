//! Direct messages.

use async_trait::async_trait;
use uuid::Uuid;

use super::{Idempotency, Inserted, MigrateError};
use crate::{
    domain::{Message, MessageGroup, MessageKey, Page, Pagination},
    error::Result,
};

/// Direct messages, which may live elsewhere than the activities.
#[async_trait]
pub trait Messages: Send + Sync + 'static {
    /// Whether the messages live elsewhere than the activities, which then bring up, ask after and
    /// fill another store.
    fn is_separate_store(&self) -> bool {
        false
    }

    /// Brings a store apart to the present schema. Whether it holds nothing.
    async fn migrate(&self) -> std::result::Result<bool, MigrateError> {
        Ok(true)
    }

    /// Answers once a store apart can answer.
    async fn ping(&self) -> Result<()> {
        Ok(())
    }

    /// A user's conversations, the one with the newest message first. A position is the time of
    /// the last message and the group's uuid.
    async fn message_groups(&self, user: Uuid, page: &Pagination) -> Result<Page<MessageGroup>>;

    /// The conversations of this user only.
    async fn message_groups_by_uuids(
        &self,
        user: Uuid,
        uuids: &[Uuid],
    ) -> Result<Vec<MessageGroup>>;

    /// The user's conversations with these others.
    async fn message_groups_by_others(
        &self,
        user: Uuid,
        others: &[Uuid],
    ) -> Result<Vec<MessageGroup>>;

    /// Each conversation's messages, oldest first.
    async fn messages_by_groups(
        &self,
        groups: &[Uuid],
        page: &Pagination,
    ) -> Result<Vec<Page<Message>>>;

    /// Messages by where they stand.
    async fn messages_by_keys(&self, keys: &[MessageKey]) -> Result<Vec<Message>>;

    /// How many messages of the other person a user has not read in each conversation, in the order
    /// of `groups`; zero for one that is not theirs.
    async fn unread_by_groups(&self, user: Uuid, groups: &[Uuid]) -> Result<Vec<i64>>;

    /// Marks as read this message and all before it in its conversation, for one of its two people.
    /// Whether there is such a message in a conversation of this user's.
    async fn mark_messages_read(&self, user: Uuid, up_to: &MessageKey) -> Result<bool>;

    /// Adds a message to the conversation of its two people, opening it where there is none. The
    /// answer's `group_uuid` tells which it is.
    async fn insert_message(&self, new: &NewMessage) -> Result<Inserted<Message>>;
}

/// A direct message to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// Its `group_uuid` is used where the conversation has to be opened.
    pub message: Message,
    pub receiver_uuid: Uuid,
    pub idempotency: Option<Idempotency>,
}
