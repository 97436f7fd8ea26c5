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
use crate::{error::Error, http::connection::Connection};

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
