//! What fails outside of the handlers, in the JSON of the path where it failed.

use std::any::Any;

use axum::{
    Json,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::json;

/// Gives every failure that has no body for clients yet one in JSON, and keeps its headers: a
/// method that is not allowed, a body too large, a request that took too long, a panic.
pub async fn in_json(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let response = next.run(request).await;
    let status = response.status();
    let plain = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_none_or(|content_type| content_type.as_bytes().starts_with(b"text/plain"));
    if !plain || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let mut failure = of(&path, status);
    for (name, value) in response.headers() {
        if ![header::CONTENT_TYPE, header::CONTENT_LENGTH].contains(name) {
            failure.headers_mut().insert(name, value.clone());
        }
    }
    failure
}

/// A failure with nothing to say but its status: for GraphQL a response with one error, else an
/// array of one code.
pub fn of(path: &str, status: StatusCode) -> Response {
    let reason = status.canonical_reason().unwrap_or("Failed");
    if path == "/graphql" {
        return graphql(status, reason);
    }
    let code = reason.to_lowercase().replace(' ', "_");
    finished(status, (status, Json(json!([code]))).into_response())
}

/// A failure of a request to /graphql that `message` explains.
pub fn graphql(status: StatusCode, message: &str) -> Response {
    let code = match status {
        StatusCode::UNAUTHORIZED => "UNAUTHENTICATED".to_owned(),
        _ => status.canonical_reason().unwrap_or("Failed").to_uppercase().replace(' ', "_"),
    };
    let body = json!({ "errors": [{ "message": message, "extensions": { "code": code } }] });
    finished(status, (status, Json(body)).into_response())
}

/// The response to a request whose handler panicked. The panic itself is logged by the program's
/// panic hook.
pub fn of_panic(_: Box<dyn Any + Send>) -> Response {
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

fn finished(status: StatusCode, mut response: Response) -> Response {
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}
