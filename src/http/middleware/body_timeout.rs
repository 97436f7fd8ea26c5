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

use super::errors;

/// Gives the body of a request its time. A handler sees a body that takes longer as a broken one;
/// the client gets 408, and the connection is closed.
pub async fn for_body(State(patience): State<Duration>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let late = Arc::new(AtomicBool::new(false));
    let response = next.run(request.map(|body| timely(body, patience, late.clone()))).await;
    if !late.load(Ordering::Relaxed) {
        return response;
    }
    let mut failure = errors::of(&path, StatusCode::REQUEST_TIMEOUT);
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
