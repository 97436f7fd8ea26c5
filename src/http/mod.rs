//! The router and its layers.

mod assets;
mod failure;
mod graphql;
mod health;
mod log;
mod server;

use std::time::Duration;

use axum::{
    Router,
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{from_fn, from_fn_with_state, map_request},
};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    cors::{AllowOrigin, CorsLayer},
    limit::RequestBodyLimitLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    set_header::SetResponseHeaderLayer,
    timeout::TimeoutLayer,
};

use crate::{
    auth::Auth,
    config::{Origins, Settings},
    rest::{self, Rest},
    service::Service,
};

pub use health::Readiness;
pub use server::serve;

/// The largest body of a request, in bytes.
const MAX_BODY: usize = 1024 * 1024;
/// For how long a request may be worked on before its answer begins.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Everything that the gateway serves. Until `ready` says so, only health and pages.
pub fn router(settings: &Settings, service: Service, ready: Readiness) -> Router {
    let auth = Auth::new(service.clone(), settings.viewer.clone());
    let rest = Rest { service: service.clone(), auth: auth.clone(), flavor: settings.rest };
    let data = Router::new()
        .merge(graphql::routes(settings, service.clone(), auth))
        .merge(rest::routes(rest))
        .layer(from_fn_with_state(ready.clone(), health::gate));
    let routes = data
        .merge(health::routes(service, ready))
        .merge(assets::routes(settings.graphiql))
        .fallback(assets::fallback);
    layered(&settings.origins, TIMEOUT, routes)
}

/// Puts the layers that every route has around `routes`. An answer has to begin within `limit`.
pub fn layered(origins: &Origins, limit: Duration, routes: Router) -> Router {
    let header = SetResponseHeaderLayer::if_not_present;
    // From the outside in. The request id comes first, so that the log line has it; the log sees
    // the answer as it is sent; whatever fails inside of `failure::in_json` becomes JSON, and
    // inside of the CORS layer a page of another origin may read it; a panic is caught where the
    // log's span still holds; the time limit covers the reading of the body.
    routes.layer(
        ServiceBuilder::new()
            .layer(map_request(log::drop_insane_request_id))
            .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
            .layer(PropagateRequestIdLayer::x_request_id())
            .layer(from_fn(log::log))
            .layer(header(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
            .layer(header(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")))
            .layer(cors(origins))
            .layer(from_fn(failure::in_json))
            .layer(CatchPanicLayer::custom(failure::of_panic))
            .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, limit))
            .layer(RequestBodyLimitLayer::new(MAX_BODY)),
    )
}

/// One rule for all routes. The layer answers every OPTIONS request itself.
fn cors(origins: &Origins) -> CorsLayer {
    let allowed = match origins {
        Origins::Any => AllowOrigin::any(),
        Origins::These(origins) => AllowOrigin::list(
            origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()),
        ),
    };
    let name = HeaderName::from_static;
    CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::OPTIONS])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_MODIFIED_SINCE,
            name("idempotency-key"),
            name("apollo-require-preflight"),
            name("graphql-require-preflight"),
            name("x-apollo-operation-name"),
            name("apollographql-client-name"),
            name("apollographql-client-version"),
        ])
        .expose_headers([
            header::LOCATION,
            header::LINK,
            header::AUTHORIZATION,
            name("x-request-id"),
        ])
        .vary([header::ORIGIN])
        .max_age(Duration::from_secs(3600))
}
