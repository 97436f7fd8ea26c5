//! The timeout for the body of a request.
//!
//! tower-http's `RequestBodyTimeoutLayer` starts again with every frame, so that a client could hold
//! a request open by sending a byte now and then. This timeout is for the body as a whole.

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
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream};
use tokio::time::{Instant, timeout_at};

/// Ends a request whose body takes longer than the timeout: its handler gets an error instead of the
/// rest of the body, its client gets 408, and the connection is closed.
pub async fn body_timeout(
    State(timeout): State<Duration>,
    request: Request,
    next: Next,
) -> Response {
    let has_timed_out = Arc::new(AtomicBool::new(false));
    let limited = request.map(|body| with_timeout(body, timeout, has_timed_out.clone()));
    let response = next.run(limited).await;
    if has_timed_out.load(Ordering::Relaxed) {
        (StatusCode::REQUEST_TIMEOUT, [(header::CONNECTION, "close")]).into_response()
    } else {
        response
    }
}

/// Returns the body with a deadline. After it, the body ends with an error and sets `has_timed_out`.
fn with_timeout(body: Body, timeout: Duration, has_timed_out: Arc<AtomicBool>) -> Body {
    if axum::body::HttpBody::is_end_stream(&body) {
        return body;
    }
    let deadline = Instant::now() + timeout;
    let chunks = stream::unfold(body.into_data_stream(), move |mut chunks| {
        let has_timed_out = has_timed_out.clone();
        async move {
            match timeout_at(deadline, chunks.next()).await {
                Ok(chunk) => Some((chunk?.map_err(io::Error::other), chunks)),
                Err(_) => {
                    has_timed_out.store(true, Ordering::Relaxed);
                    Some((Err(io::ErrorKind::TimedOut.into()), chunks))
                }
            }
        }
    });
    Body::from_stream(chunks)
}
