//! What happens, as it happens, to those who follow it.

use std::{future::ready, sync::Arc, time::Duration};

use futures_util::{
    FutureExt, StreamExt,
    stream::{self, Stream},
};
use tokio::time::sleep;
use uuid::Uuid;

use super::{
    Service, only,
    tail::{self, Extent, Follow, Read, Start},
    watched::Sight,
};
use crate::{
    domain::{
        Activity, Cursor, HasCursor, LogPosition, Message, MessageKey, Notification,
        NotificationKind, ResumeCursor, ResumePoint, Snapshot, Viewer,
    },
    error::{Error, Result, UserErrorCode},
    events::Event,
    sources::ChangeBatch,
};

pub use super::tail::Change;

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
    ) -> Result<impl Stream<Item = Change<Activity>> + Send + use<>> {
        let source = &self.sources.store;
        let lookup = async |at| source.activity_log_position(at).await;
        let start = start(after, source.snapshot().await?, lookup).await?;
        let clock = self.clock.clone();
        let read = self.reader(|service, place| async move {
            service.sources.store.activities_after(&place, service.clock.now()).await
        });
        let follow = Follow {
            all: read.clone(),
            own: read,
            wants: Box::new(move |it: &Activity| it.expires_at.is_none_or(|end| end > clock.now())),
            matters: |event| event == Event::ActivityCreated,
        };
        Ok(tail::follow(&self.cruds, start, self.events.subscribe(), follow))
    }

    /// The viewer's notifications, as [`Service::activities_created`] gives cruds.
    ///
    /// [`Error::BadInput`] for a malformed cursor, [`Error::Unauthenticated`].
    pub async fn notifications_received(
        &self,
        viewer: Viewer,
        after: Option<&str>,
    ) -> Result<impl Stream<Item = Change<Notification>> + Send + use<>> {
        let user = viewer.require_user()?;
        let source = &self.sources.store;
        let lookup = async |at| source.notification_log_position(user, at).await;
        let start = start(after, source.snapshot().await?, lookup).await?;
        let read = |user: Option<Uuid>| {
            self.reader(move |service, place| async move {
                let now = service.clock.now();
                service.sources.store.notifications_after(user, &place, now).await
            })
        };
        let follow = Follow {
            all: read(None),
            own: read(Some(user)),
            wants: Box::new(move |told: &Notification| told.user_uuid == user),
            matters: |event| event == Event::NotificationCreated,
        };
        Ok(tail::follow(&self.notifications, start, self.events.subscribe(), follow))
    }

    /// The messages that the viewer is sent, as [`Service::activities_created`] gives cruds. A place
    /// is that of the notification that tells of the message.
    ///
    /// [`Error::BadInput`] for a malformed cursor, [`Error::Unauthenticated`].
    pub async fn messages_received(
        &self,
        viewer: Viewer,
        after: Option<&str>,
    ) -> Result<impl Stream<Item = Change<Message>> + Send + use<>> {
        let user = viewer.require_user()?;
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
    /// [`UserErrorCode::ActivityNotFound`].
    pub async fn activity_updates(
        &self,
        uuid: Option<Uuid>,
    ) -> Result<impl Stream<Item = Arc<Activity>> + Send + use<>> {
        let uuid = uuid.ok_or(UserErrorCode::ActivityNotFound)?;
        let sights = self.watched.watch(uuid, self);
        let activity = self.activity_by_uuid(uuid).await?.ok_or(UserErrorCode::ActivityNotFound)?;
        let state = (sights, Arc::new(activity));
        Ok(stream::unfold(state, |(mut sights, last)| async move {
            loop {
                sights.changed().await.ok()?;
                let sight = sights.borrow_and_update().clone();
                match sight {
                    Sight::There(activity) if activity != last => {
                        return Some((activity.clone(), (sights, activity)));
                    }
                    Sight::There(_) | Sight::Unknown => {}
                    Sight::Gone => return None,
                }
            }
        }))
    }

    fn reader<T, F>(&self, read: impl Fn(Self, LogPosition) -> F + Send + Sync + 'static) -> Read<T>
    where
        F: Future<Output = Result<ChangeBatch<T>>> + Send + 'static,
    {
        let service = self.clone();
        Arc::new(move |place| read(service.clone(), place).boxed())
    }
}

/// Where to begin who has seen `after` last. `lookup` finds the place of what stood at a cursor, or
/// else of what stood there before it.
///
/// What is there still is asked for its place, even where the cursor tells it: that may be of
/// another life of the store. So may the moment of a list.
async fn start(
    after: Option<&str>,
    snapshot: Snapshot,
    lookup: impl AsyncFnOnce(Cursor) -> Result<Option<LogPosition>>,
) -> Result<Start> {
    let now = snapshot.end();
    let Some(after) = after else {
        return Ok(Start { now, from: now, snapshot, seen: Extent::All });
    };
    let ResumeCursor { at, when } = ResumeCursor::decode(after)?;
    let found = lookup(at).await?;
    let there = found.filter(|found| found.at == at);
    let position = match when {
        ResumePoint::Log(position) if there.is_none() && now > (LogPosition { position, at }) => {
            position
        }
        _ => found.map_or(0, |found| found.position),
    };
    let place = LogPosition { position, at };
    Ok(match when {
        ResumePoint::Snapshot(then)
            if then.is_before(&snapshot) && there.is_none_or(|it| then.contains(it.position)) =>
        {
            Start { now, from: place.min(then.end()), snapshot: then, seen: Extent::UpToTime(at) }
        }
        _ => Start { now, from: place.min(now), snapshot, seen: Extent::UpTo(place) },
    })
}
