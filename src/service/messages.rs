use uuid::Uuid;

use super::{Service, checked_message, only, only_page};
use crate::{
    domain::{Message, MessageGroup, Page, Slice, Viewer},
    error::{Result, Rule},
    sources::{Inserted, NewMessage},
};

const MAX_MESSAGE: usize = 1024;

/// To whom a direct message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipient<'a> {
    /// The person with this handle, given with or without its `@`.
    Handle(Option<&'a str>),
    /// The other person of this conversation.
    Group(Option<Uuid>),
}

impl Service {
    /// The viewer's conversations, the one with the newest message first.
    pub async fn message_groups(&self, viewer: Viewer, page: &Page) -> Result<Slice<MessageGroup>> {
        self.sources.messages.message_groups(viewer.reader()?, page).await
    }

    /// The messages of a conversation of the viewer's, oldest first; an empty page where there is
    /// no such conversation, so that nobody learns of one they have no part in.
    pub async fn messages_in_group(
        &self,
        viewer: Viewer,
        group: Option<Uuid>,
        page: &Page,
    ) -> Result<Slice<Message>> {
        let user = viewer.reader()?;
        let Some(group) = group else { return Ok(Slice::empty()) };
        let groups = self.sources.messages.message_groups_by_uuids(user, &[group]).await?;
        self.messages(only(groups), page).await
    }

    /// The messages between the viewer and the person with a handle, as
    /// [`Service::messages_in_group`] gives them.
    pub async fn messages_with(
        &self,
        viewer: Viewer,
        handle: &str,
        page: &Page,
    ) -> Result<Slice<Message>> {
        let user = viewer.reader()?;
        let Some(other) = self.user_by_handle(handle).await? else { return Ok(Slice::empty()) };
        let groups = self.sources.messages.message_groups_by_others(user, &[other.uuid]).await?;
        self.messages(only(groups), page).await
    }

    /// Sends a direct message.
    ///
    /// In this order: [`Rule::MessageBlank`], [`Rule::MessageTooLong`] over 1024 characters,
    /// [`Rule::MessageInvalid`], no user, [`Rule::RecipientBlank`], [`Rule::RecipientNotFound`] or
    /// [`Rule::MessageGroupNotFound`], the rules of idempotency keys.
    pub async fn send_message(
        &self,
        viewer: Viewer,
        to: Recipient<'_>,
        message: Option<&str>,
        idempotency_key: Option<&str>,
    ) -> Result<Message> {
        let message = checked_message(message, MAX_MESSAGE)?;
        let user = viewer.writer()?;
        let receiver_uuid = self.receiver(user, to).await?;
        let now = self.clock.now();
        let input = ["message", &receiver_uuid.to_string(), message];
        let new = NewMessage {
            message: Message {
                uuid: self.clock.new_uuid(now),
                group_uuid: self.clock.new_uuid(now),
                user_uuid: user,
                message: message.to_owned(),
                created_at: now,
            },
            receiver_uuid,
            idempotency: self.idempotency(user, idempotency_key, &input, now)?,
        };
        match self.sources.messages.insert_message(&new).await? {
            Inserted::New(message) | Inserted::Earlier(message) => Ok(message),
            Inserted::KeyReused => Err(Rule::IdempotencyKeyReused.into()),
            Inserted::Gone => Err(Rule::MessageGroupNotFound.into()),
        }
    }

    async fn receiver(&self, sender: Uuid, to: Recipient<'_>) -> Result<Uuid> {
        match to {
            Recipient::Handle(handle) => {
                let handle =
                    handle.filter(|handle| !handle.is_empty()).ok_or(Rule::RecipientBlank)?;
                let user = match self.user_by_handle(handle).await {
                    Err(error) if error == Rule::HandleBlank.into() => {
                        return Err(Rule::RecipientBlank.into());
                    }
                    user => user?.ok_or(Rule::RecipientNotFound)?,
                };
                if user.uuid == sender {
                    return Err(Rule::RecipientNotFound.into());
                }
                Ok(user.uuid)
            }
            Recipient::Group(uuid) => {
                let uuid = uuid.ok_or(Rule::MessageGroupNotFound)?;
                let groups = self.sources.messages.message_groups_by_uuids(sender, &[uuid]).await?;
                Ok(only(groups).ok_or(Rule::MessageGroupNotFound)?.other_uuid)
            }
        }
    }

    async fn messages(&self, group: Option<MessageGroup>, page: &Page) -> Result<Slice<Message>> {
        let Some(group) = group else { return Ok(Slice::empty()) };
        only_page(self.sources.messages.messages_by_groups(&[group.uuid], page).await?)
    }
}
