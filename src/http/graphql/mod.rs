//! GraphQL over HTTP: POST with a JSON body, and GET for what only reads; and over WebSocket.

mod foreign;
mod media;
mod streaming;
mod websocket;

use std::sync::Arc;

use async_graphql::{
    Request, Response as Answer, ServerError, Value, parser::types::OperationType,
};
use async_graphql_axum::GraphQLResponse;
use axum::{
    Json, Router,
    body::Bytes,
    extract::{FromRequest, Query, Request as HttpRequest, State},
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};

pub use self::foreign::is_other_page;
use self::{
    foreign::is_foreign,
    media::{Accepted, Media, accepts_html, is_json},
    streaming::Framing,
};
use super::{
    MAX_BODY,
    connection::Connection,
    failure,
    limits::{Gate, Limits},
};
use crate::{
    auth::{Auth, Identified, Identity},
    config::{Origins, Settings},
    error::{Error, Result as Outcome},
    graphql::{self, Schema},
    service::Service,
};

struct Graphql {
    schema: Schema,
    service: Service,
    auth: Auth,
    limits: Limits,
    /// Whose pages may read answers.
    origins: Origins,
    /// Whether there is a GraphiQL to send browsers to.
    graphiql: bool,
}

pub fn routes(settings: &Settings, service: Service, gate: &Gate) -> Router {
    let schema = graphql::schema(settings.limits).with_trusted_documents(settings.trusted.clone());
    Router::new().route("/graphql", get(query).post(post)).with_state(Arc::new(Graphql {
        schema,
        service,
        auth: gate.auth.clone(),
        limits: gate.limits.clone(),
        origins: settings.origins.clone(),
        graphiql: settings.graphiql,
    }))
}

/// A request that is not answered, and why.
type Refusal = (StatusCode, &'static str);

const NOT_ACCEPTABLE: Refusal = (
    StatusCode::NOT_ACCEPTABLE,
    "Answers are application/graphql-response+json or application/json.",
);

const NO_STREAM: Refusal = (
    StatusCode::NOT_ACCEPTABLE,
    "A subscription is answered with text/event-stream, with multipart/mixed;subscriptionSpec=1.0, \
     or over a WebSocket.",
);

const FOREIGN: Refusal =
    (StatusCode::FORBIDDEN, "Pages of other origins need the header GraphQL-Require-Preflight.");

const BAD_PARAMETERS: Refusal =
    (StatusCode::BAD_REQUEST, "The parameters are not those of a GraphQL request.");

/// A GraphQL request in a URL: `variables` and `extensions` are JSON.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    #[serde(default)]
    query: String,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

impl Parameters {
    fn request(self) -> serde_json::Result<Request> {
        let mut request = Request::new(self.query);
        request.operation_name = self.operation_name;
        if let Some(json) = self.variables.filter(|json| !json.is_empty()) {
            request.variables = serde_json::from_str(&json)?;
        }
        if let Some(json) = self.extensions.filter(|json| !json.is_empty()) {
            request.extensions = serde_json::from_str(&json)?;
        }
        Ok(request)
    }
}

/// Answers a query in the URL. Other origins' pages can make a browser send one without asking,
/// so that it changes nothing and tells them nothing.
async fn query(State(graphql): State<Arc<Graphql>>, request: HttpRequest) -> Response {
    if websocket::is_asked_for(request.headers()) {
        return websocket::open(graphql, request).await;
    }
    let sender = Sender::of(&request);
    let query = Query::<Parameters>::try_from_uri(request.uri()).ok();
    let headers = request.headers();
    let request = query.and_then(|Query(parameters)| parameters.request().ok());
    let empty = request.as_ref().is_some_and(is_empty);
    if empty && graphql.graphiql && accepts_html(headers) {
        return Redirect::to("/graphiql").into_response();
    }
    let mut response = match Accepted::by(headers) {
        None => refused(Media::Json, NOT_ACCEPTABLE),
        Some(accepted) if is_foreign(headers, &graphql.origins) => {
            refused(accepted.refusal(), FOREIGN)
        }
        Some(accepted) => match request {
            Some(request) => answer(&graphql, &Method::GET, accepted, request, sender).await,
            None => refused(accepted.refusal(), BAD_PARAMETERS),
        },
    };
    // What is answered depends on who asks, and when.
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, no_store);
    response
}

/// Answers the request in a JSON body. No other type of body is read, so that a browser asks
/// before it sends what a page of another origin made up.
async fn post(State(graphql): State<Arc<Graphql>>, request: HttpRequest) -> Response {
    let Some(accepted) = Accepted::by(request.headers()) else {
        return refused(Media::Json, NOT_ACCEPTABLE);
    };
    let sender = Sender::of(&request);
    match body(request).await {
        Ok(request) => answer(&graphql, &Method::POST, accepted, request, sender).await,
        Err(refusal) => refused(accepted.refusal(), refusal),
    }
}

/// Who sends a request, and over which connection.
struct Sender {
    connection: Connection,
    identity: Outcome<Identity>,
}

impl Sender {
    fn of(request: &HttpRequest) -> Self {
        let extensions = request.extensions();
        let Identified(identity) =
            extensions.get().cloned().unwrap_or(Identified(Err(Error::Internal)));
        Self { connection: extensions.get().cloned().unwrap_or_default(), identity }
    }
}

async fn body(request: HttpRequest) -> Result<Request, Refusal> {
    let headers = request.headers();
    if !is_json(headers) {
        let text = "The content type must be application/json, in UTF-8.";
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
    }
    let too_large = (StatusCode::PAYLOAD_TOO_LARGE, "The body is larger than a megabyte.");
    let length = headers.get(header::CONTENT_LENGTH).and_then(|it| it.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: usize| length > MAX_BODY) {
        return Err(too_large);
    }
    let bad_request = |text| (StatusCode::BAD_REQUEST, text);
    let body =
        Bytes::from_request(request, &()).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => too_large,
            _ => bad_request("The body cannot be read."),
        })?;
    // The library would take an array for an object's values.
    match body.trim_ascii_start().first() {
        Some(b'{') => serde_json::from_slice(&body)
            .map_err(|_| bad_request("The body is not a GraphQL request in JSON.")),
        Some(b'[') => Err(bad_request("A body holds one request; batches are not taken.")),
        _ => Err(bad_request("The body is not a JSON object.")),
    }
}

/// Whether the request names no document, neither by text nor by hash.
fn is_empty(request: &Request) -> bool {
    request.query.is_empty() && !request.extensions.contains_key("persistedQuery")
}

async fn answer(
    graphql: &Graphql,
    method: &Method,
    accepted: Accepted,
    mut request: Request,
    sender: Sender,
) -> Response {
    if is_empty(&request) {
        let refusal = (StatusCode::BAD_REQUEST, "There is no `query`.");
        return refused(accepted.refusal(), refusal);
    }
    request.operation_name = request.operation_name.filter(|name| !name.is_empty());
    let admitted = match graphql.schema.prepare(request) {
        Ok(admitted) => admitted,
        Err(refused) => return written(accepted.one(), *refused),
    };
    if method == Method::GET && admitted.operation == Some(OperationType::Mutation) {
        let text = "A mutation needs the method POST.";
        let refused = refused(accepted.refusal(), (StatusCode::METHOD_NOT_ALLOWED, text));
        return ([(header::ALLOW, "POST")], refused).into_response();
    }
    let media = match admitted.operation {
        Some(OperationType::Subscription) => match accepted.many() {
            Some(media) => media,
            None => return refused(accepted.refusal(), NO_STREAM),
        },
        _ => accepted.one(),
    };
    let identity = match sender.identity {
        Ok(identity) => identity,
        Err(error) => {
            let status = match error.code() {
                "UNAUTHENTICATED" => StatusCode::UNAUTHORIZED,
                "SERVICE_UNAVAILABLE" => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::INTERNAL_SERVER_ERROR,
            };
            return in_media(accepted.refusal(), failure::graphql(status, &error.to_string()));
        }
    };
    let Graphql { schema, service, .. } = graphql;
    let admitted = admitted.with_identity(identity.newcomer.as_ref());
    match Framing::of(media) {
        None => written(media, schema.execute(service, identity.viewer, admitted).await),
        Some(framing) => {
            let lasts = identity.expires_at.map(|at| service.time_until(at));
            let answers = schema.stream(service, identity.viewer, admitted);
            in_media(media, streaming::response(framing, answers, sender.connection, lasts))
        }
    }
}

/// A response as clients read it: one to a request that was not executed has no `data`.
struct Payload<'a>(&'a Answer);

impl Serialize for Payload<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !is_unexecuted(self.0) {
            return self.0.serialize(serializer);
        }
        let mut payload = serializer.serialize_map(Some(1))?;
        payload.serialize_entry("errors", &self.0.errors)?;
        payload.end()
    }
}

fn written(media: Media, answer: Answer) -> Response {
    if let Some(framing) = Framing::of(media) {
        return in_media(media, streaming::single(framing, &answer));
    }
    if !is_unexecuted(&answer) {
        return in_media(media, GraphQLResponse::from(answer).into_response());
    }
    let status = match media {
        Media::Graphql => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    };
    in_media(media, (status, Json(Payload(&answer))).into_response())
}

/// An error of a request, not of a field.
fn request_error(message: &str, code: &str) -> ServerError {
    let mut error = ServerError::new(message, None);
    error.extensions.get_or_insert_default().set("code", code);
    error
}

/// Whether the request was not executed: its errors stand at no path of a response.
fn is_unexecuted(answer: &Answer) -> bool {
    answer.data == Value::Null && answer.errors.iter().any(|error| error.path.is_empty())
}

fn refused(media: Media, (status, text): Refusal) -> Response {
    in_media(media, failure::graphql(status, text))
}

fn in_media(media: Media, mut response: Response) -> Response {
    let name = HeaderValue::from_static(media.name());
    response.headers_mut().insert(header::CONTENT_TYPE, name);
    response
}
