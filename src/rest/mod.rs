//! The REST routes of the original Cruddur over the service.

use axum::{Json, Router, routing::get};
use serde_json::json;

use crate::{auth::Auth, service::Service};

/// What the routes work with.
#[derive(Clone)]
pub struct Rest {
    pub service: Service,
    pub auth: Auth,
    pub flavor: Flavor,
}

/// Whose answers to give where the two originals differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavor {
    Openapi,
    Final,
}

pub fn routes(_rest: Rest) -> Router {
    Router::new()
        .route("/api/health-check", get(|| async { Json(json!({ "success": true, "ver": 1 })) }))
}

pub fn openapi() -> utoipa::openapi::OpenApi {
    utoipa::openapi::OpenApi::default()
}
