use std::collections::{BTreeSet, HashMap};

use uuid::Uuid;

use super::{Service, checked_message, only, only_page};
use crate::{
    domain::{
        Message, MessageGroup, MessageKey, Notification, NotificationKind, Page, Pagination, Viewer,
    },
    error::{Result, UserErrorCode},
    events::Event,
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
    pub async fn message_groups(
        &self,
        viewer: Viewer,
        page: &Pagination,
    ) -> Result<Page<MessageGroup>> {
        self.sources.messages.message_groups(viewer.require_user()?, page).await
    }

    /// Those of the conversations that are the viewer's.
    pub async fn message_groups_by_uuids(
        &self,
        viewer: Viewer,
        uuids: &[Uuid],
    ) -> Result<Vec<MessageGroup>> {
        let Some(user) = viewer.user() else { return Ok(Vec::new()) };
        self.sources.messages.message_groups_by_uuids(user, uuids).await
    }

    /// The viewer's conversations with these others.
    pub async fn message_groups_by_others(
        &self,
        viewer: Viewer,
        others: &[Uuid],
    ) -> Result<Vec<MessageGroup>> {
        let Some(user) = viewer.user() else { return Ok(Vec::new()) };
        self.sources.messages.message_groups_by_others(user, others).await
    }

    /// The viewer's conversation with the person with a handle, given with or without its `@`.
    ///
    /// [`UserErrorCode::HandleBlank`] for an empty one.
    pub async fn message_group_with(
        &self,
        viewer: Viewer,
        handle: &str,
    ) -> Result<Option<MessageGroup>> {
        viewer.require_user()?;
        let Some(other) = self.user_by_handle(handle).await? else { return Ok(None) };
        Ok(only(self.message_groups_by_others(viewer, &[other.uuid]).await?))
    }

    /// The messages of each of `groups`, oldest first; an empty page for one that is not the
    /// viewer's.
    pub async fn messages_by_groups(
        &self,
        viewer: Viewer,
        groups: &[Uuid],
        page: &Pagination,
    ) -> Result<Vec<Page<Message>>> {
        let own = self.message_groups_by_uuids(viewer, groups).await?;
        let own: Vec<_> = own.into_iter().map(|group| group.uuid).collect();
        let pages = self.sources.messages.messages_by_groups(&own, page).await?;
        let pages: HashMap<_, _> = own.into_iter().zip(pages).collect();
        let page = |group| pages.get(group).cloned().unwrap_or_else(Page::empty);
        Ok(groups.iter().map(page).collect())
    }

    /// Those of the messages that are in conversations of the viewer's.
    pub async fn messages_by_keys(
        &self,
        viewer: Viewer,
        keys: &[MessageKey],
    ) -> Result<Vec<Message>> {
        let groups: BTreeSet<_> = keys.iter().map(|key| key.group_uuid).collect();
        let groups: Vec<_> = groups.into_iter().collect();
        let own = self.message_groups_by_uuids(viewer, &groups).await?;
        let own: BTreeSet<_> = own.into_iter().map(|group| group.uuid).collect();
        let keys: Vec<_> =
            keys.iter().filter(|key| own.contains(&key.group_uuid)).copied().collect();
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        self.sources.messages.messages_by_keys(&keys).await
    }

    /// How many messages of the other person the viewer has not read in each of `groups`, in their
    /// order.
    pub async fn unread_by_groups(&self, viewer: Viewer, groups: &[Uuid]) -> Result<Vec<i64>> {
        let Some(user) = viewer.user() else { return Ok(vec![0; groups.len()]) };
        self.sources.messages.unread_by_groups(user, groups).await
    }

    /// The number of messages that the viewer has received and not read, in all conversations.
    ///
    /// [`crate::error::Error::Unauthenticated`] for a viewer who is anonymous or unregistered.
    pub async fn unread_messages(&self, viewer: Viewer) -> Result<i64> {
        self.sources.messages.unread_messages(viewer.require_user()?).await
    }

    /// Marks a message and all before it in its conversation as read, with what told of them.
    ///
    /// [`UserErrorCode::MessageNotFound`].
    pub async fn mark_messages_read(
        &self,
        viewer: Viewer,
        up_to: Option<MessageKey>,
    ) -> Result<MessageGroup> {
        let user = viewer.require_registered()?;
        let up_to = up_to.ok_or(UserErrorCode::MessageNotFound)?;
        if !self.sources.messages.mark_messages_read(user, &up_to).await? {
            return Err(UserErrorCode::MessageNotFound.into());
        }
        let group = only(self.message_groups_by_uuids(viewer, &[up_to.group_uuid]).await?);
        let group = group.ok_or(UserErrorCode::MessageNotFound)?;
        let (activities, now) = (&self.sources.store, self.clock.now());
        activities.mark_message_notifications_read(user, group.other_uuid, up_to.at, now).await?;
        Ok(group)
    }

    /// The messages of a conversation of the viewer's, oldest first; an empty page where there is
    /// no such conversation, so that nobody learns of one they have no part in.
    pub async fn messages_in_group(
        &self,
        viewer: Viewer,
        group: Option<Uuid>,
        page: &Pagination,
    ) -> Result<Page<Message>> {
        let user = viewer.require_user()?;
        let Some(group) = group else { return Ok(Page::empty()) };
        let groups = self.sources.messages.message_groups_by_uuids(user, &[group]).await?;
        self.messages(only(groups), page).await
    }

    /// The messages between the viewer and the person with a handle, as
    /// [`Service::messages_in_group`] gives them.
    pub async fn messages_with(
        &self,
        viewer: Viewer,
        handle: &str,
        page: &Pagination,
    ) -> Result<Page<Message>> {
        let user = viewer.require_user()?;
        let Some(other) = self.user_by_handle(handle).await? else { return Ok(Page::empty()) };
        let groups = self.sources.messages.message_groups_by_others(user, &[other.uuid]).await?;
        self.messages(only(groups), page).await
    }

    /// Sends a direct message.
    ///
    /// In this order: [`UserErrorCode::MessageBlank`], [`UserErrorCode::MessageTooLong`] over 1024 characters,
    /// [`UserErrorCode::MessageInvalid`], no user, [`UserErrorCode::RecipientBlank`], [`UserErrorCode::RecipientNotFound`] or
    /// [`UserErrorCode::MessageGroupNotFound`], the rules of idempotency keys.
    pub async fn send_message(
        &self,
        viewer: Viewer,
        to: Recipient<'_>,
        message: Option<&str>,
        idempotency_key: Option<&str>,
    ) -> Result<Message> {
        let message = checked_message(message, MAX_MESSAGE)?;
        let user = viewer.require_registered()?;
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
            Inserted::New(message) | Inserted::Replayed(message) => {
                self.tell_of_message(&message, receiver_uuid).await;
                Ok(message)
            }
            Inserted::KeyReused => Err(UserErrorCode::IdempotencyKeyReused.into()),
            Inserted::TargetMissing => Err(UserErrorCode::MessageGroupNotFound.into()),
        }
    }

    /// Notifies the receiver of a message.
    ///
    /// The message may lie in another store, so the notification is no part of its transaction. It
    /// has the message's uuid: a repetition of the message with its idempotency key adds what a
    /// failure left out, and nothing twice. Without it the message is sent all the same, and counts
    /// as unread.
    async fn tell_of_message(&self, message: &Message, receiver: Uuid) {
        let told = Notification {
            uuid: message.uuid,
            user_uuid: receiver,
            actor_uuid: message.user_uuid,
            kind: NotificationKind::Message,
            activity_uuid: None,
            created_at: message.created_at,
            read_at: None,
        };
        match self.sources.store.insert_notification(&told).await {
            Ok(()) => self.events.publish(Event::NotificationCreated),
            Err(error) => {
                tracing::warn!(%error, message = %message.uuid, "nobody was notified of a message");
            }
        }
    }

    async fn receiver(&self, sender: Uuid, to: Recipient<'_>) -> Result<Uuid> {
        match to {
            Recipient::Handle(handle) => {
                let handle = handle
                    .filter(|handle| !handle.is_empty())
                    .ok_or(UserErrorCode::RecipientBlank)?;
                let user = match self.user_by_handle(handle).await {
                    Err(error) if error == UserErrorCode::HandleBlank.into() => {
                        return Err(UserErrorCode::RecipientBlank.into());
                    }
                    user => user?.ok_or(UserErrorCode::RecipientNotFound)?,
                };
                if user.uuid == sender {
                    return Err(UserErrorCode::RecipientNotFound.into());
                }
                Ok(user.uuid)
            }
            Recipient::Group(uuid) => {
                let uuid = uuid.ok_or(UserErrorCode::MessageGroupNotFound)?;
                let groups = self.sources.messages.message_groups_by_uuids(sender, &[uuid]).await?;
                Ok(only(groups).ok_or(UserErrorCode::MessageGroupNotFound)?.other_uuid)
            }
        }
    }

    async fn messages(
        &self,
        group: Option<MessageGroup>,
        page: &Pagination,
    ) -> Result<Page<Message>> {
        let Some(group) = group else { return Ok(Page::empty()) };
        only_page(self.sources.messages.messages_by_groups(&[group.uuid], page).await?)
    }
}
