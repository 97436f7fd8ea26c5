//! The connection of a request, for responses that outlive their handler: its peer, its timeouts and
//! the server's shutdown.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, watch},
    time::{Instant, sleep_until},
};

use super::timeouts::Timeouts;

/// The connection that a request came over.
///
/// As long as a copy of it exists, the connection keeps its slot among the server's connections and
/// delays the server's shutdown.
#[derive(Clone)]
pub struct Connection {
    pub timeouts: Timeouts,
    server: Option<Server>,
    peer: Option<IpAddr>,
    local: Option<IpAddr>,
}

#[derive(Clone)]
struct Server {
    /// Counts up from connection to connection.
    number: u32,
    /// When the server's shutdown began, `None` before.
    shutdown: watch::Receiver<Option<Instant>>,
    is_upgraded: Arc<AtomicBool>,
    _slot: Arc<OwnedSemaphorePermit>,
}

impl Connection {
    pub fn new(
        timeouts: Timeouts,
        peer: IpAddr,
        number: u32,
        shutdown: watch::Receiver<Option<Instant>>,
        slot: OwnedSemaphorePermit,
    ) -> Self {
        let is_upgraded = Arc::default();
        let server = Server { number, shutdown, is_upgraded, _slot: Arc::new(slot) };
        Self { timeouts, server: Some(server), peer: Some(peer), local: None }
    }

    /// Sets the address of this machine that the peer connected to.
    pub fn with_local(self, local: Option<IpAddr>) -> Self {
        Self { local, ..self }
    }

    /// Returns the address of the peer, `None` without a server.
    pub fn peer(&self) -> Option<IpAddr> {
        self.peer
    }

    /// Returns the address of this machine that the peer connected to, `None` without a server.
    pub fn local(&self) -> Option<IpAddr> {
        self.local
    }

    /// Waits until the server's shutdown begins, and returns when it began.
    pub async fn shutdown(&mut self) -> Instant {
        if let Some(server) = &mut self.server
            && let Ok(shutdown) = server.shutdown.wait_for(Option::is_some).await
            && let Some(since) = *shutdown
        {
            return since;
        }
        // There is no server, so that no shutdown will come.
        std::future::pending().await
    }

    /// Waits until the server shuts down and it is this connection's turn to end.
    pub async fn drain(&mut self) {
        let since = self.shutdown().await;
        sleep_until(since + self.drain_delay()).await;
    }

    /// Returns how long after the start of the shutdown this connection ends. Multiples of the golden
    /// ratio spread any number of connections evenly over the drain time.
    fn drain_delay(&self) -> Duration {
        let number = self.server.as_ref().map(|server| server.number).unwrap_or_default();
        self.timeouts.drain.mul_f64((f64::from(number) * 0.618_033_988_75).fract())
    }

    /// Marks the connection as upgraded to another protocol than HTTP, whose handler has its own
    /// write timeout.
    pub fn set_upgraded(&self) {
        if let Some(server) = &self.server {
            server.is_upgraded.store(true, Ordering::Relaxed);
        }
    }

    /// Returns the flag that [`Connection::set_upgraded`] sets.
    pub fn is_upgraded(&self) -> Arc<AtomicBool> {
        self.server.as_ref().map(|server| server.is_upgraded.clone()).unwrap_or_default()
    }
}

/// A connection without a server, as in a test of the router alone.
impl Default for Connection {
    fn default() -> Self {
        Self { timeouts: Timeouts::default(), server: None, peer: None, local: None }
    }
}
