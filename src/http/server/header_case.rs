//! The spelling of header names in a WebSocket handshake.

use std::{
    convert::Infallible,
    future::ready,
    sync::{Mutex, PoisonError},
};

use axum::http::Extensions;
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{io, sync::OnceCell};

/// A request with the headers of the handshake, spelled as RFC 6455 does.
const SPELLED: &[u8] = b"GET / HTTP/1.1\r\n\
    Host: localhost\r\n\
    Connection: close\r\n\
    Upgrade: websocket\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
    Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n";

/// Returns extensions for the response to a handshake, with which hyper writes its header names as
/// RFC 6455 spells them. Header names have no case, but the Python package gql 4 takes
/// `sec-websocket-protocol` for another header.
///
/// hyper can keep the spelling of names, but gives no way to create one, and its title case is
/// `Sec-Websocket-Protocol`. So hyper parses the names once.
pub async fn handshake_spelling() -> Extensions {
    static SPELLING: OnceCell<Extensions> = OnceCell::const_new();
    SPELLING.get_or_init(parse).await.clone()
}

async fn parse() -> Extensions {
    let parsed = Mutex::new(Extensions::new());
    let service = service_fn(|mut request: Request<Incoming>| {
        let extensions = std::mem::take(request.extensions_mut());
        *parsed.lock().unwrap_or_else(PoisonError::into_inner) = extensions;
        ready(Ok::<_, Infallible>(Response::new(String::new())))
    });
    let stream = TokioIo::new(io::join(SPELLED, io::sink()));
    let served = http1::Builder::new().preserve_header_case(true).serve_connection(stream, service);
    if let Err(error) = served.await {
        tracing::debug!(%error, "failed to parse the spelling of header names");
    }
    let mut extensions = parsed.into_inner().unwrap_or_else(PoisonError::into_inner);
    extensions.remove::<hyper::upgrade::OnUpgrade>();
    extensions
}
