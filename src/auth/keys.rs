//! The public keys of the identity provider, by name.

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

use super::jws::Key;
use crate::{
    domain::Timestamp,
    error::{Error, Result},
    http_client::{self, Answer, error_chain},
    service::Service,
};

/// How old the keys may be before they are fetched again, behind the requests that use them.
const FRESH: TimeDelta = TimeDelta::minutes(15);
/// The pause between two fetches that a token of an unknown key causes.
const PAUSE: TimeDelta = TimeDelta::minutes(1);
/// The pause between two fetches as long as there is no key at all.
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(5);
/// How long a fetch may take, and a request wait for one.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most bytes of a JWKS, and the most keys that are taken from it.
const MAX_BYTES: usize = 256 * 1024;
const MAX_KEYS: usize = 100;

/// Where the keys are.
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
        let fits =
            |url: &Uri| matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some();
        let url = text.parse().ok().filter(fits);
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

/// Keeps the keys. What cannot be fetched leaves those that are known as they are.
pub struct Keys {
    source: KeySource,
    /// Whose clock counts.
    service: Service,
    state: RwLock<State>,
    /// Held during a fetch, so that there is one at a time.
    fetching: Mutex<()>,
}

#[derive(Default)]
struct State {
    keys: HashMap<String, Arc<Key>>,
    fetched_at: Option<Timestamp>,
    tried_at: Option<Timestamp>,
}

impl Keys {
    /// Begins to fetch the keys. Must be called in a Tokio runtime.
    pub fn new(source: KeySource, service: Service) -> Arc<Self> {
        let (state, fetching) = Default::default();
        let keys = Arc::new(Self { source, service, state, fetching });
        keys.fetch_behind();
        keys
    }

    /// The key with this name; none where the provider has none of it.
    ///
    /// [`Error::Unavailable`] as long as there is no key at all.
    pub async fn find(self: &Arc<Self>, name: &str) -> Result<Option<Arc<Key>>> {
        let (key, is_stale) = self.known(name);
        if key.is_some() {
            if is_stale {
                self.fetch_behind();
            }
            return Ok(key);
        }
        // Those who come during a fetch wait for it, and find that there has just been one. It goes
        // on where they leave.
        let keys = self.clone();
        let fetched = tokio::spawn(async move {
            let _one = keys.fetching.lock().await;
            keys.fetch_if_due().await;
        });
        let _ = timeout(PATIENCE, fetched).await;
        match self.known(name).0 {
            None if self.state(|state| state.keys.is_empty()) => Err(Error::Unavailable),
            key => Ok(key),
        }
    }

    fn known(&self, name: &str) -> (Option<Arc<Key>>, bool) {
        let now = self.service.now();
        self.state(|state| {
            let is_stale = state.fetched_at.is_none_or(|at| now - at > FRESH) && state.is_due(now);
            (state.keys.get(name).cloned(), is_stale)
        })
    }

    fn state<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn fetch_behind(self: &Arc<Self>) {
        let keys = self.clone();
        tokio::spawn(async move {
            if let Ok(_one) = keys.fetching.try_lock() {
                keys.fetch_if_due().await;
            }
        });
    }

    /// Fetches the keys unless that has just been tried. The caller holds `fetching`.
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
        let fetched = timeout(PATIENCE, fetch(&self.source)).await;
        match fetched.unwrap_or_else(|_| Err("it does not answer in time".to_owned())) {
            Ok(keys) => {
                info!(source = %self.source, keys = keys.len(), "the identity provider's keys");
                let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
                state.keys = keys;
                state.fetched_at = Some(now);
            }
            Err(error) => {
                warn!(source = %self.source, error, "no keys from the identity provider");
            }
        }
    }
}

impl State {
    fn is_due(&self, now: Timestamp) -> bool {
        let pause = if self.keys.is_empty() { FIRST_PAUSE } else { PAUSE };
        self.tried_at.is_none_or(|at| now - at >= pause)
    }
}

async fn fetch(source: &KeySource) -> std::result::Result<HashMap<String, Arc<Key>>, String> {
    let json = match source {
        KeySource::Url(url) => download(url).await?,
        KeySource::File(path) => {
            let path = path.clone();
            let read = tokio::task::spawn_blocking(move || std::fs::read(path)).await;
            read.map_err(error_chain)?.map_err(error_chain)?.into()
        }
    };
    read(&json).ok_or_else(|| "it is no JWKS with an RS256 or ES256 key".to_owned())
}

async fn download(url: &Uri) -> std::result::Result<Bytes, String> {
    let answer = http_client::get(url, PATIENCE, MAX_BYTES).await;
    match answer.map_err(|error| error.to_string())? {
        Answer { status: StatusCode::OK, body } => Ok(body),
        Answer { status, .. } => Err(format!("the server answers {status}")),
    }
}

/// The keys of a JWKS; none where it holds none to use. A name that two of them have is nobody's.
fn read(json: &[u8]) -> Option<HashMap<String, Arc<Key>>> {
    let jwks: Value = serde_json::from_slice(json).ok()?;
    let mut keys: HashMap<_, Option<_>> = HashMap::new();
    for key in jwks.get("keys")?.as_array()?.iter().take(MAX_KEYS) {
        if let Some(name) = key.get("kid").and_then(Value::as_str) {
            let read = Key::read(key).map(Arc::new);
            keys.entry(name.to_owned()).and_modify(|it| *it = None).or_insert(read);
        }
    }
    let keys: HashMap<_, _> =
        keys.into_iter().filter_map(|(name, key)| Some((name, key?))).collect();
    (!keys.is_empty()).then_some(keys)
}
