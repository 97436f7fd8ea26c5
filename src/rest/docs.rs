//! The OpenAPI document, and Swagger UI to browse it.

use std::sync::Arc;

use axum::{
    Json, Router,
    http::{
        HeaderName, StatusCode,
        header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    },
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::Config;

use super::{
    Rest,
    error::{ErrorCode, RestError},
    request::PathParams,
};

/// The Swagger UI may load nothing from other origins. It needs inline styles and `data:` images.
const CONTENT_POLICY: (HeaderName, &str) = (
    CONTENT_SECURITY_POLICY,
    "default-src 'self'; object-src 'none'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'none'",
);

/// The OpenAPI document without its paths.
pub fn document() -> OpenApi {
    #[derive(utoipa::OpenApi)]
    #[openapi(
        info(
            title = "Cruddur",
            description = "The REST routes of the original Cruddur backends. Invalid input \
                returns 422 with an array of one code. Timestamps are in UTC with six fractional \
                digits.",
        ),
        tags(
            (name = "feeds", description = "Lists of activities, newest first."),
            (name = "activities", description = "Cruds and replies."),
            (name = "messages", description = "Direct messages."),
            (name = "users", description = "Users and the viewer's profile."),
            (name = "health", description = "Liveness of the REST routes."),
        )
    )]
    struct Document;
    <Document as utoipa::OpenApi>::openapi()
}

/// The routes that serve the OpenAPI document and the Swagger UI.
pub fn routes() -> Router<Rest> {
    let document = Arc::new(super::openapi());
    let document = move || std::future::ready(Json(document.clone()));
    let config = Arc::new(Config::from("/api/openapi.json").validator_url("none"));
    let (index, files) = (config.clone(), config);
    Router::new()
        .route("/openapi.json", get(document))
        .route("/docs", get(|| std::future::ready(Redirect::permanent("/api/docs/"))))
        .route("/docs/", get(move || std::future::ready(file("", index.clone()))))
        .route(
            "/docs/{*file}",
            get(move |PathParams(path): PathParams<String>| {
                std::future::ready(file(&path, files.clone()))
            }),
        )
}

/// Serves a file of the Swagger UI, which is compiled into the binary.
fn file(path: &str, config: Arc<Config<'_>>) -> Response {
    match utoipa_swagger_ui::serve(path, config) {
        Ok(Some(file)) => {
            ([CONTENT_POLICY], [(CONTENT_TYPE, file.content_type)], file.bytes.into_owned())
                .into_response()
        }
        Ok(None) => RestError::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(%error, path, "broken Swagger UI file");
            RestError::Code(StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::InternalServerError)
                .into_response()
        }
    }
}
