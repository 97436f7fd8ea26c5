//! What an answer that goes on for long knows of the connection that it goes out on.

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

use super::timeouts::Patience;

/// The connection that a request came over. The server counts the connection, and waits for it when
/// it stops, for as long as anybody keeps this.
#[derive(Clone)]
pub struct Connection {
    pub patience: Patience,
    server: Option<Server>,
    peer: Option<IpAddr>,
}

#[derive(Clone)]
struct Server {
    /// Counts up from connection to connection.
    number: u32,
    /// When the server has been told to stop.
    stopping: watch::Receiver<Option<Instant>>,
    upgraded: Arc<AtomicBool>,
    _place: Arc<OwnedSemaphorePermit>,
}

impl Connection {
    pub fn new(
        patience: Patience,
        peer: IpAddr,
        number: u32,
        stopping: watch::Receiver<Option<Instant>>,
        place: OwnedSemaphorePermit,
    ) -> Self {
        let upgraded = Arc::default();
        let server = Server { number, stopping, upgraded, _place: Arc::new(place) };
        Self { patience, server: Some(server), peer: Some(peer) }
    }

    /// The address at the other end.
    pub fn peer(&self) -> Option<IpAddr> {
        self.peer
    }

    /// Waits until the server stops.
    pub async fn stopping(&mut self) -> Instant {
        if let Some(server) = &mut self.server
            && let Ok(stopping) = server.stopping.wait_for(Option::is_some).await
            && let Some(since) = *stopping
        {
            return since;
        }
        // Nobody can tell any more.
        std::future::pending().await
    }

    /// Waits until the server stops and it is this connection's turn to go.
    pub async fn farewell(&mut self) {
        let since = self.stopping().await;
        sleep_until(since + self.turn()).await;
    }

    /// How long after the server's stop this connection goes. Multiples of the golden ratio spread
    /// any number of connections evenly.
    fn turn(&self) -> Duration {
        let number = self.server.as_ref().map(|server| server.number).unwrap_or_default();
        self.patience.farewell.mul_f64((f64::from(number) * 0.618_033_988_75).fract())
    }

    /// Says that the connection is no longer HTTP's, and takes care of stalled writes itself.
    pub fn upgrade(&self) {
        if let Some(server) = &self.server {
            server.upgraded.store(true, Ordering::Relaxed);
        }
    }

    /// What tells that the connection is no longer HTTP's.
    pub fn upgraded(&self) -> Arc<AtomicBool> {
        self.server.as_ref().map(|server| server.upgraded.clone()).unwrap_or_default()
    }
}

/// Without a server, as in a test of the router alone.
impl Default for Connection {
    fn default() -> Self {
        Self { patience: Patience::default(), server: None, peer: None }
    }
}
