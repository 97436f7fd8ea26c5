//! The HTTP headers that more than one room reads or writes.

use axum::http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{
        ACCEPT, ACCEPT_ENCODING, ALLOW, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER,
    },
};

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
    declared_json(headers).is_some()
}

/// Returns true if the body is declared as `application/json` in UTF-8. This is the strict test,
/// for GraphQL: another charset is rejected.
pub fn is_utf8_json(headers: &HeaderMap) -> bool {
    // `utf8` is not a registered name, but common.
    let is_utf8 =
        |charset: &str| ["utf-8", "utf8"].iter().any(|it| charset.eq_ignore_ascii_case(it));
    declared_json(headers).is_some_and(|it| it.parameter("charset").is_none_or(is_utf8))
}

/// Returns the `Content-Type` if it is `application/json`. `None` if there are several such headers,
/// or if any part of the only one is malformed.
///
/// CSRF prevention depends on it. Browsers send `text/plain`, `multipart/form-data` and
/// `application/x-www-form-urlencoded` without a preflight request, and ignore the malformed
/// parameters after them. Such a header must not count as JSON, whatever else it contains.
fn declared_json(headers: &HeaderMap) -> Option<MediaType> {
    let declared = only(headers, CONTENT_TYPE).and_then(MediaType::parse);
    declared.filter(|it| it.essence == "application/json")
}

/// Returns true if the body is JSON or has a type that ends with `+json`. This test is for
/// responses, whose types are in lower case.
pub fn is_json_or_suffix(headers: &HeaderMap) -> bool {
    let value = only(headers, CONTENT_TYPE).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim();
    essence == "application/json" || essence.ends_with("+json")
}

/// Returns true if the client names text/html, as browsers do when they load a page.
pub fn accepts_html(headers: &HeaderMap) -> bool {
    media_types(headers, ACCEPT).any(|range| range.essence == "text/html" && range.weight() > 0)
}

/// Returns the `Content-Length` in bytes, `None` if it is missing or not a number.
pub fn content_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Returns the text of a header, `None` if it is missing or not ASCII, or if there are several.
pub fn only(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// A media type or a range of them, with its parameters (RFC 9110 sections 8.3.1 and 12.5.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaType {
    /// The type without parameters, in lower case: `text/html` or `text/*`.
    pub essence: String,
    /// Names in lower case, and values without quotes.
    parameters: Vec<(String, String)>,
}

impl MediaType {
    /// Parses one media type. Returns `None` if it is malformed.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = split(text, ';').map(trim);
        let essence = parts.next()?;
        let (kind, subtype) = essence.split_once('/')?;
        if !is_token(kind) || !is_token(subtype) {
            return None;
        }
        // RFC 9110 section 5.6.6 allows empty parameters.
        let parameters = parts.filter(|it| !it.is_empty()).map(|it| {
            let (name, value) = it.split_once('=')?;
            is_token(name).then_some((name.to_ascii_lowercase(), unquote(value)?))
        });
        let parameters = parameters.collect::<Option<_>>()?;
        Some(Self { essence: essence.to_ascii_lowercase(), parameters })
    }

    /// Returns the value of the first parameter with this name, which must be in lower case.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    /// Returns the weight `q`, in thousandths.
    pub fn weight(&self) -> u16 {
        self.parameter("q").map_or(1000, weight)
    }
}

/// Returns the well-formed media types and ranges of a header such as `Accept`, in their order.
pub fn media_types(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = MediaType> {
    list(headers, name).filter_map(MediaType::parse)
}

/// Returns the items of a header that is a list (RFC 9110 section 5.6.1), in their order and without
/// the blanks around them. Empty items are left out.
pub fn list(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lists = headers.get_all(name).iter().filter_map(|it| str::from_utf8(it.as_bytes()).ok());
    lists.flat_map(|list| split(list, ',')).map(trim).filter(|it| !it.is_empty())
}

/// Returns the weight of a content coding in `Accept-Encoding`, in thousandths, by one of its
/// names or by `*`. Returns `None` if the header has neither.
pub fn coding_weight(headers: &HeaderMap, names: &[&str]) -> Option<u16> {
    let named = |name: &str| {
        list(headers, ACCEPT_ENCODING).find_map(|item| {
            let mut parts = split(item, ';').map(trim);
            parts.next().filter(|it| it.eq_ignore_ascii_case(name))?;
            let q = parts.find_map(|it| it.strip_prefix("q=").or_else(|| it.strip_prefix("Q=")));
            Some(q.map_or(1000, weight))
        })
    };
    names.iter().find_map(|name| named(name)).or_else(|| named("*"))
}

/// Parses a weight (RFC 9110 section 12.4.2) into thousandths. One that is malformed counts as 1.
fn weight(text: &str) -> u16 {
    let weight = text.parse::<f32>().ok().filter(|weight| weight.is_finite()).unwrap_or(1.0);
    // In bounds after the clamp.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let thousandths = (weight.clamp(0.0, 1.0) * 1000.0) as u16;
    thousandths
}

/// Splits a text at a separator that is not in a quoted string.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(move |c| {
        if is_escaped {
            is_escaped = false;
        } else if is_quoted && c == '\\' {
            is_escaped = true;
        } else if c == '"' {
            is_quoted = !is_quoted;
        }
        c == separator && !is_quoted
    })
}

/// Removes the blanks that RFC 9110 section 5.6.3 allows around an item.
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// Returns the text of a token or of a quoted string, `None` if it is neither.
fn unquote(value: &str) -> Option<String> {
    let Some(rest) = value.strip_prefix('"') else {
        return is_token(value).then(|| value.to_owned());
    };
    let mut text = String::new();
    let mut rest = rest.chars();
    loop {
        match rest.next()? {
            '"' => return rest.next().is_none().then_some(text),
            '\\' => text.push(rest.next()?),
            other => text.push(other),
        }
    }
}

/// RFC 9110 section 5.6.2.
fn is_token(text: &str) -> bool {
    let fits = |it: u8| it.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&it);
    !text.is_empty() && text.bytes().all(fits)
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
            ("application/json; nonsense", false, false),
            ("application/json, text/plain", false, false),
            ("application/problem+json", false, false),
            ("text/plain", false, false),
        ] {
            let headers = content_type(value);
            assert_eq!((is_json(&headers), is_utf8_json(&headers)), (lenient, strict), "{value}");
        }
        assert!(!is_json(&HeaderMap::new()) && !is_utf8_json(&HeaderMap::new()));
        assert!(is_json_or_suffix(&content_type("application/graphql-response+json; a=b")));
    }

    /// Returns the media type without parameters as a browser reads it for CORS (WHATWG MIME Sniffing
    /// section 4.4), `None` if it reads none.
    fn browser_essence(value: &str) -> Option<String> {
        let (kind, rest) = value.trim().split_once('/')?;
        let subtype = rest.split(';').next()?.trim_end();
        (is_token(kind) && is_token(subtype))
            .then(|| format!("{kind}/{subtype}").to_ascii_lowercase())
    }

    #[test]
    fn types_that_need_no_preflight_are_not_json() {
        let safelisted = ["text/plain", "multipart/form-data", "application/x-www-form-urlencoded"];
        let pieces = [
            "text/plain",
            "TEXT/Plain",
            "multipart/form-data",
            "application/x-www-form-urlencoded",
            "application/json",
            "x",
            "x=",
            "charset=utf-8",
            "",
            " ",
            "\"",
            "a=\"b",
        ];
        let mut disguised = 0;
        for first in pieces {
            for second in pieces {
                for third in pieces {
                    for separators in [";,", ",;", ";;", ",,", "; ", " ,", "\t;", "=;"] {
                        let (one, two) = separators.split_at(1);
                        let value = format!("{first}{one}{second}{two}{third}");
                        let Ok(header) = HeaderValue::from_str(&value) else { continue };
                        let headers = HeaderMap::from_iter([(CONTENT_TYPE, header)]);
                        let essence = browser_essence(&value).unwrap_or_default();
                        if safelisted.contains(&essence.as_str()) {
                            disguised += usize::from(value.contains("application/json"));
                            assert!(!is_json(&headers) && !is_utf8_json(&headers), "{value:?}");
                        } else if is_json(&headers) {
                            assert_eq!(essence, "application/json", "{value:?}");
                        }
                    }
                }
            }
        }
        assert!(disguised > 100, "{disguised}");
    }

    #[test]
    fn two_content_types_are_not_json() {
        let json = HeaderValue::from_static("application/json");
        let twice = HeaderMap::from_iter([(CONTENT_TYPE, json.clone()), (CONTENT_TYPE, json)]);
        assert!(!is_json(&twice) && !is_utf8_json(&twice));
    }

    #[test]
    fn quoted_strings_keep_separators_and_blanks_are_ignored() {
        let accept =
            "text/html;a=\"x, y;\\\"z\" ,\tApplication/JSON ; q=0.5;, nonsense, a/b;c, a/b;\"";
        let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]);
        let types: Vec<_> = media_types(&headers, ACCEPT).collect();
        let essences: Vec<_> = types.iter().map(|it| it.essence.as_str()).collect();
        assert_eq!(essences, ["text/html", "application/json"]);
        assert_eq!(types[0].parameter("a"), Some("x, y;\"z"));
        assert_eq!((types[0].weight(), types[1].weight()), (1000, 500));
    }

    #[test]
    fn a_coding_is_weighed_by_its_name_before_the_wildcard() {
        let weight = |accepted: &'static str, names: &[&str]| {
            let accepted = HeaderValue::from_static(accepted);
            coding_weight(&HeaderMap::from_iter([(ACCEPT_ENCODING, accepted)]), names)
        };
        let gzip = ["gzip", "x-gzip"];
        assert_eq!(weight("br, GZIP ; Q=0.5", &gzip), Some(500));
        assert_eq!(weight("*, x-gzip;q=0", &gzip), Some(0));
        assert_eq!(weight("br, *;q=0.1", &gzip), Some(100));
        assert_eq!(weight("br", &gzip), None);
    }
}
