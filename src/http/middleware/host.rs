//! Rejection of requests without a valid host.

use axum::{extract::Request, http::StatusCode, middleware::Next, response::Response};

use super::errors;
use crate::http::server::host::InvalidHost;

/// Answers 400 to a request whose host is missing, ambiguous or malformed (RFC 9112 section 3.2).
pub async fn require_valid(request: Request, next: Next) -> Response {
    if request.extensions().get::<InvalidHost>().is_some() {
        errors::for_path(request.uri().path(), StatusCode::BAD_REQUEST)
    } else {
        next.run(request).await
    }
}
