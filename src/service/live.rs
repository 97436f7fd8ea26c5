//! What happens, as it happens, to those who follow it.

use std::{future::ready, sync::Arc, time::Duration};

use futures_util::{
    FutureExt, StreamExt,
    stream::{self, Stream},
};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::{
    Service, only,
    tail::{self, Follow, Read},
};
use crate::{
    domain::{
        Activity, Cursor, Message, MessageKey, Notification, NotificationKind, Place, Positioned,
        Seen, Viewer,
    },
    error::{Error, Result, Rule},
    events::Event,
    sources::Arrivals,
};

pub use super::tail::Arrival;

/// How long nobody looks at an activity when no event says that it has changed.
const LOOK: Duration = Duration::from_secs(30);
/// The pause after a store that did not answer.
const FAILURE_PAUSE: Duration = Duration::from_secs(1);

impl Service {
    /// Cruds in the order in which they became readable: those after what was seen last, each once
    /// and without a gap, then new ones as they come. Without `after`, new ones.
    ///
    /// [`Error::BadInput`] for a malformed cursor.
    pub async fn activities_created(
        &self,
        after: Option<&str>,
    ) -> Result<impl Stream<Item = Arrival<Activity>> + Send + use<>> {
        let source = &self.sources.activities;
        let now = source.last_position().await?;
        let from = start(after, now, async |at| source.crud_position(at).await).await?;
        let read = self.reader(|service, place| async move {
            service.sources.activities.cruds_since(&place, service.clock.now()).await
        });
        let follow = Follow {
            all: read.clone(),
            own: read,
            wants: Box::new(|_| true),
            matters: |event| event == Event::CrudAdded,
        };
        let now = Place::end_of(now);
        Ok(tail::follow(&self.cruds, now, from, self.events.subscribe(), follow))
    }

    /// The viewer's notifications, as [`Service::activities_created`] gives cruds.
    ///
    /// [`Error::BadInput`] for a malformed cursor, [`Error::Unauthenticated`].
    pub async fn notifications_received(
        &self,
        viewer: Viewer,
        after: Option<&str>,
    ) -> Result<impl Stream<Item = Arrival<Notification>> + Send + use<>> {
        let user = viewer.reader()?;
        let source = &self.sources.activities;
        let now = source.last_position().await?;
        let lookup = async |at| source.notification_position(user, at).await;
        let from = start(after, now, lookup).await?;
        let read = |user: Option<Uuid>| {
            self.reader(move |service, place| async move {
                let now = service.clock.now();
                service.sources.activities.notifications_since(user, &place, now).await
            })
        };
        let follow = Follow {
            all: read(None),
            own: read(Some(user)),
            wants: Box::new(move |told: &Notification| told.user_uuid == user),
            matters: |event| event == Event::Notified,
        };
        let now = Place::end_of(now);
        Ok(tail::follow(&self.notifications, now, from, self.events.subscribe(), follow))
    }

    /// The messages that the viewer is sent, as [`Service::activities_created`] gives cruds. A place
    /// is that of the notification that tells of the message.
    ///
    /// [`Error::BadInput`] for a malformed cursor, [`Error::Unauthenticated`].
    pub async fn messages_received(
        &self,
        viewer: Viewer,
        after: Option<&str>,
    ) -> Result<impl Stream<Item = Arrival<Message>> + Send + use<>> {
        let user = viewer.reader()?;
        let told = self.notifications_received(viewer, after).await?;
        let service = self.clone();
        let told = told.filter(|(_, it)| ready(it.kind == NotificationKind::Message));
        Ok(told.filter_map(move |(place, told)| {
            let service = service.clone();
            async move { Some((place, Arc::new(service.message_told_of(user, &told).await?))) }
        }))
    }

    /// The message that a notification tells a user of, once the store gives it; none where there
    /// is none.
    async fn message_told_of(&self, user: Uuid, told: &Notification) -> Option<Message> {
        loop {
            let message = async {
                let source = &self.sources.messages;
                let groups = source.message_groups_by_others(user, &[told.actor_uuid]).await?;
                let Some(group) = only(groups) else { return Ok(None) };
                let key = MessageKey { group_uuid: group.uuid, at: told.cursor() };
                Ok::<_, Error>(only(source.messages_by_keys(&[key]).await?))
            };
            match message.await {
                Ok(message) => return message,
                Err(_) => sleep(FAILURE_PAUSE).await,
            }
        }
    }

    /// An activity as it is after each change of its counts; what changes together comes once. Ends
    /// when the activity is gone.
    ///
    /// [`Rule::ActivityNotFound`].
    pub async fn activity_updates(
        &self,
        uuid: Option<Uuid>,
    ) -> Result<impl Stream<Item = Arc<Activity>> + Send + use<>> {
        let uuid = uuid.ok_or(Rule::ActivityNotFound)?;
        let events = self.events.subscribe();
        let activity = self.activity_by_uuid(uuid).await?.ok_or(Rule::ActivityNotFound)?;
        let state = (self.clone(), events, activity);
        Ok(stream::unfold(state, |(service, mut events, last)| async move {
            loop {
                let change = events.wait_for(|event| event == Event::Changed(last.uuid));
                // Whether an event or the time, it is time to look.
                let _ = timeout(LOOK, change).await;
                events.forget();
                match service.activity_by_uuid(last.uuid).await {
                    Ok(Some(activity)) if activity == last => {}
                    Ok(Some(activity)) => {
                        return Some((Arc::new(activity.clone()), (service, events, activity)));
                    }
                    Ok(None) => return None,
                    Err(_) => sleep(FAILURE_PAUSE).await,
                }
            }
        }))
    }

    fn reader<T, F>(&self, read: impl Fn(Self, Place) -> F + Send + Sync + 'static) -> Read<T>
    where
        F: Future<Output = Result<Arrivals<T>>> + Send + 'static,
    {
        let service = self.clone();
        Arc::new(move |place| read(service.clone(), place).boxed())
    }
}

/// The place to begin at, where the log's last position is `now`. A position after it is of another
/// life of the store: then the time says what was seen, as it does for a cursor of a list.
async fn start(
    after: Option<&str>,
    now: i64,
    position: impl AsyncFnOnce(Cursor) -> Result<i64>,
) -> Result<Place> {
    Ok(match after.map(Seen::decode).transpose()? {
        None => Place::end_of(now),
        Some(Seen { position: Some(position), at }) if position <= now => Place { position, at },
        Some(Seen { at, .. }) => Place { position: position(at).await?, at },
    })
}
