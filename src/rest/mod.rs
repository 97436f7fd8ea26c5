//! The REST routes of the two original Cruddur backends, over the service.
//!
//! One file per noun holds its handlers, the bodies they read and answer, and their OpenAPI
//! documentation, registered together. What all of them share:
//! * `request` reads what a request brings: the viewer, the query string, the fields of a body;
//! * `error` writes a failure as both frontends expect it;
//! * `paths` spells a path in one way before it is routed.

mod activities;
mod docs;
mod error;
mod feeds;
mod health;
mod messages;
mod paths;
mod request;
mod users;

use axum::{
    Router,
    extract::{MatchedPath, Request},
    http::{Method, StatusCode},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use tower::ServiceBuilder;
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{auth::Auth, headers::allow_options, service::Service};
use error::{Code, Failure};

/// Which of the two original backends is answered for where they differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Flavor {
    /// The first backend and its OpenAPI file.
    #[default]
    Openapi,
    /// The backend that the project ended with.
    Final,
}

impl Flavor {
    /// The code of a reply or message of more than 1024 characters.
    fn too_long(self) -> Code {
        match self {
            Self::Openapi => Code::MessageExceedMaxChars,
            Self::Final => Code::MessageExceedMaxChars1024,
        }
    }
}

/// What the REST routes work on.
#[derive(Clone)]
pub struct Rest {
    pub service: Service,
    pub auth: Auth,
    pub flavor: Flavor,
}

/// Everything under /api, unknown paths and wrong methods included.
///
/// Paths are respelled before they are routed, so this router serves what it routes as one nested
/// service. OPTIONS is answered with the route's `Allow`; CORS is for a layer around.
pub fn routes(rest: Rest) -> Router {
    let (router, _) = api().split_for_parts();
    let router = router
        .merge(docs::routes())
        .fallback(|| async { Failure::NOT_FOUND })
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn(tell_route))
        .with_state(rest);
    let routed = ServiceBuilder::new()
        .map_request(paths::respelled)
        .map_response(allowing_options)
        .service(router);
    Router::new().nest_service("/api", routed)
}

/// The OpenAPI document of the routes.
pub fn openapi() -> OpenApi {
    docs::document().nest("/api", api().into_openapi())
}

fn api() -> OpenApiRouter<Rest> {
    OpenApiRouter::new()
        .routes(routes!(feeds::home))
        .routes(routes!(feeds::notifications))
        .routes(routes!(feeds::search))
        .routes(routes!(feeds::user_feed))
        .routes(routes!(activities::show_activity))
        .routes(routes!(activities::show_status))
        .routes(routes!(activities::create_activity))
        .routes(routes!(activities::create_reply))
        .routes(routes!(messages::message_groups))
        .routes(routes!(messages::messages_with))
        .routes(routes!(messages::messages_in_group))
        .routes(routes!(messages::send_message))
        .routes(routes!(users::show_user))
        .routes(routes!(users::update_profile, users::post_profile))
        .routes(routes!(health::health_check))
}

/// Tells the layers around this nested router which route has answered: they see none in the request.
async fn tell_route(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    if let Some(route) = route {
        response.extensions_mut().insert(route);
    }
    response
}

/// Answers a method that a route does not have; the router adds `Allow`.
async fn method_not_allowed(method: Method) -> Response {
    if method == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        Failure::Code(StatusCode::METHOD_NOT_ALLOWED, Code::MethodNotAllowed).into_response()
    }
}

/// Completes the `Allow` header.
fn allowing_options(mut response: Response) -> Response {
    allow_options(response.headers_mut());
    response
}
