//! The liveness check of the REST routes.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct HealthBody {
    success: bool,
    /// The version of the REST routes.
    #[schema(example = 1)]
    ver: u32,
}

/// Checks that the REST routes are served
///
/// It does not check the stores; `/health/ready` does.
#[utoipa::path(
    get,
    path = "/health-check",
    tag = "health",
    responses((status = 200, description = "The routes are served.", body = HealthBody))
)]
pub async fn health_check() -> Json<HealthBody> {
    Json(HealthBody { success: true, ver: 1 })
}
