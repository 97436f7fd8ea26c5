//! One reader for all who watch activities in this gateway: what changes is read together, and once,
//! however many watch it.

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
    tail::{FAILURE_PAUSE, LOOK},
};
use crate::{
    domain::Activity,
    events::{Event, EventReceiver},
};

/// The most activities that are read at a time.
const TOGETHER: usize = 500;

/// What was seen of an activity last.
#[derive(Debug, Clone)]
pub enum Sight {
    /// Nobody has looked yet.
    Unknown,
    There(Arc<Activity>),
    /// Deleted or expired.
    Gone,
}

/// The activities that somebody watches. They are read as long as there are any.
#[derive(Clone, Default)]
pub struct Watched(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    sights: HashMap<Uuid, watch::Sender<Sight>>,
    /// Whether somebody reads.
    is_read: bool,
}

impl Watched {
    /// What is seen of an activity from now on, whether or not it is new.
    pub fn watch(&self, uuid: Uuid, service: &Service) -> watch::Receiver<Sight> {
        let mut state = self.state();
        if !state.is_read {
            state.is_read = true;
            tokio::spawn(self.clone().read(service.clone(), service.events.subscribe()));
        }
        let sender = state.sights.entry(uuid);
        sender.or_insert_with(|| watch::Sender::new(Sight::Unknown)).subscribe()
    }

    async fn read(self, service: Service, mut events: EventReceiver) {
        let mut look = interval(LOOK);
        loop {
            let changed = tokio::select! {
                _ = look.tick() => None,
                events = events.drain() => {
                    let missed = events.contains(&Event::Lagged);
                    let changed = events.into_iter().filter_map(|event| match event {
                        Event::ActivityChanged(uuid) => Some(uuid),
                        _ => None,
                    });
                    (!missed).then(|| changed.collect())
                }
            };
            let Some(uuids) = self.watched(changed) else { return };
            for uuids in uuids.chunks(TOGETHER) {
                match service.activities_by_uuids(uuids).await {
                    Ok(found) => self.tell(uuids, found),
                    Err(_) => {
                        // All of them again.
                        sleep(FAILURE_PAUSE).await;
                        look.reset_immediately();
                        break;
                    }
                }
            }
        }
    }

    /// Those of the changed activities, or of all, that somebody watches; none where nobody watches
    /// anything: then the next one begins anew.
    fn watched(&self, changed: Option<Vec<Uuid>>) -> Option<Vec<Uuid>> {
        let mut state = self.state();
        let Some(mut changed) = changed else {
            state.sights.retain(|_, sender| sender.receiver_count() > 0);
            state.is_read = !state.sights.is_empty();
            return state.is_read.then(|| state.sights.keys().copied().collect());
        };
        changed.retain(|uuid| state.sights.contains_key(uuid));
        Some(changed)
    }

    fn tell(&self, uuids: &[Uuid], found: Vec<Activity>) {
        let mut found: HashMap<_, _> = found.into_iter().map(|it| (it.uuid, it)).collect();
        let state = self.state();
        for uuid in uuids {
            if let Some(sender) = state.sights.get(uuid) {
                let sight = found.remove(uuid).map_or(Sight::Gone, |it| Sight::There(Arc::new(it)));
                sender.send_replace(sight);
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
