//! The media types of requests and answers.

use axum::http::{HeaderMap, HeaderName, header};
use mime::Mime;

/// A media type that answers come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// application/json, whose answers to well-formed requests all have the status 200.
    Json,
    /// application/graphql-response+json.
    Graphql,
}

impl Media {
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Graphql => "application/graphql-response+json",
        }
    }

    /// The one that the client likes best; none where it takes neither. Who does not care gets
    /// application/json.
    pub fn accepted(headers: &HeaderMap) -> Option<Self> {
        if headers.get_all(header::ACCEPT).iter().all(|it| it.as_bytes().trim_ascii().is_empty()) {
            return Some(Self::Json);
        }
        let ranges: Vec<_> = types(headers, header::ACCEPT).collect();
        match (Self::Json.liking(&ranges), Self::Graphql.liking(&ranges)) {
            (None, None) => None,
            (json, graphql) if json > graphql => Some(Self::Json),
            (json, graphql) if json < graphql => Some(Self::Graphql),
            (Some(Liking { named: true, .. }), _) => Some(Self::Graphql),
            _ => Some(Self::Json),
        }
    }

    /// How much a client with these ranges likes it: what the most specific range says.
    fn liking(self, ranges: &[Mime]) -> Option<Liking> {
        let specificity = |range: &&Mime| match range.essence_str() {
            "*/*" => Some(0),
            "application/*" => Some(1),
            name => (name == self.name()).then_some(2),
        };
        let fitting =
            ranges.iter().filter_map(|range| Some((specificity(&range)?, quality(range))));
        let (specificity, quality) = fitting.max()?;
        (quality > 0).then_some(Liking { quality, named: specificity == 2 })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Liking {
    quality: u16,
    named: bool,
}

/// The weight of a range, in thousandths.
fn quality(range: &Mime) -> u16 {
    let weight = range.get_param("q").and_then(|q| q.as_str().parse::<f32>().ok());
    let weight = weight.filter(|weight| weight.is_finite()).unwrap_or(1.0);
    // In bounds after the clamp.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let thousandths = (weight.clamp(0.0, 1.0) * 1000.0) as u16;
    thousandths
}

/// Whether the client names text/html, as browsers do when they load a page.
pub fn accepts_html(headers: &HeaderMap) -> bool {
    types(headers, header::ACCEPT).any(|range| range.essence_str() == "text/html")
}

/// Whether the body is said to be JSON in UTF-8.
pub fn is_json(headers: &HeaderMap) -> bool {
    let utf8 = |it: &Mime| it.get_param(mime::CHARSET).is_none_or(|charset| charset == mime::UTF_8);
    let mut types = types(headers, header::CONTENT_TYPE);
    types.next().is_some_and(|it| it.essence_str() == "application/json" && utf8(&it))
}

/// The media types in a header that can be read.
fn types(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = Mime> {
    let lists = headers.get_all(name).iter().filter_map(|list| list.to_str().ok());
    lists.flat_map(|list| list.split(',')).filter_map(|it| it.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn accepted(accept: &'static str) -> Option<Media> {
        let accept = HeaderValue::from_static(accept);
        Media::accepted(&HeaderMap::from_iter([(header::ACCEPT, accept)]))
    }

    #[test]
    fn who_does_not_care_gets_json() {
        assert_eq!(Media::accepted(&HeaderMap::new()), Some(Media::Json));
        for accept in ["", " ", "*/*", "application/*", "text/html, */*;q=0.1"] {
            assert_eq!(accepted(accept), Some(Media::Json), "{accept}");
        }
    }

    #[test]
    fn the_weights_decide_then_what_is_named() {
        for accept in [
            "application/graphql-response+json",
            "application/graphql-response+json; charset=utf-8, application/json; q=0.9",
            "application/json, application/graphql-response+json",
            "application/graphql-response+json, */*",
            "*/*;q=0.9, application/json;q=0.8",
            "application/*, application/json;q=0",
            "Application/GraphQL-Response+JSON",
        ] {
            assert_eq!(accepted(accept), Some(Media::Graphql), "{accept}");
        }
        for accept in [
            "application/json",
            "application/graphql-response+json;q=0.5, application/json",
            "application/graphql-response+json;q=0, */*;q=0.1",
            "application/json;q=0.001, text/html",
            "application/json;q=nonsense",
        ] {
            assert_eq!(accepted(accept), Some(Media::Json), "{accept}");
        }
    }

    #[test]
    fn nothing_fits_who_takes_neither() {
        for accept in ["text/html", "application/json;q=0", "*/*;q=0", "nonsense", "text/*"] {
            assert_eq!(accepted(accept), None, "{accept}");
        }
    }
}
