//! The headers of an opening handshake (RFC 6455 section 4.2.1).

use axum::{
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{GeneralPurpose, general_purpose::PAD},
};

use super::super::{Rejection, negotiation::ResponseFormat, rejected};
use crate::headers::only;

/// The only version of the protocol.
const VERSION: &str = "13";
/// The bytes of a key before base64.
const KEY_BYTES: usize = 16;
/// Some clients write a last character with bits that no byte has.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, PAD.with_decode_allow_trailing_bits(true));

const BAD_VERSION: Rejection = (StatusCode::UPGRADE_REQUIRED, "Sec-WebSocket-Version must be 13.");
const BAD_KEY: Rejection =
    (StatusCode::BAD_REQUEST, "Sec-WebSocket-Key must be 16 bytes in base64.");

/// Checks the version and the key. Returns the response that rejects the handshake: 426 with the
/// supported version (section 4.4), or 400 for a malformed key.
pub fn check(headers: &HeaderMap) -> Result<(), Box<Response>> {
    if only(headers, header::SEC_WEBSOCKET_VERSION) != Some(VERSION) {
        let headers = [
            (header::SEC_WEBSOCKET_VERSION, VERSION),
            (header::UPGRADE, "websocket"),
            (header::CONNECTION, "upgrade"),
        ];
        return Err(Box::new(
            (headers, rejected(ResponseFormat::Json, BAD_VERSION)).into_response(),
        ));
    }
    let key = only(headers, header::SEC_WEBSOCKET_KEY).and_then(|it| BASE64.decode(it).ok());
    match key {
        Some(key) if key.len() == KEY_BYTES => Ok(()),
        _ => Err(Box::new(rejected(ResponseFormat::Json, BAD_KEY))),
    }
}
