//! The codings of request bodies: decompression, and rejection of unknown codings.

use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tower_http::decompression::RequestDecompressionLayer;

use super::errors;
use crate::{
    headers::{content_length, list},
    http::MAX_BODY,
};

/// The codings of request bodies, as a 415 lists them.
const CODINGS: &str = "gzip, identity";

/// Inflates bodies whose `Content-Encoding` is gzip. Handlers limit what they read, so the limit holds
/// after inflation.
pub fn layer() -> RequestDecompressionLayer {
    RequestDecompressionLayer::new()
}

/// Answers 501 to a body with another transfer coding than `chunked` (RFC 9112 section 6.1), and closes
/// the connection. The server decodes `chunked`, ignores the codings before it, and answers 400 itself
/// if `chunked` is not the last one.
pub async fn check_transfer_coding(request: Request, next: Next) -> Response {
    let values = request.headers().get_all(header::TRANSFER_ENCODING);
    let is_known = values.iter().all(|it| it.as_bytes().eq_ignore_ascii_case(b"chunked"));
    if is_known && values.iter().nth(1).is_none() {
        return next.run(request).await;
    }
    let response = errors::for_path(request.uri().path(), StatusCode::NOT_IMPLEMENTED);
    ([(header::CONNECTION, "close")], response).into_response()
}

/// Writes `Content-Encoding` in the one form that the layer knows. Answers 415 to a body in another
/// coding than gzip, with the codings in `Accept-Encoding` (RFC 9110 section 15.5.16), and 413 to a
/// compressed body that is larger than 1 MB by its `Content-Length`.
pub async fn check_coding(mut request: Request, next: Next) -> Response {
    let headers = request.headers_mut();
    if !headers.contains_key(header::CONTENT_ENCODING) {
        return next.run(request).await;
    }
    // `list` leaves out what is not text.
    let mut values = headers.get_all(header::CONTENT_ENCODING).iter();
    let is_text = values.all(|it| it.to_str().is_ok());
    let codings = list(headers, header::CONTENT_ENCODING);
    let codings: Vec<_> = codings.filter(|it| !it.eq_ignore_ascii_case("identity")).collect();
    match codings.as_slice() {
        [] if is_text => {
            headers.remove(header::CONTENT_ENCODING);
        }
        [coding] if is_text && is_gzip(coding) => {
            if content_length(headers).is_some_and(|length| length > MAX_BODY) {
                return StatusCode::PAYLOAD_TOO_LARGE.into_response();
            }
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        _ => {
            let accepted = [(header::ACCEPT_ENCODING, CODINGS)];
            return (StatusCode::UNSUPPORTED_MEDIA_TYPE, accepted).into_response();
        }
    }
    next.run(request).await
}

/// `x-gzip` is the same coding (RFC 9110 section 8.4.1.3).
fn is_gzip(coding: &str) -> bool {
    coding.eq_ignore_ascii_case("gzip") || coding.eq_ignore_ascii_case("x-gzip")
}
