//! GraphQL over HTTP: POST with a JSON body, and GET for queries.

mod foreign;
mod media;

use async_graphql::{
    Request, Response as Answer, ServerError, Value, parser::types::OperationType,
};
use async_graphql_axum::GraphQLResponse;
use axum::{
    Json, Router,
    body::Bytes,
    extract::{FromRequest, Query, Request as HttpRequest, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use serde::{Deserialize, Serialize};

use self::{
    foreign::is_foreign,
    media::{Media, accepts_html, is_json},
};
use super::{MAX_BODY, failure};
use crate::{
    auth::Auth,
    config::{Origins, Settings},
    graphql::{self, Schema},
    service::Service,
};

#[derive(Clone)]
struct Graphql {
    schema: Schema,
    service: Service,
    auth: Auth,
    /// Whose pages may read answers.
    origins: Origins,
    /// Whether there is a GraphiQL to send browsers to.
    graphiql: bool,
}

pub fn routes(settings: &Settings, service: Service, auth: Auth) -> Router {
    let schema = graphql::schema(settings.limits).trusting(settings.trusted.clone());
    Router::new().route("/graphql", get(query).post(post)).with_state(Graphql {
        schema,
        service,
        auth,
        origins: settings.origins.clone(),
        graphiql: settings.graphiql,
    })
}

/// A request that is not answered, and why.
type Refusal = (StatusCode, &'static str);

const NOT_ACCEPTABLE: Refusal = (
    StatusCode::NOT_ACCEPTABLE,
    "Answers are application/graphql-response+json or application/json.",
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
async fn query(
    State(graphql): State<Graphql>,
    query: Result<Query<Parameters>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let request = query.ok().and_then(|Query(parameters)| parameters.request().ok());
    let empty = request.as_ref().is_some_and(is_empty);
    if empty && graphql.graphiql && accepts_html(&headers) {
        return Redirect::to("/graphiql").into_response();
    }
    let mut response = match Media::accepted(&headers) {
        None => refused(Media::Json, NOT_ACCEPTABLE),
        Some(media) if is_foreign(&headers, &graphql.origins) => refused(media, FOREIGN),
        Some(media) => match request {
            Some(request) => answer(&graphql, &Method::GET, media, request).await,
            None => refused(media, BAD_PARAMETERS),
        },
    };
    // What is answered depends on who asks, and when.
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, no_store);
    response
}

/// Answers the request in a JSON body. No other type of body is read, so that a browser asks
/// before it sends what a page of another origin made up.
async fn post(State(graphql): State<Graphql>, request: HttpRequest) -> Response {
    let Some(media) = Media::accepted(request.headers()) else {
        return refused(Media::Json, NOT_ACCEPTABLE);
    };
    match body(request).await {
        Ok(request) => answer(&graphql, &Method::POST, media, request).await,
        Err(refusal) => refused(media, refusal),
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
    media: Media,
    mut request: Request,
) -> Response {
    if is_empty(&request) {
        return refused(media, (StatusCode::BAD_REQUEST, "There is no `query`."));
    }
    request.operation_name = request.operation_name.filter(|name| !name.is_empty());
    let admitted = match graphql.schema.admit(request) {
        Ok(admitted) => admitted,
        Err(refused) => return written(media, *refused),
    };
    if method == Method::GET && admitted.operation == Some(OperationType::Mutation) {
        let text = "A mutation needs the method POST.";
        let refused = refused(media, (StatusCode::METHOD_NOT_ALLOWED, text));
        return ([(header::ALLOW, "POST")], refused).into_response();
    }
    match graphql.auth.viewer().await {
        Ok(viewer) => {
            written(media, graphql.schema.execute(&graphql.service, viewer, admitted).await)
        }
        Err(error) => {
            let status = match error.code() {
                "UNAUTHENTICATED" => StatusCode::UNAUTHORIZED,
                "SERVICE_UNAVAILABLE" => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::INTERNAL_SERVER_ERROR,
            };
            in_media(media, failure::graphql(status, &error.to_string()))
        }
    }
}

/// The answer to a request that was not executed: it has no `data`.
#[derive(Serialize)]
struct Unexecuted {
    errors: Vec<ServerError>,
}

fn written(media: Media, answer: Answer) -> Response {
    if !is_unexecuted(&answer) {
        return in_media(media, GraphQLResponse::from(answer).into_response());
    }
    let status = match media {
        Media::Json => StatusCode::OK,
        Media::Graphql => StatusCode::BAD_REQUEST,
    };
    let body = Json(Unexecuted { errors: answer.errors });
    in_media(media, (status, body).into_response())
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
