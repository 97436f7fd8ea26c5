//! Which pages may call the API, and how its REST side answers.

use std::fmt;

use clap::Args;
use hyper::header::HeaderName;
use url::Url;

use super::{
    error::NotAllowed,
    parse::{Choices, Parsed, choice},
};
use crate::{rest::Flavor, secret_url::REDACTED};

pub(super) const FLAVORS: Choices<Flavor> =
    &[("openapi", Flavor::Openapi), ("final", Flavor::Final)];

/// Origins, and `*` for any.
type OriginList = Vec<String>;

type HeaderNames = Vec<HeaderName>;

#[derive(Args)]
#[group(skip)]
pub(super) struct ApiOptions {
    /// Origins whose pages may call the gateway, separated by commas; `*` allows any [default: only
    /// the gateway's own]
    #[arg(long, env, value_name = "ORIGINS", value_parser = origins)]
    frontend_url: Option<OriginList>,

    /// More origins, in the form of `FRONTEND_URL`
    #[arg(long, env, value_name = "ORIGINS", value_parser = origins)]
    backend_url: Option<OriginList>,

    /// Request headers that pages of these origins may send in addition to the usual ones, separated by
    /// commas [default: those of GraphQL clients, tracing and idempotency only]
    #[arg(long, env, value_name = "HEADERS", value_parser = header_names)]
    cors_allowed_headers: Option<HeaderNames>,

    /// Which original backend the REST API follows where the two differ: `openapi` (week 1 and the
    /// OpenAPI file) or `final` (the last version)
    #[arg(
        long,
        env,
        value_name = "FLAVOR",
        default_value = "openapi",
        value_parser = choice(FLAVORS)
    )]
    pub rest: Flavor,
}

impl ApiOptions {
    /// Returns the allowed origins and the additional headers that their pages may send.
    pub fn cors(self) -> (Origins, Vec<HeaderName>) {
        let mut origins = self.frontend_url.unwrap_or_default();
        origins.extend(self.backend_url.unwrap_or_default());
        let origins = if origins.iter().any(|origin| origin == "*") {
            Origins::Any
        } else {
            Origins::These(origins)
        };
        (origins, self.cors_allowed_headers.unwrap_or_default())
    }
}

/// The origins whose pages may call the gateway, besides its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origins {
    Any,
    These(Vec<String>),
}

impl fmt::Display for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => writeln!(f, "FRONTEND_URL=*"),
            Self::These(origins) => writeln!(f, "FRONTEND_URL={}", origins.join(",")),
        }
    }
}

fn origins(list: &str) -> Parsed<OriginList> {
    let parts = list.split(',').map(str::trim).filter(|text| !text.is_empty());
    let origin = |text: &str| match text {
        "*" => Ok(text.to_owned()),
        text => origin(text).ok_or_else(|| NotAllowed {
            // A comma in a password makes parts that do not look like a URL.
            part: Some(if list.contains('@') { REDACTED } else { text }.to_owned()),
            allowed: "origins such as https://cruddur.example or http://127.0.0.1:3000, \
                      separated by commas, or *"
                .to_owned(),
        }),
    };
    parts.map(origin).collect()
}

/// Returns the header names in lower case, each once.
fn header_names(list: &str) -> Parsed<HeaderNames> {
    let mut names = HeaderNames::new();
    for text in list.split(',').map(str::trim).filter(|text| !text.is_empty()) {
        // As a name, `*` would stand for all headers.
        let name = HeaderName::try_from(text).ok().filter(|_| text != "*");
        let name = name.ok_or_else(|| NotAllowed {
            part: Some(text.to_owned()),
            allowed: "names of headers such as X-Tenant, separated by commas".to_owned(),
        })?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

/// Returns the origin as a browser sends it: scheme and host in lower case, and the port if it is not
/// the scheme's default. A user, a password and a path are not allowed.
fn origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let origin = url.origin().ascii_serialization();
    let is_http = ["http", "https"].contains(&url.scheme());
    (is_http && url.as_str().strip_suffix('/') == Some(&origin)).then_some(origin)
}
