//! One WebSocket: what its client asks for, and what it is told.

use std::{collections::HashMap, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use async_graphql::{Request, Response as Answer, ServerError, Value};
use axum::{
    Error as Broken,
    extract::ws::{Message, WebSocket},
};
use futures_util::{
    StreamExt,
    stream::{self, AbortHandle, BoxStream, SelectAll, abortable},
};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tracing::{debug, info};

use super::{
    super::{Graphql, Payload, is_empty, is_unexecuted, request_error},
    close::{self, Close},
    message::{self, Received},
};
use crate::{auth::Identity, error::Error, http::connection::Connection};

/// How many operations a socket may have at a time.
const MAX_OPERATIONS: usize = 50;
/// After how many pings without an answer a client counts as gone.
const MISSED_PONGS: u32 = 2;
/// How long a socket that cannot be read any more stays open after its close: what has come and was
/// not read would otherwise take the close from the client.
const LINGER: Duration = Duration::from_secs(1);
/// For longer than this no timer runs.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// What comes of an operation: an answer, or none where it has no more. The outer error is a panic.
type Event = (Arc<str>, Option<Result<Answer, ()>>);

/// A socket and its operations, all in one task. A message is begun only when the one before it has
/// gone out, and operations are asked for more only then: whoever does not read makes them wait,
/// and nothing piles up.
pub struct Conversation {
    socket: WebSocket,
    graphql: Arc<Graphql>,
    connection: Connection,
    opened: Instant,
    /// None before the connection is acknowledged.
    client: Option<Client>,
    operations: HashMap<Arc<str>, AbortHandle>,
    /// The operations' events, each operation in its turn.
    events: SelectAll<BoxStream<'static, Event>>,
    /// The last cursor that was sent.
    cursor: Option<String>,
}

struct Client {
    identity: Identity,
    expires: Option<Instant>,
    next_ping: Instant,
    missed_pongs: u32,
}

/// Why a conversation ends.
enum End {
    /// The client has gone, or wants to.
    Gone,
    Close(Close),
}

impl From<Close> for End {
    fn from(close: Close) -> Self {
        Self::Close(close)
    }
}

fn close_with(code: u16, reason: &str) -> End {
    Close::new(code, reason).into()
}

impl Conversation {
    pub fn new(socket: WebSocket, graphql: Arc<Graphql>, connection: Connection) -> Self {
        Self {
            socket,
            graphql,
            connection,
            opened: Instant::now(),
            client: None,
            operations: HashMap::new(),
            events: SelectAll::new(),
            cursor: None,
        }
    }

    /// Talks until either side closes.
    pub async fn hold(mut self) {
        let end = loop {
            if let Err(end) = self.step().await {
                break end;
            }
        };
        let Self { mut socket, connection, operations, events, opened, .. } = self;
        drop((operations, events));
        let (code, reason) = match end {
            End::Close(close) => {
                let told = (close.code, close.reason.clone());
                self::close(socket, connection.patience.close, close).await;
                told
            }
            End::Gone => {
                // What is read last is the end, and answers the client's close on the way.
                let rest = async { while let Some(Ok(_)) = socket.next().await {} };
                let _ = timeout(connection.patience.close, rest).await;
                (1000, String::new())
            }
        };
        info!(code, reason, seconds = opened.elapsed().as_secs(), "a socket was closed");
    }

    async fn step(&mut self) -> Result<(), End> {
        let due = self.due();
        tokio::select! {
            received = self.socket.next() => match received {
                None => Err(End::Gone),
                Some(Ok(message)) => self.receive(message).await,
                Some(Err(error)) => Err(broken(error)),
            },
            Some((id, event)) = self.events.next() => self.tell(&id, event).await,
            () = sleep_until(due) => self.tick().await,
            () = self.connection.farewell() => {
                Err(close_with(close::GOING_AWAY, "The server stops"))
            }
        }
    }

    /// When there is something to do even if nothing happens.
    fn due(&self) -> Instant {
        match &self.client {
            None => self.opened + self.connection.patience.init,
            Some(client) => {
                client.expires.map_or(client.next_ping, |expires| expires.min(client.next_ping))
            }
        }
    }

    async fn tick(&mut self) -> Result<(), End> {
        let now = Instant::now();
        let Some(client) = &mut self.client else {
            return Err(close_with(close::NO_INIT, "Connection initialisation timeout"));
        };
        if client.expires.is_some_and(|expires| expires <= now) {
            return Err(close_with(close::FORBIDDEN, "Token expired"));
        }
        if client.next_ping > now {
            return Ok(());
        }
        if client.missed_pongs >= MISSED_PONGS {
            return Err(close_with(close::NO_PONG, "No pong"));
        }
        client.missed_pongs += 1;
        client.next_ping = now + self.connection.patience.ping;
        self.send(message::ping()).await
    }

    async fn receive(&mut self, message: Message) -> Result<(), End> {
        // Any message is a sign of life.
        if let Some(client) = &mut self.client {
            client.missed_pongs = 0;
        }
        let text = match message {
            Message::Text(text) => text,
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Close(_) => return Err(End::Gone),
            Message::Binary(_) => return Err(invalid()),
        };
        match Received::read(&text).ok_or_else(invalid)? {
            Received::Init { token } => self.init(token.as_deref()).await,
            Received::Ping { payload } => self.send(message::pong(payload)).await,
            Received::Pong => Ok(()),
            Received::Subscribe { id, request } => self.subscribe(id, *request).await,
            Received::Complete { id } => {
                self.end(&id);
                Ok(())
            }
        }
    }

    async fn init(&mut self, token: Option<&str>) -> Result<(), End> {
        if self.client.is_some() {
            return Err(close_with(close::SECOND_INIT, "Too many initialisation requests"));
        }
        let patience = self.connection.patience;
        let identity = timeout(patience.answer, self.graphql.auth.identity(token)).await;
        let identity = match identity {
            Ok(Ok(identity)) => identity,
            Err(_) | Ok(Err(Error::Unavailable | Error::Internal)) => {
                return Err(close_with(close::TRY_AGAIN, "Try again later"));
            }
            Ok(Err(_)) => return Err(close_with(close::FORBIDDEN, "Forbidden")),
        };
        let now = Instant::now();
        let expires =
            identity.expires_at.map(|at| now + self.graphql.service.time_until(at).min(LONGEST));
        let next_ping = now + patience.ping;
        self.client = Some(Client { identity, expires, next_ping, missed_pongs: 0 });
        self.send(message::ack()).await
    }

    async fn subscribe(&mut self, id: Arc<str>, mut request: Request) -> Result<(), End> {
        let Some(client) = &self.client else {
            return Err(close_with(close::UNAUTHORIZED, "Unauthorized"));
        };
        if self.operations.contains_key(&id) {
            return Err(Close::subscriber_exists(&id).into());
        }
        if self.operations.len() >= MAX_OPERATIONS {
            let text = format!("A socket has at most {MAX_OPERATIONS} operations at a time.");
            let error = request_error(&text, "TOO_MANY_REQUESTS");
            return self.send(message::error(&id, &[error])).await;
        }
        if is_empty(&request) {
            let error = request_error("There is no `query`.", "BAD_REQUEST");
            return self.send(message::error(&id, &[error])).await;
        }
        request.operation_name = request.operation_name.filter(|name| !name.is_empty());
        let admitted = match self.graphql.schema.prepare(request) {
            Ok(admitted) => admitted,
            Err(refused) => return self.send(message::error(&id, &refused.errors)).await,
        };
        if self.graphql.limits.check(&client.identity).is_err() {
            let error = request_error("Too Many Requests", "TOO_MANY_REQUESTS");
            return self.send(message::error(&id, &[error])).await;
        }
        let admitted = admitted.with_identity(client.identity.newcomer.as_ref());
        let Graphql { schema, service, .. } = &*self.graphql;
        let answers = schema.stream(service, client.identity.viewer, admitted);
        let answers = AssertUnwindSafe(answers).catch_unwind().map(|it| Some(it.map_err(|_| ())));
        let events = answers.chain(stream::once(async { None }));
        let named = {
            let id = id.clone();
            events.map(move |event| (id.clone(), event))
        };
        let (events, operation) = abortable(named);
        self.operations.insert(id, operation);
        self.events.push(events.boxed());
        Ok(())
    }

    /// Tells the client what came of an operation.
    async fn tell(&mut self, id: &str, event: Option<Result<Answer, ()>>) -> Result<(), End> {
        match event {
            Some(Ok(answer)) if !is_unexecuted(&answer) => {
                if let Some(cursor) = cursor(&answer.data) {
                    self.cursor = Some(cursor.to_owned());
                }
                self.send(message::next(id, Payload(&answer))).await
            }
            Some(failed) => {
                self.end(id);
                let errors = match failed {
                    Ok(answer) => answer.errors,
                    Err(()) => vec![internal()],
                };
                self.send(message::error(id, &errors)).await
            }
            None => {
                self.end(id);
                self.send(message::complete(id)).await
            }
        }
    }

    fn end(&mut self, id: &str) {
        if let Some(operation) = self.operations.remove(id) {
            operation.abort();
        }
    }

    /// Sends a message and waits until it has gone out.
    async fn send(&mut self, message: Message) -> Result<(), End> {
        match timeout(self.connection.patience.write, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(Close::too_slow(self.cursor.as_deref()).into()),
        }
    }
}

/// Closes a socket, once the client has taken what is on its way. The patience covers that and the
/// client's answer.
pub async fn close(mut socket: WebSocket, patience: Duration, close: Close) {
    let farewell = async {
        socket.send(close.message()).await?;
        let mut answered = false;
        while let Some(Ok(message)) = socket.next().await {
            answered |= matches!(message, Message::Close(_));
        }
        if !answered {
            sleep(LINGER).await;
        }
        Ok::<_, Broken>(())
    };
    if !matches!(timeout(patience, farewell).await, Ok(Ok(()))) {
        debug!(?close, "a client did not wait for its close");
    }
}

fn invalid() -> End {
    close_with(close::INVALID, "Invalid message received")
}

fn internal() -> ServerError {
    request_error(&Error::Internal.to_string(), Error::Internal.code())
}

/// What to do about a socket that cannot be read.
fn broken(error: Broken) -> End {
    let error = error.into_inner();
    match error.downcast_ref() {
        Some(tungstenite::Error::Capacity(_)) => {
            close_with(close::TOO_LARGE, "A message may have a megabyte")
        }
        Some(tungstenite::Error::Protocol(_)) => close_with(close::PROTOCOL, "Protocol error"),
        Some(tungstenite::Error::Utf8(_)) => close_with(close::NOT_UTF8, "Text must be UTF-8"),
        _ => End::Gone,
    }
}

/// The cursor of an event: subscriptions have one root field, which may have one.
fn cursor(data: &Value) -> Option<&str> {
    let Value::Object(roots) = data else { return None };
    let Value::Object(event) = roots.values().next()? else { return None };
    match event.get("cursor") {
        Some(Value::String(cursor)) => Some(cursor),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::value;

    use super::*;

    #[test]
    fn the_cursor_is_that_of_the_root_field() {
        let event = value!({ "created": { "node": { "cursor": "no" }, "cursor": "yes" } });
        assert_eq!(cursor(&event), Some("yes"));
        for data in [
            Value::Null,
            value!({}),
            value!({ "created": null }),
            value!({ "created": { "at": "no" } }),
            value!({ "created": { "cursor": 1 } }),
        ] {
            assert_eq!(cursor(&data), None);
        }
    }
}
