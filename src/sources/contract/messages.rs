//! Direct messages.

use async_trait::async_trait;
use uuid::Uuid;

use super::{Idempotency, Inserted, MigrateError};
use crate::{
    domain::{Conversation, Message, MessageGroup, MessageKey, Page, Pagination},
    error::Result,
};

/// Direct messages, which may live in another store than everything else.
///
/// A conversation has two people. Each of them has read it up to some message. A list or look-up of
/// conversations leaves out those whose other person does not exist or is banned.
#[async_trait]
pub trait Messages: Send + Sync + 'static {
    /// Whether the messages live in a store of their own, which has to be migrated, pinged and
    /// filled beside the other one.
    fn is_separate_store(&self) -> bool {
        false
    }

    /// Brings a separate store to the current schema. Returns whether it is empty.
    async fn migrate(&self) -> std::result::Result<bool, MigrateError> {
        Ok(true)
    }

    /// Returns once a separate store has answered; an error if it does not.
    async fn ping(&self) -> Result<()> {
        Ok(())
    }

    /// Returns a page of the user's conversations, the one with the newest message first. A cursor
    /// is the time of the last message and the uuid of the conversation.
    async fn message_groups(
        &self,
        user: Uuid,
        pagination: &Pagination,
    ) -> Result<Page<MessageGroup>>;

    /// Returns those of the conversations that are the user's, in any order.
    async fn message_groups_by_uuids(
        &self,
        user: Uuid,
        uuids: &[Uuid],
    ) -> Result<Vec<MessageGroup>>;

    /// Returns the user's conversations with the others, in any order.
    async fn message_groups_by_others(
        &self,
        user: Uuid,
        others: &[Uuid],
    ) -> Result<Vec<MessageGroup>>;

    /// Returns a page of each conversation's messages, oldest first, in the order of `groups`.
    async fn messages_by_groups(
        &self,
        groups: &[Uuid],
        pagination: &Pagination,
    ) -> Result<Vec<Page<Message>>>;

    /// Returns the messages with these keys, in any order.
    async fn messages_by_keys(&self, keys: &[MessageKey]) -> Result<Vec<Message>>;

    /// Returns for each conversation, in the order of `groups`, the number of messages of the other
    /// person that the user has not read; zero for a conversation that is not the user's.
    async fn unread_by_groups(&self, user: Uuid, groups: &[Uuid]) -> Result<Vec<i64>>;

    /// Returns the number of messages that the user has received and not read, in all conversations.
    /// It is read from one row, however many conversations there are.
    async fn unread_messages(&self, user: Uuid) -> Result<i64>;

    /// Marks this message and all before it in its conversation as read by one of its two people.
    /// What is marked stays marked. Returns whether the message is in a conversation of the user's.
    async fn mark_messages_read(&self, user: Uuid, up_to: &MessageKey) -> Result<bool>;

    /// Adds a message to the conversation of its two people, which it opens if it is missing. The
    /// `group_uuid` of the answer is that of the conversation. [`Inserted::TargetMissing`] if the
    /// receiver does not exist.
    ///
    /// A separate store checks its two people right before the write, and not in the write.
    async fn insert_message(&self, new: &NewMessage) -> Result<Inserted<Message>>;

    /// Returns the next `limit` conversations of a user after another person, each with that person, in
    /// the order of their uuids: those too whose other person does not exist.
    async fn conversations_of(
        &self,
        user: Uuid,
        after: Uuid,
        limit: u32,
    ) -> Result<Vec<Conversation>>;

    /// Deletes up to `limit` messages of a conversation of the user, and with the last one the
    /// conversation, for both people. From the first call on, none of it is unread. Returns the number
    /// of messages deleted; fewer than `limit` means that the conversation is gone.
    async fn erase_conversation(
        &self,
        user: Uuid,
        conversation: &Conversation,
        limit: u32,
    ) -> Result<u64>;

    /// Deletes what is left of a user without conversations.
    async fn erase_reader(&self, user: Uuid) -> Result<()>;
}

/// A direct message to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// Its `group_uuid` is used if the conversation has to be opened.
    pub message: Message,
    pub receiver_uuid: Uuid,
    pub idempotency: Option<Idempotency>,
}
