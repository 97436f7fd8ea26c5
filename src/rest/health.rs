//! Whether the routes are there.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct HealthBody {
    success: bool,
    /// The version of the routes.
    #[schema(example = 1)]
    ver: u32,
}

/// Whether the routes are there
///
/// It asks no store; /health/ready does.
#[utoipa::path(
    get,
    path = "/health-check",
    tag = "health",
    responses((status = 200, description = "They are.", body = HealthBody))
)]
pub async fn health_check() -> Json<HealthBody> {
    Json(HealthBody { success: true, ver: 1 })
}
