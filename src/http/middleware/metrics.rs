//! The gateway's metrics, at /metrics in the OpenMetrics text format that Prometheus reads.

use std::{sync::Arc, time::Instant};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
    routing::get,
};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

use crate::service::Service;

/// The buckets of the request durations, in seconds. Most responses take a few milliseconds, and none
/// takes longer than the response timeout.
const BUCKETS: [f64; 12] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0];

#[derive(Clone)]
pub struct Metrics(Arc<Registered>);

struct Registered {
    registry: Registry,
    requests: Family<Labels, Histogram>,
    connections: Gauge,
    idle_connections: Gauge,
    memory: Gauge,
}

/// The labels of a request. The number of values is bounded: no client can add one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    method: String,
    route: String,
    status: u16,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        let requests =
            Family::<Labels, Histogram>::new_with_constructor(|| Histogram::new(BUCKETS));
        let (connections, idle_connections, memory) = Default::default();
        let help = "Time from the headers of a request to the headers of its response";
        registry.register_with_unit("http_requests", help, Unit::Seconds, requests.clone());
        let help = "Connections to the database";
        registry.register("database_connections", help, Gauge::clone(&connections));
        let help = "Idle connections to the database";
        registry.register("database_connections_idle", help, Gauge::clone(&idle_connections));
        let help = "Memory of the process";
        registry.register_with_unit(
            "process_resident_memory",
            help,
            Unit::Bytes,
            Gauge::clone(&memory),
        );
        Self(Arc::new(Registered { registry, requests, connections, idle_connections, memory }))
    }
}

pub fn routes(metrics: Metrics, service: Service) -> Router {
    Router::new().route("/metrics", get(show)).with_state((metrics, service))
}

/// Counts a request when its response begins. This layer is outermost, so that the responses of all
/// other layers are counted.
pub async fn count(State(metrics): State<Metrics>, request: Request, next: Next) -> Response {
    let method = match request.method() {
        method @ (&Method::GET | &Method::POST | &Method::OPTIONS | &Method::HEAD) => {
            method.to_string()
        }
        _ => "other".to_owned(),
    };
    let route = request.extensions().get::<MatchedPath>().cloned();
    let start = Instant::now();
    let response = next.run(request).await;
    // A nested router sets the route on its response.
    let route = route.as_ref().or_else(|| response.extensions().get());
    let route = route.map_or("none", MatchedPath::as_str).to_owned();
    let labels = Labels { method, route, status: response.status().as_u16() };
    metrics.0.requests.get_or_create(&labels).observe(start.elapsed().as_secs_f64());
    response
}

async fn show(State((metrics, service)): State<(Metrics, Service)>) -> Response {
    let Metrics(registered) = metrics;
    if let Some(connections) = service.connections() {
        registered.connections.set(connections.open.into());
        registered.idle_connections.set(connections.idle.into());
    }
    if let Some(bytes) = resident_memory() {
        registered.memory.set(bytes);
    }
    let mut text = String::new();
    match encode(&mut text, &registered.registry) {
        Ok(()) => {
            let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, content_type)], text).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "failed to encode the metrics");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Returns the resident memory of the process, in bytes. `None` on systems without /proc.
fn resident_memory() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: i64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
