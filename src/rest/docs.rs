//! The OpenAPI document and a page to browse it.

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
    error::{Code, Failure},
    request::Segments,
};

/// What a browser may load for the page: nothing from elsewhere.
const POLICY: (HeaderName, &str) = (
    CONTENT_SECURITY_POLICY,
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     frame-ancestors 'none'",
);

/// The head of the OpenAPI document.
pub fn document() -> OpenApi {
    #[derive(utoipa::OpenApi)]
    #[openapi(
        info(
            title = "Cruddur",
            description = "The REST routes of the Cruddur backends. A failed rule answers 422 with \
                an array of one code; times are UTC with six digits.",
        ),
        tags(
            (name = "feeds", description = "Lists of activities, newest first."),
            (name = "activities", description = "Cruds and replies."),
            (name = "messages", description = "Direct messages."),
            (name = "users", description = "People."),
            (name = "health", description = "Whether the routes are there."),
        )
    )]
    struct Document;
    <Document as utoipa::OpenApi>::openapi()
}

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
            get(move |Segments(path): Segments<String>| {
                std::future::ready(file(&path, files.clone()))
            }),
        )
}

/// A file of the Swagger UI that is built into the program.
fn file(path: &str, config: Arc<Config<'_>>) -> Response {
    match utoipa_swagger_ui::serve(path, config) {
        Ok(Some(file)) => {
            ([POLICY], [(CONTENT_TYPE, file.content_type)], file.bytes.into_owned()).into_response()
        }
        Ok(None) => Failure::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(%error, path, "the Swagger UI has a broken file");
            Failure::Code(StatusCode::INTERNAL_SERVER_ERROR, Code::InternalServerError)
                .into_response()
        }
    }
}
