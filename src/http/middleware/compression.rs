//! Compression of JSON responses.

use axum::http::{Extensions, HeaderMap, StatusCode, Version};
use tower_http::{
    CompressionLevel,
    compression::{CompressionLayer, Predicate, predicate::SizeAbove},
};

use crate::headers::is_json_or_suffix;

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
