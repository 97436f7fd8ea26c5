//! The JSON bodies of errors that arise outside of the handlers.

use std::any::Any;

use axum::{
    Json,
    extract::Request,
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::headers::retry_after;

/// Gives each error response that has only a status a body in JSON, and keeps its headers. Such
/// responses come from the router, the layers and a few handlers: unknown path, method not allowed,
/// body too large, timeout, rate limit, panic.
pub async fn json_errors(request: Request, next: Next) -> Response {
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
    let mut error = for_path(&path, status);
    for (name, value) in response.headers() {
        if ![header::CONTENT_TYPE, header::CONTENT_LENGTH].contains(name) {
            error.headers_mut().insert(name, value.clone());
        }
    }
    error
}

/// Returns the error response of a path: for GraphQL a response with one error, otherwise an array of one
/// code.
pub fn for_path(path: &str, status: StatusCode) -> Response {
    let reason = status.canonical_reason().unwrap_or("Failed");
    if path == "/graphql" {
        return graphql(status, reason);
    }
    code(status, &reason.to_lowercase().replace(' ', "_"))
}

/// Returns the error response of any path but /graphql, with a code.
pub fn code(status: StatusCode, code: &str) -> Response {
    with_retry_after(status, (status, Json(json!([code]))).into_response())
}

/// Returns the error response of a request to /graphql, with a message.
pub fn graphql(status: StatusCode, message: &str) -> Response {
    let code = match status {
        StatusCode::UNAUTHORIZED => "UNAUTHENTICATED".to_owned(),
        _ => status.canonical_reason().unwrap_or("Failed").to_uppercase().replace(' ', "_"),
    };
    graphql_with_code(status, &code, message)
}

/// Returns the error response of a request to /graphql, with a code and a message.
pub fn graphql_with_code(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({ "errors": [{ "message": message, "extensions": { "code": code } }] });
    with_retry_after(status, (status, Json(body)).into_response())
}

/// Answers for a handler that panicked. The program's panic hook logs the panic itself.
pub fn for_panic(_: Box<dyn Any + Send>) -> Response {
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

fn with_retry_after(status: StatusCode, mut response: Response) -> Response {
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().extend([retry_after()]);
    }
    response
}
