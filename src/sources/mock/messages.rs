//! The source of direct messages.

use async_trait::async_trait;
use uuid::Uuid;

use super::{Mock, slice};
use crate::{
    domain::{Cursor, HasCursor, Message, MessageGroup, MessageKey, Order, Page, Pagination},
    error::Result,
    sources::{Inserted, Messages, NewMessage},
};

#[async_trait]
impl Messages for Mock {
    async fn message_groups(&self, user: Uuid, page: &Pagination) -> Result<Page<MessageGroup>> {
        let state = self.state();
        let groups = state.groups_of(user).map(HasCursor::with_cursor);
        Ok(slice(Order::NewestFirst, page, groups))
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
        page: &Pagination,
    ) -> Result<Vec<Page<Message>>> {
        let state = self.state();
        let messages = |group: &Uuid| {
            let found = state.messages.values().filter(|it| it.group_uuid == *group);
            let found = found.map(|it| it.clone().with_cursor());
            slice(Order::OldestFirst, page, found)
        };
        Ok(groups.iter().map(messages).collect())
    }

    async fn messages_by_keys(&self, keys: &[MessageKey]) -> Result<Vec<Message>> {
        let state = self.state();
        Ok(state.messages.values().filter(|it| keys.contains(&it.key())).cloned().collect())
    }

    async fn unread_by_groups(&self, user: Uuid, groups: &[Uuid]) -> Result<Vec<i64>> {
        let state = self.state();
        let unread = |group: &Uuid| {
            let read = state.read.get(&(*group, user)).copied().unwrap_or(Cursor::min());
            let own = state.groups.get(group).is_some_and(|people| people.contains(&user));
            let unread = state.messages.values().filter(|it| {
                own && it.group_uuid == *group && it.user_uuid != user && it.cursor() > read
            });
            i64::try_from(unread.count()).unwrap_or(i64::MAX)
        };
        Ok(groups.iter().map(unread).collect())
    }

    async fn mark_messages_read(&self, user: Uuid, up_to: &MessageKey) -> Result<bool> {
        let mut state = self.state();
        let MessageKey { group_uuid, at } = *up_to;
        let own = state.groups.get(&group_uuid).is_some_and(|people| people.contains(&user));
        if !own || !state.messages.values().any(|it| it.key() == *up_to) {
            return Ok(false);
        }
        let read = state.read.entry((group_uuid, user)).or_insert(at);
        *read = at.max(*read);
        Ok(true)
    }

    async fn insert_message(&self, new: &NewMessage) -> Result<Inserted<Message>> {
        Ok(self.state().insert_message(new))
    }
}
