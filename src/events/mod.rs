//! Change notifications within this gateway and between gateways.
//!
//! * mod.rs       [`Event`], the hub of this gateway ([`Events`]), and the bus ([`EventBus`])
//! * postgres.rs  a bus over LISTEN and NOTIFY
//! * nats.rs      a bus over a NATS server
//!
//! An event is only a hint to read the store again. It may arrive twice, late or not at all. The
//! service publishes it after the write is committed.

mod nats;
mod postgres;

use std::{collections::BTreeSet, future::pending, sync::Arc, time::Duration};

use async_trait::async_trait;
use backon::{BackoffBuilder, ExponentialBuilder};
use futures_util::{StreamExt, stream::BoxStream};
use tokio::{
    sync::broadcast::{
        self,
        error::{RecvError, TryRecvError},
    },
    time::sleep,
};
use uuid::Uuid;

pub use nats::Nats;
pub use postgres::Postgres;

/// The number of events buffered for a slow receiver. A receiver that falls further behind gets
/// [`Event::Lagged`] in place of the events that it missed.
const CHANNEL_CAPACITY: usize = 1024;
/// How long to collect events before publishing them as one message.
const BATCH_WINDOW: Duration = Duration::from_millis(5);
/// The maximum number of events in one message. A larger batch becomes one [`Event::Lagged`].
const MAX_BATCH: usize = 150;
/// The longest delay between two attempts to use a bus that fails.
const MAX_RETRY_DELAY: Duration = Duration::from_secs(5);
/// The delays between attempts to use a bus that fails.
const RETRY_BACKOFF: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(100))
    .with_max_delay(MAX_RETRY_DELAY)
    .without_max_times();

/// Why a bus failed. It goes to the log only.
pub type BusError = Box<dyn std::error::Error + Send + Sync>;

/// Delivers messages between the gateways of one store. Messages may get lost: the store is the
/// source of truth, and a bus only says when to read it.
#[async_trait]
pub trait EventBus: Send + Sync + 'static {
    /// Sends a message of at most 7,000 bytes to all subscribed gateways, including this one.
    async fn publish(&self, message: &str) -> Result<(), BusError>;

    /// Returns the messages that are published from now on. The stream ends when messages may have
    /// been lost.
    async fn subscribe(&self) -> Result<BoxStream<'static, String>, BusError>;
}

/// A change in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// A crud was created.
    ActivityCreated,
    /// A notification was created.
    NotificationCreated,
    /// The activity's counts changed, or it was deleted.
    ActivityChanged(Uuid),
    /// A user was banned or erased, a ban ended, or a user got another `sub`.
    AccountsChanged,
    /// Events were missed, so that anything may have changed.
    Lagged,
}

impl Event {
    /// Returns the event's word on the bus. Gateways of other versions read it, so it never changes.
    fn encode(self) -> String {
        match self {
            Self::ActivityCreated => "crud".into(),
            Self::NotificationCreated => "notified".into(),
            Self::ActivityChanged(uuid) => uuid.simple().to_string(),
            Self::AccountsChanged => "accounts".into(),
            Self::Lagged => "missed".into(),
        }
    }

    /// Decodes a word of [`Event::encode`]. An unknown word, such as one of a later version, becomes
    /// [`Event::Lagged`].
    fn decode(word: &str) -> Self {
        match word {
            "crud" => Self::ActivityCreated,
            "notified" => Self::NotificationCreated,
            "accounts" => Self::AccountsChanged,
            word => Uuid::parse_str(word).map_or(Self::Lagged, Self::ActivityChanged),
        }
    }
}

/// Encodes events as one message: the id of the sending gateway and a word for each event, separated
/// by spaces.
fn encode_message(gateway_id: &str, events: &BTreeSet<Event>) -> String {
    let words: Vec<_> = events.iter().map(|event| event.encode()).collect();
    format!("{gateway_id} {}", words.join(" "))
}

/// Publishes an event on a bus, for a program that is not a gateway.
pub async fn announce(bus: &dyn EventBus, event: Event, sender_id: Uuid) -> Result<(), BusError> {
    bus.publish(&encode_message(&sender_id.simple().to_string(), &BTreeSet::from([event]))).await
}

/// The event hub of this gateway. A clone is the same hub.
///
/// Events published here reach the receivers in this gateway and, while [`Events::run`] runs, those
/// in the other gateways.
#[derive(Debug, Clone)]
pub struct Events {
    /// The events of all gateways.
    all: broadcast::Sender<Event>,
    /// The events of this gateway, for the bus.
    local: broadcast::Sender<Event>,
}

impl Default for Events {
    fn default() -> Self {
        Self {
            all: broadcast::Sender::new(CHANNEL_CAPACITY),
            local: broadcast::Sender::new(CHANNEL_CAPACITY),
        }
    }
}

impl Events {
    /// Publishes an event of this gateway.
    pub fn publish(&self, event: Event) {
        // Sending fails only if there is no receiver, which is fine.
        let _ = self.all.send(event);
        let _ = self.local.send(event);
    }

    /// Returns a receiver of the events from now on.
    pub fn subscribe(&self) -> EventReceiver {
        EventReceiver(self.all.subscribe())
    }

    /// Exchanges events with the other gateways over a bus, until the future is dropped.
    ///
    /// `gateway_id` must be unique, because a gateway skips the messages with its own id.
    pub async fn run(self, bus: Arc<dyn EventBus>, gateway_id: Uuid) {
        let gateway_id = gateway_id.simple().to_string();
        tokio::join!(
            self.run_publisher(&*bus, &gateway_id),
            self.run_subscriber(&*bus, &gateway_id)
        );
    }

    /// Publishes this gateway's events on the bus. A batch that fails is retried, together with the
    /// events that happened since.
    async fn run_publisher(&self, bus: &dyn EventBus, gateway_id: &str) {
        let mut local = EventReceiver(self.local.subscribe());
        loop {
            let mut events = local.drain().await;
            sleep(BATCH_WINDOW).await;
            for delay in RETRY_BACKOFF.build() {
                local.drain_into(&mut events);
                match bus.publish(&encode_message(gateway_id, &events)).await {
                    Ok(()) => break,
                    Err(error) => tracing::warn!(%error, "failed to publish events"),
                }
                sleep(delay).await;
            }
        }
    }

    /// Passes the other gateways' events on to the receivers. Each new subscription starts with
    /// [`Event::Lagged`], because events before it may have been missed.
    async fn run_subscriber(&self, bus: &dyn EventBus, gateway_id: &str) {
        let mut backoff = RETRY_BACKOFF.build();
        loop {
            match bus.subscribe().await {
                Ok(mut messages) => {
                    let _ = self.all.send(Event::Lagged);
                    backoff = RETRY_BACKOFF.build();
                    while let Some(message) = messages.next().await {
                        let mut words = message.split(' ');
                        if words.next() == Some(gateway_id) {
                            continue;
                        }
                        for word in words {
                            let _ = self.all.send(Event::decode(word));
                        }
                    }
                }
                Err(error) => tracing::warn!(%error, "event subscription failed"),
            }
            sleep(backoff.next().unwrap_or(MAX_RETRY_DELAY)).await;
        }
    }
}

/// Receives the events of a hub.
#[derive(Debug)]
pub struct EventReceiver(broadcast::Receiver<Event>);

impl EventReceiver {
    /// Waits for an event for which `is_relevant` returns true, or for [`Event::Lagged`].
    pub async fn wait_for(&mut self, is_relevant: impl Fn(Event) -> bool) {
        loop {
            let event = self.recv().await;
            if event == Event::Lagged || is_relevant(event) {
                return;
            }
        }
    }

    /// Waits for an event, and returns it with all other events received so far. More than
    /// `MAX_BATCH` become one [`Event::Lagged`].
    pub async fn drain(&mut self) -> BTreeSet<Event> {
        let mut events = BTreeSet::from([self.recv().await]);
        self.drain_into(&mut events);
        events
    }

    /// Adds the events received so far to `events`, without waiting.
    fn drain_into(&mut self, events: &mut BTreeSet<Event>) {
        loop {
            match self.0.try_recv() {
                Ok(event) => events.insert(event),
                Err(TryRecvError::Lagged(_)) => events.insert(Event::Lagged),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            };
        }
        if events.len() > MAX_BATCH {
            *events = BTreeSet::from([Event::Lagged]);
        }
    }

    /// Discards the events received so far.
    pub fn resubscribe(&mut self) {
        self.0 = self.0.resubscribe();
    }

    /// Waits for the next event; for ever once the hub is gone.
    async fn recv(&mut self) -> Event {
        match self.0.recv().await {
            Ok(event) => event,
            Err(RecvError::Lagged(_)) => Event::Lagged,
            Err(RecvError::Closed) => pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_survive_encoding() {
        for event in [
            Event::ActivityCreated,
            Event::NotificationCreated,
            Event::ActivityChanged(Uuid::max()),
            Event::AccountsChanged,
            Event::Lagged,
        ] {
            assert_eq!(Event::decode(&event.encode()), event);
        }
        assert_eq!(Event::decode("of a later version"), Event::Lagged);
    }

    #[test]
    fn the_message_format_is_that_of_every_version() {
        let events = BTreeSet::from([
            Event::Lagged,
            Event::AccountsChanged,
            Event::ActivityChanged(Uuid::from_u128(0x2a)),
            Event::NotificationCreated,
            Event::ActivityCreated,
        ]);
        assert_eq!(
            encode_message("00000000000000000000000000000001", &events),
            "00000000000000000000000000000001 crud notified 0000000000000000000000000000002a accounts \
             missed",
        );
    }

    #[test]
    fn too_many_events_for_one_message_become_lagged() {
        let events = Events::default();
        let mut local = EventReceiver(events.local.subscribe());
        for n in 0..10_000 {
            events.publish(Event::ActivityChanged(Uuid::from_u128(n)));
        }
        let mut batch = BTreeSet::from([Event::ActivityCreated]);
        local.drain_into(&mut batch);
        assert_eq!(batch, BTreeSet::from([Event::Lagged]));
    }
}
