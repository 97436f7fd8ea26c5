//! Health checks: is the process alive, and can it serve data?

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;

use crate::service::Service;

/// How long the store may take to answer a ping.
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// Tells if the store is migrated, so that the gateway can serve data.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<AtomicBool>);

impl Readiness {
    pub fn set_ready(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn is_ready(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

pub fn routes(service: Service, ready: Readiness) -> Router {
    Router::new()
        .route("/health/live", get(|| async { Json(json!({ "status": "live" })) }))
        .route("/health/ready", get(readiness))
        .with_state((service, ready))
}

async fn readiness(State((service, ready)): State<(Service, Readiness)>) -> Response {
    let unready = |status| (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": status })));
    if !ready.is_ready() {
        return unready("starting").into_response();
    }
    match tokio::time::timeout(PING_TIMEOUT, service.ping()).await {
        Ok(Ok(())) => Json(json!({ "status": "ready" })).into_response(),
        Ok(Err(_)) | Err(_) => unready("database unavailable").into_response(),
    }
}

/// Answers requests for data with 503 until the store is ready.
pub async fn require_ready(
    State(ready): State<Readiness>,
    request: Request,
    next: Next,
) -> Response {
    if ready.is_ready() {
        next.run(request).await
    } else {
        StatusCode::SERVICE_UNAVAILABLE.into_response()
    }
}
