//! What a request brings.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query as Pairs, RawPathParams, Request},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CONTENT_TYPE, LINK},
        request::Parts,
    },
    response::IntoResponse,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::IntoParams;

use super::{
    Rest,
    error::{Code, Failure},
};
use crate::{
    auth::AuthResult,
    domain::{Cursor, Pagination, Viewer},
    error::Error,
};

impl FromRequestParts<Rest> for Viewer {
    type Rejection = Failure;

    /// Whoever has no token that counts is nobody: what they ask for may be there for everybody.
    async fn from_request_parts(parts: &mut Parts, rest: &Rest) -> Result<Self, Failure> {
        let identity = match parts.extensions.get() {
            Some(AuthResult(identity)) => identity.clone(),
            None => rest.auth.from_headers(&parts.headers).await,
        };
        match identity {
            Ok(identity) => Ok(identity.viewer),
            Err(Error::Unauthenticated) => Ok(Self::Anonymous),
            Err(error) => Err(error.into()),
        }
    }
}

/// The parameters of a path. A path with an empty one, or one that is no text, leads nowhere.
pub struct Segments<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Rest> for Segments<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, rest: &Rest) -> Result<Self, Failure> {
        let raw = RawPathParams::from_request_parts(parts, rest).await;
        if raw.is_ok_and(|raw| raw.iter().any(|(_, segment)| segment.is_empty())) {
            return Err(Failure::NOT_FOUND);
        }
        match Path::from_request_parts(parts, rest).await {
            Ok(Path(segments)) => Ok(Self(segments)),
            Err(_) => Err(Failure::NOT_FOUND),
        }
    }
}

/// The query string of a request. The first of doubled parameters counts, unknown ones do not.
pub struct Query {
    raw: String,
    pairs: Vec<(String, String)>,
}

impl Query {
    pub fn first(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The largest page from the start of a list, or after the cursor in `after`.
    pub fn page_forward(&self) -> Result<Pagination, Error> {
        let after = self.first("after").map(Cursor::decode).transpose()?;
        Ok(Pagination { after, ..Pagination::first(Pagination::MAX) })
    }

    /// The largest page from the end of a list, or before the cursor in `before`.
    pub fn page_backward(&self) -> Result<Pagination, Error> {
        let before = self.first("before").map(Cursor::decode).transpose()?;
        Ok(Pagination { before, ..Pagination::last(Pagination::MAX) })
    }

    /// The `Link` header to the page after `cursor`; none without a cursor.
    pub fn link_next(&self, cursor: Option<Cursor>) -> HeaderMap {
        self.link("next", "after", cursor)
    }

    /// The `Link` header to the page before `cursor`; none without a cursor.
    pub fn link_previous(&self, cursor: Option<Cursor>) -> HeaderMap {
        self.link("prev", "before", cursor)
    }

    fn link(&self, relation: &str, parameter: &str, cursor: Option<Cursor>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(cursor) = cursor {
            let mut query: Vec<_> = self
                .raw
                .split('&')
                .filter(|pair| !pair.is_empty() && pair.split('=').next() != Some(parameter))
                .map(str::to_owned)
                .collect();
            query.push(format!("{parameter}={}", cursor.encode()));
            let link = format!("<?{}>; rel=\"{relation}\"", query.join("&"));
            if let Ok(link) = HeaderValue::try_from(link) {
                headers.insert(LINK, link);
            }
        }
        headers
    }
}

impl FromRequestParts<Rest> for Query {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &Rest) -> Result<Self, Failure> {
        let Pairs(pairs) = Pairs::try_from_uri(&parts.uri)
            .map_err(|_| Failure::Code(StatusCode::BAD_REQUEST, Code::BadRequest))?;
        Ok(Self { raw: parts.uri.query().unwrap_or_default().to_owned(), pairs })
    }
}

/// The parameter of lists that are read forward.
#[expect(dead_code, reason = "it documents what `Query` reads")]
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct After {
    /// The page after this cursor, which the `Link` header of another page gave.
    #[param(required = false)]
    after: String,
}

/// The parameter of lists that are read backward.
#[expect(dead_code, reason = "it documents what `Query` reads")]
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Before {
    /// The page before this cursor, which the `Link` header of another page gave.
    #[param(required = false)]
    before: String,
}

/// The header of requests that create something.
#[expect(dead_code, reason = "it documents what `Writing` reads")]
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IdempotencyKey {
    /// The same key with the same input gives the first answer again for a day.
    #[param(rename = "Idempotency-Key", required = false, min_length = 1, max_length = 255)]
    idempotency_key: String,
}

/// A request that writes.
///
/// Who asks is looked at first: nobody gets an answer about a body who may not send one.
pub struct Writing {
    pub viewer: Viewer,
    pub fields: Fields,
    idempotency_key: Option<String>,
}

impl Writing {
    /// The `Idempotency-Key` header. One that is no text is an empty key, which is refused.
    pub fn idempotency_key(&self) -> Option<&str> {
        self.idempotency_key.as_deref()
    }
}

impl FromRequest<Rest> for Writing {
    type Rejection = Failure;

    async fn from_request(request: Request, rest: &Rest) -> Result<Self, Failure> {
        let (mut parts, body) = request.into_parts();
        let viewer = Viewer::from_request_parts(&mut parts, rest).await?;
        if viewer == Viewer::Anonymous {
            return Err(Error::Unauthenticated.into());
        }
        let idempotency_key = parts
            .headers
            .get("idempotency-key")
            .map(|key| std::str::from_utf8(key.as_bytes()).unwrap_or_default().to_owned());
        let fields = Fields::from_request(Request::from_parts(parts, body), rest).await?;
        Ok(Self { viewer, fields, idempotency_key })
    }
}

/// The fields of a JSON body, read leniently: a missing one, null and whatever is no text are the
/// same, and so are JSON that is no object and an empty object. The last of doubled keys counts.
pub struct Fields(Map<String, Value>);

impl Fields {
    pub fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str()
    }

    /// Whether there is something under the key, be it text or not.
    pub fn has(&self, key: &str) -> bool {
        self.0.get(key).is_some_and(|value| !value.is_null())
    }
}

impl FromRequest<Rest> for Fields {
    type Rejection = Failure;

    async fn from_request(request: Request, rest: &Rest) -> Result<Self, Failure> {
        if !is_json(request.headers()) {
            let code = Code::UnsupportedMediaType;
            return Err(Failure::Code(StatusCode::UNSUPPORTED_MEDIA_TYPE, code));
        }
        let bad_request = Failure::Code(StatusCode::BAD_REQUEST, Code::BadRequest);
        let body = match Bytes::from_request(request, rest).await {
            Ok(body) => body,
            Err(rejection) => {
                let status = rejection.into_response().status();
                return Err(if status == StatusCode::PAYLOAD_TOO_LARGE {
                    Failure::Code(status, Code::PayloadTooLarge)
                } else {
                    bad_request
                });
            }
        };
        match serde_json::from_slice(&body) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) => Ok(Self(Map::new())),
            Err(_) => Err(bad_request),
        }
    }
}

/// Whether the body is said to be JSON, with whatever parameters.
fn is_json(headers: &HeaderMap) -> bool {
    let said = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = said.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/json")
}
