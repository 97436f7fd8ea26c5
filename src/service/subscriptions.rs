//! Subscriptions: streams of new cruds, notifications and messages, and of the changes of activities.
//!
//! A stream ends only where its method says so. While the store fails, it waits and retries.

use std::{collections::HashMap, future::ready, sync::Arc};

use futures_util::{
    StreamExt,
    stream::{self, BoxStream, Stream},
};
use tokio::{sync::watch, time::sleep};
use uuid::Uuid;

use super::{
    Service,
    activity_watchers::WatchState,
    change_log::{ActivityLog, Change, ChangeLog, NotificationLog},
    only,
    shared_tail::{RETRY_DELAY, SharedTail},
    starting_point::StartingPoint,
};
use crate::{
    domain::{Activity, HasCursor, Message, MessageKey, Notification, NotificationKind, Viewer},
    error::{Error, Result, UserErrorCode},
};

impl Service {
    /// Returns a stream of cruds in the order in which they became readable, each once and without a
    /// gap: first the existing cruds after the cursor `after`, then new ones. Without `after`, only
    /// new ones.
    ///
    /// [`Error::BadInput`] for a malformed cursor.
    pub async fn activities_created(
        &self,
        after: Option<&str>,
    ) -> Result<impl Stream<Item = Change<Activity>> + Send + use<>> {
        self.follow_log(&self.activity_tail, ActivityLog { service: self.clone() }, after).await
    }

    /// Returns a stream of the viewer's notifications, with the order and the meaning of `after` of
    /// [`Service::activities_created`].
    ///
    /// In this order: [`Error::Unauthenticated`] if the viewer is not a user, [`Error::BadInput`] for
    /// a malformed cursor.
    pub async fn notifications_received(
        &self,
        viewer: Viewer,
        after: Option<&str>,
    ) -> Result<impl Stream<Item = Change<Notification>> + Send + use<>> {
        let log = NotificationLog { user: viewer.require_user()?, service: self.clone() };
        self.follow_log(&self.notification_tail, log, after).await
    }

    /// Returns a stream of the messages that the viewer receives, with the order and the meaning of
    /// `after` of [`Service::activities_created`]. The position of a message is that of its
    /// notification.
    ///
    /// In this order: [`Error::Unauthenticated`] if the viewer is not a user, [`Error::BadInput`] for
    /// a malformed cursor.
    pub async fn messages_received(
        &self,
        viewer: Viewer,
        after: Option<&str>,
    ) -> Result<impl Stream<Item = Change<Message>> + Send + use<>> {
        let user = viewer.require_user()?;
        let service = self.clone();
        let notifications = self
            .notifications_received(viewer, after)
            .await?
            .filter(|(_, it)| ready(it.kind == NotificationKind::Message));
        Ok(notifications.filter_map(move |(position, notification)| {
            let service = service.clone();
            async move {
                let message = service.message_of_notification(user, &notification).await?;
                Some((position, Arc::new(message)))
            }
        }))
    }

    /// Returns a stream of an activity after each change of its counts. Changes that happen together
    /// may come as one. The stream ends when the activity is deleted or expires.
    ///
    /// [`UserErrorCode::ActivityNotFound`].
    pub async fn activity_updates(
        &self,
        uuid: Option<Uuid>,
    ) -> Result<impl Stream<Item = Arc<Activity>> + Send + use<>> {
        let uuid = uuid.ok_or(UserErrorCode::ActivityNotFound)?;
        let (_, updates) =
            self.watch_activities(&[uuid]).await?.pop().ok_or(UserErrorCode::ActivityNotFound)?;
        Ok(updates)
    }

    /// Returns a stream of activities: each as it is, in no order, then each after every change of its
    /// counts, as [`Service::activity_updates`]. Those that do not exist are left out. The stream ends
    /// when all of them are deleted or expired.
    pub async fn activities_updates(
        &self,
        uuids: &[Uuid],
    ) -> Result<impl Stream<Item = Arc<Activity>> + Send + use<>> {
        let watched = self.watch_activities(uuids).await?;
        let (states, updates): (Vec<_>, Vec<_>) = watched.into_iter().unzip();
        Ok(stream::iter(states).chain(stream::select_all(updates)))
    }

    /// Returns the activities that exist, each with the stream of what it becomes.
    async fn watch_activities(
        &self,
        uuids: &[Uuid],
    ) -> Result<Vec<(Arc<Activity>, BoxStream<'static, Arc<Activity>>)>> {
        // Watching begins before the first read, so that no change in between is missed.
        let mut watched: HashMap<_, _> =
            uuids.iter().map(|uuid| (*uuid, self.activity_watchers.watch(*uuid, self))).collect();
        let found = self.activities_by_uuids(uuids).await?;
        Ok(found
            .into_iter()
            .filter_map(|activity| {
                let states = watched.remove(&activity.uuid)?;
                let activity = Arc::new(activity);
                Some((activity.clone(), changes(states, activity).boxed()))
            })
            .collect())
    }

    /// Returns a stream of a change log's items after the cursor `after`.
    async fn follow_log<L: ChangeLog>(
        &self,
        tail: &SharedTail<L::Item>,
        log: L,
        after: Option<&str>,
    ) -> Result<impl Stream<Item = Change<L::Item>> + Send + use<L>> {
        let snapshot = self.sources.store.snapshot().await?;
        let start = StartingPoint::resolve(&log, snapshot, after).await?;
        Ok(tail.follow(log, start, self.events.subscribe()))
    }

    /// Returns the message that a user's notification is about, or `None` if it does not exist. Retries
    /// until the store answers.
    async fn message_of_notification(
        &self,
        user: Uuid,
        notification: &Notification,
    ) -> Option<Message> {
        loop {
            let message = async {
                let source = &self.sources.messages;
                let groups =
                    source.message_groups_by_others(user, &[notification.actor_uuid]).await?;
                let Some(group) = only(groups) else { return Ok(None) };
                let key = MessageKey { group_uuid: group.uuid, at: notification.cursor() };
                Ok::<_, Error>(only(source.messages_by_keys(&[key]).await?))
            };
            match message.await {
                Ok(message) => return message,
                Err(_) => sleep(RETRY_DELAY).await,
            }
        }
    }
}

/// Returns a stream of what a watched activity becomes after its state `last`.
fn changes(
    states: watch::Receiver<WatchState>,
    last: Arc<Activity>,
) -> impl Stream<Item = Arc<Activity>> + Send {
    stream::unfold((states, last), |(mut states, last)| async move {
        loop {
            states.changed().await.ok()?;
            let state = states.borrow_and_update().clone();
            match state {
                WatchState::Present(activity) if activity != last => {
                    return Some((activity.clone(), (states, activity)));
                }
                WatchState::Present(_) | WatchState::Pending => {}
                WatchState::Gone => return None,
            }
        }
    })
}
