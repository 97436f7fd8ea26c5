//! The only place that decides: validation, expiry, permission, ids and time.
//!
//! GraphQL and REST hold no rule, so that neither can skip or re-invent one. Methods take raw
//! input and the [`Viewer`] who asks.

mod activities;
mod live;
mod messages;
mod notifications;
mod tail;
mod users;
mod watched;

use std::{ops::Deref, sync::Arc, time::Duration};

use chrono::{SubsecRound, TimeDelta, Utc};
use moka::sync::Cache;
use sha2::{Digest, Sha256};
use uuid::{NoContext, Uuid};

use crate::{
    domain::{Activity, Notification, Timestamp, Viewer},
    error::{Error, Result, UserErrorCode},
    events::{EventBus, Events},
    sources::{Connections, Idempotency, Sources},
};

pub use activities::SearchHit;
pub use live::Change;
pub use messages::Recipient;

use tail::Tail;
use watched::Watched;

pub use crate::sources::UserRelation;

/// For how long an idempotency key is remembered.
const IDEMPOTENCY_WINDOW: TimeDelta = TimeDelta::days(1);

/// Time and ids, which are the world's to give.
pub trait Clock: Send + Sync + 'static {
    /// The present, truncated to microseconds.
    fn now(&self) -> Timestamp;

    /// A new version 7 uuid for something that begins at `now`.
    fn new_uuid(&self, now: Timestamp) -> Uuid;
}

/// The machine's own clock and randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Timestamp {
        Utc::now().trunc_subsecs(6)
    }

    #[expect(clippy::disallowed_methods, reason = "this is where ids come from")]
    fn new_uuid(&self, now: Timestamp) -> Uuid {
        let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
        Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, now.timestamp_subsec_nanos()))
    }
}

/// Everything that Cruddur can do. A clone is the same service, and costs next to nothing.
#[derive(Clone)]
pub struct Service(Arc<Parts>);

/// What a service is made of.
pub struct Parts {
    sources: Sources,
    clock: Arc<dyn Clock>,
    /// Uuids of users by handle. A handle never changes hands, so an entry can only be right.
    uuids: Cache<String, Uuid>,
    /// Uuids of users by the `sub` of their tokens.
    subjects: Cache<String, Uuid>,
    events: Events,
    cruds: Tail<Activity>,
    notifications: Tail<Notification>,
    watched: Watched,
}

impl Deref for Service {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Service {
    pub fn new(sources: Sources, clock: Arc<dyn Clock>) -> Self {
        let cache =
            || Cache::builder().max_capacity(10_000).time_to_live(Duration::from_secs(300)).build();
        Self(Arc::new(Parts {
            sources,
            clock,
            uuids: cache(),
            subjects: cache(),
            events: Events::default(),
            cruds: Tail::default(),
            notifications: Tail::default(),
            watched: Watched::default(),
        }))
    }

    /// Exchanges events with the other gateways over a bus, until the future is dropped.
    pub async fn run_events(&self, bus: Arc<dyn EventBus>) {
        let gateway_id = self.clock.new_uuid(self.clock.now());
        self.events.clone().run(bus, gateway_id).await;
    }

    /// The present.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// How long it is until `then`; zero once it is past.
    pub fn time_until(&self, then: Timestamp) -> Duration {
        (then - self.clock.now()).to_std().unwrap_or_default()
    }

    /// Whether the stores answer; [`Error::Unavailable`] while they do not.
    pub async fn ping(&self) -> Result<()> {
        self.sources.store.ping().await?;
        self.sources.messages.ping().await
    }

    /// The connections to the store of activities; absent where there are none.
    pub fn connections(&self) -> Option<Connections> {
        self.sources.store.connections()
    }

    /// The viewer who goes by a handle: a stranger where nobody has it.
    pub async fn viewer_by_handle(&self, handle: &str) -> Result<Viewer> {
        if let Some(uuid) = self.uuids.get(handle) {
            return Ok(Viewer::User(uuid));
        }
        let Some(user) = self.user_by_handle(handle).await? else {
            return Ok(Viewer::Unregistered);
        };
        self.uuids.insert(handle.to_owned(), user.uuid);
        Ok(Viewer::User(user.uuid))
    }

    /// The viewer to whom the `sub` of a token belongs: a stranger where it is nobody's, or not one
    /// user's alone.
    pub async fn viewer_by_subject(&self, subject: &str) -> Result<Viewer> {
        if let Some(uuid) = self.subjects.get(subject) {
            return Ok(Viewer::User(uuid));
        }
        if is_nobodys(subject) {
            return Ok(Viewer::Unregistered);
        }
        let users = self.sources.store.users_by_subjects(&[subject.to_owned()]).await?;
        let [user] = &users[..] else {
            if !users.is_empty() {
                tracing::warn!(users = users.len(), "several users have one cognito_user_id");
            }
            return Ok(Viewer::Unregistered);
        };
        self.subjects.insert(subject.to_owned(), user.uuid);
        Ok(Viewer::User(user.uuid))
    }

    /// Checks the key of a create by `user`; `input` is all that the create depends on.
    ///
    /// [`UserErrorCode::IdempotencyKeyInvalid`] for an empty key, one of more than 255 characters, or one
    /// with U+0000.
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

/// Whether a `sub` stands for nobody: users who were never to sign in have the word MOCK.
fn is_nobodys(subject: &str) -> bool {
    subject.trim().is_empty() || subject.eq_ignore_ascii_case("MOCK")
}

/// A message that keeps the rules: not blank, no U+0000, at most `max` Unicode scalar values.
fn checked_message(message: Option<&str>, max: usize) -> Result<&str> {
    match message.unwrap_or_default() {
        "" => Err(UserErrorCode::MessageBlank.into()),
        message if message.chars().count() > max => Err(UserErrorCode::MessageTooLong.into()),
        message if message.contains('\0') => Err(UserErrorCode::MessageInvalid.into()),
        message => Ok(message),
    }
}

/// A handle as people write it, with or without its `@`.
fn bare_handle(handle: &str) -> &str {
    handle.strip_prefix('@').unwrap_or(handle)
}

/// The one item that a look-up by one key gave.
fn only<T>(items: Vec<T>) -> Option<T> {
    items.into_iter().next()
}

/// The one page that a list by one key gave.
fn only_page<T>(pages: Vec<T>) -> Result<T> {
    only(pages).ok_or_else(|| {
        tracing::error!("a source answered a list by one key with no page");
        Error::Internal
    })
}
