//! The security headers of every response.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

/// The headers of a response that does not set them itself.
const DEFAULTS: [(HeaderName, &str); 6] = [
    // Most responses depend on the viewer and the time. Pages and assets, which do not, say so.
    (header::CACHE_CONTROL, "private, no-store"),
    // For whatever is not a page: if a browser shows it as one, it loads and runs nothing.
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'",
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    // Pages of other origins cannot embed a response. Requests under CORS are not affected: the policy
    // is for requests without it.
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// The value of `Strict-Transport-Security` (RFC 6797 section 6.1), `None` without the header.
#[derive(Clone)]
pub struct Hsts(Option<HeaderValue>);

impl Hsts {
    /// Tells browsers to use HTTPS only, for so many seconds.
    pub fn new(seconds: Option<u32>) -> Self {
        Self(seconds.and_then(|it| HeaderValue::try_from(format!("max-age={it}")).ok()))
    }
}

/// Adds the headers that the response does not have.
pub async fn headers(State(Hsts(hsts)): State<Hsts>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers: &mut HeaderMap = response.headers_mut();
    for (name, value) in DEFAULTS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if let Some(hsts) = hsts {
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(hsts);
    }
    response
}
