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
    /// text/event-stream, for any number of answers.
    Events,
    /// multipart/mixed in Apollo's form for subscriptions, for any number of answers.
    Parts,
}

impl Media {
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Graphql => "application/graphql-response+json",
            Self::Events => "text/event-stream",
            Self::Parts => "multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0",
        }
    }

    /// Whether it is the type that a range in an Accept header names.
    fn is_named_by(self, range: &Mime) -> bool {
        match self {
            Self::Parts => {
                range.essence_str() == "multipart/mixed"
                    && range.get_param("subscriptionspec").is_some_and(|it| it == "1.0")
            }
            single => range.essence_str() == single.name(),
        }
    }

    /// How much a client with these ranges likes it: what the most specific range says. Only who
    /// names a type for streams is sent one.
    fn liking(self, ranges: &[Mime]) -> Option<Liking> {
        let single = matches!(self, Self::Json | Self::Graphql);
        let specificity = |range: &&Mime| match range.essence_str() {
            "*/*" => single.then_some(0),
            "application/*" => single.then_some(1),
            _ => self.is_named_by(range).then_some(2),
        };
        let fitting =
            ranges.iter().filter_map(|range| Some((specificity(&range)?, quality(range))));
        let (specificity, quality) = fitting.max()?;
        (quality > 0).then_some(Liking { quality, named: specificity == 2 })
    }
}

/// What a client takes: a type for one answer, a type for any number of them, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    single: Option<Media>,
    stream: Option<Media>,
    /// Whether the client likes the stream better.
    stream_first: bool,
}

impl Accepted {
    /// The types that the client likes best; none where it takes none of them. Who does not care
    /// gets application/json.
    pub fn by(headers: &HeaderMap) -> Option<Self> {
        if headers.get_all(header::ACCEPT).iter().all(|it| it.as_bytes().trim_ascii().is_empty()) {
            return Some(Self { single: Some(Media::Json), stream: None, stream_first: false });
        }
        let ranges: Vec<_> = types(headers, header::ACCEPT).collect();
        let liking = |media: Media| media.liking(&ranges);
        let single = match (liking(Media::Json), liking(Media::Graphql)) {
            (None, None) => None,
            (json, graphql) if json > graphql => Some(Media::Json),
            (json, graphql) if json < graphql => Some(Media::Graphql),
            (Some(Liking { named: true, .. }), _) => Some(Media::Graphql),
            _ => Some(Media::Json),
        };
        let stream = match (liking(Media::Events), liking(Media::Parts)) {
            (None, None) => None,
            (events, parts) if events >= parts => Some(Media::Events),
            _ => Some(Media::Parts),
        };
        let quality = |media: Option<Media>| media.and_then(liking).map(|it| it.quality);
        let stream_first = quality(stream) > quality(single);
        (single.is_some() || stream.is_some()).then_some(Self { single, stream, stream_first })
    }

    /// The type for one answer. A stream of one is none that a client must understand, unless it
    /// likes streams better.
    pub fn one(self) -> Media {
        let stream = self.stream.filter(|_| self.stream_first);
        stream.or(self.single).or(self.stream).unwrap_or(Media::Json)
    }

    /// The type for any number of answers.
    pub fn many(self) -> Option<Media> {
        self.stream
    }

    /// The type for what is no answer to a GraphQL request.
    pub fn refusal(self) -> Media {
        self.single.unwrap_or(Media::Json)
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

    fn by(accept: &'static str) -> Option<Accepted> {
        let accept = HeaderValue::from_static(accept);
        Accepted::by(&HeaderMap::from_iter([(header::ACCEPT, accept)]))
    }

    fn accepted(accept: &'static str) -> Option<Media> {
        by(accept).map(Accepted::one)
    }

    #[test]
    fn who_does_not_care_gets_json() {
        assert_eq!(Accepted::by(&HeaderMap::new()).map(Accepted::one), Some(Media::Json));
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

    #[test]
    fn a_subscription_comes_in_the_stream_that_is_named() {
        const PARTS: &str = "multipart/mixed;boundary=graphql;subscriptionSpec=1.0";
        for (accept, one, many) in [
            ("text/event-stream", Media::Events, Some(Media::Events)),
            (PARTS, Media::Parts, Some(Media::Parts)),
            ("text/event-stream, application/json;q=0.9", Media::Events, Some(Media::Events)),
            ("text/event-stream;q=0.9, application/json", Media::Json, Some(Media::Events)),
            (
                "application/json, text/event-stream, multipart/mixed",
                Media::Json,
                Some(Media::Events),
            ),
            ("text/event-stream;q=0, application/json", Media::Json, None),
            ("*/*", Media::Json, None),
            ("text/*, application/json", Media::Json, None),
            (
                "multipart/mixed;boundary=\"graphql\";subscriptionSpec=\"1.0\",\
                 application/graphql-response+json,application/json;q=0.9",
                Media::Graphql,
                Some(Media::Parts),
            ),
            ("multipart/mixed;subscriptionSpec=2.0, */*;q=0.1", Media::Json, None),
        ] {
            let accepted = by(accept).expect("something fits");
            assert_eq!((accepted.one(), accepted.many()), (one, many), "{accept}");
        }
    }
}
