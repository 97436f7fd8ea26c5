//! Direct messages.

use async_trait::async_trait;
use uuid::Uuid;

use super::{Mock, State, count, page};
use crate::{
    domain::{
        Conversation, Cursor, HasCursor, Message, MessageGroup, MessageKey, Order, Page, Pagination,
    },
    error::Result,
    sources::{Inserted, Messages, NewMessage},
};

#[async_trait]
impl Messages for Mock {
    async fn message_groups(
        &self,
        user: Uuid,
        pagination: &Pagination,
    ) -> Result<Page<MessageGroup>> {
        let state = self.state();
        let groups = state.groups_of(user).map(HasCursor::with_cursor);
        Ok(page(Order::NewestFirst, pagination, groups))
    }

    async fn message_groups_by_uuids(
        &self,
        user: Uuid,
        uuids: &[Uuid],
    ) -> Result<Vec<MessageGroup>> {
        Ok(self.state().groups_of(user).filter(|it| uuids.contains(&it.uuid)).collect())
    }

    async fn message_groups_by_others(
        &self,
        user: Uuid,
        others: &[Uuid],
    ) -> Result<Vec<MessageGroup>> {
        Ok(self.state().groups_of(user).filter(|it| others.contains(&it.other_uuid)).collect())
    }

    async fn messages_by_groups(
        &self,
        groups: &[Uuid],
        pagination: &Pagination,
    ) -> Result<Vec<Page<Message>>> {
        let state = self.state();
        let messages = |group: &Uuid| {
            let messages = state.messages.values().filter(|it| it.group_uuid == *group);
            page(Order::OldestFirst, pagination, messages.map(|it| it.clone().with_cursor()))
        };
        Ok(groups.iter().map(messages).collect())
    }

    async fn messages_by_keys(&self, keys: &[MessageKey]) -> Result<Vec<Message>> {
        let state = self.state();
        Ok(state.messages.values().filter(|it| keys.contains(&it.key())).cloned().collect())
    }

    async fn unread_by_groups(&self, user: Uuid, groups: &[Uuid]) -> Result<Vec<i64>> {
        let state = self.state();
        let unread_in = |group: &Uuid| {
            let unread = state.messages.values().filter(|it| it.group_uuid == *group);
            count(unread.filter(|it| state.is_unread(it, user)))
        };
        Ok(groups.iter().map(unread_in).collect())
    }

    async fn unread_messages(&self, user: Uuid) -> Result<i64> {
        let state = self.state();
        Ok(count(state.messages.values().filter(|it| state.is_unread(it, user))))
    }

    async fn mark_messages_read(&self, user: Uuid, up_to: &MessageKey) -> Result<bool> {
        let mut state = self.state();
        state.check_author(user)?;
        let MessageKey { group_uuid, at } = *up_to;
        let is_own = state.groups.get(&group_uuid).is_some_and(|people| people.contains(&user));
        if !is_own || !state.messages.values().any(|it| it.key() == *up_to) {
            return Ok(false);
        }
        let read_up_to = state.read_up_to.entry((group_uuid, user)).or_insert(at);
        *read_up_to = at.max(*read_up_to);
        Ok(true)
    }

    async fn insert_message(&self, new: &NewMessage) -> Result<Inserted<Message>> {
        let mut state = self.state();
        state.check_author(new.message.user_uuid)?;
        if !state.is_active(new.receiver_uuid) {
            return Ok(Inserted::TargetMissing);
        }
        Ok(state.insert_message(new))
    }

    async fn conversations_of(
        &self,
        user: Uuid,
        after: Uuid,
        limit: u32,
    ) -> Result<Vec<Conversation>> {
        let state = self.state();
        let mut conversations: Vec<_> = state
            .groups
            .keys()
            .filter_map(|uuid| state.group(*uuid, user))
            .filter(|it| it.other_uuid > after)
            .map(|it| Conversation { group_uuid: it.uuid, other_uuid: it.other_uuid })
            .collect();
        conversations.sort_by_key(|it| it.other_uuid);
        conversations.truncate(limit as usize);
        Ok(conversations)
    }

    async fn erase_conversation(
        &self,
        _user: Uuid,
        conversation: &Conversation,
        _limit: u32,
    ) -> Result<u64> {
        let mut state = self.state();
        let group = conversation.group_uuid;
        state.messages.retain(|_, message| message.group_uuid != group);
        state.groups.remove(&group);
        state.read_up_to.retain(|(of, _), _| *of != group);
        Ok(0)
    }

    async fn erase_reader(&self, _user: Uuid) -> Result<()> {
        Ok(())
    }
}

impl State {
    /// Whether the message is one that the user has received and not read.
    fn is_unread(&self, message: &Message, user: Uuid) -> bool {
        let group = message.group_uuid;
        let read_up_to = self.read_up_to.get(&(group, user)).copied().unwrap_or(Cursor::min());
        self.groups.get(&group).is_some_and(|people| people.contains(&user))
            && message.user_uuid != user
            && message.cursor() > read_up_to
    }

    /// A conversation as the user sees it, if it is one of theirs.
    fn group(&self, uuid: Uuid, user: Uuid) -> Option<MessageGroup> {
        let people = self.groups.get(&uuid).filter(|people| people.contains(&user))?;
        let messages = self.messages.values().filter(|message| message.group_uuid == uuid);
        let last = messages.max_by_key(|message| message.cursor())?;
        Some(MessageGroup {
            uuid,
            other_uuid: people.iter().copied().find(|it| *it != user)?,
            last_message: last.message.clone(),
            last_message_at: last.created_at,
        })
    }

    /// The conversations of a user whose other person exists and is not banned.
    fn groups_of(&self, user: Uuid) -> impl Iterator<Item = MessageGroup> {
        let groups = self.groups.keys().filter_map(move |uuid| self.group(*uuid, user));
        groups.filter(|group| self.is_active(group.other_uuid))
    }

    pub(super) fn insert_message(&mut self, new: &NewMessage) -> Inserted<Message> {
        if let Some(answer) = self.answer_of_key(new.idempotency.as_ref(), &self.messages) {
            return answer;
        }
        let mut people = [new.message.user_uuid, new.receiver_uuid];
        people.sort();
        let opened = self.groups.iter().find(|(_, it)| **it == people).map(|(uuid, _)| *uuid);
        let group_uuid = opened.unwrap_or(new.message.group_uuid);
        self.groups.insert(group_uuid, people);
        let message = Message { group_uuid, ..new.message.clone() };
        self.messages.insert(message.uuid, message.clone());
        self.claim_key(new.idempotency.as_ref(), message.uuid);
        Inserted::New(message)
    }
}
