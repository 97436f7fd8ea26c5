//! Compression of what is large enough and is not compressed yet.

use axum::http::{Extensions, HeaderMap, StatusCode, Version, header};
use tower_http::{
    CompressionLevel,
    compression::{CompressionLayer, Predicate, predicate::SizeAbove},
};

/// The smallest body that is compressed, in bytes: below, a packet holds it anyway.
const SMALLEST: u64 = 1024;

/// Gzip for JSON, at the level that costs least: most of what there is to gain is gained there.
pub fn layer() -> CompressionLayer<impl Predicate> {
    let json = |_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions| {
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
        let essence = content_type.and_then(|it| it.split(';').next()).map(str::trim);
        essence.is_some_and(|it| it == "application/json" || it.ends_with("+json"))
    };
    CompressionLayer::new()
        .quality(CompressionLevel::Fastest)
        .compress_when(SizeAbove::new(SMALLEST).and(json))
}
