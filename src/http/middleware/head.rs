//! Responses to HEAD.

use std::convert::Infallible;

use axum::{
    body::{Body, HttpBody},
    extract::Request,
    http::{Method, header},
    middleware::Next,
    response::Response,
};
use bytes::Bytes;
use futures_util::stream;

/// Turns HEAD into GET for everything inside of this layer, and drops the body of the response, so that
/// it has the headers of the GET, those of its compression included (RFC 9110 section 9.3.2).
pub async fn as_get(mut request: Request, next: Next) -> Response {
    if request.method() != Method::HEAD {
        return next.run(request).await;
    }
    *request.method_mut() = Method::GET;
    // Only GET opens a WebSocket.
    request.headers_mut().remove(header::UPGRADE);
    let (mut parts, body) = next.run(request).await.into_parts();
    // A body without a known length is sent in chunks.
    if let Some(length) = body.size_hint().exact() {
        parts.headers.entry(header::CONTENT_LENGTH).or_insert(length.into());
        return Response::from_parts(parts, Body::empty());
    }
    // An empty body would get the length 0.
    Response::from_parts(parts, Body::from_stream(stream::empty::<Result<Bytes, Infallible>>()))
}
