//! Content negotiation: the format of a response, by the `Accept` header of its request.

use axum::http::{HeaderMap, header};

use crate::headers::{MediaType, media_types};

/// A media type of responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseFormat {
    /// application/json. Every well-formed request gets the status 200.
    Json,
    /// application/graphql-response+json. A request that is not executed gets the status 400.
    Graphql,
    /// text/event-stream, for a stream of results.
    Sse,
    /// multipart/mixed as Apollo defines it for subscriptions, for a stream of results.
    Multipart,
}

impl ResponseFormat {
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Graphql => "application/graphql-response+json",
            Self::Sse => "text/event-stream",
            Self::Multipart => "multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0",
        }
    }

    /// Returns true if a range of an Accept header names this type.
    fn is_named_by(self, range: &MediaType) -> bool {
        match self {
            Self::Multipart => {
                range.essence.as_str() == "multipart/mixed"
                    && range.parameter("subscriptionspec") == Some("1.0")
            }
            single => range.essence.as_str() == single.name(),
        }
    }

    /// Returns the client's preference for this type, by the most specific range that includes it, or
    /// `None` if the client does not accept it. Wildcards do not include the types for streams.
    fn preference(self, ranges: &[MediaType]) -> Option<Preference> {
        let single = matches!(self, Self::Json | Self::Graphql);
        let specificity = |range: &&MediaType| match range.essence.as_str() {
            "*/*" => single.then_some(0),
            "application/*" => single.then_some(1),
            _ => self.is_named_by(range).then_some(2),
        };
        let matches =
            ranges.iter().filter_map(|range| Some((specificity(&range)?, range.weight())));
        let (specificity, quality) = matches.max()?;
        (quality > 0).then_some(Preference { quality, named: specificity == 2 })
    }
}

/// The formats that a client accepts: one for a single result, one for a stream of results, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Negotiated {
    single: Option<ResponseFormat>,
    stream: Option<ResponseFormat>,
    /// True if the client prefers the stream.
    stream_first: bool,
}

impl Negotiated {
    /// Returns the formats that the client prefers, or `None` if it accepts none. A client without
    /// a preference gets application/json.
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        if headers.get_all(header::ACCEPT).iter().all(|it| it.as_bytes().trim_ascii().is_empty()) {
            return Some(Self {
                single: Some(ResponseFormat::Json),
                stream: None,
                stream_first: false,
            });
        }
        let ranges: Vec<_> = media_types(headers, header::ACCEPT).collect();
        let preference = |format: ResponseFormat| format.preference(&ranges);
        let single = match (preference(ResponseFormat::Json), preference(ResponseFormat::Graphql)) {
            (None, None) => None,
            (json, graphql) if json > graphql => Some(ResponseFormat::Json),
            (json, graphql) if json < graphql => Some(ResponseFormat::Graphql),
            (Some(Preference { named: true, .. }), _) => Some(ResponseFormat::Graphql),
            _ => Some(ResponseFormat::Json),
        };
        let stream = match (preference(ResponseFormat::Sse), preference(ResponseFormat::Multipart))
        {
            (None, None) => None,
            (sse, multipart) if sse >= multipart => Some(ResponseFormat::Sse),
            _ => Some(ResponseFormat::Multipart),
        };
        let quality =
            |format: Option<ResponseFormat>| format.and_then(preference).map(|it| it.quality);
        let stream_first = quality(stream) > quality(single);
        (single.is_some() || stream.is_some()).then_some(Self { single, stream, stream_first })
    }

    /// Returns the format for a single result. If the client prefers a stream, or accepts nothing
    /// else, it is a stream with one result.
    pub fn single(self) -> ResponseFormat {
        let stream = self.stream.filter(|_| self.stream_first);
        stream.or(self.single).or(self.stream).unwrap_or(ResponseFormat::Json)
    }

    /// Returns the format for a stream of results, `None` if the client accepts none.
    pub fn stream(self) -> Option<ResponseFormat> {
        self.stream
    }

    /// Returns the format for an error that rejects a request without executing it. Never a stream.
    pub fn for_errors(self) -> ResponseFormat {
        self.single.unwrap_or(ResponseFormat::Json)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Preference {
    quality: u16,
    named: bool,
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn negotiate(accept: &'static str) -> Option<Negotiated> {
        let accept = HeaderValue::from_static(accept);
        Negotiated::from_headers(&HeaderMap::from_iter([(header::ACCEPT, accept)]))
    }

    fn single(accept: &'static str) -> Option<ResponseFormat> {
        negotiate(accept).map(Negotiated::single)
    }

    #[test]
    fn clients_without_a_preference_get_json() {
        assert_eq!(
            Negotiated::from_headers(&HeaderMap::new()).map(Negotiated::single),
            Some(ResponseFormat::Json)
        );
        for accept in ["", " ", "*/*", "application/*", "text/html, */*;q=0.1"] {
            assert_eq!(single(accept), Some(ResponseFormat::Json), "{accept}");
        }
    }

    #[test]
    fn weights_decide_before_named_types() {
        for accept in [
            "application/graphql-response+json",
            "application/graphql-response+json; charset=utf-8, application/json; q=0.9",
            "application/json, application/graphql-response+json",
            "application/graphql-response+json, */*",
            "*/*;q=0.9, application/json;q=0.8",
            "application/*, application/json;q=0",
            "Application/GraphQL-Response+JSON",
        ] {
            assert_eq!(single(accept), Some(ResponseFormat::Graphql), "{accept}");
        }
        for accept in [
            "application/json",
            "application/graphql-response+json;q=0.5, application/json",
            "application/graphql-response+json;q=0, */*;q=0.1",
            "application/json;q=0.001, text/html",
            "application/json;q=nonsense",
        ] {
            assert_eq!(single(accept), Some(ResponseFormat::Json), "{accept}");
        }
    }

    #[test]
    fn clients_that_accept_neither_type_get_none() {
        for accept in ["text/html", "application/json;q=0", "*/*;q=0", "nonsense", "text/*"] {
            assert_eq!(single(accept), None, "{accept}");
        }
    }

    #[test]
    fn subscriptions_use_the_stream_format_that_is_named() {
        const MULTIPART: &str = "multipart/mixed;boundary=graphql;subscriptionSpec=1.0";
        for (accept, expected_single, expected_stream) in [
            ("text/event-stream", ResponseFormat::Sse, Some(ResponseFormat::Sse)),
            (MULTIPART, ResponseFormat::Multipart, Some(ResponseFormat::Multipart)),
            (
                "text/event-stream, application/json;q=0.9",
                ResponseFormat::Sse,
                Some(ResponseFormat::Sse),
            ),
            (
                "text/event-stream;q=0.9, application/json",
                ResponseFormat::Json,
                Some(ResponseFormat::Sse),
            ),
            (
                "application/json, text/event-stream, multipart/mixed",
                ResponseFormat::Json,
                Some(ResponseFormat::Sse),
            ),
            ("text/event-stream;q=0, application/json", ResponseFormat::Json, None),
            ("*/*", ResponseFormat::Json, None),
            ("text/*, application/json", ResponseFormat::Json, None),
            (
                "multipart/mixed;boundary=\"graphql\";subscriptionSpec=\"1.0\",\
                 application/graphql-response+json,application/json;q=0.9",
                ResponseFormat::Graphql,
                Some(ResponseFormat::Multipart),
            ),
            ("multipart/mixed;subscriptionSpec=2.0, */*;q=0.1", ResponseFormat::Json, None),
        ] {
            let negotiated = negotiate(accept).expect("the client accepts a format");
            let found = (negotiated.single(), negotiated.stream());
            assert_eq!(found, (expected_single, expected_stream), "{accept}");
        }
    }
}
