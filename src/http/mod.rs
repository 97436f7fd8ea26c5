//! The router and its layers.

mod graphql;
mod middleware;
mod routes;
mod server;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::StatusCode,
    middleware::{from_fn, from_fn_with_state, map_request},
};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    timeout::TimeoutLayer,
};

use crate::{
    auth::{Auth, Demo, Provider},
    config::{AuthSettings, Settings},
    rest::{self, Rest},
    service::Service,
    sources::seed,
};

use middleware::{
    body, compression, cors,
    csrf::{self, OriginPolicy},
    decompression, errors, head, host, log,
    metrics::{self, Metrics},
    rate_limit::{self, RateLimiter},
    security::{self, Hsts},
};
use routes::{assets, health, identity};

pub use routes::health::Readiness;
pub use server::{serve, timeouts::Timeouts};

/// The largest body of a request and the largest message of a WebSocket, in bytes.
const MAX_BODY: usize = 1024 * 1024;

/// Builds all routes of the gateway with their layers. Until `ready` is set, only health checks and
/// pages are served.
pub fn router(settings: &Settings, service: Service, ready: Readiness) -> Router {
    let auth = match &settings.auth {
        AuthSettings::Demo { viewer, secret } => {
            let people = seed::demo_handles();
            Auth::demo(Demo::new(service.clone(), people, viewer.clone(), secret.as_deref()))
        }
        AuthSettings::Provider(config) => {
            Auth::with_provider(Provider::new(service.clone(), config))
        }
    };
    let limiter = RateLimiter::new(settings, &service, auth.clone());
    let rest = Rest { service: service.clone(), auth: auth.clone(), flavor: settings.rest };
    let mut rest = rest::routes(rest);
    let origins = OriginPolicy::new(settings);
    if settings.auth.is_demo() {
        rest = rest.layer(from_fn_with_state(origins.clone(), csrf::reject_writes));
    }
    let data = Router::new()
        .merge(graphql::routes(settings, service.clone(), &limiter, origins.clone()))
        .merge(rest)
        .merge(identity::routes(settings, auth, origins))
        .layer(from_fn_with_state(limiter.clone(), rate_limit::authenticate))
        .layer(from_fn_with_state(ready.clone(), health::require_ready));
    let routes = data
        .merge(health::routes(service.clone(), ready))
        .merge(assets::routes(settings.features.graphiql))
        .fallback(assets::fallback);
    let gate = from_fn_with_state(limiter, rate_limit::charge_address);
    if !settings.features.metrics {
        return layered(settings, Timeouts::default(), routes).layer(gate);
    }
    let metrics = Metrics::default();
    // They are for the operator, but have no token. In demo mode every route has this layer.
    let for_operators = metrics::routes(metrics.clone(), service)
        .layer(from_fn_with_state(settings.hosts.clone(), host::require_allowed));
    layered(settings, Timeouts::default(), routes.merge(for_operators))
        .layer(gate)
        .layer(from_fn_with_state(metrics, metrics::count))
}

/// Adds the layers that every route has.
pub fn layered(settings: &Settings, timeouts: Timeouts, routes: Router) -> Router {
    // With an identity provider, a page with another host gets nothing that it could not ask for
    // itself: what is not public needs a token.
    let hosts = settings.auth.is_demo().then(|| settings.hosts.clone());
    let hosts = hosts.map(|it| from_fn_with_state(it, host::require_allowed));
    let hsts = Hsts::new(settings.server.hsts);
    let without_cors = routes.clone().layer(from_fn(errors::json_errors));
    let cors = cors::layer(&settings.origins, &settings.cors_headers);
    let rejection = rate_limit::rejection(cors.clone(), timeouts.body);
    // From the outside in:
    // * the request id comes first, so that the log line has it;
    // * the log sees the response as it is sent;
    // * the security headers are on every response, also on rejections;
    // * a request over the limit of its address is rejected before anything looks at it;
    // * so is a request without a valid host, or for another host;
    // * so is a request whose transfer coding is unknown;
    // * CORS is outside of everything that can fail, so that allowed pages can read errors;
    // * HEAD is GET inside of the layers that depend on the body;
    // * compression is outside of the JSON errors, which it may compress too;
    // * `json_errors` gives the errors of all layers inside of it a body;
    // * a panic is caught inside of the log's span, so that its log line has the request id;
    // * the response timeout includes the time to read the body;
    // * the body timeout is outside of the decompression, because it also reads what is left;
    // * the body limit applies when a handler reads the body, so that the handler can reject the
    //   request by its headers first.
    routes.layer(
        ServiceBuilder::new()
            .layer(map_request(log::sanitize_request_id))
            .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
            .layer(PropagateRequestIdLayer::x_request_id())
            .layer(from_fn(log::log))
            .layer(from_fn_with_state(hsts, security::headers))
            .layer(from_fn_with_state(rejection, rate_limit::reject))
            .layer(from_fn(host::require_valid))
            .option_layer(hosts)
            .layer(from_fn(decompression::check_transfer_coding))
            .layer(from_fn_with_state(without_cors, cors::options))
            .layer(cors)
            .layer(from_fn(head::as_get))
            .layer(map_request(compression::known_codings))
            .layer(compression::layer())
            .layer(from_fn(errors::json_errors))
            .layer(CatchPanicLayer::custom(errors::for_panic))
            .layer(TimeoutLayer::with_status_code(
                StatusCode::SERVICE_UNAVAILABLE,
                timeouts.response,
            ))
            .layer(from_fn_with_state(timeouts.body, body::with_timeout))
            .layer(from_fn(decompression::check_coding))
            .layer(decompression::layer())
            .layer(DefaultBodyLimit::max(MAX_BODY)),
    )
}
