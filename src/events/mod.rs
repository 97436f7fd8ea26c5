//! What has happened, told to those who wait for it, in this gateway and in the others.
//!
//! An event is a hint to look at the store, which alone is the truth: it may come twice, late or
//! never. It is published once the write it tells of is committed.

mod nats;

use std::{collections::BTreeSet, future::pending, sync::Arc, time::Duration};

use futures_util::StreamExt;
use tokio::{
    sync::broadcast::{
        self,
        error::{RecvError, TryRecvError},
    },
    time::sleep,
};
use uuid::Uuid;

pub use nats::Nats;

use crate::sources::Line;

/// How many events wait for a reader that is slow. One that misses some looks at all.
const CAPACITY: usize = 1024;
/// How long events are collected for, to be told together.
const COLLECT: Duration = Duration::from_millis(5);
/// The most events that are told together; more become [`Event::Lagged`].
const TOGETHER: usize = 150;
/// The pauses between tries on a line that does not work.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Something that has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// A crud was added.
    ActivityCreated,
    /// Somebody was notified.
    NotificationCreated,
    /// The activity's counts have changed, or it was deleted.
    ActivityChanged(Uuid),
    /// Anything may have happened.
    Lagged,
}

impl Event {
    /// The event in one word.
    fn word(self) -> String {
        match self {
            Self::ActivityCreated => "crud".into(),
            Self::NotificationCreated => "notified".into(),
            Self::ActivityChanged(uuid) => uuid.simple().to_string(),
            Self::Lagged => "missed".into(),
        }
    }

    /// Reads what [`Event::word`] wrote. A word of a later version means that something happened.
    fn read(word: &str) -> Self {
        match word {
            "crud" => Self::ActivityCreated,
            "notified" => Self::NotificationCreated,
            word => Uuid::parse_str(word).map_or(Self::Lagged, Self::ActivityChanged),
        }
    }
}

/// The events of this gateway and of those on the same line.
#[derive(Debug, Clone)]
pub struct Events {
    /// All of them.
    all: broadcast::Sender<Event>,
    /// Those of this gateway, for the others.
    own: broadcast::Sender<Event>,
}

impl Default for Events {
    fn default() -> Self {
        Self { all: broadcast::Sender::new(CAPACITY), own: broadcast::Sender::new(CAPACITY) }
    }
}

impl Events {
    /// Tells what has happened here.
    pub fn publish(&self, event: Event) {
        // Nobody may be waiting.
        let _ = self.all.send(event);
        let _ = self.own.send(event);
    }

    /// What happens from now on.
    pub fn subscribe(&self) -> Waiting {
        Waiting(self.all.subscribe())
    }

    /// Carries events to and from the other gateways on a line, which knows this one by its name.
    pub async fn carry(self, line: Arc<dyn Line>, name: Uuid) {
        let name = name.simple().to_string();
        tokio::join!(self.tell(&*line, &name), self.hear(&*line, &name));
    }

    async fn tell(&self, line: &dyn Line, name: &str) {
        let mut own = Waiting(self.own.subscribe());
        loop {
            let mut events = own.collect().await;
            sleep(COLLECT).await;
            let mut pause = FIRST_PAUSE;
            loop {
                own.add_to(&mut events);
                let words: Vec<_> = events.iter().map(|event| event.word()).collect();
                match line.tell(&format!("{name} {}", words.join(" "))).await {
                    Ok(()) => break,
                    Err(error) => tracing::warn!(%error, "the other gateways were not told"),
                }
                sleep(pause).await;
                pause = LONGEST_PAUSE.min(pause * 2);
            }
        }
    }

    async fn hear(&self, line: &dyn Line, name: &str) {
        let mut pause = FIRST_PAUSE;
        loop {
            match line.listen().await {
                Ok(mut told) => {
                    // Whatever happened while nobody listened.
                    let _ = self.all.send(Event::Lagged);
                    pause = FIRST_PAUSE;
                    while let Some(text) = told.next().await {
                        let mut words = text.split(' ');
                        if words.next() == Some(name) {
                            continue;
                        }
                        for word in words {
                            let _ = self.all.send(Event::read(word));
                        }
                    }
                }
                Err(error) => tracing::warn!(%error, "the other gateways cannot be heard"),
            }
            sleep(pause).await;
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    }
}

/// Waits for events.
#[derive(Debug)]
pub struct Waiting(broadcast::Receiver<Event>);

impl Waiting {
    /// Returns once something has happened that matters, or may have.
    pub async fn wait_for(&mut self, matters: impl Fn(Event) -> bool) {
        loop {
            match self.0.recv().await {
                Ok(event) if event == Event::Lagged || matters(event) => return,
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => return,
                Err(RecvError::Closed) => return pending().await,
            }
        }
    }

    /// Waits until something has happened, and takes all of it.
    pub async fn collect(&mut self) -> BTreeSet<Event> {
        let first = match self.0.recv().await {
            Ok(event) => event,
            Err(RecvError::Lagged(_)) => Event::Lagged,
            Err(RecvError::Closed) => return pending().await,
        };
        let mut events = BTreeSet::from([first]);
        self.add_to(&mut events);
        events
    }

    /// Adds what has come meanwhile.
    fn add_to(&mut self, events: &mut BTreeSet<Event>) {
        loop {
            match self.0.try_recv() {
                Ok(event) => events.insert(event),
                Err(TryRecvError::Lagged(_)) => events.insert(Event::Lagged),
                Err(_) => break,
            };
        }
        if events.len() > TOGETHER {
            *events = BTreeSet::from([Event::Lagged]);
        }
    }

    /// Forgets what has happened so far.
    pub fn forget(&mut self) {
        self.0 = self.0.resubscribe();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_read_as_it_is_written() {
        for event in [
            Event::ActivityCreated,
            Event::NotificationCreated,
            Event::ActivityChanged(Uuid::max()),
            Event::Lagged,
        ] {
            assert_eq!(Event::read(&event.word()), event);
        }
        assert_eq!(Event::read("of a later version"), Event::Lagged);
    }

    #[test]
    fn many_events_are_told_as_one() {
        let events = Events::default();
        let mut own = Waiting(events.own.subscribe());
        for n in 0..10_000 {
            events.publish(Event::ActivityChanged(Uuid::from_u128(n)));
        }
        let mut told = BTreeSet::from([Event::ActivityCreated]);
        own.add_to(&mut told);
        assert_eq!(told, BTreeSet::from([Event::Lagged]));
    }
}
