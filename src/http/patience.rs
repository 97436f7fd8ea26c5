//! For how long the gateway waits.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};
use futures_util::{StreamExt, stream};
use tokio::time::{Instant, timeout_at};

use super::failure;

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

/// Gives the body of a request its time. A handler sees a body that takes longer as a broken one;
/// the client gets 408, and the connection is closed.
pub async fn for_body(State(patience): State<Duration>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let late = Arc::new(AtomicBool::new(false));
    let response = next.run(request.map(|body| timely(body, patience, late.clone()))).await;
    if !late.load(Ordering::Relaxed) {
        return response;
    }
    let mut failure = failure::of(&path, StatusCode::REQUEST_TIMEOUT);
    failure.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    failure
}

/// The body, which ends with an error, and `late` set, when the patience is exhausted.
fn timely(body: Body, patience: Duration, late: Arc<AtomicBool>) -> Body {
    if axum::body::HttpBody::is_end_stream(&body) {
        return body;
    }
    let deadline = Instant::now() + patience;
    let chunks = stream::unfold(body.into_data_stream(), move |mut chunks| {
        let late = late.clone();
        async move {
            match timeout_at(deadline, chunks.next()).await {
                Ok(chunk) => Some((chunk?.map_err(io::Error::other), chunks)),
                Err(_) => {
                    late.store(true, Ordering::Relaxed);
                    Some((Err(io::ErrorKind::TimedOut.into()), chunks))
                }
            }
        }
    });
    Body::from_stream(chunks)
}
