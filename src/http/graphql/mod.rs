//! GraphQL over HTTP, as POST with a JSON body or as GET for queries and subscriptions, and over
//! WebSocket.

mod negotiation;
mod request;
mod response;
mod stream;
mod websocket;

use std::sync::Arc;

use async_graphql::{Request, Response as GraphqlResponse, parser::types::OperationType};
use async_graphql_axum::GraphQLResponse;
use axum::{
    Json, Router,
    body::Bytes,
    extract::{FromRequest, Query, Request as HttpRequest, State},
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};

use self::{
    negotiation::{Negotiated, ResponseFormat},
    request::{InvalidRequest, Parameters, is_empty},
    response::{Introspected, Payload, is_unavailable, is_unexecuted},
    stream::{StreamEncoding, StreamViewer},
};
use super::{
    MAX_BODY,
    middleware::{
        csrf::OriginPolicy,
        errors,
        rate_limit::{RateLimiter, RateLimits},
    },
    server::connection::Connection,
};
use crate::{
    auth::{Auth, AuthResult, Identity},
    config::Settings,
    domain::Viewer,
    error::{self, Error},
    graphql::{self, Schema, SchemaOptions, SignedIn},
    headers::{accepts_html, content_length, is_utf8_json},
    json,
    service::Service,
};

struct Graphql {
    schema: Schema,
    service: Service,
    auth: Auth,
    limits: RateLimits,
    /// The pages that may send requests.
    origins: OriginPolicy,
    /// True if GraphiQL is served, so that browsers can be redirected to it.
    graphiql: bool,
}

pub fn routes(
    settings: &Settings,
    service: Service,
    limiter: &RateLimiter,
    origins: OriginPolicy,
) -> Router {
    let schema = graphql::schema(SchemaOptions {
        limits: settings.limits,
        introspection: settings.features.introspection,
        trusted: settings.trusted.clone(),
        max_executions: settings.load.max_executions,
    });
    Router::new().route("/graphql", get(get_request).post(post_request)).with_state(Arc::new(
        Graphql {
            schema,
            service,
            auth: limiter.auth.clone(),
            limits: limiter.limits.clone(),
            origins,
            graphiql: settings.features.graphiql,
        },
    ))
}

/// The status and the message of a rejected request.
type Rejection = (StatusCode, &'static str);

const NOT_ACCEPTABLE: Rejection = (
    StatusCode::NOT_ACCEPTABLE,
    "Responses are application/graphql-response+json or application/json.",
);

const NO_STREAM: Rejection = (
    StatusCode::NOT_ACCEPTABLE,
    "Subscriptions need text/event-stream, multipart/mixed;subscriptionSpec=1.0 or a WebSocket.",
);

const CROSS_ORIGIN: Rejection = (
    StatusCode::FORBIDDEN,
    "Cross-origin requests need an origin in FRONTEND_URL, or the header GraphQL-Require-Preflight.",
);

/// The message of a request without a document.
const MISSING: &str = "`query` is missing.";

/// Returns the rejection of a request that cannot be read. `malformed` is the message if a part has a
/// wrong type.
fn unreadable(invalid: InvalidRequest, malformed: &'static str) -> Rejection {
    (StatusCode::BAD_REQUEST, invalid.message().unwrap_or(malformed))
}

/// Answers a request in the URL. A page of another origin can make a browser send one without a
/// preflight request, so that mutations and such pages are rejected.
async fn get_request(State(graphql): State<Arc<Graphql>>, request: HttpRequest) -> Response {
    if websocket::is_upgrade(request.headers()) {
        return websocket::open(graphql, request).await;
    }
    let caller = Caller::of(&request);
    let is_cross_origin = graphql.origins.is_cross_origin(&request);
    let parameters = Query::<Parameters>::try_from_uri(request.uri());
    let headers = request.headers();
    let parameters = parameters.map_err(|_| InvalidRequest::Malformed);
    let request = parameters.and_then(|Query(parameters)| parameters.request());
    let empty = request.as_ref().is_ok_and(is_empty);
    if empty && graphql.graphiql && accepts_html(headers) {
        let vary = [(header::VARY, "accept")];
        return (vary, Redirect::to("/graphiql")).into_response();
    }
    let Some(negotiated) = Negotiated::from_headers(headers) else {
        return rejected(ResponseFormat::Json, NOT_ACCEPTABLE);
    };
    if is_cross_origin {
        return rejected(negotiated.for_errors(), CROSS_ORIGIN);
    }
    match request {
        Ok(request) => answer(&graphql, &Method::GET, negotiated, request, caller).await,
        Err(invalid) => {
            let malformed = "The parameters are not a valid GraphQL request.";
            rejected(negotiated.for_errors(), unreadable(invalid, malformed))
        }
    }
}

/// Answers the request in a JSON body. CSRF prevention is twofold: pages of other origins are rejected,
/// and so are other types, because a browser sends JSON for such a page only after a preflight
/// request.
async fn post_request(State(graphql): State<Arc<Graphql>>, request: HttpRequest) -> Response {
    let Some(negotiated) = Negotiated::from_headers(request.headers()) else {
        return rejected(ResponseFormat::Json, NOT_ACCEPTABLE);
    };
    if graphql.origins.is_cross_origin(&request) {
        return rejected(negotiated.for_errors(), CROSS_ORIGIN);
    }
    let caller = Caller::of(&request);
    match read_body(request).await {
        Ok(request) => answer(&graphql, &Method::POST, negotiated, request, caller).await,
        Err(rejection) => rejected(negotiated.for_errors(), rejection),
    }
}

/// The identity and the connection that a request comes from.
struct Caller {
    connection: Connection,
    identity: error::Result<Identity>,
}

impl Caller {
    fn of(request: &HttpRequest) -> Self {
        let extensions = request.extensions();
        let AuthResult(identity) =
            extensions.get().cloned().unwrap_or(AuthResult(Err(Error::Internal)));
        Self { connection: extensions.get().cloned().unwrap_or_default(), identity }
    }
}

/// Reads the GraphQL request in a JSON body.
async fn read_body(request: HttpRequest) -> Result<Request, Rejection> {
    let headers = request.headers();
    if !is_utf8_json(headers) {
        let text = "The content type must be application/json in UTF-8.";
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
    }
    let too_large = (StatusCode::PAYLOAD_TOO_LARGE, "The body is larger than 1 MB.");
    if content_length(headers).is_some_and(|length| length > MAX_BODY) {
        return Err(too_large);
    }
    let bad_request = |text| (StatusCode::BAD_REQUEST, text);
    let body =
        Bytes::from_request(request, &()).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => too_large,
            _ => bad_request("Failed to read the body."),
        })?;
    // serde would accept an array in place of an object.
    match json::without_bom(&body).trim_ascii_start().first() {
        Some(b'{') => json::from_slice(&body)
            .map_err(|_| InvalidRequest::Malformed)
            .and_then(request::from_json)
            .map_err(|it| unreadable(it, "The body is not a GraphQL request in JSON.")),
        Some(b'[') => Err(bad_request("Batches are not supported. Send one request per body.")),
        _ => Err(bad_request("The body is not a JSON object.")),
    }
}

/// Prepares and executes a request, and writes the response in a format that the client accepts.
async fn answer(
    graphql: &Graphql,
    method: &Method,
    negotiated: Negotiated,
    mut request: Request,
    caller: Caller,
) -> Response {
    if is_empty(&request) {
        let rejection = (StatusCode::BAD_REQUEST, MISSING);
        return rejected(negotiated.for_errors(), rejection);
    }
    request.operation_name = request.operation_name.filter(|name| !name.is_empty());
    if caller.identity.as_ref().is_ok_and(|it| it.viewer != Viewer::Anonymous) {
        request = request.data(SignedIn);
    }
    let prepared = match graphql.schema.prepare_in_turn(request).await {
        Ok(prepared) => prepared,
        Err(response) => return write(negotiated.single(), *response),
    };
    if method == Method::GET && prepared.operation == OperationType::Mutation {
        let rejection = (StatusCode::METHOD_NOT_ALLOWED, "Mutations need the method POST.");
        let response = rejected(negotiated.for_errors(), rejection);
        return ([(header::ALLOW, "POST")], response).into_response();
    }
    let format = match prepared.operation {
        OperationType::Subscription => match negotiated.stream() {
            Some(format) => format,
            None => return rejected(negotiated.for_errors(), NO_STREAM),
        },
        _ => negotiated.single(),
    };
    let identity = match caller.identity {
        Ok(identity) => identity,
        Err(error) => {
            let status = match error {
                Error::Unauthenticated => StatusCode::UNAUTHORIZED,
                Error::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
                Error::User(_) | Error::BadInput(_) | Error::Internal => {
                    StatusCode::INTERNAL_SERVER_ERROR
                }
            };
            let response = errors::graphql(status, &error.to_string());
            return with_format(negotiated.for_errors(), response);
        }
    };
    let Graphql { schema, service, .. } = graphql;
    let prepared = prepared.with_identity(identity.unregistered.as_ref());
    match StreamEncoding::of(format) {
        None => match schema.introspected(&prepared) {
            Some(data) => with_format(format, Json(Introspected { data: &data }).into_response()),
            None => write(format, schema.execute(service, identity.viewer, prepared).await),
        },
        Some(encoding) => {
            let viewer = StreamViewer {
                watch: service.watch_viewer(identity.viewer),
                is_signed_in: identity.viewer != Viewer::Anonymous,
                token_ttl: identity.expires_at.map(|at| service.time_until(at)),
            };
            let responses = schema.stream(service, identity.viewer, prepared);
            let response =
                stream::streamed_response(encoding, responses, caller.connection, viewer);
            with_format(format, response)
        }
    }
}

/// Writes a single GraphQL response. One to a request that was not executed has the status that its
/// format demands.
fn write(format: ResponseFormat, response: GraphqlResponse) -> Response {
    if let Some(encoding) = StreamEncoding::of(format) {
        return with_format(format, stream::single_response(encoding, &response));
    }
    if !is_unexecuted(&response) {
        return with_format(format, GraphQLResponse::from(response).into_response());
    }
    if is_unavailable(&response) {
        let unavailable = (StatusCode::SERVICE_UNAVAILABLE, &*Error::Unavailable.to_string());
        return rejected(format, unavailable);
    }
    let status = match format {
        ResponseFormat::Graphql => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    };
    with_format(format, (status, Json(Payload(&response))).into_response())
}

fn rejected(format: ResponseFormat, (status, message): (StatusCode, &str)) -> Response {
    with_format(format, errors::graphql(status, message))
}

fn with_format(format: ResponseFormat, mut response: Response) -> Response {
    let name = HeaderValue::from_static(format.name());
    response.headers_mut().insert(header::CONTENT_TYPE, name);
    response.headers_mut().append(header::VARY, HeaderValue::from_static("accept"));
    response
}
