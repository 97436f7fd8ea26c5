//! How people sign in, for the web app; in demo mode also the users to sign in as.

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};

use crate::{
    auth::Auth,
    config::{AuthSettings, Origins, Settings},
    domain::User,
    http::graphql::is_cross_origin_page,
};

#[derive(Clone)]
struct Identity {
    auth: Auth,
    /// The public description of how people sign in.
    description: Value,
    /// The origins whose pages get tokens, besides the gateway's own.
    origins: Vec<String>,
}

/// Serves `GET /identity`, and in demo mode `GET /identity/people`.
pub fn routes(settings: &Settings, auth: Auth) -> Router {
    let description = match &settings.auth {
        AuthSettings::Demo { viewer, .. } => json!({ "mode": "demo", "viewer": viewer }),
        AuthSettings::Provider(provider) => {
            json!({ "mode": "provider", "issuer": provider.issuer.to_string() })
        }
    };
    // `*` allows any page to call the gateway, but not to get tokens.
    let origins = match &settings.origins {
        Origins::Any => Vec::new(),
        Origins::These(these) => these.clone(),
    };
    Router::new()
        .route("/identity", get(|State(it): State<Identity>| async move { Json(it.description) }))
        .route("/identity/people", get(people))
        .with_state(Identity { auth, description, origins })
}

async fn people(State(identity): State<Identity>, headers: HeaderMap) -> Response {
    let Some(demo) = identity.auth.as_demo() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if is_cross_origin_page(&headers, &identity.origins) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let people = match demo.people().await {
        Ok(people) => people,
        Err(_) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
    };
    let people: Vec<_> = people
        .into_iter()
        .map(|(User { handle, display_name, .. }, token)| {
            json!({ "handle": handle, "displayName": display_name, "token": token })
        })
        .collect();
    ([(header::CACHE_CONTROL, "no-store")], Json(people)).into_response()
}
