//! Extractors: the viewer, path and query parameters, and lenient JSON bodies.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, RawPathParams, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header::LINK, request::Parts},
    response::IntoResponse,
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::{Map, Value};
use utoipa::IntoParams;

use super::{
    Rest,
    error::{ErrorCode, RestError},
};
use crate::{
    auth::AuthResult,
    domain::{Cursor, Pagination, Viewer},
    error::Error,
    headers::is_json,
    json::{has_too_many_values, without_bom},
};

impl FromRequestParts<Rest> for Viewer {
    type Rejection = RestError;

    /// A missing or invalid token means anonymous; public routes still answer.
    async fn from_request_parts(parts: &mut Parts, rest: &Rest) -> Result<Self, RestError> {
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

/// The parameters of a path. An empty parameter, or one that is not UTF-8, answers 404.
pub struct PathParams<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Rest> for PathParams<T> {
    type Rejection = RestError;

    async fn from_request_parts(parts: &mut Parts, rest: &Rest) -> Result<Self, RestError> {
        let raw = RawPathParams::from_request_parts(parts, rest).await;
        if raw.is_ok_and(|raw| raw.iter().any(|(_, value)| value.is_empty())) {
            return Err(RestError::NOT_FOUND);
        }
        match Path::from_request_parts(parts, rest).await {
            Ok(Path(parameters)) => Ok(Self(parameters)),
            Err(_) => Err(RestError::NOT_FOUND),
        }
    }
}

/// The query string of a request. Of duplicate parameters the first one is used; unknown ones are
/// ignored.
pub struct QueryParams {
    raw: String,
    pairs: Vec<(String, String)>,
}

impl QueryParams {
    /// Returns the first value of a parameter, decoded.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Asks for the largest page from the start of a list, or after the cursor in `after`.
    ///
    /// [`Error::BadInput`] for a malformed cursor.
    pub fn forward_pagination(&self) -> Result<Pagination, Error> {
        let after = Cursor::decode_argument(self.first("after"))?;
        Ok(Pagination { after, ..Pagination::first(Pagination::MAX) })
    }

    /// Asks for the largest page from the end of a list, or before the cursor in `before`.
    ///
    /// [`Error::BadInput`] for a malformed cursor.
    pub fn backward_pagination(&self) -> Result<Pagination, Error> {
        let before = Cursor::decode_argument(self.first("before"))?;
        Ok(Pagination { before, ..Pagination::last(Pagination::MAX) })
    }

    /// Returns the `Link` header for the page after `cursor`, or no header without a cursor.
    pub fn link_next(&self, cursor: Option<Cursor>) -> HeaderMap {
        self.link("next", "after", cursor)
    }

    /// Returns the `Link` header for the page before `cursor`, or no header without a cursor.
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

impl FromRequestParts<Rest> for QueryParams {
    type Rejection = RestError;

    async fn from_request_parts(parts: &mut Parts, _: &Rest) -> Result<Self, RestError> {
        let Query(pairs) = Query::try_from_uri(&parts.uri)
            .map_err(|_| RestError::Code(StatusCode::BAD_REQUEST, ErrorCode::BadRequest))?;
        Ok(Self { raw: parts.uri.query().unwrap_or_default().to_owned(), pairs })
    }
}

/// The query parameter of lists that are read forward.
#[expect(dead_code, reason = "it only documents a parameter that `QueryParams` reads")]
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AfterParam {
    /// Returns the page after this cursor. Take the cursor from the `Link` header of a page. An empty
    /// one counts as none.
    #[param(required = false)]
    after: String,
}

/// The query parameter of lists that are read backward.
#[expect(dead_code, reason = "it only documents a parameter that `QueryParams` reads")]
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BeforeParam {
    /// Returns the page before this cursor. Take the cursor from the `Link` header of a page. An empty
    /// one counts as none.
    #[param(required = false)]
    before: String,
}

/// The header of requests that create something.
#[expect(dead_code, reason = "it only documents a header that `Authenticated` reads")]
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IdempotencyKeyHeader {
    /// A client-chosen key that makes retries safe: for a day, the same key with the same input
    /// returns the first result again.
    #[param(rename = "Idempotency-Key", required = false, min_length = 1, max_length = 255)]
    idempotency_key: String,
}

/// A request that writes, with a JSON body.
///
/// The viewer is authenticated before the body is read, so anonymous requests get 401 whatever the
/// body.
pub struct Authenticated<T> {
    pub viewer: Viewer,
    pub body: T,
    /// The `Idempotency-Key` header. A value that is not UTF-8 becomes an empty key, which the
    /// service rejects.
    pub idempotency_key: Option<String>,
}

impl<T: DeserializeOwned> FromRequest<Rest> for Authenticated<T> {
    type Rejection = RestError;

    async fn from_request(request: Request, rest: &Rest) -> Result<Self, RestError> {
        let (mut parts, body) = request.into_parts();
        let viewer = Viewer::from_request_parts(&mut parts, rest).await?;
        if viewer == Viewer::Anonymous {
            return Err(Error::Unauthenticated.into());
        }
        let idempotency_key = parts
            .headers
            .get("idempotency-key")
            .map(|key| std::str::from_utf8(key.as_bytes()).unwrap_or_default().to_owned());
        let request = Request::from_parts(parts, body);
        let LenientJson(body) = LenientJson::from_request(request, rest).await?;
        Ok(Self { viewer, body, idempotency_key })
    }
}

/// A JSON body, read as leniently as the original backends do: any JSON but an object counts as
/// `{}`, unknown keys are ignored, and the last of duplicate keys is used.
///
/// Every field of `T` must be optional and accept any JSON value, as those that [`text_or_none`]
/// reads do.
struct LenientJson<T>(T);

impl<T: DeserializeOwned> FromRequest<Rest> for LenientJson<T> {
    type Rejection = RestError;

    async fn from_request(request: Request, rest: &Rest) -> Result<Self, RestError> {
        if !is_json(request.headers()) {
            let code = ErrorCode::UnsupportedMediaType;
            return Err(RestError::Code(StatusCode::UNSUPPORTED_MEDIA_TYPE, code));
        }
        let bad_request = RestError::Code(StatusCode::BAD_REQUEST, ErrorCode::BadRequest);
        let body = match Bytes::from_request(request, rest).await {
            Ok(body) => body,
            Err(rejection) => {
                let status = rejection.into_response().status();
                return Err(if status == StatusCode::PAYLOAD_TOO_LARGE {
                    RestError::Code(status, ErrorCode::PayloadTooLarge)
                } else {
                    bad_request
                });
            }
        };
        if has_too_many_values(&body) {
            return Err(bad_request);
        }
        // A derived `Deserialize` rejects duplicate keys, but `Value` keeps the last one.
        let object = match serde_json::from_slice(without_bom(&body)) {
            Ok(object @ Value::Object(_)) => object,
            Ok(_) => Value::Object(Map::new()),
            Err(_) => return Err(bad_request),
        };
        serde_json::from_value(object).map(Self).map_err(|_| bad_request)
    }
}

/// Reads a text field of a lenient body. Null and every other type become `None`. A missing key
/// needs `#[serde(default)]` in addition.
pub fn text_or_none<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => Some(text),
        _ => None,
    })
}
