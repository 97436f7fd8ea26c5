//! One shared reader per change log per gateway, fanned out to the subscribers, so that a new crud
//! costs one read however many subscribers there are.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use backon::{BackoffBuilder, ExponentialBuilder};
use futures_util::stream::{self, Stream};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::{sleep, timeout},
};

use super::{
    change_log::{Change, ChangeLog},
    starting_point::StartingPoint,
};
use crate::{domain::LogPosition, events::EventReceiver};

/// The number of changes buffered for a slow follower. A follower that falls further behind reads
/// the log itself.
const CHANNEL_CAPACITY: usize = 256;
/// How often to read without an event, because events may get lost.
pub const POLL_INTERVAL: Duration = Duration::from_secs(5);
/// The delay before the next read after the store failed.
pub const RETRY_DELAY: Duration = Duration::from_millis(500);
/// The longest delay between two reads while changes are pending.
const MAX_PENDING_DELAY: Duration = Duration::from_millis(500);
/// The delays between reads while changes are pending: committed, but not readable before an older
/// transaction has ended.
const PENDING_BACKOFF: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(2))
    .with_max_delay(MAX_PENDING_DELAY)
    .without_max_times();

/// The shared reader of a change log. It runs while the log has followers. A clone is the same
/// reader.
pub struct SharedTail<T> {
    /// Where the running reader sends changes; `None` if it does not run.
    sender: Arc<Mutex<Option<broadcast::Sender<Change<T>>>>>,
}

impl<T> Default for SharedTail<T> {
    fn default() -> Self {
        Self { sender: Arc::default() }
    }
}

impl<T> Clone for SharedTail<T> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone() }
    }
}

impl<T: Send + Sync + 'static> SharedTail<T> {
    /// Returns a stream of the log's changes from a starting point on: in the log's order, each once
    /// and without a gap, first the existing ones and then new ones. `events` say when to read.
    pub fn follow<L: ChangeLog<Item = T>>(
        &self,
        log: L,
        start: StartingPoint,
        events: EventReceiver,
    ) -> impl Stream<Item = Change<T>> + Send + use<L, T> {
        let log = Arc::new(log);
        let changes = self.subscribe(start.now, log.clone(), events);
        let (buffer, last) = (VecDeque::new(), start.from);
        let follower = Follower { log, start, changes, buffer, last, is_behind: true };
        stream::unfold(follower, |mut follower| async {
            let change = follower.next().await?;
            Some((change, follower))
        })
    }

    /// Returns a receiver of all changes after `now`, and starts the reader if it does not run.
    fn subscribe<L: ChangeLog<Item = T>>(
        &self,
        now: LogPosition,
        log: Arc<L>,
        events: EventReceiver,
    ) -> broadcast::Receiver<Change<T>> {
        let mut sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = &*sender {
            return sender.subscribe();
        }
        let (new, receiver) = broadcast::channel(CHANNEL_CAPACITY);
        *sender = Some(new.clone());
        tokio::spawn(self.clone().run(new, now, log, events));
        receiver
    }

    /// Reads the log after `position`, and sends the changes, until there are no followers.
    async fn run<L: ChangeLog<Item = T>>(
        self,
        sender: broadcast::Sender<Change<T>>,
        mut position: LogPosition,
        log: Arc<L>,
        mut events: EventReceiver,
    ) {
        let mut backoff = PENDING_BACKOFF.build();
        while self.is_followed(&sender) {
            // The read below covers the events so far.
            events.resubscribe();
            let delay = match log.read_all(position).await {
                Ok(batch) => {
                    let (is_full, has_pending) = (batch.is_full(), batch.has_pending);
                    if !(has_pending && batch.items.is_empty()) {
                        backoff = PENDING_BACKOFF.build();
                    }
                    for (at, item) in batch.items {
                        position = at;
                        // Sending fails if the last follower has just left.
                        let _ = sender.send((at, Arc::new(item)));
                    }
                    if is_full {
                        continue;
                    }
                    let pending_delay = backoff.next().unwrap_or(MAX_PENDING_DELAY);
                    if has_pending { pending_delay } else { POLL_INTERVAL }
                }
                Err(_) => RETRY_DELAY,
            };
            // Read again after an event or the delay, whichever comes first.
            let _ = timeout(delay, events.wait_for(|event| event == L::EVENT)).await;
        }
    }

    /// Returns whether there are followers. If there are none, the next follower starts a new reader.
    fn is_followed(&self, sender: &broadcast::Sender<Change<T>>) -> bool {
        let mut current = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        let is_followed = sender.receiver_count() > 0;
        if !is_followed {
            *current = None;
        }
        is_followed
    }
}

/// The state of one subscriber's stream.
struct Follower<L: ChangeLog> {
    log: Arc<L>,
    start: StartingPoint,
    /// The changes that the shared reader sends.
    changes: broadcast::Receiver<Change<L::Item>>,
    /// The changes that this follower has read itself.
    buffer: VecDeque<Change<L::Item>>,
    /// The position of the latest change that was handled.
    last: LogPosition,
    /// Whether this follower has to read the log itself before it receives more changes.
    is_behind: bool,
}

impl<L: ChangeLog> Follower<L> {
    /// Returns the next change that is for the subscriber and that it has not seen.
    async fn next(&mut self) -> Option<Change<L::Item>> {
        loop {
            let (at, item) = self.next_in_log().await?;
            let is_new = at > self.last;
            self.last = self.last.max(at);
            if is_new && !self.start.has_seen(&at) && self.log.matches(&item) {
                return Some((at, item));
            }
        }
    }

    /// Returns the next change of the log, which may be a repeated one; `None` if the reader is gone.
    async fn next_in_log(&mut self) -> Option<Change<L::Item>> {
        loop {
            if let Some(change) = self.buffer.pop_front() {
                return Some(change);
            }
            if self.is_behind {
                match self.log.read_own(self.last).await {
                    Ok(batch) => {
                        // Pending changes come from the shared reader.
                        self.is_behind = batch.is_full();
                        let items = batch.items.into_iter();
                        self.buffer.extend(items.map(|(at, item)| (at, Arc::new(item))));
                    }
                    Err(_) => sleep(RETRY_DELAY).await,
                }
                continue;
            }
            match self.changes.recv().await {
                Ok(change) => return Some(change),
                Err(RecvError::Lagged(_)) => self.is_behind = true,
                Err(RecvError::Closed) => return None,
            }
        }
    }
}
