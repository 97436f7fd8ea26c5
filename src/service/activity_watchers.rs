//! One shared reader of the watched activities per gateway, so that a change is read once however
//! many subscribers watch the activity.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    sync::watch,
    time::{interval, sleep},
};
use uuid::Uuid;

use super::{
    Service,
    shared_tail::{POLL_INTERVAL, RETRY_DELAY},
};
use crate::{
    domain::Activity,
    events::{Event, EventReceiver},
};

/// The maximum number of activities in one read.
const MAX_BATCH: usize = 500;

/// The latest known state of a watched activity.
#[derive(Debug, Clone)]
pub enum WatchState {
    /// Not read yet.
    Pending,
    Present(Arc<Activity>),
    /// Deleted or expired.
    Gone,
}

/// The watched activities of this gateway. Their reader runs while there are any. A clone is the same
/// set.
#[derive(Clone, Default)]
pub struct ActivityWatchers(Arc<Mutex<WatcherMap>>);

#[derive(Default)]
struct WatcherMap {
    /// Sends the state of each watched activity to its watchers.
    senders: HashMap<Uuid, watch::Sender<WatchState>>,
    /// Whether the reader runs.
    is_running: bool,
}

impl ActivityWatchers {
    /// Returns a receiver of an activity's state, and starts the reader if it does not run. The
    /// reader sends a state after each read, even if it equals the last one.
    pub fn watch(&self, uuid: Uuid, service: &Service) -> watch::Receiver<WatchState> {
        let mut watched = self.lock();
        if !watched.is_running {
            watched.is_running = true;
            tokio::spawn(self.clone().run(service.clone(), service.events.subscribe()));
        }
        let sender = watched.senders.entry(uuid);
        sender.or_insert_with(|| watch::Sender::new(WatchState::Pending)).subscribe()
    }

    /// Reads the activities that events name, and all of them at each [`POLL_INTERVAL`], until nothing
    /// is watched.
    async fn run(self, service: Service, mut events: EventReceiver) {
        let mut poll = interval(POLL_INTERVAL);
        loop {
            let changed = tokio::select! {
                _ = poll.tick() => None,
                events = events.drain() => {
                    let is_lagged = events.contains(&Event::Lagged);
                    let changed = events.into_iter().filter_map(|event| match event {
                        Event::ActivityChanged(uuid) => Some(uuid),
                        _ => None,
                    });
                    (!is_lagged).then(|| changed.collect())
                }
            };
            let Some(uuids) = self.watched(changed) else { return };
            for uuids in uuids.chunks(MAX_BATCH) {
                match service.activities_by_uuids(uuids).await {
                    Ok(found) => self.send(uuids, found),
                    Err(_) => {
                        sleep(RETRY_DELAY).await;
                        // Read all of them again.
                        poll.reset_immediately();
                        break;
                    }
                }
            }
        }
    }

    /// Returns the watched subset of `changed`, or all watched activities if `changed` is `None`.
    ///
    /// Returns `None` if nothing is watched: the reader stops, and the next [`ActivityWatchers::watch`]
    /// starts a new one.
    fn watched(&self, changed: Option<Vec<Uuid>>) -> Option<Vec<Uuid>> {
        let mut watched = self.lock();
        let Some(mut changed) = changed else {
            watched.senders.retain(|_, sender| sender.receiver_count() > 0);
            watched.is_running = !watched.senders.is_empty();
            return watched.is_running.then(|| watched.senders.keys().copied().collect());
        };
        changed.retain(|uuid| watched.senders.contains_key(uuid));
        Some(changed)
    }

    /// Sends the state of each of `uuids` to its watchers. Those that are not in `found` are gone.
    fn send(&self, uuids: &[Uuid], found: Vec<Activity>) {
        let mut found: HashMap<_, _> = found.into_iter().map(|it| (it.uuid, it)).collect();
        let watched = self.lock();
        for uuid in uuids {
            if let Some(sender) = watched.senders.get(uuid) {
                let activity = found.remove(uuid);
                let state =
                    activity.map_or(WatchState::Gone, |it| WatchState::Present(Arc::new(it)));
                sender.send_replace(state);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, WatcherMap> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
