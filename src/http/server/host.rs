//! The host that a request is for (RFC 9112 section 3.2).

use std::net::Ipv6Addr;

use axum::http::{HeaderValue, Request, Version, header};

/// Marks a request whose host is missing, ambiguous or malformed.
#[derive(Clone)]
pub struct InvalidHost;

/// Checks the `Host` header, and replaces it with the host of the request target if that is in the
/// absolute form: an origin server must ignore `Host` then (section 3.2.2). Only HTTP/1.0 may leave
/// `Host` out. A request without a valid host gets [`InvalidHost`] in its extensions.
pub fn resolve<B>(request: &mut Request<B>) {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let is_host_valid = match (hosts.next(), hosts.next()) {
        (None, _) => request.version() < Version::HTTP_11,
        (Some(host), None) => is_authority(host.as_bytes()),
        (Some(_), Some(_)) => false,
    };
    let target = request.uri().authority().map(|it| it.as_str().to_owned());
    let is_target_valid = target.as_ref().is_none_or(|it| is_authority(it.as_bytes()));
    if !(is_host_valid && is_target_valid) {
        request.extensions_mut().insert(InvalidHost);
    } else if let Some(Ok(target)) = target.map(HeaderValue::try_from) {
        request.headers_mut().insert(header::HOST, target);
    }
}

/// Returns true for a host with or without a port, and without user information (RFC 3986 section
/// 3.2.2). The host must not be empty.
fn is_authority(text: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(text) else { return false };
    let (host, port) = match text.strip_prefix('[').and_then(|it| it.split_once(']')) {
        Some((address, port)) if address.parse::<Ipv6Addr>().is_ok() => {
            match port.strip_prefix(':') {
                Some(port) => ("", port),
                None if port.is_empty() => ("", ""),
                None => return false,
            }
        }
        Some(_) => return false,
        None => {
            let (name, port) = text.split_once(':').unwrap_or((text, ""));
            if name.is_empty() {
                return false;
            }
            (name, port)
        }
    };
    let is_port = port.is_empty()
        || (port.bytes().all(|it| it.is_ascii_digit()) && port.parse::<u16>().is_ok());
    is_port && is_registered_name(host)
}

/// Returns true for unreserved characters, sub-delimiters and percent-encoded bytes.
fn is_registered_name(host: &str) -> bool {
    let mut pieces = host.split('%');
    let fits = |it: &str| {
        it.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte))
    };
    let is_encoded = |it: &str| {
        let hex = it.as_bytes().get(..2);
        hex.is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) && fits(&it[2..])
    };
    pieces.next().is_some_and(fits) && pieces.all(is_encoded)
}
