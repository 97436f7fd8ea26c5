//! One WebSocket and its operations.

use std::{collections::HashMap, net::IpAddr, sync::Arc, time::Duration};

use async_graphql::{Request, Response, ServerError, Value};
use axum::{
    Error as SocketError,
    extract::ws::{Message, WebSocket},
};
use futures_util::{
    StreamExt,
    stream::{self, AbortHandle, BoxStream, SelectAll, abortable},
};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tracing::{debug, info};

use super::{
    super::{
        Graphql, MISSING,
        request::is_empty,
        response::{Payload, is_unexecuted, request_error},
    },
    close::{self, Close},
    limits::{MAX_PING_PAYLOAD, OverLimit, SocketLimits},
    message::{self, ClientMessage},
    operation,
};
use crate::{
    auth::Identity,
    domain::Viewer,
    error::Error,
    graphql::SignedIn,
    http::server::{connection::Connection, timeouts::MAX_TIMER},
    service::ViewerWatch,
};

/// The most operations that a WebSocket can have at a time.
const MAX_OPERATIONS: usize = 50;
/// The pings that a client may leave unanswered. At the next one it counts as gone.
const MAX_MISSED_PONGS: u32 = 2;
/// How long a socket that can no longer be read stays open after its close frame. If the gateway closed
/// it with unread data, TCP would reset the connection, and the client might not get the frame.
const CLOSE_GRACE: Duration = Duration::from_secs(1);

/// The id of an operation with its next response, `None` when it is complete, or `Err` when a
/// resolver panicked.
type Event = (Arc<str>, Option<Result<Response, ()>>);

/// A WebSocket and its operations, each of which has a task of its own.
///
/// It sends one message at a time, and takes the next response only when the previous message has
/// been sent. An operation begins its next response when the previous one is taken. A client that
/// does not read slows its own operations down, and no queue grows.
pub struct WsSession {
    socket: WebSocket,
    graphql: Arc<Graphql>,
    connection: Connection,
    limits: SocketLimits,
    opened: Instant,
    /// `None` before `connection_init`.
    client: Option<InitializedClient>,
    operations: HashMap<Arc<str>, AbortHandle>,
    /// The events of all operations, polled fairly.
    events: SelectAll<BoxStream<'static, Event>>,
    /// The last cursor that was sent, for a client that has to resume.
    cursor: Option<String>,
}

/// The client, after `connection_init`.
struct InitializedClient {
    identity: Identity,
    expires: Option<Instant>,
    next_ping: Instant,
    missed_pongs: u32,
    /// Tells when the viewer is banned or erased.
    watch: ViewerWatch,
    /// When a signed-in viewer has to be authenticated again.
    renewal: Option<Instant>,
}

impl InitializedClient {
    /// Returns when the next timer is due: the next ping, the expiry of the token or the renewal.
    fn deadline(&self) -> Instant {
        let timers = [self.expires, self.renewal];
        timers.into_iter().flatten().fold(self.next_ping, Instant::min)
    }
}

/// Why a session ends.
enum End {
    /// The client closed the socket or disconnected.
    Gone,
    /// The gateway closes the socket.
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

impl WsSession {
    /// `address` is the client's.
    pub fn new(
        socket: WebSocket,
        graphql: Arc<Graphql>,
        connection: Connection,
        address: IpAddr,
    ) -> Self {
        Self {
            socket,
            limits: SocketLimits::new(&graphql.limits, address),
            graphql,
            connection,
            opened: Instant::now(),
            client: None,
            operations: HashMap::new(),
            events: SelectAll::new(),
            cursor: None,
        }
    }

    /// Runs the session until either side closes the socket.
    ///
    /// The futures that are awaited while the socket is busy or closing are boxed, and so is the session.
    /// An idle socket would have room for them otherwise.
    pub async fn run(mut self: Box<Self>) {
        let end = loop {
            if let Err(end) = self.next_event().await {
                break end;
            }
        };
        let Self { mut socket, connection, operations, events, opened, .. } = *self;
        drop((operations, events));
        let (code, reason) = match end {
            End::Close(close) => {
                let logged = (close.code, close.reason.clone());
                Box::pin(self::close(socket, connection.timeouts.close, close)).await;
                logged
            }
            End::Gone => {
                // Reading to the end also answers the client's close frame.
                let rest = async { while let Some(Ok(_)) = socket.next().await {} };
                let _ = timeout(connection.timeouts.close, rest).await;
                (1000, String::new())
            }
        };
        info!(code, reason, seconds = opened.elapsed().as_secs(), "WebSocket closed");
    }

    /// Waits for the next message, event, timer or shutdown, and handles it.
    async fn next_event(&mut self) -> Result<(), End> {
        let deadline = self.deadline();
        tokio::select! {
            received = self.socket.next() => match received {
                None => Err(End::Gone),
                Some(Ok(message)) => Box::pin(self.receive(message)).await,
                Some(Err(error)) => Err(end_of_broken_socket(error)),
            },
            Some((id, event)) = self.events.next() => Box::pin(self.forward(&id, event)).await,
            () = sleep_until(deadline) => self.tick().await,
            () = viewer_changed(&mut self.client) => Err(close_with(close::FORBIDDEN, "Forbidden")),
            () = self.connection.drain() => {
                Err(close_with(close::GOING_AWAY, "Server shutting down"))
            }
        }
    }

    /// Returns when the next timer is due: the init timeout, or one of [`InitializedClient::deadline`].
    fn deadline(&self) -> Instant {
        match &self.client {
            None => self.opened + self.connection.timeouts.init,
            Some(client) => client.deadline(),
        }
    }

    /// Handles a timer.
    async fn tick(&mut self) -> Result<(), End> {
        let now = Instant::now();
        let Some(client) = &mut self.client else {
            return Err(close_with(close::NO_INIT, "Connection initialisation timeout"));
        };
        if client.expires.is_some_and(|expires| expires <= now) {
            return Err(close_with(close::FORBIDDEN, "Token expired"));
        }
        if client.renewal.is_some_and(|renewal| renewal <= now) {
            return Err(close_with(close::RESTART, "Reconnect to authenticate again"));
        }
        if client.next_ping > now {
            return Ok(());
        }
        if client.missed_pongs >= MAX_MISSED_PONGS {
            return Err(close_with(close::NO_PONG, "No pong"));
        }
        client.missed_pongs += 1;
        client.next_ping = now + self.connection.timeouts.ping;
        self.send(message::ping()).await
    }

    /// Handles a message from the client.
    async fn receive(&mut self, message: Message) -> Result<(), End> {
        // Any message counts as a pong.
        if let Some(client) = &mut self.client {
            client.missed_pongs = 0;
        }
        let text = match message {
            Message::Text(text) => text,
            Message::Ping(payload) | Message::Pong(payload) => {
                return Ok(self.limits.charge_control(payload.len())?);
            }
            Message::Close(_) => return Err(End::Gone),
            Message::Binary(_) => return Err(invalid()),
        };
        match ClientMessage::parse(&text).ok_or_else(invalid)? {
            ClientMessage::Init { token } => self.init(token.as_deref()).await,
            ClientMessage::Ping { payload } => {
                self.limits.charge_control(text.len())?;
                if payload.as_ref().is_some_and(|it| it.get().len() > MAX_PING_PAYLOAD) {
                    return Err(close_with(close::TOO_LARGE, "Ping payload larger than 1 kB"));
                }
                self.send(message::pong(payload)).await
            }
            ClientMessage::Pong => Ok(self.limits.charge_control(text.len())?),
            ClientMessage::Subscribe { id, request } => {
                self.subscribe(id, request, text.len()).await
            }
            ClientMessage::Complete { id } => {
                if !self.cancel(&id) {
                    self.limits.charge_control(text.len())?;
                }
                Ok(())
            }
        }
    }

    async fn init(&mut self, token: Option<&str>) -> Result<(), End> {
        if self.client.is_some() {
            return Err(close_with(close::TOO_MANY, "Too many initialisation requests"));
        }
        let timeouts = self.connection.timeouts;
        let identity = timeout(timeouts.response, self.graphql.auth.identity(token)).await;
        let identity = match identity {
            Ok(Ok(identity)) => identity,
            Err(_) | Ok(Err(Error::Unavailable | Error::Internal)) => {
                return Err(close_with(close::TRY_AGAIN, "Try again later"));
            }
            Ok(Err(_)) => return Err(close_with(close::FORBIDDEN, "Forbidden")),
        };
        let now = Instant::now();
        let expires =
            identity.expires_at.map(|at| now + self.graphql.service.time_until(at).min(MAX_TIMER));
        let next_ping = now + timeouts.ping;
        let watch = self.graphql.service.watch_viewer(identity.viewer);
        let renewal =
            (identity.viewer != Viewer::Anonymous).then(|| now + timeouts.lifetime.min(MAX_TIMER));
        let missed_pongs = 0;
        self.client =
            Some(InitializedClient { identity, expires, next_ping, missed_pongs, watch, renewal });
        self.send(message::ack()).await
    }

    /// Starts an operation. `bytes` is the length of its message. The operation is charged before
    /// anything looks at its request, so that an invalid one counts too.
    async fn subscribe(
        &mut self,
        id: Arc<str>,
        request: Result<Box<Request>, &'static str>,
        bytes: usize,
    ) -> Result<(), End> {
        let Some(client) = &self.client else {
            return Err(close_with(close::UNAUTHORIZED, "Unauthorized"));
        };
        if self.operations.contains_key(&id) {
            return Err(Close::subscriber_exists(&id).into());
        }
        match self.limits.charge_operation(&client.identity, bytes) {
            Ok(()) => {}
            Err(OverLimit::Error(error)) => {
                return self.send(message::error(&id, &[error])).await;
            }
            Err(OverLimit::Close(close)) => return Err(close.into()),
        }
        if self.operations.len() >= MAX_OPERATIONS {
            let text =
                format!("A WebSocket can have at most {MAX_OPERATIONS} operations at a time.");
            let error = request_error(&text, "TOO_MANY_REQUESTS");
            return self.send(message::error(&id, &[error])).await;
        }
        let request = match request {
            Ok(request) if is_empty(&request) => Err(MISSING),
            request => request,
        };
        let mut request = match request {
            Ok(request) => *request,
            Err(text) => {
                let error = request_error(text, "BAD_REQUEST");
                return self.send(message::error(&id, &[error])).await;
            }
        };
        request.operation_name = request.operation_name.filter(|name| !name.is_empty());
        if client.identity.viewer != Viewer::Anonymous {
            request = request.data(SignedIn);
        }
        let prepared = match self.graphql.schema.prepare_in_turn(request).await {
            Ok(prepared) => prepared,
            Err(response) => return self.send(message::error(&id, &response.errors)).await,
        };
        let prepared = prepared.with_identity(client.identity.unregistered.as_ref());
        let Graphql { schema, service, .. } = &*self.graphql;
        let responses = schema.stream(service, client.identity.viewer, prepared);
        let responses = operation::run(responses).map(Some);
        let events = responses.chain(stream::once(async { None }));
        let events = {
            let id = id.clone();
            events.map(move |event| (id.clone(), event))
        };
        let (events, operation) = abortable(events);
        self.operations.insert(id, operation);
        self.events.push(events.boxed());
        Ok(())
    }

    /// Sends an event of an operation to the client.
    async fn forward(&mut self, id: &str, event: Option<Result<Response, ()>>) -> Result<(), End> {
        match event {
            Some(Ok(response)) if !is_unexecuted(&response) => {
                if let Some(cursor) = cursor(&response.data) {
                    self.cursor = Some(cursor.to_owned());
                }
                self.send(message::next(id, Payload(&response))).await
            }
            Some(failed) => {
                self.cancel(id);
                let errors = match failed {
                    Ok(response) => response.errors,
                    Err(()) => vec![internal()],
                };
                self.send(message::error(id, &errors)).await
            }
            None => {
                self.cancel(id);
                self.send(message::complete(id)).await
            }
        }
    }

    /// Returns false if there is no such operation.
    fn cancel(&mut self, id: &str) -> bool {
        let operation = self.operations.remove(id);
        operation.inspect(AbortHandle::abort).is_some()
    }

    /// Sends a message and waits until it is written.
    async fn send(&mut self, message: Message) -> Result<(), End> {
        match timeout(self.connection.timeouts.write, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(Close::too_slow(self.cursor.as_deref()).into()),
        }
    }
}

/// Waits until the client's viewer is banned or erased, or has another `sub`.
async fn viewer_changed(client: &mut Option<InitializedClient>) {
    match client {
        Some(client) => client.watch.changed().await,
        None => std::future::pending().await,
    }
}

/// Closes a socket. `limit` covers the messages that are still to be sent, the close frame and the
/// client's answer to it.
pub async fn close(mut socket: WebSocket, limit: Duration, close: Close) {
    let handshake = async {
        socket.send(close.message()).await?;
        let mut answered = false;
        while let Some(Ok(message)) = socket.next().await {
            answered |= matches!(message, Message::Close(_));
        }
        if !answered {
            sleep(CLOSE_GRACE).await;
        }
        Ok::<_, SocketError>(())
    };
    if !matches!(timeout(limit, handshake).await, Ok(Ok(()))) {
        debug!(?close, "the client did not complete the closing handshake");
    }
}

fn invalid() -> End {
    close_with(close::INVALID, "Invalid message received")
}

fn internal() -> ServerError {
    request_error(&Error::Internal.to_string(), Error::Internal.code())
}

/// Returns how a session ends whose socket failed.
fn end_of_broken_socket(error: SocketError) -> End {
    let error = error.into_inner();
    match error.downcast_ref() {
        Some(tungstenite::Error::Capacity(_)) => {
            close_with(close::TOO_LARGE, "Message larger than 1 MB")
        }
        Some(tungstenite::Error::Protocol(_)) => close_with(close::PROTOCOL, "Protocol error"),
        Some(tungstenite::Error::Utf8(_)) => close_with(close::NOT_UTF8, "Text must be UTF-8"),
        _ => End::Gone,
    }
}

/// Returns the cursor of an event. A subscription has one root field, whose object may have a cursor.
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
    fn the_cursor_is_read_from_the_root_field() {
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
