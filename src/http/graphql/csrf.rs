//! Requests that pages of other origins make browsers send.

use axum::http::{HeaderMap, header};

use crate::config::Origins;

/// Headers that a browser sends for another origin's page only after a preflight allowed it.
const PREFLIGHTED: [&str; 2] = ["apollo-require-preflight", "graphql-require-preflight"];

/// Whether a page that may not read the answer has made a browser send the request.
pub fn is_foreign(headers: &HeaderMap, origins: &Origins) -> bool {
    if PREFLIGHTED.iter().any(|name| headers.contains_key(*name)) {
        return false;
    }
    match origins {
        Origins::Any => false,
        Origins::These(allowed) => is_other_page(headers, allowed),
    }
}

/// Whether a page of another origin than the gateway's own and these has made a browser send the
/// request, even if it asked first.
pub fn is_other_page(headers: &HeaderMap, allowed: &[String]) -> bool {
    match headers.get(header::ORIGIN) {
        Some(origin) => {
            let own = headers.get(header::HOST).is_some_and(|host| {
                let authority = origin.as_bytes().splitn(2, |byte| *byte == b':').nth(1);
                authority.and_then(|it| it.strip_prefix(b"//")) == Some(host.as_bytes())
            });
            !own && !allowed.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes())
        }
        None => headers
            .get("sec-fetch-site")
            .is_some_and(|site| !matches!(site.as_bytes(), b"same-origin" | b"none")),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn foreign(headers: &[(&'static str, &'static str)]) -> bool {
        let origins = Origins::These(vec!["https://cruddur.example".to_owned()]);
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let headers = headers.collect();
        assert!(!is_foreign(&headers, &Origins::Any));
        is_foreign(&headers, &origins)
    }

    #[test]
    fn other_pages_are_foreign() {
        for headers in [
            &[("origin", "https://other.example"), ("host", "api.example")][..],
            &[("origin", "null"), ("host", "api.example")],
            &[("origin", "https://cruddur.example.other.example")],
            &[("origin", "http://cruddur.example")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
        ] {
            assert!(foreign(headers), "{headers:?}");
        }
    }

    #[test]
    fn programs_and_known_pages_are_not_foreign() {
        for headers in [
            &[][..],
            &[("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "none")],
            &[("origin", "https://cruddur.example"), ("sec-fetch-site", "cross-site")],
            &[("origin", "http://127.0.0.1:4567"), ("host", "127.0.0.1:4567")],
            &[("origin", "https://other.example"), ("apollo-require-preflight", "true")],
            &[("sec-fetch-site", "cross-site"), ("graphql-require-preflight", "1")],
        ] {
            assert!(!foreign(headers), "{headers:?}");
        }
    }
}
