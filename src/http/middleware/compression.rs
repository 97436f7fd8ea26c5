//! Compression of JSON responses.

use axum::{
    extract::Request,
    http::{Extensions, HeaderMap, HeaderValue, StatusCode, Version, header},
};
use tower_http::{
    CompressionLevel,
    compression::{CompressionLayer, Predicate, predicate::SizeAbove},
};

use crate::headers::{coding_weight, is_json_or_suffix};

/// The smallest body that is compressed, in bytes. A smaller one fits into one packet anyway.
const MIN_SIZE: u64 = 1024;

/// Compresses JSON with gzip at the fastest level, which achieves most of the possible gain.
pub fn layer() -> CompressionLayer<impl Predicate> {
    let json =
        |_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions| is_json_or_suffix(headers);
    CompressionLayer::new()
        .quality(CompressionLevel::Fastest)
        .compress_when(SizeAbove::new(MIN_SIZE).and(json))
}

/// Replaces `Accept-Encoding` with those of the gateway's codings that the client accepts and does not
/// like less than a response without a coding, or removes it.
///
/// Without a coding that a client accepts, RFC 9110 section 12.5.3 lets a server answer without one.
/// The compression layer would answer 406 instead, after the request was executed.
pub async fn known_codings(mut request: Request) -> Request {
    let headers = request.headers();
    if !headers.contains_key(header::ACCEPT_ENCODING) {
        return request;
    }
    let identity = coding_weight(headers, &["identity"]).unwrap_or_default();
    let accepted = |names: &[&str]| {
        coding_weight(headers, names).is_some_and(|weight| weight > 0 && weight >= identity)
    };
    let codings = match (accepted(&["br"]), accepted(&["gzip", "x-gzip"])) {
        (true, true) => Some("br, gzip"),
        (true, false) => Some("br"),
        (false, true) => Some("gzip"),
        (false, false) => None,
    };
    let headers = request.headers_mut();
    match codings {
        Some(codings) => {
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(codings));
        }
        None => {
            headers.remove(header::ACCEPT_ENCODING);
        }
    }
    request
}
