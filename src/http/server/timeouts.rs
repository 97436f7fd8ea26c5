//! Every time limit of a connection, its requests and its responses.

use std::time::Duration;

/// The longest time that a timer is set for. Tokio's timers are limited to about two years, and a
/// token may expire later.
pub const MAX_TIMER: Duration = Duration::from_secs(365 * 24 * 3600);

#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// How long a connection may be idle before its next request begins. Load balancers keep idle
    /// connections for a minute, and must close them before the gateway does.
    pub idle: Duration,
    /// How long a client may take to send the headers of a request, from their first byte.
    pub header: Duration,
    /// How long a client may take to send the body of a request.
    pub body: Duration,
    /// How long a response may take to begin, including the time to read the body.
    pub response: Duration,
    /// How long a write may make no progress because the client does not read.
    pub write: Duration,
    /// The time between two heartbeats on an event stream that has nothing else to send.
    pub heartbeat: Duration,
    /// How long a client may take to send `connection_init` on a WebSocket.
    pub init: Duration,
    /// The time between two pings on a WebSocket.
    pub ping: Duration,
    /// How long a signed-in viewer can keep a WebSocket or an event stream. Then the client reconnects,
    /// and the viewer is authenticated again.
    pub lifetime: Duration,
    /// How long the closing handshake of a WebSocket may take, including the messages before it.
    pub close: Duration,
    /// The time over which the server ends streams and WebSockets when it shuts down, so that the
    /// clients do not reconnect all at once.
    pub drain: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(75),
            header: Duration::from_secs(10),
            body: Duration::from_secs(10),
            response: Duration::from_secs(30),
            write: Duration::from_secs(10),
            heartbeat: Duration::from_secs(12),
            init: Duration::from_secs(3),
            ping: Duration::from_secs(15),
            lifetime: Duration::from_secs(3600),
            close: Duration::from_secs(10),
            drain: Duration::from_secs(3),
        }
    }
}
