//! The rules of Cruddur: validation, expiry, permission, ids and time.
//!
//! GraphQL and REST hold no rules, so neither can skip or re-invent one. Methods take raw input and
//! the [`Viewer`](crate::domain::Viewer) who sends the request.
//!
//! A method's comment lists its errors in the order of its checks. [`Error::Unauthenticated`] means
//! that the viewer is not a user, or, in a mutation, that the viewer is anonymous;
//! [`UserErrorCode::ViewerUnknown`] means that the viewer is unregistered, or that the user no longer
//! exists or is banned. Any method can also fail with [`Error::Unavailable`] if the store does not
//! answer, and with [`Error::Internal`].
//!
//! * accounts           bans and erasure, for operators
//! * account_watch      who viewers are, and when they have to be authenticated again
//! * activities, messages, notifications, users  the rules of each noun
//! * subscriptions      the streams of changes
//! * change_log         the logs of changes that subscriptions follow
//! * starting_point     where in a log a subscription starts
//! * shared_tail        one reader per log for all subscriptions
//! * activity_watchers  one reader for all watched activities

mod account_watch;
mod accounts;
mod activities;
mod activity_watchers;
mod change_log;
mod messages;
mod notifications;
mod shared_tail;
mod starting_point;
mod subscriptions;
mod users;

use std::{
    ops::Deref,
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use chrono::{SubsecRound, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use uuid::{NoContext, Uuid};

use crate::{
    domain::{Activity, Notification, Timestamp},
    error::{Error, Result, UserErrorCode},
    events::{EventBus, Events},
    sources::{Connections, Idempotency, Sources},
};

pub use account_watch::ViewerWatch;
pub use accounts::Erased;
pub use activities::SearchHit;
pub use change_log::Change;
pub use messages::Recipient;

use account_watch::AccountWatch;
use accounts::StepSize;
use activity_watchers::ActivityWatchers;
use shared_tail::SharedTail;

pub use crate::sources::UserRelation;

/// How long an idempotency key is valid.
const IDEMPOTENCY_WINDOW: TimeDelta = TimeDelta::days(1);

/// The source of time and ids. Tests replace it.
pub trait Clock: Send + Sync + 'static {
    /// Returns the current time, truncated to microseconds.
    fn now(&self) -> Timestamp;

    /// Returns the time since a fixed moment. Setting the wall clock does not change it.
    fn elapsed(&self) -> Duration;

    /// Returns a new version 7 uuid for something created at `now`.
    fn new_uuid(&self, now: Timestamp) -> Uuid;
}

/// The clock and the randomness of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Timestamp {
        Utc::now().trunc_subsecs(6)
    }

    fn elapsed(&self) -> Duration {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        START.elapsed()
    }

    #[expect(clippy::disallowed_methods, reason = "this is where ids come from")]
    fn new_uuid(&self, now: Timestamp) -> Uuid {
        let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
        Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, now.timestamp_subsec_nanos()))
    }
}

/// Everything that Cruddur can do. A clone is cheap and is the same service.
#[derive(Clone)]
pub struct Service(Arc<ServiceState>);

/// The state that all clones of a [`Service`] share.
pub struct ServiceState {
    sources: Sources,
    clock: Arc<dyn Clock>,
    accounts: AccountWatch,
    step_size: StepSize,
    events: Events,
    activity_tail: SharedTail<Activity>,
    notification_tail: SharedTail<Notification>,
    activity_watchers: ActivityWatchers,
}

impl Deref for Service {
    type Target = ServiceState;

    fn deref(&self) -> &ServiceState {
        &self.0
    }
}

impl Service {
    /// A service over `sources`. It exchanges no events with other gateways until
    /// [`Service::run_events`] runs.
    pub fn new(sources: Sources, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(ServiceState {
            sources,
            clock,
            accounts: AccountWatch::default(),
            step_size: StepSize::default(),
            events: Events::default(),
            activity_tail: SharedTail::default(),
            notification_tail: SharedTail::default(),
            activity_watchers: ActivityWatchers::default(),
        }))
    }

    /// Exchanges events with the other gateways over a bus, until the future is dropped.
    pub async fn run_events(&self, bus: Arc<dyn EventBus>) {
        let gateway_id = self.clock.new_uuid(self.clock.now());
        self.events.clone().run(bus, gateway_id).await;
    }

    /// Returns the current time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Returns the time since a fixed moment. Setting the wall clock does not change it.
    pub fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    /// Returns the time left until `then`; zero if it has passed.
    pub fn time_until(&self, then: Timestamp) -> Duration {
        (then - self.clock.now()).to_std().unwrap_or_default()
    }

    /// Checks that the stores answer.
    ///
    /// [`Error::Unavailable`] if one does not.
    pub async fn ping(&self) -> Result<()> {
        self.sources.store.ping().await?;
        self.sources.messages.ping().await
    }

    /// Returns the number of connections to the store of activities; `None` for a store without
    /// connections.
    pub fn connections(&self) -> Option<Connections> {
        self.sources.store.connections()
    }

    /// Checks the idempotency key of a mutation by `user`; `input` is everything that its result
    /// depends on. Returns `None` if there is no key.
    ///
    /// [`UserErrorCode::IdempotencyKeyInvalid`] for an empty key, a key of more than 255 characters,
    /// or a key with U+0000.
    fn idempotency(
        &self,
        user: Uuid,
        key: Option<&str>,
        input: &[&str],
        now: Timestamp,
    ) -> Result<Option<Idempotency>> {
        let Some(key) = key else { return Ok(None) };
        if key.is_empty() || key.contains('\0') || key.chars().count() > 255 {
            return Err(UserErrorCode::IdempotencyKeyInvalid.into());
        }
        let mut hash = Sha256::new();
        for part in input {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        Ok(Some(Idempotency {
            user_uuid: user,
            key: key.to_owned(),
            input_hash: hash.finalize().to_vec(),
            created_at: now,
            since: now - IDEMPOTENCY_WINDOW,
        }))
    }
}

/// Returns whether a `sub` is a placeholder: blank, or `MOCK`, which seeded users who cannot sign in
/// have.
fn is_placeholder(subject: &str) -> bool {
    subject.trim().is_empty() || subject.eq_ignore_ascii_case("MOCK")
}

/// Checks a message.
///
/// In this order: [`UserErrorCode::MessageBlank`] if it is missing or empty,
/// [`UserErrorCode::MessageTooLong`] over `max` Unicode scalar values,
/// [`UserErrorCode::MessageInvalid`] if it contains U+0000.
fn checked_message(message: Option<&str>, max: usize) -> Result<&str> {
    match message.unwrap_or_default() {
        "" => Err(UserErrorCode::MessageBlank.into()),
        message if message.chars().count() > max => Err(UserErrorCode::MessageTooLong.into()),
        message if message.contains('\0') => Err(UserErrorCode::MessageInvalid.into()),
        message => Ok(message),
    }
}

/// Returns a handle without the `@` that may precede it.
fn bare_handle(handle: &str) -> &str {
    handle.strip_prefix('@').unwrap_or(handle)
}

/// Returns the result of a look-up by one key.
fn only<T>(items: Vec<T>) -> Option<T> {
    items.into_iter().next()
}

/// Returns the page of a list by one key.
fn only_page<T>(pages: Vec<T>) -> Result<T> {
    only(pages).ok_or_else(|| {
        tracing::error!("a source returned no page for a list by one key");
        Error::Internal
    })
}
