//! What the web app may know of how people sign in, and in demo mode whom one may sign in as.

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};

use super::{failure, graphql::is_other_page};
use crate::{
    auth::Auth,
    config::{AuthSettings, Origins, Settings},
    domain::User,
};

#[derive(Clone)]
struct Identity {
    auth: Auth,
    /// How people sign in, for everybody to know.
    shown: Value,
    /// Whose pages get tokens, besides the gateway's own.
    origins: Vec<String>,
}

/// `GET /identity`, and in demo mode `GET /identity/people`.
pub fn routes(settings: &Settings, auth: Auth) -> Router {
    let shown = match &settings.auth {
        AuthSettings::Demo { viewer, .. } => json!({ "mode": "demo", "viewer": viewer }),
        AuthSettings::Provider(trust) => json!({ "mode": "provider", "issuer": trust.issuer }),
    };
    // Tokens are for pages that are named, not for any.
    let origins = match &settings.origins {
        Origins::Any => Vec::new(),
        Origins::These(these) => these.clone(),
    };
    Router::new()
        .route("/identity", get(|State(it): State<Identity>| async move { Json(it.shown) }))
        .route("/identity/people", get(people))
        .with_state(Identity { auth, shown, origins })
}

async fn people(State(identity): State<Identity>, headers: HeaderMap) -> Response {
    let path = "/identity/people";
    let Some(demo) = identity.auth.as_demo() else {
        return failure::of(path, StatusCode::NOT_FOUND);
    };
    if is_other_page(&headers, &identity.origins) {
        return failure::of(path, StatusCode::FORBIDDEN);
    }
    let people = match demo.people().await {
        Ok(people) => people,
        Err(_) => return failure::of(path, StatusCode::SERVICE_UNAVAILABLE),
    };
    let people: Vec<_> = people
        .into_iter()
        .map(|(User { handle, display_name, .. }, token)| {
            json!({ "handle": handle, "displayName": display_name, "token": token })
        })
        .collect();
    ([(header::CACHE_CONTROL, "no-store")], Json(people)).into_response()
}
