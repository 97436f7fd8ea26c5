//! Who viewers are: cached for some seconds, and watched while they have a stream or a socket open.
//!
//! The store counts the changes of accounts. The number is read after each event and twice a second, so
//! that changes count at once and whichever program made them.

use std::{
    collections::HashMap,
    future::pending,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use moka::sync::Cache;
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use uuid::Uuid;

use super::{Service, ServiceState, bare_handle, is_placeholder};
use crate::{
    domain::{Account, Viewer},
    error::{Error, Result, UserErrorCode},
    events::{Event, EventReceiver},
};

/// How long a user is known by their `sub` or handle without another look-up.
const CACHE_TTL: Duration = Duration::from_secs(5);
/// The most users that are known by `sub`, and by handle.
const CACHE_CAPACITY: u64 = 10_000;
/// How often the number of changes is read without an event.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// The shortest time between two reads.
const MIN_INTERVAL: Duration = Duration::from_millis(20);
/// The time to the next read after the store failed.
const RETRY_DELAY: Duration = Duration::from_secs(2);
/// The most accounts in one read.
const MAX_BATCH: usize = 500;

/// The accounts of viewers in this gateway.
pub struct AccountWatch {
    by_handle: Cache<String, Uuid>,
    by_subject: Cache<String, Uuid>,
    /// How often the caches were cleared.
    clears: AtomicU64,
    watched: Mutex<HashMap<Uuid, Watched>>,
    /// Whether the task runs that reads the number of changes.
    is_running: AtomicBool,
}

/// A viewer with open streams or sockets.
struct Watched {
    /// The `sub` at the first read; `None` before it.
    subject: Option<String>,
    /// Sends `true` when the account has changed.
    changed: watch::Sender<bool>,
}

/// Tells when a viewer has to be authenticated again. The default is that of a viewer who is not a user.
#[derive(Default)]
pub struct ViewerWatch(Option<watch::Receiver<bool>>);

impl ViewerWatch {
    /// Waits until the viewer is banned or erased, or their user has another `sub`. Waits for ever if the
    /// viewer is not a user.
    pub async fn changed(&mut self) {
        match &mut self.0 {
            // The sender is gone only if the service is.
            Some(changed) => {
                let _ = changed.wait_for(|changed| *changed).await;
            }
            None => pending().await,
        }
    }
}

impl Default for AccountWatch {
    fn default() -> Self {
        let cache =
            || Cache::builder().max_capacity(CACHE_CAPACITY).time_to_live(CACHE_TTL).build();
        Self {
            by_handle: cache(),
            by_subject: cache(),
            clears: AtomicU64::new(0),
            watched: Mutex::default(),
            is_running: AtomicBool::new(false),
        }
    }
}

impl AccountWatch {
    /// Forgets which viewer has which `sub` and handle.
    pub fn clear(&self) {
        self.clears.fetch_add(1, Ordering::SeqCst);
        self.by_handle.invalidate_all();
        self.by_subject.invalidate_all();
    }

    fn watched(&self) -> MutexGuard<'_, HashMap<Uuid, Watched>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drops what nothing waits for. Returns the users to read: all of them, or those that have not been
    /// read yet.
    fn to_read(&self, all: bool) -> Vec<Uuid> {
        let mut watched = self.watched();
        watched.retain(|_, it| it.changed.receiver_count() > 0);
        let users = watched.iter().filter(|(_, it)| all || it.subject.is_none());
        users.map(|(uuid, _)| *uuid).collect()
    }

    /// Compares watched users with their accounts.
    fn compare(&self, users: &[Uuid], accounts: Vec<Account>) {
        let mut accounts: HashMap<_, _> = accounts.into_iter().map(|it| (it.uuid, it)).collect();
        let mut watched = self.watched();
        for user in users {
            let Some(it) = watched.get_mut(user) else { continue };
            let account = accounts.remove(user).filter(|account| account.banned_at.is_none());
            let is_same = match (&account, &it.subject) {
                (None, _) => false,
                (Some(account), Some(subject)) => account.subject == *subject,
                (Some(_), None) => true,
            };
            if is_same {
                it.subject = account.map(|account| account.subject);
            } else if let Some(it) = watched.remove(user) {
                it.changed.send_replace(true);
            }
        }
    }
}

impl Service {
    /// Returns the viewer with a handle, which may start with `@`; [`Viewer::Unregistered`] if no user
    /// has it.
    ///
    /// In this order: [`UserErrorCode::HandleBlank`] for an empty handle, [`Error::Unauthenticated`] if
    /// the user is banned.
    pub async fn viewer_by_handle(&self, handle: &str) -> Result<Viewer> {
        let handle = bare_handle(handle);
        if handle.is_empty() {
            return Err(UserErrorCode::HandleBlank.into());
        }
        if handle.contains('\0') {
            return Ok(Viewer::Unregistered);
        }
        let handles = [handle.to_owned()];
        let look_up = self.sources.store.accounts_by_handles(&handles);
        self.viewer(&self.accounts.by_handle, handle, look_up).await
    }

    /// Returns the viewer with a token's `sub`; [`Viewer::Unregistered`] if the `sub` is a placeholder,
    /// or if no user or more than one has it.
    ///
    /// [`Error::Unauthenticated`] if the user is banned.
    pub async fn viewer_by_subject(&self, subject: &str) -> Result<Viewer> {
        if is_placeholder(subject) {
            return Ok(Viewer::Unregistered);
        }
        let subjects = [subject.to_owned()];
        let look_up = self.sources.store.accounts_by_subjects(&subjects);
        self.viewer(&self.accounts.by_subject, subject, look_up).await
    }

    async fn viewer(
        &self,
        cache: &Cache<String, Uuid>,
        key: &str,
        look_up: impl Future<Output = Result<Vec<Account>>>,
    ) -> Result<Viewer> {
        self.watch_accounts();
        if let Some(uuid) = cache.get(key) {
            return Ok(Viewer::User(uuid));
        }
        let clears = self.accounts.clears.load(Ordering::SeqCst);
        let accounts = look_up.await?;
        let [account] = &accounts[..] else {
            if !accounts.is_empty() {
                tracing::warn!(users = accounts.len(), "several users share one cognito_user_id");
            }
            return Ok(Viewer::Unregistered);
        };
        if account.banned_at.is_some() {
            return Err(Error::Unauthenticated);
        }
        cache.insert(key.to_owned(), account.uuid);
        // The account may have changed since it was read.
        if self.accounts.clears.load(Ordering::SeqCst) != clears {
            cache.invalidate(key);
        }
        Ok(Viewer::User(account.uuid))
    }

    /// Watches a viewer, for a stream or a socket that stays open.
    pub fn watch_viewer(&self, viewer: Viewer) -> ViewerWatch {
        let Some(user) = viewer.user() else { return ViewerWatch(None) };
        self.watch_accounts();
        let mut watched = self.accounts.watched();
        let it = watched
            .entry(user)
            .or_insert_with(|| Watched { subject: None, changed: watch::Sender::new(false) });
        ViewerWatch(Some(it.changed.subscribe()))
    }

    /// Passes on the outcome of a write. If the store no longer knows the viewer, forgets who viewers
    /// are.
    pub(super) fn written<T>(&self, outcome: Result<T>) -> Result<T> {
        if outcome.as_ref().is_err_and(Error::is_viewer_unknown) {
            self.accounts.clear();
        }
        outcome
    }

    /// Starts the task that reads the number of changes, unless it runs.
    fn watch_accounts(&self) {
        if !self.accounts.is_running.swap(true, Ordering::SeqCst) {
            tokio::spawn(run(Arc::downgrade(&self.0), self.events.subscribe()));
        }
    }

    /// Reads the accounts of watched viewers: all of them, or those that have not been read yet.
    async fn read_accounts(&self, all: bool) -> Result<()> {
        for users in self.accounts.to_read(all).chunks(MAX_BATCH) {
            let accounts = self.sources.store.accounts_by_uuids(users).await?;
            self.accounts.compare(users, accounts);
        }
        Ok(())
    }
}

/// Reads the number of changes until the service is dropped.
async fn run(service: Weak<ServiceState>, mut events: EventReceiver) {
    let mut version = None;
    let mut delay = POLL_INTERVAL;
    loop {
        let _ = timeout(delay, events.wait_for(|event| event == Event::AccountsChanged)).await;
        let Some(service) = service.upgrade().map(Service) else { return };
        // The read below covers the events so far.
        events.resubscribe();
        let read = async {
            let current = service.sources.store.accounts_version().await?;
            let has_changed = version != Some(current);
            if has_changed {
                service.accounts.clear();
            }
            service.read_accounts(has_changed).await?;
            Ok::<_, Error>(current)
        };
        match read.await {
            Ok(current) => (version, delay) = (Some(current), POLL_INTERVAL),
            Err(_) => (version, delay) = (None, RETRY_DELAY),
        }
        drop(service);
        sleep(MIN_INTERVAL).await;
    }
}
