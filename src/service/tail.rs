//! One reader for all who follow the same log of arrivals in this gateway, so that a crud costs one
//! read, however many wait for it.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::{
    future::BoxFuture,
    stream::{self, Stream},
};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::{sleep, timeout},
};

use crate::{
    domain::{Cursor, LogPosition, Snapshot},
    error::Result,
    events::{Event, EventReceiver},
    sources::ChangeBatch,
};

/// How many arrivals wait for a follower that is slow; one that misses some reads the log itself.
const CAPACITY: usize = 256;
/// How long nobody looks when no event says so.
pub const LOOK: Duration = Duration::from_secs(5);
/// The pauses before another look at what could not be read yet.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);
/// The pause after a store that did not answer.
pub const FAILURE_PAUSE: Duration = Duration::from_millis(500);

/// Reads a log after a place.
pub type Read<T> =
    Arc<dyn Fn(LogPosition) -> BoxFuture<'static, Result<ChangeBatch<T>>> + Send + Sync>;

/// Something that arrived, and its place in the log.
pub type Change<T> = (LogPosition, Arc<T>);

/// The end of a log, which is read as long as somebody follows it.
pub struct Tail<T> {
    sender: Arc<Mutex<Option<broadcast::Sender<Change<T>>>>>,
}

impl<T> Default for Tail<T> {
    fn default() -> Self {
        Self { sender: Arc::default() }
    }
}

impl<T> Clone for Tail<T> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone() }
    }
}

impl<T: Send + Sync + 'static> Tail<T> {
    /// What arrives after the present, or after `now`, which is a little earlier. `events` of a kind
    /// that `matters` say when to look.
    fn subscribe(
        &self,
        now: LogPosition,
        read: Read<T>,
        events: EventReceiver,
        matters: fn(Event) -> bool,
    ) -> broadcast::Receiver<Change<T>> {
        let mut sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = &*sender {
            return sender.subscribe();
        }
        let (new, receiver) = broadcast::channel(CAPACITY);
        *sender = Some(new.clone());
        tokio::spawn(self.clone().run(new, now, read, events, matters));
        receiver
    }

    async fn run(
        self,
        sender: broadcast::Sender<Change<T>>,
        mut place: LogPosition,
        read: Read<T>,
        mut events: EventReceiver,
        matters: fn(Event) -> bool,
    ) {
        let mut pause = FIRST_PAUSE;
        while self.is_followed(&sender) {
            events.resubscribe();
            let wait = match read(place).await {
                Ok(arrivals) => {
                    let (full, has_pending) = (arrivals.is_full(), arrivals.has_pending);
                    let stuck = has_pending && arrivals.items.is_empty();
                    for (at, item) in arrivals.items {
                        place = at;
                        // The last follower may just have left.
                        let _ = sender.send((at, Arc::new(item)));
                    }
                    if full {
                        continue;
                    }
                    pause = if stuck { LONGEST_PAUSE.min(pause * 2) } else { FIRST_PAUSE };
                    if has_pending { pause } else { LOOK }
                }
                Err(_) => FAILURE_PAUSE,
            };
            // Whether an event or the time, it is time to look.
            let _ = timeout(wait, events.wait_for(matters)).await;
        }
    }

    /// Whether somebody follows; if not, the next one begins anew.
    fn is_followed(&self, sender: &broadcast::Sender<Change<T>>) -> bool {
        let mut current = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        let followed = sender.receiver_count() > 0;
        if !followed {
            *current = None;
        }
        followed
    }
}

/// Where in a log a follower begins.
pub struct Start {
    /// The present, or a little earlier: everything up to here can be read.
    pub now: LogPosition,
    /// Where the follower reads from. What it has seen may come after it.
    pub from: LogPosition,
    /// What could be read when the follower has seen it.
    pub snapshot: Snapshot,
    /// How much of that it has seen.
    pub seen: Extent,
}

/// How much somebody has seen of a log.
pub enum Extent {
    All,
    /// Up to this place.
    UpTo(LogPosition),
    /// What stands up to here in the order of time.
    UpToTime(Cursor),
}

impl Start {
    fn has_seen(&self, place: &LogPosition) -> bool {
        let seen = match &self.seen {
            Extent::All => true,
            Extent::UpTo(last) => place <= last,
            Extent::UpToTime(last) => place.at <= *last,
        };
        seen && self.snapshot.contains(place.position)
    }
}

/// How somebody follows a log.
pub struct Follow<T> {
    /// Reads all of the log.
    pub all: Read<T>,
    /// Reads what this follower wants of it.
    pub own: Read<T>,
    /// Whether this follower wants it.
    pub wants: Box<dyn Fn(&T) -> bool + Send>,
    /// Which events tell of arrivals.
    pub matters: fn(Event) -> bool,
}

/// A follower's state.
struct Follower<T> {
    follow: Follow<T>,
    start: Start,
    arrivals: broadcast::Receiver<Change<T>>,
    /// What has been read and not been given.
    read: VecDeque<Change<T>>,
    /// The place of what was given last.
    last: LogPosition,
    /// Whether the log is to be read before more arrivals are taken.
    behind: bool,
}

/// What stands in a log from the start on, in its order, without a gap and each once; then what
/// arrives.
pub fn follow<T: Send + Sync + 'static>(
    tail: &Tail<T>,
    start: Start,
    events: EventReceiver,
    follow: Follow<T>,
) -> impl Stream<Item = Change<T>> + Send + use<T> {
    let arrivals = tail.subscribe(start.now, follow.all.clone(), events, follow.matters);
    let (read, last) = (VecDeque::new(), start.from);
    let follower = Follower { follow, start, arrivals, read, last, behind: true };
    stream::unfold(follower, |mut follower| async {
        let arrival = follower.next().await?;
        Some((arrival, follower))
    })
}

impl<T: Send + Sync + 'static> Follower<T> {
    async fn next(&mut self) -> Option<Change<T>> {
        loop {
            let (at, item) = self.arrival().await?;
            let new = at > self.last;
            self.last = self.last.max(at);
            if new && !self.start.has_seen(&at) && (self.follow.wants)(&item) {
                return Some((at, item));
            }
        }
    }

    /// The next arrival, which may have come before.
    async fn arrival(&mut self) -> Option<Change<T>> {
        loop {
            if let Some(arrival) = self.read.pop_front() {
                return Some(arrival);
            }
            if self.behind {
                match (self.follow.own)(self.last).await {
                    Ok(arrivals) => {
                        // What is not settled yet comes by the tail.
                        self.behind = arrivals.is_full();
                        let read = arrivals.items.into_iter();
                        self.read.extend(read.map(|(at, item)| (at, Arc::new(item))));
                    }
                    Err(_) => sleep(FAILURE_PAUSE).await,
                }
                continue;
            }
            match self.arrivals.recv().await {
                Ok(arrival) => return Some(arrival),
                Err(RecvError::Lagged(_)) => self.behind = true,
                Err(RecvError::Closed) => return None,
            }
        }
    }
}
