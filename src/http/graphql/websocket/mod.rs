//! GraphQL over WebSocket: the protocol graphql-transport-ws.

mod close;
mod message;
mod session;

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, Request, WebSocketUpgrade, ws::WebSocket},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use tracing::Instrument;

use self::{close::Close, session::Conversation};
use super::{Graphql, MAX_BODY, Media, Refusal, csrf::is_foreign, refused};

const PROTOCOL: &str = "graphql-transport-ws";
/// How many bytes are read at a time. Each socket holds as much for as long as it lives.
const READ_BUFFER: usize = 2048;

const FOREIGN: Refusal =
    (StatusCode::FORBIDDEN, "Pages of other origins may not open a WebSocket here.");

/// Whether the request asks for a WebSocket.
pub fn is_asked_for(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(header::UPGRADE);
    upgrade.is_some_and(|it| it.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Opens a WebSocket. A browser opens one for any page without asking, so that the page's origin is
/// looked at here.
pub async fn open(graphql: Arc<Graphql>, request: Request) -> Response {
    if is_foreign(request.headers(), &graphql.origins) {
        return refused(Media::Json, FOREIGN);
    }
    let connection = request.extensions().get::<super::Connection>().cloned().unwrap_or_default();
    let (mut parts, _) = request.into_parts();
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    let mut upgrade = upgrade
        .read_buffer_size(READ_BUFFER)
        // Each message goes out at once; the next one is not begun before.
        .write_buffer_size(0)
        .max_message_size(MAX_BODY)
        .max_frame_size(MAX_BODY)
        .protocols([PROTOCOL]);
    let known = upgrade.selected_protocol().is_some();
    let offered = upgrade.requested_protocols().next().cloned();
    if let Some(offered) = offered.filter(|_| !known) {
        // A browser tells its page of the code only where the handshake went well.
        upgrade.set_selected_protocol(offered);
    }
    let conversation = async move |socket: WebSocket| {
        connection.upgrade();
        if known {
            Conversation::new(socket, graphql, connection).hold().await;
        } else {
            let close = Close::new(close::SUBPROTOCOL, "Subprotocol not acceptable");
            session::close(socket, connection.patience.close, close).await;
        }
    };
    let span = tracing::Span::current();
    let mut response = upgrade.on_upgrade(move |socket| conversation(socket).instrument(span));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
