//! The gateway on a port of its own, and a client that speaks to it over a WebSocket.

use std::{net::SocketAddr, time::Duration};

use axum::Router;
use cruddur::http::{Timeouts, serve};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        self, Message,
        client::IntoClientRequest,
        handshake::client::Response,
        http::{HeaderValue, StatusCode},
    },
};

/// Longer than any test takes.
pub const LONG: Duration = Duration::from_secs(60);

/// A server that runs until it is told to stop, or is dropped.
pub struct Running {
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
}

impl Running {
    pub async fn start(router: Router, timeouts: Timeouts) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(serve(listener, router, timeouts, async {
            let _ = stopped.await;
        }));
        Self { address, stop: Some(stop), server }
    }

    pub fn stop(&mut self) {
        self.stop.take();
    }

    /// Waits until it has stopped.
    pub async fn stopped(&mut self) {
        self.stop();
        timeout(LONG, &mut self.server).await.expect("it stops").expect("in order");
    }

    /// Asks for a WebSocket with these headers.
    pub async fn handshake(
        &self,
        headers: &[(&'static str, &str)],
    ) -> Result<(WebSocketStream<TcpStream>, Response), tungstenite::Error> {
        let stream = TcpStream::connect(self.address).await.expect("a connection");
        let url = format!("ws://{}/graphql", self.address);
        let mut request = url.into_client_request().expect("a URL");
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).expect("a header");
            request.headers_mut().insert(*name, value);
        }
        client_async(request, stream).await
    }

    /// The status that an upgrade with these headers is refused with.
    pub async fn refusal(&self, headers: &[(&'static str, &str)]) -> StatusCode {
        match self.handshake(headers).await {
            Err(tungstenite::Error::Http(response)) => response.status(),
            other => panic!("the upgrade is refused, not {other:?}"),
        }
    }

    /// A socket that has said nothing yet.
    pub async fn open(&self) -> Socket {
        let protocol = [("sec-websocket-protocol", "graphql-transport-ws")];
        Socket(self.handshake(&protocol).await.expect("a handshake").0)
    }

    /// A socket that is acknowledged.
    pub async fn connect(&self) -> Socket {
        let mut socket = self.open().await;
        socket.say(json!({ "type": "connection_init" })).await;
        assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
        socket
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.server.abort();
    }
}

pub struct Socket(pub WebSocketStream<TcpStream>);

impl Socket {
    pub async fn say(&mut self, message: Value) {
        self.send(Message::text(message.to_string())).await;
    }

    pub async fn send(&mut self, message: Message) {
        self.0.send(message).await.expect("the gateway listens");
    }

    pub async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.say(json!({ "type": "subscribe", "id": id, "payload": payload })).await;
    }

    /// The next message.
    pub async fn hear(&mut self) -> Value {
        loop {
            match self.next().await {
                Message::Text(text) => return serde_json::from_str(&text).expect("JSON"),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("a message, not {other:?}"),
            }
        }
    }

    /// Code and reason of the close, after whatever comes before.
    pub async fn close(&mut self) -> (u16, String) {
        loop {
            if let Message::Close(frame) = self.next().await {
                let frame = frame.expect("a code");
                return (frame.code.into(), frame.reason.to_string());
            }
        }
    }

    pub async fn next(&mut self) -> Message {
        let next = timeout(LONG, self.0.next()).await.expect("something comes");
        next.expect("the connection is open").expect("and in order")
    }
}
