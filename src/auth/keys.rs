//! The identity provider's JSON Web Key Set (JWKS), cached and refreshed.

use std::{
    collections::HashMap,
    fmt,
    path::PathBuf,
    str::FromStr,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use axum::http::StatusCode;
use bytes::Bytes;
use serde_json::Value;
use tokio::{sync::Mutex, time::timeout};
use tracing::{info, warn};

use super::jws::SigningKey;
use crate::{
    domain::Timestamp,
    error::{Error, Result},
    http_client::{self, Answer, error_chain},
    secret_url::{SecretUrl, redacted},
    service::Service,
};

/// The age at which the keys are fetched again. Requests with a known key do not wait for it.
const REFRESH_AGE: Duration = Duration::from_mins(15);
/// The age from which requests with a known key wait for the fetch, so that a key that the provider
/// has removed is not accepted after a time without requests. If the fetch fails, the keys stay valid.
const WAIT_AGE: Duration = Duration::from_hours(1);
/// The age from which the keys are not used, even if the provider is down. Tokens rarely live longer.
const MAX_AGE: Duration = Duration::from_hours(24);
/// The shortest time between two fetches, for tokens with an unknown `kid`.
const MIN_REFETCH_INTERVAL: Duration = Duration::from_mins(1);
/// The shortest time between two fetches until the first one succeeds.
const FIRST_REFETCH_INTERVAL: Duration = Duration::from_secs(5);
/// How long a fetch may take, and how long a request waits for one.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
/// The most bytes of a JWKS, and the most keys that are read from it.
const MAX_BYTES: usize = 256 * 1024;
const MAX_KEYS: usize = 100;

/// Where the JWKS is read from. `Display` and `Debug` write it without secrets.
#[derive(Clone, PartialEq, Eq)]
pub enum KeySource {
    Url(SecretUrl),
    File(PathBuf),
}

impl KeySource {
    /// Returns whether the keys come over the network without TLS.
    pub fn is_plain_http(&self) -> bool {
        matches!(self, Self::Url(url) if url.scheme() == "http" && !url.is_loopback())
    }
}

impl FromStr for KeySource {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        // A path with a colon is more likely a misspelt URL.
        if !text.contains(':') {
            return Ok(Self::File(text.into()));
        }
        let url = Some(SecretUrl::new(text)).filter(http_client::is_http_url);
        url.map(Self::Url).ok_or("an http or https URL, or a file")
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => url.fmt(f),
            // The path may be a misspelt URL.
            Self::File(path) => f.write_str(&redacted(&path.to_string_lossy())),
        }
    }
}

impl fmt::Debug for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The cached keys, by `kid`. A failed fetch leaves them as they are. Nothing that a token has is
/// stored, so tokens with unknown keys take no memory.
pub struct Jwks {
    source: KeySource,
    /// Its clock decides when a fetch is due.
    service: Service,
    state: RwLock<State>,
    /// Held during a fetch, so that only one runs at a time.
    fetching: Mutex<()>,
}

#[derive(Default)]
struct State {
    keys: HashMap<String, Arc<SigningKey>>,
    /// When the last successful fetch began.
    fetched_at: Option<Moment>,
    /// When the last fetch began.
    tried_at: Option<Moment>,
}

/// A moment by both clocks. The monotonic one measures pauses, because it never goes back. It stands
/// still while the machine sleeps, so an age is that of the clock that shows more.
#[derive(Clone, Copy)]
struct Moment {
    monotonic: Duration,
    wall: Timestamp,
}

impl Moment {
    fn pause_since(self, earlier: Self) -> Duration {
        self.monotonic.saturating_sub(earlier.monotonic)
    }

    fn age_since(self, earlier: Self) -> Duration {
        let by_wall_clock = (self.wall - earlier.wall).to_std().unwrap_or_default();
        self.pause_since(earlier).max(by_wall_clock)
    }
}

/// What to do before a cached key is used.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Freshness {
    Fresh,
    /// Use it, and fetch the keys in the background.
    Stale,
    /// Wait for a fetch.
    Old,
}

impl Jwks {
    /// Starts to fetch the keys. Must be called in a Tokio runtime.
    pub fn new(source: KeySource, service: Service) -> Arc<Self> {
        let (state, fetching) = Default::default();
        let jwks = Arc::new(Self { source, service, state, fetching });
        jwks.refresh_in_background();
        jwks
    }

    /// Returns the key with this id, or `None` if the provider has no such key.
    ///
    /// Fails with [`Error::Unavailable`] as long as no keys have been fetched, or none for a day.
    pub async fn find(self: &Arc<Self>, kid: &str) -> Result<Option<Arc<SigningKey>>> {
        match self.cached(kid) {
            (Some(key), Freshness::Fresh) => return Ok(Some(key)),
            (Some(key), Freshness::Stale) => {
                self.refresh_in_background();
                return Ok(Some(key));
            }
            _ => {}
        }
        // Requests during a fetch wait for it; then no other one is due. The fetch runs in a task of
        // its own, so that it continues if its request is cancelled.
        let jwks = self.clone();
        let fetched = tokio::spawn(async move {
            let _permit = jwks.fetching.lock().await;
            jwks.fetch_if_due().await;
        });
        let _ = timeout(FETCH_TIMEOUT, fetched).await;
        let now = self.now();
        self.state(|state| match state.age(now) {
            Some(age) if age <= MAX_AGE => Ok(state.keys.get(kid).cloned()),
            _ => Err(Error::Unavailable),
        })
    }

    /// Returns the cached key with this id, and what to do before it is used.
    fn cached(&self, kid: &str) -> (Option<Arc<SigningKey>>, Freshness) {
        let now = self.now();
        self.state(|state| {
            let freshness = match state.age(now) {
                Some(age) if age <= REFRESH_AGE => Freshness::Fresh,
                Some(age) if age <= WAIT_AGE && state.is_due(now) => Freshness::Stale,
                Some(age) if age <= WAIT_AGE => Freshness::Fresh,
                _ => Freshness::Old,
            };
            (state.keys.get(kid).cloned(), freshness)
        })
    }

    fn state<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn now(&self) -> Moment {
        Moment { monotonic: self.service.elapsed(), wall: self.service.now() }
    }

    fn refresh_in_background(self: &Arc<Self>) {
        let jwks = self.clone();
        tokio::spawn(async move {
            if let Ok(_permit) = jwks.fetching.try_lock() {
                jwks.fetch_if_due().await;
            }
        });
    }

    /// Fetches the keys, unless a fetch has just been tried. The caller holds `fetching`.
    async fn fetch_if_due(&self) {
        let now = self.now();
        let due = {
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            let due = state.is_due(now);
            if due {
                state.tried_at = Some(now);
            }
            due
        };
        if !due {
            return;
        }
        let fetched = timeout(FETCH_TIMEOUT, fetch(&self.source)).await;
        match fetched.unwrap_or_else(|_| Err("timed out".to_owned())) {
            Ok(keys) => {
                info!(source = %self.source, keys = keys.len(), "fetched the identity provider's keys");
                let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
                state.keys = keys;
                state.fetched_at = Some(now);
            }
            Err(error) => {
                warn!(source = %self.source, error, "failed to fetch the identity provider's keys");
            }
        }
    }
}

impl State {
    /// Returns true if enough time has passed since the last try.
    fn is_due(&self, now: Moment) -> bool {
        let interval =
            if self.keys.is_empty() { FIRST_REFETCH_INTERVAL } else { MIN_REFETCH_INTERVAL };
        self.tried_at.is_none_or(|at| now.pause_since(at) >= interval)
    }

    /// Returns the age of the keys, or `None` if none have been fetched.
    fn age(&self, now: Moment) -> Option<Duration> {
        self.fetched_at.map(|at| now.age_since(at))
    }
}

async fn fetch(
    source: &KeySource,
) -> std::result::Result<HashMap<String, Arc<SigningKey>>, String> {
    let json = match source {
        KeySource::Url(url) => download(url).await?,
        KeySource::File(path) => {
            let path = path.clone();
            let read = tokio::task::spawn_blocking(move || std::fs::read(path)).await;
            read.map_err(error_chain)?.map_err(error_chain)?.into()
        }
    };
    parse(&json).ok_or_else(|| "not a JWKS with an RS256 or ES256 key".to_owned())
}

async fn download(url: &SecretUrl) -> std::result::Result<Bytes, String> {
    let answer = http_client::get(url, FETCH_TIMEOUT, MAX_BYTES).await;
    match answer.map_err(|error| error.to_string())? {
        Answer { status: StatusCode::OK, body } => Ok(body),
        Answer { status, .. } => Err(format!("the server answers {status}")),
    }
}

/// Parses the keys of a JWKS. Returns `None` if it has no usable key. A `kid` that two keys share is
/// ambiguous, so that neither key is used.
fn parse(json: &[u8]) -> Option<HashMap<String, Arc<SigningKey>>> {
    let jwks: Value = serde_json::from_slice(json).ok()?;
    let mut keys: HashMap<_, Option<_>> = HashMap::new();
    for key in jwks.get("keys")?.as_array()?.iter().take(MAX_KEYS) {
        if let Some(kid) = key.get("kid").and_then(Value::as_str) {
            let parsed = SigningKey::parse(key).map(Arc::new);
            keys.entry(kid.to_owned()).and_modify(|it| *it = None).or_insert(parsed);
        }
    }
    let keys: HashMap<_, _> = keys.into_iter().filter_map(|(kid, key)| Some((kid, key?))).collect();
    (!keys.is_empty()).then_some(keys)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_number_of_keys_is_limited() {
        let key = |number: usize| {
            let kid = format!("kid-{number}");
            json!({ "kty": "RSA", "kid": kid, "n": "AQAB", "e": "AQAB" })
        };
        let jwks = |count| json!({ "keys": (0..count).map(key).collect::<Vec<_>>() }).to_string();
        for (count, read) in [(1, 1), (MAX_KEYS, MAX_KEYS), (MAX_KEYS + 1, MAX_KEYS)] {
            let keys = parse(jwks(count).as_bytes()).expect("the keys are valid");
            assert_eq!(keys.len(), read);
        }
        assert!(parse(jwks(0).as_bytes()).is_none());
    }
}
