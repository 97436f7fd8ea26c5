//! The body of a request: its timeout, and what happens to the rest of it.
//!
//! tower-http's `RequestBodyTimeoutLayer` starts again with every frame, so that a client could hold
//! a request open by sending a byte now and then. This timeout is for the body as a whole.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    Error,
    body::{Body, HttpBody},
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};
use tokio::{
    runtime::Handle,
    time::{Instant, Sleep, sleep_until, timeout_at},
};

/// The most bytes that are read of a body after its request was answered. A client that sends more
/// before it reads gets a reset connection instead of the response.
const MAX_DRAINED: usize = 64 * 1024 * 1024;

/// Ends a request whose body takes longer than the timeout: its handler gets an error instead of the
/// rest of the body, its client gets 408, and the connection is closed.
///
/// If the request is answered before its body was read, the rest is read and discarded until the same
/// timeout, and at most 64 MB of it. Many clients send the whole body before they read the response.
/// If the gateway closed the connection before that, TCP would reset it and the response would be
/// lost.
pub async fn with_timeout(
    State(timeout): State<Duration>,
    request: Request,
    next: Next,
) -> Response {
    let has_timed_out = Arc::new(AtomicBool::new(false));
    let waits_for_continue = request.headers().contains_key(header::EXPECT);
    let request = request.map(|body| {
        if body.is_end_stream() {
            return body;
        }
        let deadline = Instant::now() + timeout;
        Body::new(RequestBody {
            rest: Some(body),
            deadline,
            timer: Box::pin(sleep_until(deadline)),
            has_timed_out: has_timed_out.clone(),
            waits_for_continue,
        })
    });
    let response = next.run(request).await;
    if has_timed_out.load(Ordering::Relaxed) {
        (StatusCode::REQUEST_TIMEOUT, [(header::CONNECTION, "close")]).into_response()
    } else {
        response
    }
}

/// A body with a deadline. After it, the body ends with an error.
struct RequestBody {
    /// `None` after the end of the body or an error.
    rest: Option<Body>,
    deadline: Instant,
    timer: Pin<Box<Sleep>>,
    has_timed_out: Arc<AtomicBool>,
    /// True if the client sends the body only after "100 Continue", which hyper sends when the body is
    /// first polled.
    waits_for_continue: bool,
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = self.get_mut();
        this.waits_for_continue = false;
        let Some(rest) = &mut this.rest else { return Poll::Ready(None) };
        if let Poll::Ready(frame) = Pin::new(rest).poll_frame(context) {
            if !matches!(frame, Some(Ok(_))) {
                this.rest = None;
            }
            return Poll::Ready(frame);
        }
        ready!(this.timer.as_mut().poll(context));
        this.has_timed_out.store(true, Ordering::Relaxed);
        this.rest = None;
        Poll::Ready(Some(Err(Error::new(io::Error::from(io::ErrorKind::TimedOut)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.rest.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        if self.waits_for_continue || self.is_end_stream() {
            return;
        }
        if let (Some(rest), Ok(runtime)) = (self.rest.take(), Handle::try_current()) {
            runtime.spawn(drain(rest, self.deadline));
        }
    }
}

/// Reads and discards a body. hyper writes the response at the same time.
async fn drain(mut body: Body, deadline: Instant) {
    let read = async {
        let mut left = MAX_DRAINED;
        while let Some(Ok(frame)) = body.frame().await {
            let length = frame.data_ref().map_or(0, Bytes::len);
            match left.checked_sub(length) {
                Some(rest) => left = rest,
                None => break,
            }
        }
    };
    // Without the rest of the body, hyper closes the connection.
    let _ = timeout_at(deadline, read).await;
}
