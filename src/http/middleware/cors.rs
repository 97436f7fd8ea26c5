//! Whose pages may call the gateway, and what OPTIONS is answered.

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

use crate::config::Origins;

/// One rule for all routes. The layer answers every OPTIONS request itself.
pub fn layer(origins: &Origins) -> CorsLayer {
    let allowed = match origins {
        Origins::Any => AllowOrigin::any(),
        Origins::These(origins) => AllowOrigin::list(
            origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()),
        ),
    };
    let name = HeaderName::from_static;
    CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::OPTIONS])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_MODIFIED_SINCE,
            name("idempotency-key"),
            name("apollo-require-preflight"),
            name("graphql-require-preflight"),
            name("x-apollo-operation-name"),
            name("apollographql-client-name"),
            name("apollographql-client-version"),
        ])
        .expose_headers([
            header::LOCATION,
            header::LINK,
            header::AUTHORIZATION,
            name("x-request-id"),
        ])
        .vary([header::ORIGIN])
        .max_age(Duration::from_secs(3600))
}

/// Lets the CORS layer answer only those OPTIONS requests that a browser sends, for routes that
/// there are; `routes` answers the others.
pub async fn options(State(routes): State<Router>, request: Request, next: Next) -> Response {
    if request.method() != Method::OPTIONS {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let plain = Request::from_parts(parts.clone(), Body::empty());
    let Ok(answer) = routes.oneshot(plain).await;
    if parts.headers.contains_key(header::ORIGIN) && answer.status() != StatusCode::NOT_FOUND {
        return next.run(Request::from_parts(parts, body)).await;
    }
    match (answer.status(), answer.headers().get(header::ALLOW)) {
        (StatusCode::METHOD_NOT_ALLOWED, Some(allow)) => {
            let allow = [allow.as_bytes(), b",OPTIONS"].concat();
            let allow = HeaderValue::from_bytes(&allow).ok();
            let allow = allow.map(|allow| (header::ALLOW, allow));
            (StatusCode::NO_CONTENT, HeaderMap::from_iter(allow)).into_response()
        }
        _ => answer,
    }
}
