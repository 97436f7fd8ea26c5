//! CORS, and the responses to OPTIONS.

use std::time::Duration;

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tower::ServiceExt;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::{config::Origins, headers::allow_options};

/// The methods that some route has.
const ALL_METHODS: &str = "GET,HEAD,POST,PUT,OPTIONS";

/// Allows the same origins, methods and headers on every route. The layer answers every OPTIONS
/// request itself. `more_headers` are request headers that pages may send in addition to the usual
/// ones.
pub fn layer(origins: &Origins, more_headers: &[HeaderName]) -> CorsLayer {
    let allowed = match origins {
        Origins::Any => AllowOrigin::any(),
        Origins::These(origins) => AllowOrigin::list(
            origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()),
        ),
    };
    let name = HeaderName::from_static;
    let headers = [
        header::AUTHORIZATION,
        header::CONTENT_TYPE,
        header::IF_MODIFIED_SINCE,
        name("idempotency-key"),
        name("x-request-id"),
        name("apollo-require-preflight"),
        name("graphql-require-preflight"),
        name("x-apollo-operation-name"),
        name("apollographql-client-name"),
        name("apollographql-client-version"),
        // Tracing, as OpenTelemetry and Sentry add it to every request of a page.
        name("traceparent"),
        name("tracestate"),
        name("baggage"),
        name("sentry-trace"),
    ];
    let more_headers = more_headers.iter().filter(|it| !headers.contains(it)).cloned();
    let headers: Vec<_> = headers.iter().cloned().chain(more_headers).collect();
    CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::OPTIONS])
        .allow_headers(headers)
        .expose_headers([
            header::LOCATION,
            header::LINK,
            header::AUTHORIZATION,
            header::RETRY_AFTER,
            name("x-request-id"),
        ])
        .vary([header::ORIGIN])
        .max_age(Duration::from_secs(3600))
}

/// Leaves to the CORS layer only the OPTIONS requests that a browser sends to an existing route.
/// Answers the others with the methods in `Allow` that `routes` returns for the path, or with 404.
/// `OPTIONS *` is about the server as a whole (RFC 9110 section 9.3.7): its `Allow` has the methods of
/// all routes.
pub async fn options(State(routes): State<Router>, request: Request, next: Next) -> Response {
    if request.method() != Method::OPTIONS {
        return next.run(request).await;
    }
    if request.uri().path() == "*" {
        return (StatusCode::NO_CONTENT, [(header::ALLOW, ALL_METHODS)]).into_response();
    }
    let (parts, body) = request.into_parts();
    let plain = Request::from_parts(parts.clone(), Body::empty());
    let Ok(answer) = routes.oneshot(plain).await;
    if parts.headers.contains_key(header::ORIGIN) && answer.status() != StatusCode::NOT_FOUND {
        return next.run(Request::from_parts(parts, body)).await;
    }
    match (answer.status(), answer.headers().get(header::ALLOW)) {
        (StatusCode::METHOD_NOT_ALLOWED, Some(allow)) => {
            let mut headers = HeaderMap::from_iter([(header::ALLOW, allow.clone())]);
            allow_options(&mut headers);
            (StatusCode::NO_CONTENT, headers).into_response()
        }
        _ => answer,
    }
}
