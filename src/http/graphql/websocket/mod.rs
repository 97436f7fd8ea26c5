//! GraphQL over WebSocket: the protocol graphql-transport-ws.

mod close;
mod handshake;
mod limits;
mod message;
mod operation;
mod session;

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use axum::{
    extract::{FromRequestParts, Request, WebSocketUpgrade, ws::WebSocket},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use tracing::Instrument;

use self::{close::Close, session::WsSession};
use super::{Graphql, MAX_BODY, Rejection, negotiation::ResponseFormat, rejected};
use crate::http::{middleware::rate_limit::ClientAddress, server::header_case::handshake_spelling};

const PROTOCOL: &str = "graphql-transport-ws";
/// The bytes that are read at a time. Each WebSocket keeps a buffer of this size.
const READ_BUFFER: usize = 2048;

const CROSS_ORIGIN: Rejection = (StatusCode::FORBIDDEN, "Cross-origin WebSockets are not allowed.");

/// Returns true if the request asks for an upgrade to WebSocket.
pub fn is_upgrade(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(header::UPGRADE);
    upgrade.is_some_and(|it| it.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Opens a WebSocket. A browser opens one for any page without a preflight request, so the origin of
/// the page is checked here.
pub async fn open(graphql: Arc<Graphql>, request: Request) -> Response {
    if graphql.origins.is_cross_origin(&request) {
        return rejected(ResponseFormat::Json, CROSS_ORIGIN);
    }
    if let Err(rejection) = handshake::check(request.headers()) {
        return *rejection;
    }
    let connection = request.extensions().get::<super::Connection>().cloned().unwrap_or_default();
    let address = request.extensions().get().map(|ClientAddress(address)| *address);
    // Without a limit per address, none is charged.
    let address = address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let (mut parts, _) = request.into_parts();
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    let mut upgrade = upgrade
        .read_buffer_size(READ_BUFFER)
        // Each message is sent at once, and the next one is not written before that.
        .write_buffer_size(0)
        .max_message_size(MAX_BODY)
        .max_frame_size(MAX_BODY)
        .protocols([PROTOCOL]);
    let is_supported = upgrade.selected_protocol().is_some();
    let offered = upgrade.requested_protocols().next().cloned();
    if let Some(offered) = offered.filter(|_| !is_supported) {
        // A browser shows the close code to its page only if the handshake succeeded.
        upgrade.set_selected_protocol(offered);
    }
    let session = async move |socket: WebSocket| {
        connection.set_upgraded();
        if is_supported {
            Box::new(WsSession::new(socket, graphql, connection, address)).run().await;
        } else {
            let close = Close::new(close::SUBPROTOCOL, "Subprotocol not acceptable");
            session::close(socket, connection.timeouts.close, close).await;
        }
    };
    let span = tracing::Span::current();
    let mut response = upgrade.on_upgrade(move |socket| session(socket).instrument(span));
    response.extensions_mut().extend(handshake_spelling().await);
    response
}
