//! Streams of GraphQL responses in the body of one HTTP response: Server-Sent Events (SSE) as
//! graphql-sse defines them in its distinct connections mode, and multipart/mixed as Apollo's clients
//! read it.

use std::{convert::Infallible, panic::AssertUnwindSafe, time::Duration};

use async_graphql::{Response as GraphqlResponse, ServerError};
use axum::{
    body::Body,
    http::{HeaderName, HeaderValue},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use serde::Serialize;
use tokio::time::{Instant, sleep, sleep_until};
use tracing::{Instrument, Span};

use super::{
    negotiation::ResponseFormat,
    response::{Payload, is_unexecuted, request_error},
};
use crate::{
    error::Error,
    http::server::{connection::Connection, timeouts::MAX_TIMER},
    service::ViewerWatch,
};

/// How a stream of responses is written into a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamEncoding {
    Sse,
    Multipart,
}

impl StreamEncoding {
    /// Returns the encoding of a format for streams, `None` for a format of single responses.
    pub fn of(format: ResponseFormat) -> Option<Self> {
        match format {
            ResponseFormat::Sse => Some(Self::Sse),
            ResponseFormat::Multipart => Some(Self::Multipart),
            ResponseFormat::Json | ResponseFormat::Graphql => None,
        }
    }

    /// Returns the text before the first response. Some browsers report a response to their page only after
    /// the first bytes of its body.
    fn prelude(self) -> &'static str {
        match self {
            Self::Sse => ":\n\n",
            Self::Multipart => "\r\n--graphql",
        }
    }

    fn response(self, response: &GraphqlResponse) -> String {
        match self {
            Self::Sse => format!("event: next\ndata: {}\n\n", json(&Payload(response))),
            Self::Multipart => part(&Part { payload: Some(Payload(response)), errors: None }),
        }
    }

    /// Returns the text that keeps the connection open when there is nothing else to send.
    fn heartbeat(self) -> &'static str {
        match self {
            Self::Sse => ":\n\n",
            Self::Multipart => "\r\nContent-Type: application/json\r\n\r\n{}\r\n--graphql",
        }
    }

    /// Returns the text after the last response.
    fn end(self) -> &'static str {
        match self {
            // Browsers ignore an event without `data`.
            Self::Sse => "event: complete\ndata:\n\n",
            Self::Multipart => "--\r\n",
        }
    }

    /// Returns the text that ends a stream before its last response.
    fn aborted(self, error: ServerError) -> String {
        match self {
            Self::Sse => self.response(&GraphqlResponse::from_errors(vec![error])) + self.end(),
            Self::Multipart => part(&Part { payload: None, errors: Some([error]) }) + self.end(),
        }
    }
}

#[derive(Serialize)]
struct Part<'a> {
    payload: Option<Payload<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<[ServerError; 1]>,
}

/// Formats a part with the boundary after it, by which a client knows that the part is complete.
fn part(part: &Part) -> String {
    format!("\r\nContent-Type: application/json\r\n\r\n{}\r\n--graphql", json(part))
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("a response has only types that JSON has")
}

/// Creates the HTTP response with one GraphQL response.
pub fn single_response(encoding: StreamEncoding, response: &GraphqlResponse) -> Response {
    let body = encoding.prelude().to_owned() + &encoding.response(response) + encoding.end();
    with_headers(Body::from(body))
}

/// The sender of a request whose response is a stream.
pub struct StreamViewer {
    /// Tells when the viewer is banned or erased.
    pub watch: ViewerWatch,
    pub is_signed_in: bool,
    /// The time until the viewer's token expires. `None` without a token.
    pub token_ttl: Option<Duration>,
}

/// Creates the HTTP response with a stream of GraphQL responses. It ends when `responses` ends, when the
/// viewer's token expires, when the viewer is banned or has to be authenticated again, or when the server
/// shuts down. `responses` is polled only as fast as the client reads.
pub fn streamed_response(
    encoding: StreamEncoding,
    responses: BoxStream<'static, GraphqlResponse>,
    connection: Connection,
    viewer: StreamViewer,
) -> Response {
    let StreamViewer { watch, is_signed_in, token_ttl } = viewer;
    let now = Instant::now();
    let lifetime = if is_signed_in { connection.timeouts.lifetime } else { MAX_TIMER };
    let responses = ResponseStream {
        encoding,
        responses: AssertUnwindSafe(responses).catch_unwind().boxed(),
        connection,
        watch,
        expires: token_ttl.map(|ttl| now + ttl.min(MAX_TIMER)),
        renewal: now + lifetime.min(MAX_TIMER),
        has_ended: false,
    };
    let span = Span::current();
    let prelude = stream::once(async move { Bytes::from_static(encoding.prelude().as_bytes()) });
    let chunks = stream::unfold(responses, move |mut responses| {
        let chunk = async move { responses.next().await.map(|chunk| (chunk, responses)) };
        chunk.instrument(span.clone())
    });
    with_headers(Body::from_stream(prelude.chain(chunks).map(Ok::<_, Infallible>)))
}

fn with_headers(body: Body) -> Response {
    // Without this header nginx would buffer the responses.
    let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    ([unbuffered], body).into_response()
}

/// The state of a streamed response.
struct ResponseStream {
    encoding: StreamEncoding,
    /// `Err` if a resolver panicked.
    responses: BoxStream<'static, std::thread::Result<GraphqlResponse>>,
    connection: Connection,
    watch: ViewerWatch,
    expires: Option<Instant>,
    /// When a signed-in viewer has to be authenticated again.
    renewal: Instant,
    has_ended: bool,
}

impl ResponseStream {
    /// Returns the next chunk of the body, `None` at its end.
    async fn next(&mut self) -> Option<Bytes> {
        if self.has_ended {
            return None;
        }
        let Self { encoding, .. } = *self;
        let expires = self.expires.unwrap_or_else(|| Instant::now() + MAX_TIMER);
        let aborted = |error: &Error| -> Bytes {
            encoding.aborted(request_error(&error.to_string(), error.code())).into()
        };
        let reconnect = || match encoding {
            // Without the `complete` event the client reconnects.
            StreamEncoding::Sse => None,
            StreamEncoding::Multipart => Some((aborted(&Error::Unavailable), true)),
        };
        let (chunk, has_ended): (Bytes, _) = tokio::select! {
            response = self.responses.next() => match response {
                Some(Ok(response)) if is_unexecuted(&response) => {
                    ((encoding.response(&response) + encoding.end()).into(), true)
                }
                Some(Ok(response)) => (encoding.response(&response).into(), false),
                Some(Err(_)) => (aborted(&Error::Internal), true),
                None => (Bytes::from_static(encoding.end().as_bytes()), true),
            },
            () = sleep(self.connection.timeouts.heartbeat) => {
                (Bytes::from_static(encoding.heartbeat().as_bytes()), false)
            }
            () = sleep_until(expires) => (aborted(&Error::Unauthenticated), true),
            () = self.watch.changed() => (aborted(&Error::Unauthenticated), true),
            () = self.connection.drain() => reconnect()?,
            () = sleep_until(self.renewal) => reconnect()?,
        };
        self.has_ended = has_ended;
        Some(chunk)
    }
}

#[cfg(test)]
mod tests {
    use std::{net::Ipv4Addr, sync::Arc};

    use async_graphql::Value;
    use http_body_util::BodyExt;
    use tokio::sync::{Semaphore, watch};

    use super::*;
    use crate::http::Timeouts;

    const SHORT: Duration = Duration::from_millis(20);

    /// Reads the body of a streamed response to its end.
    async fn read_body(
        encoding: StreamEncoding,
        responses: BoxStream<'static, GraphqlResponse>,
        connection: Connection,
        token_ttl: Option<Duration>,
    ) -> String {
        let viewer = StreamViewer { watch: ViewerWatch::default(), is_signed_in: true, token_ttl };
        let body = streamed_response(encoding, responses, connection, viewer).into_body();
        let bytes = body.collect().await.expect("the body has no error").to_bytes();
        String::from_utf8(bytes.into()).expect("UTF-8")
    }

    /// Creates a connection to a server that shuts down when the sender sends.
    fn connection(timeouts: Timeouts) -> (watch::Sender<Option<Instant>>, Connection) {
        let (stop, shutdown) = watch::channel(None);
        let slot = Arc::new(Semaphore::new(1)).try_acquire_owned().expect("a free slot");
        (stop, Connection::new(timeouts, Ipv4Addr::LOCALHOST.into(), 1, shutdown, slot))
    }

    /// Returns the responses of a subscription with one event that does not end.
    fn one_event() -> BoxStream<'static, GraphqlResponse> {
        let response = GraphqlResponse::new(Value::from("data"));
        stream::once(async { response }).chain(stream::pending()).boxed()
    }

    #[tokio::test]
    async fn idle_streams_get_heartbeats_until_the_token_expires() {
        let (_stop, connection) = connection(Timeouts { heartbeat: SHORT, ..Timeouts::default() });
        let token_ttl = Some(SHORT * 10);
        let events =
            read_body(StreamEncoding::Sse, one_event(), connection.clone(), token_ttl).await;
        let begin = ":\n\nevent: next\ndata: {\"data\":\"data\"}\n\n:\n\n:\n\n";
        assert!(events.starts_with(begin), "{events}");
        let end = "\"extensions\":{\"code\":\"UNAUTHENTICATED\"}}]}\n\nevent: complete\ndata:\n\n";
        assert!(events.ends_with(end), "{events}");
        let parts = read_body(StreamEncoding::Multipart, one_event(), connection, token_ttl).await;
        let head = "\r\nContent-Type: application/json\r\n\r\n";
        let begin = format!(
            "\r\n--graphql{head}{{\"payload\":{{\"data\":\"data\"}}}}\r\n--graphql{head}{{}}\r\n--graphql"
        );
        assert!(parts.starts_with(&begin), "{parts}");
        let end = "\"extensions\":{\"code\":\"UNAUTHENTICATED\"}}]}\r\n--graphql--\r\n";
        assert!(parts.ends_with(end) && parts.contains("{\"payload\":null,\"errors\""), "{parts}");
    }

    #[tokio::test]
    async fn shutdown_ends_open_streams() {
        for (encoding, end) in [
            (StreamEncoding::Sse, "data: {\"data\":\"data\"}\n\n"),
            (
                StreamEncoding::Multipart,
                "\"extensions\":{\"code\":\"SERVICE_UNAVAILABLE\"}}]}\r\n--graphql--\r\n",
            ),
        ] {
            let (stop, connection) = connection(Timeouts { drain: SHORT, ..Timeouts::default() });
            stop.send_replace(Some(Instant::now()));
            let body = read_body(encoding, one_event(), connection, None).await;
            assert!(body.ends_with(end), "{body}");
        }
    }

    #[tokio::test]
    async fn a_panic_ends_the_stream_without_its_message() {
        let responses = stream::once(async { panic!("postgres://cruddur:secret@db") });
        let body =
            read_body(StreamEncoding::Sse, responses.boxed(), Connection::default(), None).await;
        assert!(body.contains("INTERNAL_SERVER_ERROR") && !body.contains("secret"), "{body}");
        assert!(body.ends_with("event: complete\ndata:\n\n"), "{body}");
    }

    #[tokio::test]
    async fn a_failed_event_is_the_last() {
        let responses = ["no store", "never sent"].map(|text| {
            GraphqlResponse::from_errors(vec![request_error(text, "SERVICE_UNAVAILABLE")])
        });
        let responses = stream::iter(responses).chain(stream::pending()).boxed();
        let body = read_body(StreamEncoding::Sse, responses, Connection::default(), None).await;
        assert!(body.contains("no store") && !body.contains("never sent"), "{body}");
        assert!(body.ends_with("event: complete\ndata:\n\n"), "{body}");
    }
}
