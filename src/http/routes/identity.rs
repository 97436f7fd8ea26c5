//! How people sign in, for the web app; in demo mode also the users to sign in as.

use axum::{
    Json, Router,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};

use crate::{
    auth::Auth,
    config::{AuthSettings, Settings},
    domain::User,
    http::middleware::csrf::OriginPolicy,
};

#[derive(Clone)]
struct Identity {
    auth: Auth,
    /// The public description of how people sign in.
    description: Value,
    /// The pages that get tokens.
    origins: OriginPolicy,
}

/// Serves `GET /identity`, and in demo mode `GET /identity/people`.
pub fn routes(settings: &Settings, auth: Auth, origins: OriginPolicy) -> Router {
    let description = match &settings.auth {
        AuthSettings::Demo { viewer, .. } => json!({ "mode": "demo", "viewer": viewer }),
        AuthSettings::Provider(provider) => {
            json!({ "mode": "provider", "issuer": provider.issuer.to_string() })
        }
    };
    Router::new()
        .route("/identity", get(|State(it): State<Identity>| async move { Json(it.description) }))
        .route("/identity/people", get(people))
        .with_state(Identity { auth, description, origins })
}

async fn people(State(identity): State<Identity>, request: Request) -> Response {
    let Some(demo) = identity.auth.as_demo() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // `FRONTEND_URL=*` allows any page to call the gateway, but not to get tokens.
    if identity.origins.is_cross_origin_page(&request) {
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
    Json(people).into_response()
}
