//! One spelling of a path before it is routed.

use axum::{
    extract::Request,
    http::uri::{PathAndQuery, Uri},
};

/// The request with those characters of its path decoded that need no percent-encoding: RFC 3986
/// holds `%68ome` and `home` for the same path (6.2.2.2), and the frontends write `%40` for `@`.
///
/// What has a meaning in a path stays as it is, so that `%2F` never separates segments and nothing
/// is decoded twice.
pub fn respelled(mut request: Request) -> Request {
    if request.uri().path().contains('%')
        && let Some(uri) = respelled_uri(request.uri())
    {
        *request.uri_mut() = uri;
    }
    request
}

fn respelled_uri(uri: &Uri) -> Option<Uri> {
    let mut path = decoded(uri.path());
    if let Some(query) = uri.query() {
        path.push('?');
        path.push_str(query);
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path).ok()?);
    Uri::from_parts(parts).ok()
}

/// `path` with `@` and the unreserved characters of RFC 3986 decoded.
fn decoded(path: &str) -> String {
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
        assert_eq!(decoded("/activities/%68ome"), "/activities/home");
        assert_eq!(decoded("/activities/%40andrew%2Dbrown%5f%7E"), "/activities/@andrew-brown_~");
        assert_eq!(decoded("%41%7a%30%2E"), "Az0.");
    }

    #[test]
    fn reserved_characters_keep_their_spelling() {
        assert_eq!(decoded("/a%2Fb%3fc%23%20%c3%a9"), "/a%2Fb%3fc%23%20%c3%a9");
    }

    #[test]
    fn nothing_is_decoded_twice() {
        assert_eq!(decoded("/%2540"), "/%2540");
        assert_eq!(decoded("/%%34%30"), "/%40");
    }

    #[test]
    fn a_broken_escape_stays_as_it_is() {
        for path in ["/%", "/%4", "/%zz", "/%+4", "/%4é", "/é%", "/%é"] {
            assert_eq!(decoded(path), path);
        }
    }

    #[test]
    fn the_query_is_left_alone() {
        let uri = Uri::from_static("/%68ome?after=%41");
        assert_eq!(respelled_uri(&uri).unwrap(), "/home?after=%41");
    }
}
