//! The HTTP headers that more than one room reads or writes.

use axum::http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{ALLOW, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER},
};
use mime::Mime;

/// How many seconds a client should wait after a 503. A store that restarts, and the keys of an
/// identity provider, take about that long to come back.
const RETRY_SECONDS: u16 = 5;

/// Returns the `Retry-After` header of every 503.
pub fn retry_after() -> (HeaderName, HeaderValue) {
    (RETRY_AFTER, RETRY_SECONDS.into())
}

/// Adds OPTIONS to the `Allow` header, if there is one. Every route answers OPTIONS, but the router
/// lists only the methods that have a handler.
pub fn allow_options(headers: &mut HeaderMap) {
    if let Some(allow) = headers.get_mut(ALLOW)
        && let Ok(all) = HeaderValue::from_bytes(&[allow.as_bytes(), b",OPTIONS"].concat())
    {
        *allow = all;
    }
}

/// Returns the bearer token of a request, `None` without an `Authorization` header, and an empty
/// token if there are several such headers or the only one holds no bearer token.
pub fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next()?;
    // Several headers are ambiguous.
    let value = values.next().is_none().then_some(value);
    let token = value.and_then(|it| it.to_str().ok()).and_then(parse_bearer);
    Some(token.unwrap_or_default())
}

/// Returns the token of `Bearer TOKEN`, or `None` if the scheme is another one or missing.
pub fn parse_bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Returns true if the body is declared as `application/json`, with any parameters. This is the
/// lenient test, for REST: the clients of the original backends may send any charset.
pub fn is_json(headers: &HeaderMap) -> bool {
    essence(headers).eq_ignore_ascii_case("application/json")
}

/// Returns true if the body is declared as `application/json` in UTF-8. This is the strict test,
/// for GraphQL: another charset and malformed parameters are rejected.
pub fn is_utf8_json(headers: &HeaderMap) -> bool {
    let utf8 = |it: &Mime| it.get_param(mime::CHARSET).is_none_or(|charset| charset == mime::UTF_8);
    let first = media_types(headers, CONTENT_TYPE).next();
    first.is_some_and(|it| it.essence_str() == "application/json" && utf8(&it))
}

/// Returns true if the body is JSON or has a type that ends with `+json`. This test is for
/// responses, whose types are in lower case.
pub fn is_json_or_suffix(headers: &HeaderMap) -> bool {
    let essence = essence(headers);
    essence == "application/json" || essence.ends_with("+json")
}

/// Returns the `Content-Type` without its parameters, empty if it is missing or not text.
fn essence(headers: &HeaderMap) -> &str {
    let value = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}

/// Returns the well-formed media types and ranges of a header such as `Accept`, in their order.
pub fn media_types(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = Mime> {
    let lists = headers.get_all(name).iter().filter_map(|list| list.to_str().ok());
    lists.flat_map(|list| list.split(',')).filter_map(|it| it.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content_type(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(value))])
    }

    #[test]
    fn only_one_bearer_header_has_a_token() {
        let token = |values: &[&'static str]| {
            let header = |value: &&'static str| (AUTHORIZATION, HeaderValue::from_static(value));
            bearer_token(&values.iter().map(header).collect()).map(str::to_owned)
        };
        assert_eq!(token(&[]), None);
        assert_eq!(token(&["Bearer abc"]).as_deref(), Some("abc"));
        assert_eq!(token(&[" bearer  abc "]).as_deref(), Some("abc"));
        assert_eq!(token(&["abc"]).as_deref(), Some(""));
        assert_eq!(token(&["Basic abc"]).as_deref(), Some(""));
        assert_eq!(token(&["Bearer abc", "Bearer abc"]).as_deref(), Some(""));
    }

    #[test]
    fn the_strict_test_needs_utf8_and_the_lenient_one_does_not() {
        for (value, lenient, strict) in [
            ("application/json", true, true),
            ("Application/JSON; charset=utf-8", true, true),
            ("application/json; charset=latin1", true, false),
            ("application/json; nonsense", true, false),
            ("application/json, text/plain", false, true),
            ("application/problem+json", false, false),
            ("text/plain", false, false),
        ] {
            let headers = content_type(value);
            assert_eq!((is_json(&headers), is_utf8_json(&headers)), (lenient, strict), "{value}");
        }
        assert!(!is_json(&HeaderMap::new()) && !is_utf8_json(&HeaderMap::new()));
        assert!(is_json_or_suffix(&content_type("application/graphql-response+json; a=b")));
    }
}
