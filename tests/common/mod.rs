//! What the tests share: a clock that stands still, and the whole gateway in memory.

#![allow(dead_code, reason = "no test file needs all of it")]

mod clock;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use clap::Parser;
use cruddur::{
    config::{Config, Settings},
    http::{self, Readiness},
    service::Service,
    sources::{Sources, mock::Mock, seed},
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

pub use clock::ManualClock;

/// The configuration that these flags make; nothing is read from the environment.
pub fn settings(flags: &[&str]) -> Settings {
    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        config: Config,
    }
    let command = <Flags as clap::CommandFactory>::command().mut_args(|arg| arg.env(None::<&str>));
    let matches = command.get_matches_from([&["cruddur"], flags].concat());
    let flags = <Flags as clap::FromArgMatches>::from_arg_matches(&matches).expect("flags fit");
    flags.config.check().unwrap_or_else(|error| panic!("{error}"))
}

/// The gateway over one store with the demo people.
pub struct TestApp {
    pub clock: Arc<ManualClock>,
    pub service: Service,
    pub sources: Sources,
    pub ready: Readiness,
    flags: Vec<&'static str>,
}

impl TestApp {
    /// Over the mock.
    pub async fn new() -> Self {
        Self::over(Arc::new(Mock::default()).into()).await
    }

    /// Over a store that is migrated and empty.
    pub async fn over(sources: Sources) -> Self {
        let demo = seed::demo(ManualClock::start());
        sources.store.import(&demo).await.expect("the demo people fit into the store");
        Self::bare(sources)
    }

    /// Over a store as it is.
    pub fn bare(sources: Sources) -> Self {
        let clock = Arc::new(ManualClock::default());
        let service = Service::new(sources.clone(), clock.clone());
        let ready = Readiness::default();
        ready.set_ready();
        Self { clock, service, sources, ready, flags: Vec::new() }
    }

    /// With further flags of the program.
    pub fn with(mut self, flags: &[&'static str]) -> Self {
        self.flags.extend(flags);
        self
    }

    /// A client whose requests are anonymous.
    pub fn anon(&self) -> Client {
        self.as_user("none")
    }

    /// A client of a gateway that has the flags and no others.
    pub fn as_configured(&self) -> Client {
        Client(http::router(&settings(&self.flags), self.service.clone(), self.ready.clone()))
    }

    /// A client whose requests act as the user with this handle.
    pub fn as_user(&self, handle: &str) -> Client {
        let flags = [&self.flags[..], &["--viewer", handle]].concat();
        Client(http::router(&settings(&flags), self.service.clone(), self.ready.clone()))
    }
}

/// Sends requests to a router without a network.
#[derive(Clone)]
pub struct Client(pub Router);

impl Client {
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], Body::empty()).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.with_json(Method::POST, path, body).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.with_json(Method::PUT, path, body).await
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
        let request = request.body(body.into()).expect("the test's request is well formed");
        let response = self.0.clone().oneshot(request).await.expect("a router cannot fail");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("the body is in memory").to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    async fn with_json(&self, method: Method, path: &str, body: Value) -> Answer {
        let headers = [(header::CONTENT_TYPE.as_str(), "application/json")];
        self.send(method, path, &headers, body.to_string()).await
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// The body as JSON; panics with the body where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("{error} in {} {:?}", self.status, self.text))
    }

    /// A header's text; empty where it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|it| it.to_str().expect("ASCII")).unwrap_or_default()
    }
}
