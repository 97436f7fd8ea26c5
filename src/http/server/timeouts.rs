//! For how long the gateway waits.

use std::time::Duration;

/// For how long the gateway waits.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a request to begin on a connection. Load balancers keep connections for a minute, and
    /// must not be the last to let go.
    pub idle: Duration,
    /// For the head of a request that has begun.
    pub head: Duration,
    /// For the body of a request.
    pub body: Duration,
    /// For an answer to begin, with the reading of the body.
    pub answer: Duration,
    /// For a client to take anything of what it is sent.
    pub write: Duration,
    /// Between two signs of life in a stream of events that has nothing else to say.
    pub heartbeat: Duration,
    /// For the `connection_init` of a WebSocket.
    pub init: Duration,
    /// Between two pings to a WebSocket.
    pub ping: Duration,
    /// For a client to answer a WebSocket's close, and to take what is on its way before.
    pub close: Duration,
    /// The time over which streams and WebSockets are ended when the server stops, so that not all
    /// clients come back at once.
    pub farewell: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(75),
            head: Duration::from_secs(10),
            body: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            write: Duration::from_secs(10),
            heartbeat: Duration::from_secs(12),
            init: Duration::from_secs(3),
            ping: Duration::from_secs(15),
            close: Duration::from_secs(10),
            farewell: Duration::from_secs(3),
        }
    }
}
