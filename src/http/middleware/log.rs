//! One log line per request, and the request id that all lines of a request share.

use std::time::Instant;

use axum::{body::Body, extract::Request, http::header, middleware::Next, response::Response};
use futures_util::{StreamExt, stream};
use tower_http::request_id::RequestId;
use tracing::{Instrument, info, info_span};

/// The most characters of a request id that is accepted from a client.
const MAX_REQUEST_ID: usize = 128;

/// The most bytes that a log line has of a path or a method.
const MAX_LOGGED: usize = 200;

/// Removes a request id of the client that is empty, too long or unsafe to write into a log line.
pub async fn sanitize_request_id(mut request: Request) -> Request {
    let is_safe = |c: &u8| c.is_ascii_alphanumeric() || b"-_.:".contains(c);
    let given = request.headers().get("x-request-id").map(|id| id.as_bytes());
    if given.is_some_and(|id| !(1..=MAX_REQUEST_ID).contains(&id.len()) || !id.iter().all(is_safe))
    {
        request.headers_mut().remove("x-request-id");
    }
    request
}

/// Logs the request when its response begins, or when its client disconnects before that. A streamed
/// response is logged when it ends. All log lines of the request carry its id.
pub async fn log(request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().map(RequestId::header_value).cloned();
    let id = id.as_ref().and_then(|id| id.to_str().ok()).unwrap_or_default();
    let span = info_span!("request", id);
    async move {
        let mut line = LogLine {
            method: shortened(request.method().as_str()),
            path: shortened(request.uri().path()),
            start: Instant::now(),
            status: None,
        };
        let response = next.run(request).await;
        line.status = Some(response.status().as_u16());
        if is_stream(&response) { response.map(|body| with_line(body, line)) } else { response }
    }
    .instrument(span)
    .await
}

/// Returns a text of the client, cut after 200 bytes. A text that was cut ends with `…`.
fn shortened(text: &str) -> String {
    let end = text.floor_char_boundary(MAX_LOGGED);
    if end == text.len() { text.to_owned() } else { format!("{}…", &text[..end]) }
}

/// Returns true if the body is a stream of GraphQL responses.
fn is_stream(response: &Response) -> bool {
    let content_type = response.headers().get(header::CONTENT_TYPE).map(|it| it.as_bytes());
    content_type.is_some_and(|it| {
        it.starts_with(b"text/event-stream") || it.starts_with(b"multipart/mixed")
    })
}

/// Returns the body, which writes the line when it ends or is dropped.
fn with_line(body: Body, line: LogLine) -> Body {
    let rest = stream::once(async move {
        drop(line);
        None
    });
    let chunks = body.into_data_stream().map(Some).chain(rest);
    Body::from_stream(chunks.filter_map(async |chunk| chunk))
}

/// The log line of a request. It is written when it is dropped.
struct LogLine {
    method: String,
    path: String,
    start: Instant,
    status: Option<u16>,
}

impl Drop for LogLine {
    fn drop(&mut self) {
        let Self { method, path, start, status } = self;
        let ms = (start.elapsed().as_secs_f64() * 100_000.0).round() / 100.0;
        match status {
            Some(status) => info!(%method, path, status, ms, "answered"),
            None => info!(%method, path, ms, "client disconnected"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters() {
        let fits = "x".repeat(MAX_LOGGED);
        assert_eq!(shortened(&fits), fits);
        assert_eq!(shortened(&(fits.clone() + "x")), fits + "…");
        let letters = "é".repeat(MAX_LOGGED);
        let odd = format!("x{letters}");
        assert_eq!(shortened(&letters), "é".repeat(MAX_LOGGED / 2) + "…");
        assert_eq!(shortened(&odd), format!("x{}…", "é".repeat(MAX_LOGGED / 2 - 1)));
    }
}
