//! The router and its layers.

mod graphql;
mod middleware;
mod routes;
mod server;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderName, HeaderValue, StatusCode, header},
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
    sources::seed,
};

use middleware::{
    body, compression, cors, decompression, errors, head, host, log,
    metrics::{self, Metrics},
    rate_limit::{self, RateLimiter},
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
    let data = Router::new()
        .merge(graphql::routes(settings, service.clone(), &limiter))
        .merge(rest::routes(rest))
        .merge(identity::routes(settings, auth))
        .layer(from_fn_with_state(limiter.clone(), rate_limit::authenticate))
        .layer(from_fn_with_state(ready.clone(), health::require_ready));
    let (origins, headers) = (&settings.origins, &settings.cors_headers);
    let routes = data
        .merge(health::routes(service.clone(), ready))
        .merge(assets::routes(settings.features.graphiql))
        .fallback(assets::fallback);
    let gate = from_fn_with_state(limiter, rate_limit::charge_address);
    if !settings.features.metrics {
        return layered(origins, headers, Timeouts::default(), routes).layer(gate);
    }
    let metrics = Metrics::default();
    let routes = routes.merge(metrics::routes(metrics.clone(), service));
    layered(origins, headers, Timeouts::default(), routes)
        .layer(gate)
        .layer(from_fn_with_state(metrics, metrics::count))
}

/// Adds the layers that every route has. `cors_headers` are request headers that pages may send in
/// addition to the usual ones.
pub fn layered(
    origins: &Origins,
    cors_headers: &[HeaderName],
    timeouts: Timeouts,
    routes: Router,
) -> Router {
    let header = SetResponseHeaderLayer::if_not_present;
    let without_cors = routes.clone().layer(from_fn(errors::json_errors));
    let cors = cors::layer(origins, cors_headers);
    let rejection = rate_limit::rejection(cors.clone(), timeouts.body);
    // From the outside in:
    // * the request id comes first, so that the log line has it;
    // * the log sees the response as it is sent;
    // * a request over the limit of its address is rejected before anything looks at it;
    // * so is a request without a valid host;
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
            .layer(header(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
            .layer(header(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")))
            .layer(from_fn_with_state(rejection, rate_limit::reject))
            .layer(from_fn(host::require_valid))
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
