//! A client of a router that needs no network, and the responses it gets.

use std::fmt;

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header, request},
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

/// Sends requests to a router.
#[derive(Clone)]
pub struct Client(pub Router);

/// The text of a JSON body, which may be malformed on purpose.
pub struct JsonBody(Body);

impl From<Value> for JsonBody {
    fn from(value: Value) -> Self {
        Self(value.to_string().into())
    }
}

impl From<&'static str> for JsonBody {
    fn from(text: &'static str) -> Self {
        Self(text.into())
    }
}

impl From<String> for JsonBody {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<Vec<u8>> for JsonBody {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl Client {
    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path).await
    }

    /// Sends a request without headers and body.
    pub async fn call(&self, method: Method, path: &str) -> Answer {
        self.send(method, path, &[], Body::empty()).await
    }

    pub async fn post(&self, path: &str, body: impl Into<JsonBody>) -> Answer {
        self.send_json(Request::post(path), body).await
    }

    pub async fn put(&self, path: &str, body: impl Into<JsonBody>) -> Answer {
        self.send_json(Request::put(path), body).await
    }

    /// Sends a GraphQL document over POST.
    pub async fn graphql(&self, query: &str, variables: Value) -> Answer {
        self.post("/graphql", json!({ "query": query, "variables": variables })).await
    }

    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.request(request, body.into()).await
    }

    pub async fn send_json(&self, request: request::Builder, body: impl Into<JsonBody>) -> Answer {
        self.request(request.header(header::CONTENT_TYPE, "application/json"), body.into().0).await
    }

    async fn request(&self, request: request::Builder, body: Body) -> Answer {
        let request = request.body(body).expect("the request is well formed");
        let response = self.0.clone().oneshot(request).await.expect("a router never fails");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("the body is in memory").to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }
}

/// A response. Its display is the status, the headers that tests check, and the JSON body.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// Returns the body as JSON. Panics with the body if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("{error} in {} {:?}", self.status, self.text))
    }

    /// Returns the text of a header, or an empty one if it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|it| it.to_str().expect("ASCII")).unwrap_or_default()
    }

    /// Returns the messages of a list of activities or direct messages.
    pub fn messages(&self) -> Vec<String> {
        let list = self.json();
        let text = |item: &Value| item["message"].as_str().expect("a message").to_owned();
        list.as_array().expect("a list").iter().map(text).collect()
    }

    /// Returns the cursor in the `Link` header, after `parameter=`.
    pub fn link(&self, parameter: &str) -> Option<String> {
        let link = self.headers.get(header::LINK)?.to_str().expect("ASCII");
        let (_, rest) =
            link.split_once(&format!("{parameter}=")).expect("the link has the parameter");
        Some(rest.split_once('>').expect("the link ends with >").0.to_owned())
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status.as_u16())?;
        let short = self.text.len() < 60;
        if short && !self.text.is_empty() {
            write!(f, " {}", self.text)?;
        }
        for name in ["allow", "content-type", "link", "location"] {
            let value = self.header(name);
            if !value.is_empty() && value != "application/json" {
                write!(f, "\n{name}: {value}")?;
            }
        }
        if short { Ok(()) } else { write!(f, "\n{:#}", self.json()) }
    }
}
