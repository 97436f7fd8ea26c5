//! CSRF prevention: requests that a page of another origin made a browser send.

use axum::http::{HeaderMap, header};

use crate::config::Origins;

/// A browser sends these headers for a page of another origin only after a preflight request.
const PREFLIGHT_HEADERS: [&str; 2] = ["apollo-require-preflight", "graphql-require-preflight"];

/// Returns true if a browser sent the request for a page that may not read the response, without a
/// preflight request.
pub fn is_cross_origin(headers: &HeaderMap, origins: &Origins) -> bool {
    if PREFLIGHT_HEADERS.iter().any(|name| headers.contains_key(*name)) {
        return false;
    }
    match origins {
        Origins::Any => false,
        Origins::These(allowed) => is_cross_origin_page(headers, allowed),
    }
}

/// Returns true if a browser sent the request for a page whose origin is neither the gateway's own nor
/// in `allowed`. A preflight request makes no difference here.
pub fn is_cross_origin_page(headers: &HeaderMap, allowed: &[String]) -> bool {
    match headers.get(header::ORIGIN) {
        Some(origin) => {
            let own = headers.get(header::HOST).is_some_and(|host| {
                let authority = origin.as_bytes().splitn(2, |byte| *byte == b':').nth(1);
                let authority = authority.and_then(|it| it.strip_prefix(b"//"));
                authority.is_some_and(|it| it.eq_ignore_ascii_case(host.as_bytes()))
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

    fn cross_origin(headers: &[(&'static str, &'static str)]) -> bool {
        let origins = Origins::These(vec!["https://cruddur.example".to_owned()]);
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let headers = headers.collect();
        assert!(!is_cross_origin(&headers, &Origins::Any));
        is_cross_origin(&headers, &origins)
    }

    #[test]
    fn pages_of_other_origins_are_cross_origin() {
        for headers in [
            &[("origin", "https://other.example"), ("host", "api.example")][..],
            &[("origin", "null"), ("host", "api.example")],
            &[("origin", "https://cruddur.example.other.example")],
            &[("origin", "http://cruddur.example")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
        ] {
            assert!(cross_origin(headers), "{headers:?}");
        }
    }

    #[test]
    fn programs_and_allowed_pages_are_not_cross_origin() {
        for headers in [
            &[][..],
            &[("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "none")],
            &[("origin", "https://cruddur.example"), ("sec-fetch-site", "cross-site")],
            &[("origin", "http://127.0.0.1:4567"), ("host", "127.0.0.1:4567")],
            &[("origin", "https://other.example"), ("apollo-require-preflight", "true")],
            &[("sec-fetch-site", "cross-site"), ("graphql-require-preflight", "1")],
        ] {
            assert!(!cross_origin(headers), "{headers:?}");
        }
    }
}
