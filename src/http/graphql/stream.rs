//! Any number of answers in the body of one response: Server-Sent Events as graphql-sse has them (in
//! its distinct connections mode), and multipart/mixed as Apollo's clients have it.

use std::{convert::Infallible, panic::AssertUnwindSafe, time::Duration};

use async_graphql::{Response as Answer, ServerError};
use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, header},
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

use super::{Media, Payload, is_unexecuted, request_error};
use crate::{error::Error, http::server::connection::Connection};

/// For longer than this no timer runs.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// What stands around the answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    Events,
    Parts,
}

impl Framing {
    /// The framing of a media type for streams.
    pub fn of(media: Media) -> Option<Self> {
        match media {
            Media::Events => Some(Self::Events),
            Media::Parts => Some(Self::Parts),
            Media::Json | Media::Graphql => None,
        }
    }

    /// What comes before all answers. Some browsers tell of a response only once something of its
    /// body has come.
    fn beginning(self) -> &'static str {
        match self {
            Self::Events => ":\n\n",
            Self::Parts => "\r\n--graphql",
        }
    }

    fn answer(self, answer: &Answer) -> String {
        match self {
            Self::Events => format!("event: next\ndata: {}\n\n", json(&Payload(answer))),
            Self::Parts => part(&Part { payload: Some(Payload(answer)), errors: None }),
        }
    }

    /// A sign of life.
    fn heartbeat(self) -> &'static str {
        match self {
            Self::Events => ":\n\n",
            Self::Parts => "\r\nContent-Type: application/json\r\n\r\n{}\r\n--graphql",
        }
    }

    /// What comes when there are no more answers.
    fn end(self) -> &'static str {
        match self {
            // A browser drops an event without data.
            Self::Events => "event: complete\ndata:\n\n",
            Self::Parts => "--\r\n",
        }
    }

    /// What comes when the gateway ends the stream while there may be more answers.
    fn broken_off(self, error: ServerError) -> String {
        match self {
            Self::Events => self.answer(&Answer::from_errors(vec![error])) + self.end(),
            Self::Parts => part(&Part { payload: None, errors: Some([error]) }) + self.end(),
        }
    }
}

#[derive(Serialize)]
struct Part<'a> {
    payload: Option<Payload<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<[ServerError; 1]>,
}

/// A part, and the boundary behind it: a client knows by that that it has the whole part.
fn part(part: &Part) -> String {
    format!("\r\nContent-Type: application/json\r\n\r\n{}\r\n--graphql", json(part))
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("answers have JSON's types only")
}

/// The response that holds one answer.
pub fn single(framing: Framing, answer: &Answer) -> Response {
    headed(Body::from(framing.beginning().to_owned() + &framing.answer(answer) + framing.end()))
}

/// The response that holds the answers as they come, until they end, the viewer is no longer
/// vouched for (after `lasts`), or the server stops. A client that does not read makes them wait.
pub fn response(
    framing: Framing,
    answers: BoxStream<'static, Answer>,
    connection: Connection,
    lasts: Option<Duration>,
) -> Response {
    let live = Live {
        framing,
        answers: AssertUnwindSafe(answers).catch_unwind().boxed(),
        connection,
        expires: lasts.map(|lasts| Instant::now() + lasts.min(LONGEST)),
        ended: false,
    };
    let span = Span::current();
    let beginning = stream::once(async move { Bytes::from_static(framing.beginning().as_bytes()) });
    let chunks = stream::unfold(live, move |mut live| {
        let chunk = async move { live.next().await.map(|chunk| (chunk, live)) };
        chunk.instrument(span.clone())
    });
    headed(Body::from_stream(beginning.chain(chunks).map(Ok::<_, Infallible>)))
}

fn headed(body: Body) -> Response {
    let headers = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        // nginx would hold the answers back.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    (headers, body).into_response()
}

/// A stream that a client listens to.
struct Live {
    framing: Framing,
    /// A panic is an error.
    answers: BoxStream<'static, std::thread::Result<Answer>>,
    connection: Connection,
    expires: Option<Instant>,
    ended: bool,
}

impl Live {
    async fn next(&mut self) -> Option<Bytes> {
        if self.ended {
            return None;
        }
        let Self { framing, .. } = *self;
        let expires = self.expires.unwrap_or_else(|| Instant::now() + LONGEST);
        let broken_off = |error: &Error| {
            framing.broken_off(request_error(&error.to_string(), error.code())).into()
        };
        let (chunk, ended): (Bytes, _) = tokio::select! {
            answer = self.answers.next() => match answer {
                Some(Ok(answer)) if is_unexecuted(&answer) => {
                    ((framing.answer(&answer) + framing.end()).into(), true)
                }
                Some(Ok(answer)) => (framing.answer(&answer).into(), false),
                Some(Err(_)) => (broken_off(&Error::Internal), true),
                None => (Bytes::from_static(framing.end().as_bytes()), true),
            },
            () = sleep(self.connection.patience.heartbeat) => {
                (Bytes::from_static(framing.heartbeat().as_bytes()), false)
            }
            () = sleep_until(expires) => (broken_off(&Error::Unauthenticated), true),
            () = self.connection.farewell() => match framing {
                // Without its end, clients know that there is more to come, and connect again.
                Framing::Events => return None,
                Framing::Parts => (broken_off(&Error::Unavailable), true),
            },
        };
        self.ended = ended;
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
    use crate::http::Patience;

    const SHORT: Duration = Duration::from_millis(20);

    /// The body of a response over a connection with this patience, to its end.
    async fn told(
        framing: Framing,
        answers: BoxStream<'static, Answer>,
        connection: Connection,
        lasts: Option<Duration>,
    ) -> String {
        let body = response(framing, answers, connection, lasts).into_body();
        let bytes = body.collect().await.expect("it does not break").to_bytes();
        String::from_utf8(bytes.into()).expect("UTF-8")
    }

    /// A connection to a server that stops once the sender says so.
    fn connection(patience: Patience) -> (watch::Sender<Option<Instant>>, Connection) {
        let (stop, stopping) = watch::channel(None);
        let place = Arc::new(Semaphore::new(1)).try_acquire_owned().expect("a place");
        (stop, Connection::new(patience, Ipv4Addr::LOCALHOST.into(), 1, stopping, place))
    }

    /// Answers to a subscription that gives one event and then nothing.
    fn one_and_silence() -> BoxStream<'static, Answer> {
        let answer = Answer::new(Value::from("data"));
        stream::once(async { answer }).chain(stream::pending()).boxed()
    }

    #[tokio::test]
    async fn silence_is_filled_and_ends_with_the_viewer() {
        let (_stop, connection) = connection(Patience { heartbeat: SHORT, ..Patience::default() });
        let lasts = Some(SHORT * 10);
        let events = told(Framing::Events, one_and_silence(), connection.clone(), lasts).await;
        let begin = ":\n\nevent: next\ndata: {\"data\":\"data\"}\n\n:\n\n:\n\n";
        assert!(events.starts_with(begin), "{events}");
        let end = "\"extensions\":{\"code\":\"UNAUTHENTICATED\"}}]}\n\nevent: complete\ndata:\n\n";
        assert!(events.ends_with(end), "{events}");
        let parts = told(Framing::Parts, one_and_silence(), connection, lasts).await;
        let head = "\r\nContent-Type: application/json\r\n\r\n";
        let begin = format!(
            "\r\n--graphql{head}{{\"payload\":{{\"data\":\"data\"}}}}\r\n--graphql{head}{{}}\r\n--graphql"
        );
        assert!(parts.starts_with(&begin), "{parts}");
        let end = "\"extensions\":{\"code\":\"UNAUTHENTICATED\"}}]}\r\n--graphql--\r\n";
        assert!(parts.ends_with(end) && parts.contains("{\"payload\":null,\"errors\""), "{parts}");
    }

    #[tokio::test]
    async fn a_stop_of_the_server_ends_streams_that_would_go_on() {
        for (framing, end) in [
            (Framing::Events, "data: {\"data\":\"data\"}\n\n"),
            (
                Framing::Parts,
                "\"extensions\":{\"code\":\"SERVICE_UNAVAILABLE\"}}]}\r\n--graphql--\r\n",
            ),
        ] {
            let (stop, connection) =
                connection(Patience { farewell: SHORT, ..Patience::default() });
            stop.send_replace(Some(Instant::now()));
            let body = told(framing, one_and_silence(), connection, None).await;
            assert!(body.ends_with(end), "{body}");
        }
    }

    #[tokio::test]
    async fn a_panic_tells_nothing_and_ends_the_stream() {
        let answers = stream::once(async { panic!("postgres://cruddur:secret@db") });
        let body = told(Framing::Events, answers.boxed(), Connection::default(), None).await;
        assert!(body.contains("INTERNAL_SERVER_ERROR") && !body.contains("secret"), "{body}");
        assert!(body.ends_with("event: complete\ndata:\n\n"), "{body}");
    }

    #[tokio::test]
    async fn an_event_that_could_not_be_told_is_the_last() {
        let answers = ["no store", "never told"]
            .map(|text| Answer::from_errors(vec![request_error(text, "SERVICE_UNAVAILABLE")]));
        let answers = stream::iter(answers).chain(stream::pending()).boxed();
        let body = told(Framing::Events, answers, Connection::default(), None).await;
        assert!(body.contains("no store") && !body.contains("never told"), "{body}");
        assert!(body.ends_with("event: complete\ndata:\n\n"), "{body}");
    }
}
