//! The identity provider's JSON Web Key Set (JWKS), cached and refreshed.

use std::{
    collections::HashMap,
    fmt,
    path::PathBuf,
    str::FromStr,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use axum::http::{StatusCode, Uri};
use bytes::Bytes;
use chrono::TimeDelta;
use serde_json::Value;
use tokio::{sync::Mutex, time::timeout};
use tracing::{info, warn};

use super::jws::SigningKey;
use crate::{
    domain::Timestamp,
    error::{Error, Result},
    http_client::{self, Answer, error_chain},
    service::Service,
};

/// The age at which the keys are fetched again. Requests with a known key do not wait for it.
const MAX_AGE: TimeDelta = TimeDelta::minutes(15);
/// The shortest time between two fetches, for tokens with an unknown `kid`.
const MIN_REFETCH_INTERVAL: TimeDelta = TimeDelta::minutes(1);
/// The shortest time between two fetches until the first one succeeds.
const FIRST_REFETCH_INTERVAL: TimeDelta = TimeDelta::seconds(5);
/// How long a fetch may take, and how long a request waits for one.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
/// The most bytes of a JWKS, and the most keys that are read from it.
const MAX_BYTES: usize = 256 * 1024;
const MAX_KEYS: usize = 100;

/// Where the JWKS is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    Url(Uri),
    File(PathBuf),
}

impl FromStr for KeySource {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        if !text.contains("://") {
            return Ok(Self::File(text.into()));
        }
        let is_http =
            |url: &Uri| matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some();
        let url = text.parse().ok().filter(is_http);
        url.map(Self::Url).ok_or("an http or https URL, or a file")
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => url.fmt(f),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

/// The cached keys, by `kid`. A failed fetch leaves them as they are.
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
    fetched_at: Option<Timestamp>,
    tried_at: Option<Timestamp>,
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
    /// Fails with [`Error::Unavailable`] as long as no keys have been fetched.
    pub async fn find(self: &Arc<Self>, kid: &str) -> Result<Option<Arc<SigningKey>>> {
        let (key, is_stale) = self.cached(kid);
        if key.is_some() {
            if is_stale {
                self.refresh_in_background();
            }
            return Ok(key);
        }
        // Requests during a fetch wait for it; then no other one is due. The fetch runs in a task of
        // its own, so that it continues if its request is cancelled.
        let jwks = self.clone();
        let fetched = tokio::spawn(async move {
            let _permit = jwks.fetching.lock().await;
            jwks.fetch_if_due().await;
        });
        let _ = timeout(FETCH_TIMEOUT, fetched).await;
        match self.cached(kid).0 {
            None if self.state(|state| state.keys.is_empty()) => Err(Error::Unavailable),
            key => Ok(key),
        }
    }

    /// Returns the cached key with this id, and whether the keys should be fetched again.
    fn cached(&self, kid: &str) -> (Option<Arc<SigningKey>>, bool) {
        let now = self.service.now();
        self.state(|state| {
            let is_stale =
                state.fetched_at.is_none_or(|at| now - at > MAX_AGE) && state.is_due(now);
            (state.keys.get(kid).cloned(), is_stale)
        })
    }

    fn state<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.state.read().unwrap_or_else(PoisonError::into_inner))
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
        let now = self.service.now();
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
    fn is_due(&self, now: Timestamp) -> bool {
        let interval =
            if self.keys.is_empty() { FIRST_REFETCH_INTERVAL } else { MIN_REFETCH_INTERVAL };
        self.tried_at.is_none_or(|at| now - at >= interval)
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

async fn download(url: &Uri) -> std::result::Result<Bytes, String> {
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
