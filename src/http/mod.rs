//! The router and its layers.

mod assets;
mod compression;
mod connection;
mod cors;
mod failure;
mod graphql;
mod head;
mod health;
mod identity;
mod limits;
mod log;
mod metrics;
mod patience;
mod server;
mod stall;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderValue, StatusCode, header},
    middleware::{from_fn, from_fn_with_state, map_request},
};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    set_header::SetResponseHeaderLayer,
    timeout::TimeoutLayer,
};

use crate::{
    auth::{Auth, Demo, Provider},
    config::{AuthSettings, Origins, Settings},
    rest::{self, Rest},
    service::Service,
};

use limits::Gate;
use metrics::Metrics;

pub use health::Readiness;
pub use patience::Patience;
pub use server::serve;

/// The largest body of a request, in bytes.
const MAX_BODY: usize = 1024 * 1024;

/// Everything that the gateway serves. Until `ready` says so, only health and pages.
pub fn router(settings: &Settings, service: Service, ready: Readiness) -> Router {
    let auth = match &settings.auth {
        AuthSettings::Demo { viewer, secret } => {
            Auth::demo(Demo::new(service.clone(), viewer.clone(), secret.as_deref()))
        }
        AuthSettings::Provider(trust) => Auth::provided(Provider::new(service.clone(), trust)),
    };
    let gate = Gate::new(settings, &service, auth.clone());
    let rest = Rest { service: service.clone(), auth: auth.clone(), flavor: settings.rest };
    let data = Router::new()
        .merge(graphql::routes(settings, service.clone(), &gate))
        .merge(rest::routes(rest))
        .merge(identity::routes(settings, auth))
        .layer(from_fn_with_state(gate, limits::gate))
        .layer(from_fn_with_state(ready.clone(), health::gate));
    let routes = data
        .merge(health::routes(service.clone(), ready))
        .merge(assets::routes(settings.features.graphiql))
        .fallback(assets::fallback);
    if !settings.features.metrics {
        return layered(&settings.origins, Patience::default(), routes);
    }
    let metrics = Metrics::default();
    let routes = routes.merge(metrics::routes(metrics.clone(), service));
    layered(&settings.origins, Patience::default(), routes)
        .layer(from_fn_with_state(metrics, metrics::count))
}

/// Puts the layers that every route has around `routes`.
pub fn layered(origins: &Origins, patience: Patience, routes: Router) -> Router {
    let header = SetResponseHeaderLayer::if_not_present;
    let plain = routes.clone().layer(from_fn(failure::in_json));
    // From the outside in. The request id comes first, so that the log line has it; the log sees
    // the answer as it is sent; whatever fails inside of `failure::in_json` becomes JSON, and
    // inside of the CORS layer a page of another origin may read it; a panic is caught where the
    // log's span still holds; the time limit covers the reading of the body. The size of a body is
    // limited where it is read, so that a route may look at the rest of the request first.
    routes.layer(
        ServiceBuilder::new()
            .layer(map_request(log::drop_insane_request_id))
            .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
            .layer(PropagateRequestIdLayer::x_request_id())
            .layer(from_fn(log::log))
            .layer(header(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
            .layer(header(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")))
            .layer(from_fn_with_state(plain, cors::options))
            .layer(cors::layer(origins))
            .layer(compression::layer())
            .layer(from_fn(failure::in_json))
            .layer(CatchPanicLayer::custom(failure::of_panic))
            .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, patience.answer))
            .layer(from_fn_with_state(patience.body, patience::for_body))
            .layer(DefaultBodyLimit::max(MAX_BODY)),
    )
}
