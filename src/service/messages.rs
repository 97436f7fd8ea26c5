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

/// The recipient of a direct message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipient<'a> {
    /// The user with this handle, which may start with `@`.
    Handle(Option<&'a str>),
    /// The other member of this conversation.
    Group(Option<Uuid>),
}

impl Service {
    /// Returns the viewer's conversations, the one with the newest message first.
    ///
    /// `Error::Unauthenticated`.
    pub async fn message_groups(
        &self,
        viewer: Viewer,
        pagination: &Pagination,
    ) -> Result<Page<MessageGroup>> {
        self.sources.messages.message_groups(viewer.require_user()?, pagination).await
    }

    /// Returns those of the conversations that the viewer is a member of; empty if the viewer is not a
    /// user.
    pub async fn message_groups_by_uuids(
        &self,
        viewer: Viewer,
        uuids: &[Uuid],
    ) -> Result<Vec<MessageGroup>> {
        let Some(user) = viewer.user() else { return Ok(Vec::new()) };
        self.sources.messages.message_groups_by_uuids(user, uuids).await
    }

    /// Returns the viewer's conversations with the users `others`; empty if the viewer is not a user.
    pub async fn message_groups_by_others(
        &self,
        viewer: Viewer,
        others: &[Uuid],
    ) -> Result<Vec<MessageGroup>> {
        let Some(user) = viewer.user() else { return Ok(Vec::new()) };
        self.sources.messages.message_groups_by_others(user, others).await
    }

    /// Returns the viewer's conversation with the user with a handle, which may start with `@`.
    ///
    /// In this order: `Error::Unauthenticated`, [`UserErrorCode::HandleBlank`] for an empty handle.
    pub async fn message_group_with(
        &self,
        viewer: Viewer,
        handle: &str,
    ) -> Result<Option<MessageGroup>> {
        viewer.require_user()?;
        let Some(other) = self.user_by_handle(handle).await? else { return Ok(None) };
        Ok(only(self.message_groups_by_others(viewer, &[other.uuid]).await?))
    }

    /// Returns the messages of each of `groups`, oldest first, in the order of `groups`. The page of a
    /// conversation that the viewer is not a member of is empty.
    pub async fn messages_by_groups(
        &self,
        viewer: Viewer,
        groups: &[Uuid],
        pagination: &Pagination,
    ) -> Result<Vec<Page<Message>>> {
        let own = self.message_groups_by_uuids(viewer, groups).await?;
        let own: Vec<_> = own.into_iter().map(|group| group.uuid).collect();
        let pages = self.sources.messages.messages_by_groups(&own, pagination).await?;
        let pages: HashMap<_, _> = own.into_iter().zip(pages).collect();
        let page = |group| pages.get(group).cloned().unwrap_or_else(Page::empty);
        Ok(groups.iter().map(page).collect())
    }

    /// Returns those of the messages that are in the viewer's conversations.
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

    /// Returns the number of unread messages of the other member in each of `groups`, in their order;
    /// zeros if the viewer is not a user.
    pub async fn unread_by_groups(&self, viewer: Viewer, groups: &[Uuid]) -> Result<Vec<i64>> {
        let Some(user) = viewer.user() else { return Ok(vec![0; groups.len()]) };
        self.sources.messages.unread_by_groups(user, groups).await
    }

    /// Returns the number of messages in all conversations that the viewer has not marked as read.
    ///
    /// `Error::Unauthenticated` if the viewer is not a user.
    pub async fn unread_messages(&self, viewer: Viewer) -> Result<i64> {
        self.sources.messages.unread_messages(viewer.require_user()?).await
    }

    /// Marks a message and all older ones in its conversation as read, together with their
    /// notifications.
    ///
    /// In this order: `Error::Unauthenticated`, [`UserErrorCode::ViewerUnknown`],
    /// [`UserErrorCode::MessageNotFound`].
    pub async fn mark_messages_read(
        &self,
        viewer: Viewer,
        up_to: Option<MessageKey>,
    ) -> Result<MessageGroup> {
        let user = viewer.require_registered()?;
        let up_to = up_to.ok_or(UserErrorCode::MessageNotFound)?;
        let group = only(self.message_groups_by_uuids(viewer, &[up_to.group_uuid]).await?);
        let group = group.ok_or(UserErrorCode::MessageNotFound)?;
        if !self.written(self.sources.messages.mark_messages_read(user, &up_to).await)? {
            return Err(UserErrorCode::MessageNotFound.into());
        }
        let (store, now) = (&self.sources.store, self.clock.now());
        store.mark_message_notifications_read(user, group.other_uuid, up_to.at, now).await?;
        Ok(group)
    }

    /// Returns the messages of one of the viewer's conversations, oldest first. The page is empty if
    /// there is no such conversation, so that conversations of other users stay hidden.
    ///
    /// `Error::Unauthenticated`.
    pub async fn messages_in_group(
        &self,
        viewer: Viewer,
        group: Option<Uuid>,
        pagination: &Pagination,
    ) -> Result<Page<Message>> {
        let user = viewer.require_user()?;
        let Some(group) = group else { return Ok(Page::empty()) };
        let groups = self.sources.messages.message_groups_by_uuids(user, &[group]).await?;
        self.messages(only(groups), pagination).await
    }

    /// Returns the messages between the viewer and the user with a handle, as
    /// [`Service::messages_in_group`] does.
    ///
    /// In this order: `Error::Unauthenticated`, [`UserErrorCode::HandleBlank`] for an empty handle.
    pub async fn messages_with(
        &self,
        viewer: Viewer,
        handle: &str,
        pagination: &Pagination,
    ) -> Result<Page<Message>> {
        let user = viewer.require_user()?;
        let Some(other) = self.user_by_handle(handle).await? else { return Ok(Page::empty()) };
        let groups = self.sources.messages.message_groups_by_others(user, &[other.uuid]).await?;
        self.messages(only(groups), pagination).await
    }

    /// Sends a direct message, and notifies the recipient. The first message to a user starts the
    /// conversation.
    ///
    /// In this order: [`UserErrorCode::MessageBlank`], [`UserErrorCode::MessageTooLong`] over 1024
    /// characters, [`UserErrorCode::MessageInvalid`], `Error::Unauthenticated`,
    /// [`UserErrorCode::ViewerUnknown`], the errors of the recipient,
    /// [`UserErrorCode::IdempotencyKeyInvalid`], [`UserErrorCode::IdempotencyKeyReused`].
    ///
    /// The errors of the recipient are [`UserErrorCode::RecipientBlank`] for an empty handle,
    /// [`UserErrorCode::RecipientNotFound`] if no other user has the handle, and
    /// [`UserErrorCode::MessageGroupNotFound`] if the conversation does not exist or the viewer is not
    /// a member.
    pub async fn send_message(
        &self,
        viewer: Viewer,
        to: Recipient<'_>,
        message: Option<&str>,
        idempotency_key: Option<&str>,
    ) -> Result<Message> {
        let message = checked_message(message, MAX_MESSAGE)?;
        let user = viewer.require_registered()?;
        let receiver_uuid = self.recipient(user, to).await?;
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
        match self.written(self.sources.messages.insert_message(&new).await)? {
            Inserted::New(message) | Inserted::Replayed(message) => {
                self.notify_recipient(&message, receiver_uuid).await;
                Ok(message)
            }
            Inserted::KeyReused => Err(UserErrorCode::IdempotencyKeyReused.into()),
            Inserted::TargetMissing => Err(match to {
                Recipient::Handle(_) => UserErrorCode::RecipientNotFound.into(),
                Recipient::Group(_) => UserErrorCode::MessageGroupNotFound.into(),
            }),
        }
    }

    /// Creates the notification of a message. A failure is only logged: the message is sent, and is
    /// unread without a notification too.
    ///
    /// The message may be in another store, so the notification cannot be part of its transaction. It
    /// has the uuid of the message, so that a retry of the message with its idempotency key creates
    /// the notification if it is missing, and never a second one.
    async fn notify_recipient(&self, message: &Message, recipient: Uuid) {
        let notification = Notification {
            uuid: message.uuid,
            user_uuid: recipient,
            actor_uuid: message.user_uuid,
            kind: NotificationKind::Message,
            activity_uuid: None,
            created_at: message.created_at,
            read_at: None,
        };
        match self.sources.store.insert_notification(&notification).await {
            Ok(()) => self.events.publish(Event::NotificationCreated),
            Err(error) => {
                let message = message.uuid;
                tracing::warn!(%error, %message, "failed to create the message notification");
            }
        }
    }

    /// Returns the uuid of the user who gets the sender's message.
    ///
    /// For a handle, in this order: [`UserErrorCode::RecipientBlank`] if it is missing or empty,
    /// [`UserErrorCode::RecipientNotFound`] if no user has it or if it is the sender's. For a
    /// conversation: [`UserErrorCode::MessageGroupNotFound`] if it does not exist or the sender is not
    /// a member.
    async fn recipient(&self, sender: Uuid, to: Recipient<'_>) -> Result<Uuid> {
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

    /// Returns the messages of a conversation, oldest first; an empty page for `None`.
    async fn messages(
        &self,
        group: Option<MessageGroup>,
        pagination: &Pagination,
    ) -> Result<Page<Message>> {
        let Some(group) = group else { return Ok(Page::empty()) };
        only_page(self.sources.messages.messages_by_groups(&[group.uuid], pagination).await?)
    }
}
