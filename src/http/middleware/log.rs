//! One log line for each request, and the request id that it is known by.

use std::time::Instant;

use axum::{
    body::Body,
    extract::Request,
    http::{Method, header},
    middleware::Next,
    response::Response,
};
use futures_util::{StreamExt, stream};
use tower_http::request_id::RequestId;
use tracing::{Instrument, info, info_span};

/// The longest request id that is taken from a client.
const MAX_REQUEST_ID: usize = 128;

/// Takes a request id out of the request that could not stand in a log line as it is.
pub async fn drop_insane_request_id(mut request: Request) -> Request {
    let sane = |c: &u8| c.is_ascii_alphanumeric() || b"-_.:".contains(c);
    let given = request.headers().get("x-request-id").map(|id| id.as_bytes());
    if given.is_some_and(|id| !(1..=MAX_REQUEST_ID).contains(&id.len()) || !id.iter().all(sane)) {
        request.headers_mut().remove("x-request-id");
    }
    request
}

/// Logs the request when its answer begins, or when its client goes away before; a stream of answers
/// when it ends. What is logged on the way carries the request id.
pub async fn log(request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().map(RequestId::header_value).cloned();
    let id = id.as_ref().and_then(|id| id.to_str().ok()).unwrap_or_default();
    let span = info_span!("request", id);
    async move {
        let mut line = Line {
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            start: Instant::now(),
            status: None,
        };
        let response = next.run(request).await;
        line.status = Some(response.status().as_u16());
        if is_stream(&response) { response.map(|body| held(body, line)) } else { response }
    }
    .instrument(span)
    .await
}

/// Whether the body is a stream of answers.
fn is_stream(response: &Response) -> bool {
    let content_type = response.headers().get(header::CONTENT_TYPE).map(|it| it.as_bytes());
    content_type.is_some_and(|it| {
        it.starts_with(b"text/event-stream") || it.starts_with(b"multipart/mixed")
    })
}

/// The body, which keeps the line until it ends.
fn held(body: Body, line: Line) -> Body {
    let rest = stream::once(async move {
        drop(line);
        None
    });
    let chunks = body.into_data_stream().map(Some).chain(rest);
    Body::from_stream(chunks.filter_map(async |chunk| chunk))
}

/// The line of a request, which is written when the work on the request ends.
struct Line {
    method: Method,
    path: String,
    start: Instant,
    status: Option<u16>,
}

impl Drop for Line {
    fn drop(&mut self) {
        let Self { method, path, start, status } = self;
        let ms = (start.elapsed().as_secs_f64() * 100_000.0).round() / 100.0;
        match status {
            Some(status) => info!(%method, path, status, ms, "answered"),
            None => info!(%method, path, ms, "the client went away"),
        }
    }
}
