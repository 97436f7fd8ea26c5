//! Rejection of requests without a valid host, and of those for a host that is not the gateway's.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use tracing::debug;

use super::errors;
use crate::{
    config::AllowedHosts,
    headers::{accepts_html, only},
    http::server::{connection::Connection, host::InvalidHost},
};

const CODE: &str = "HOST_NOT_IN_ALLOWED_HOSTS";

const MESSAGE: &str =
    "The gateway does not know this host as its own. To use it, add it to ALLOWED_HOSTS.";

const PAGE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Cruddur</title>\
    <p>This gateway does not know the host of this address as its own. To use it, add the host to \
    <code>ALLOWED_HOSTS</code> and start the gateway again.</p></html>\n";

/// Answers 400 to a request whose host is missing, ambiguous or malformed (RFC 9112 section 3.2).
pub async fn require_valid(request: Request, next: Next) -> Response {
    if request.extensions().get::<InvalidHost>().is_some() {
        errors::for_path(request.uri().path(), StatusCode::BAD_REQUEST)
    } else {
        next.run(request).await
    }
}

/// Answers 421 (RFC 9110 section 15.5.20) to a request for a host that is not allowed. Health checks are
/// exempt, because load balancers address a gateway as they like. They have no data.
///
/// A request without a host passes: no browser sends one.
pub async fn require_allowed(
    State(hosts): State<AllowedHosts>,
    request: Request,
    next: Next,
) -> Response {
    let local = request.extensions().get().and_then(Connection::local);
    if is_health_check(request.uri().path()) || is_allowed(&hosts, request.headers(), local) {
        next.run(request).await
    } else {
        let host = request.headers().get(header::HOST);
        debug!(?host, "rejected a host that is not in ALLOWED_HOSTS");
        misdirected(&request)
    }
}

fn is_health_check(path: &str) -> bool {
    path.starts_with("/health/") || path == "/api/health-check"
}

fn is_allowed(hosts: &AllowedHosts, headers: &HeaderMap, local: Option<std::net::IpAddr>) -> bool {
    !headers.contains_key(header::HOST)
        || only(headers, header::HOST).is_some_and(|host| hosts.allow(host, local))
}

fn misdirected(request: &Request) -> Response {
    let status = StatusCode::MISDIRECTED_REQUEST;
    if request.uri().path() == "/graphql" {
        errors::graphql_with_code(status, CODE, MESSAGE)
    } else if accepts_html(request.headers()) {
        (status, Html(PAGE)).into_response()
    } else {
        errors::code(status, &CODE.to_lowercase())
    }
}
