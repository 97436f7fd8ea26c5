//! Normalizes the percent-encoding of paths before they are routed.

use axum::{
    extract::Request,
    http::uri::{PathAndQuery, Uri},
};

/// Decodes those characters of the path that need no percent-encoding. `%68ome` and `home` are the
/// same path (RFC 3986, 6.2.2.2), and the frontends send `%40` for `@`.
///
/// Reserved characters stay encoded, so that `%2F` never separates segments and nothing is decoded
/// twice.
pub fn normalize_path(mut request: Request) -> Request {
    if request.uri().path().contains('%')
        && let Some(uri) = normalized_uri(request.uri())
    {
        *request.uri_mut() = uri;
    }
    request
}

fn normalized_uri(uri: &Uri) -> Option<Uri> {
    let mut path = decode_unreserved(uri.path());
    if let Some(query) = uri.query() {
        path.push('?');
        path.push_str(query);
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path).ok()?);
    Uri::from_parts(parts).ok()
}

/// Decodes `@` and the unreserved characters of RFC 3986.
fn decode_unreserved(path: &str) -> String {
    let mut pieces = path.split('%');
    let mut decoded = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let octet = piece.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match octet {
            Some(octet) if octet.is_ascii_alphanumeric() || b"-._~@".contains(&octet) => {
                decoded.push(char::from(octet));
                decoded.push_str(&piece[2..]);
            }
            _ => {
                decoded.push('%');
                decoded.push_str(piece);
            }
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unreserved_characters_and_the_at_sign_are_decoded() {
        assert_eq!(decode_unreserved("/activities/%68ome"), "/activities/home");
        assert_eq!(
            decode_unreserved("/activities/%40andrew%2Dbrown%5f%7E"),
            "/activities/@andrew-brown_~"
        );
        assert_eq!(decode_unreserved("%41%7a%30%2E"), "Az0.");
    }

    #[test]
    fn reserved_characters_stay_encoded() {
        assert_eq!(decode_unreserved("/a%2Fb%3fc%23%20%c3%a9"), "/a%2Fb%3fc%23%20%c3%a9");
    }

    #[test]
    fn nothing_is_decoded_twice() {
        assert_eq!(decode_unreserved("/%2540"), "/%2540");
        assert_eq!(decode_unreserved("/%%34%30"), "/%40");
    }

    #[test]
    fn malformed_escapes_stay_unchanged() {
        for path in ["/%", "/%4", "/%zz", "/%+4", "/%4é", "/é%", "/%é"] {
            assert_eq!(decode_unreserved(path), path);
        }
    }

    #[test]
    fn the_query_stays_unchanged() {
        let uri = Uri::from_static("/%68ome?after=%41");
        assert_eq!(normalized_uri(&uri).unwrap(), "/home?after=%41");
    }
}
