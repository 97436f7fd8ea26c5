//! The REST routes of the two original Cruddur backends, over the service.
//!
//! Each noun has one file with its handlers, their request and response bodies, and their OpenAPI
//! documentation. All of them share three files:
//! * `request` has the extractors: viewer, path parameters, query string, JSON body;
//! * `error` writes error responses as both frontends expect them;
//! * `paths` normalizes percent-encoding before routing.

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
use error::{ErrorCode, RestError};

/// Selects the original backend to imitate if the two differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Flavor {
    /// The first backend, which has an OpenAPI file.
    #[default]
    Openapi,
    /// The last backend of the original project.
    Final,
}

impl Flavor {
    /// Returns the code for a reply or message of more than 1024 characters.
    fn too_long_code(self) -> ErrorCode {
        match self {
            Self::Openapi => ErrorCode::MessageExceedMaxChars,
            Self::Final => ErrorCode::MessageExceedMaxChars1024,
        }
    }
}

/// The state that the REST handlers share.
#[derive(Clone)]
pub struct Rest {
    pub service: Service,
    pub auth: Auth,
    pub flavor: Flavor,
}

/// The router for everything under `/api`, including unknown paths and wrong methods.
///
/// Paths are normalized before they are routed. Layers run after routing, so the routes are nested
/// as one service. `OPTIONS` is answered with the route's `Allow`; CORS is left to an outer layer.
pub fn routes(rest: Rest) -> Router {
    let (router, _) = api().split_for_parts();
    let router = router
        .merge(docs::routes())
        .fallback(|| async { RestError::NOT_FOUND })
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn(expose_matched_path))
        .with_state(rest);
    let routed = ServiceBuilder::new()
        .map_request(paths::normalize_path)
        .map_response(add_options_to_allow)
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

/// Copies the matched route to the response. Outer layers need it there, because they cannot see
/// the routes of this nested router in the request.
async fn expose_matched_path(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    if let Some(route) = route {
        response.extensions_mut().insert(route);
    }
    response
}

/// Answers requests whose method the route does not serve. The router adds `Allow`.
async fn method_not_allowed(method: Method) -> Response {
    if method == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        RestError::Code(StatusCode::METHOD_NOT_ALLOWED, ErrorCode::MethodNotAllowed).into_response()
    }
}

/// Adds `OPTIONS`, which every route answers, to the `Allow` header.
fn add_options_to_allow(mut response: Response) -> Response {
    allow_options(response.headers_mut());
    response
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    use super::{
        activities::{ActivityCreateBody, ReplyCreateBody},
        messages::MessageSendBody,
        users::ProfileUpdateBody,
    };

    /// A body that does not parse would be answered with 400 instead of the code of a blank field.
    #[test]
    fn request_bodies_parse_from_any_object() {
        let parses = |body: &Value| {
            fn parse<T: DeserializeOwned>(body: &Value) -> bool {
                serde_json::from_value::<T>(body.clone()).is_ok()
            }
            parse::<ActivityCreateBody>(body)
                && parse::<ReplyCreateBody>(body)
                && parse::<MessageSendBody>(body)
                && parse::<ProfileUpdateBody>(body)
        };
        for value in [json!(null), json!(true), json!(1.5), json!("a"), json!([1]), json!({"a": 1})]
        {
            let body = json!({
                "message": value,
                "ttl": value,
                "message_group_uuid": value,
                "user_receiver_handle": value,
                "handle": value,
                "display_name": value,
                "bio": value,
                "unknown": value,
            });
            assert!(parses(&body), "{body}");
        }
        assert!(parses(&json!({})));
    }
}
