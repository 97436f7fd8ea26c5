//! GraphQL over HTTP: POST with a JSON body, and GET for queries.

use async_graphql::{Request, Response as Answer, Value, parser::types::OperationType};
use async_graphql_axum::{GraphQLRequest, GraphQLResponse};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{FromRequest, Query, Request as HttpRequest, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use serde::Deserialize;

use super::failure;
use crate::{
    auth::Auth,
    config::Settings,
    graphql::{self, Schema},
    service::Service,
};

const JSON: &str = "application/json";
const GRAPHQL_JSON: &str = "application/graphql-response+json";

#[derive(Clone)]
struct Graphql {
    schema: Schema,
    service: Service,
    auth: Auth,
    /// Whether there is a GraphiQL to send browsers to.
    graphiql: bool,
}

pub fn routes(settings: &Settings, service: Service, auth: Auth) -> Router {
    let schema = graphql::schema(settings.limits);
    Router::new().route("/graphql", get(query).post(post)).with_state(Graphql {
        schema,
        service,
        auth,
        graphiql: settings.graphiql,
    })
}

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
    /// None where a JSON parameter is none.
    fn request(self) -> Option<Request> {
        let mut request = Request::new(self.query);
        request.operation_name = self.operation_name.filter(|name| !name.is_empty());
        if let Some(json) = self.variables.filter(|json| !json.is_empty()) {
            request.variables = serde_json::from_str(&json).ok()?;
        }
        if let Some(json) = self.extensions.filter(|json| !json.is_empty()) {
            request.extensions = serde_json::from_str(&json).ok()?;
        }
        Some(request)
    }
}

/// Answers a query in the URL. A mutation needs POST: a link must not change anything.
async fn query(
    State(graphql): State<Graphql>,
    query: Result<Query<Parameters>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let Some(request) = query.ok().and_then(|Query(parameters)| parameters.request()) else {
        return bad_request("The parameters are not those of a GraphQL request.");
    };
    if request.query.is_empty() && graphql.graphiql && accepts(&headers, "text/html") {
        return Redirect::to("/graphiql").into_response();
    }
    answer(&graphql, &Method::GET, &headers, request).await
}

/// Answers the request in a JSON body. No other type of body is read, so that a browser asks
/// before it sends what a page of another origin made up.
async fn post(State(graphql): State<Graphql>, request: HttpRequest) -> Response {
    let (parts, body) = request.into_parts();
    if !is_json(&parts.headers) {
        let text = "The content type must be application/json.";
        return failure::graphql(StatusCode::UNSUPPORTED_MEDIA_TYPE, text);
    }
    let body = match Bytes::from_request(HttpRequest::new(body), &()).await {
        Ok(body) => body,
        Err(rejection) => return rejection.status().into_response(),
    };
    let headers = parts.headers.clone();
    let request = HttpRequest::from_parts(parts, Body::from(body));
    match <GraphQLRequest>::from_request(request, &()).await {
        Ok(request) => answer(&graphql, &Method::POST, &headers, request.into_inner()).await,
        Err(_) => bad_request("The body is not a GraphQL request in JSON."),
    }
}

async fn answer(
    graphql: &Graphql,
    method: &Method,
    headers: &HeaderMap,
    request: Request,
) -> Response {
    if request.query.is_empty() {
        return bad_request("There is no `query`.");
    }
    let admitted = match graphql.schema.admit(request) {
        Ok(admitted) => admitted,
        Err(refused) => return written(headers, *refused),
    };
    if method == Method::GET && admitted.operation == Some(OperationType::Mutation) {
        let text = "A mutation needs the method POST.";
        let refused = failure::graphql(StatusCode::METHOD_NOT_ALLOWED, text);
        return ([(header::ALLOW, "POST")], refused).into_response();
    }
    match graphql.auth.viewer().await {
        Ok(viewer) => {
            written(headers, graphql.schema.execute(&graphql.service, viewer, admitted).await)
        }
        Err(error) => {
            let status = match error.code() {
                "UNAUTHENTICATED" => StatusCode::UNAUTHORIZED,
                "SERVICE_UNAVAILABLE" => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::INTERNAL_SERVER_ERROR,
            };
            failure::graphql(status, &error.to_string())
        }
    }
}

/// The answer in the media type that the client takes.
fn written(headers: &HeaderMap, answer: Answer) -> Response {
    if accepts(headers, GRAPHQL_JSON) {
        return (status(&answer), GraphQLResponse::from(answer)).into_response();
    }
    let json = [(header::CONTENT_TYPE, HeaderValue::from_static(JSON))];
    (json, GraphQLResponse::from(answer)).into_response()
}

/// 400 for a request that was not executed: its errors stand at no path of a response.
fn status(response: &Answer) -> StatusCode {
    let refused =
        response.data == Value::Null && response.errors.iter().any(|it| it.path.is_empty());
    if refused { StatusCode::BAD_REQUEST } else { StatusCode::OK }
}

fn bad_request(message: &str) -> Response {
    failure::graphql(StatusCode::BAD_REQUEST, message)
}

fn accepts(headers: &HeaderMap, content_type: &str) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|it| it.to_str().ok());
    let mut types = accepted.flat_map(|it| it.split(','));
    types.any(|it| it.split(';').next().is_some_and(|it| it.trim() == content_type))
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let essence = content_type.and_then(|it| it.split(';').next());
    essence.is_some_and(|it| it.trim().eq_ignore_ascii_case(JSON))
}
