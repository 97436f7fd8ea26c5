//! The gateway on a free port, and a WebSocket client.

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

/// A timeout for waiting that never expires in a passing test.
pub const LONG: Duration = Duration::from_secs(60);

/// A gateway on a free port, which runs until `stop` is called or this is dropped.
pub struct TestServer {
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
}

impl TestServer {
    pub async fn start(router: Router, timeouts: Timeouts) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(serve(listener, router, timeouts, async {
            let _ = stopped.await;
        }));
        Self { address, stop: Some(stop), server }
    }

    /// Starts the shutdown.
    pub fn stop(&mut self) {
        self.stop.take();
    }

    /// Starts the shutdown and waits until it is complete.
    pub async fn stop_and_wait(&mut self) {
        self.stop();
        timeout(LONG, &mut self.server).await.expect("the server stops").expect("without a panic");
    }

    /// Opens a WebSocket with these headers.
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

    /// Returns the status with which an upgrade with these headers is rejected.
    pub async fn rejection(&self, headers: &[(&'static str, &str)]) -> StatusCode {
        match self.handshake(headers).await {
            Err(tungstenite::Error::Http(response)) => response.status(),
            other => panic!("expected a rejected upgrade, got {other:?}"),
        }
    }

    /// Opens a socket that has not sent `connection_init` yet.
    pub async fn open(&self) -> Socket {
        let protocol = [("sec-websocket-protocol", "graphql-transport-ws")];
        Socket(self.handshake(&protocol).await.expect("a handshake").0)
    }

    /// Opens a socket and completes the handshake of `graphql-transport-ws`.
    pub async fn connect(&self) -> Socket {
        let mut socket = self.open().await;
        socket.send(json!({ "type": "connection_init" })).await;
        assert_eq!(socket.recv().await, json!({ "type": "connection_ack" }));
        socket
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// The client's end of a WebSocket.
pub struct Socket(pub WebSocketStream<TcpStream>);

impl Socket {
    /// Sends a JSON message.
    pub async fn send(&mut self, message: Value) {
        self.send_raw(Message::text(message.to_string())).await;
    }

    pub async fn send_raw(&mut self, message: Message) {
        self.0.send(message).await.expect("the socket is open");
    }

    pub async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.send(json!({ "type": "subscribe", "id": id, "payload": payload })).await;
    }

    /// Receives the next JSON message. Skips pings and pongs of the WebSocket.
    pub async fn recv(&mut self) -> Value {
        loop {
            match self.recv_raw().await {
                Message::Text(text) => return serde_json::from_str(&text).expect("JSON"),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("expected a text message, got {other:?}"),
            }
        }
    }

    /// Skips messages up to the close. Returns its code and reason.
    pub async fn recv_close(&mut self) -> (u16, String) {
        loop {
            if let Message::Close(frame) = self.recv_raw().await {
                let frame = frame.expect("a code");
                return (frame.code.into(), frame.reason.to_string());
            }
        }
    }

    /// Receives the next message of any kind.
    pub async fn recv_raw(&mut self) -> Message {
        let next = timeout(LONG, self.0.next()).await.expect("a message arrives in time");
        next.expect("the connection is open").expect("the frame is valid")
    }
}
