//! CSRF prevention: requests that a page of another origin made a browser send.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    config::{Origins, Settings},
    headers::{list, only},
};

/// A browser sends these headers for a page of another origin only after a preflight request.
const PREFLIGHT_HEADERS: [&str; 2] = ["apollo-require-preflight", "graphql-require-preflight"];

const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Decides which pages may make a browser send requests.
///
/// A page of the gateway itself has the gateway's host and scheme. The gateway speaks plain HTTP, so it
/// does not know its scheme if a proxy speaks HTTPS for it. In this order, these decide:
///
/// 1. `Sec-Fetch-Site`: the browser has compared the schemes. Pages cannot set it.
/// 2. `X-Forwarded-Proto`, as most proxies send it. It counts from any peer: a page can send it only
///    after a preflight request, and cannot add it to a WebSocket. Chromium sends no `Sec-Fetch-Site`
///    for those.
/// 3. `HSTS`: if it is on, the gateway is behind a TLS proxy.
/// 4. Otherwise the scheme is `http`.
#[derive(Clone)]
pub struct OriginPolicy {
    /// Pages of any origin may send requests, but get no demo tokens.
    allows_any: bool,
    allowed: Arc<[String]>,
    scheme: &'static str,
}

impl OriginPolicy {
    pub fn new(settings: &Settings) -> Self {
        let allowed = match &settings.origins {
            Origins::Any => Vec::new(),
            Origins::These(these) => these.clone(),
        };
        Self {
            allows_any: settings.origins == Origins::Any,
            allowed: allowed.into(),
            scheme: if settings.server.hsts.is_some() { "https" } else { "http" },
        }
    }

    /// Returns true if a browser sent the request for a page that may not read the response, without
    /// a preflight request.
    pub fn is_cross_origin(&self, request: &Request) -> bool {
        let has_preflight =
            || PREFLIGHT_HEADERS.iter().any(|it| request.headers().contains_key(*it));
        !self.allows_any && self.is_cross_origin_page(request) && !has_preflight()
    }

    /// Returns true if a browser sent the request for a page whose origin is neither the gateway's own
    /// nor listed in `FRONTEND_URL` or `BACKEND_URL`. A preflight request makes no difference here.
    pub fn is_cross_origin_page(&self, request: &Request) -> bool {
        let headers = request.headers();
        if !headers.contains_key(header::ORIGIN) {
            return is_same_origin(headers) == Some(false);
        }
        // Several origins are ambiguous.
        let Some(origin) = only(headers, header::ORIGIN) else { return true };
        !self.allowed.iter().any(|allowed| allowed == origin) && !self.is_own(origin, request)
    }

    /// Returns true if the origin is that of the gateway's own pages.
    fn is_own(&self, origin: &str, request: &Request) -> bool {
        let headers = request.headers();
        let Some((scheme, authority)) = origin.split_once("://") else { return false };
        only(headers, header::HOST).is_some_and(|host| host.eq_ignore_ascii_case(authority))
            && is_same_origin(headers)
                .unwrap_or_else(|| scheme.eq_ignore_ascii_case(self.scheme(headers)))
    }

    /// Returns the scheme of the gateway's URLs, as far as the gateway knows it.
    fn scheme(&self, headers: &HeaderMap) -> &'static str {
        // Of several proxies, the first one spoke with the client.
        let forwarded = list(headers, FORWARDED_PROTO).next();
        match forwarded.map(str::to_ascii_lowercase).as_deref() {
            Some("https" | "wss") => "https",
            Some("http" | "ws") => "http",
            _ => self.scheme,
        }
    }
}

/// Returns what `Sec-Fetch-Site` says: true if no page or a page of the same origin made the browser
/// send the request, false if another page did. `None` without the header.
fn is_same_origin(headers: &HeaderMap) -> Option<bool> {
    let name = "sec-fetch-site";
    headers.get(name)?;
    let mut values = headers.get_all(name).iter();
    Some(values.all(|site| matches!(site.as_bytes(), b"same-origin" | b"none")))
}

/// Answers 403 to a cross-origin request that may change something. This is for routes whose requests
/// act for a user without a token, as those of REST do in demo mode.
pub async fn reject_writes(
    State(policy): State<OriginPolicy>,
    request: Request,
    next: Next,
) -> Response {
    if !request.method().is_safe() && policy.is_cross_origin(&request) {
        return StatusCode::FORBIDDEN.into_response();
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::HeaderValue};

    use super::*;

    fn policy() -> OriginPolicy {
        OriginPolicy {
            allows_any: false,
            allowed: ["https://cruddur.example".to_owned()].into(),
            scheme: "http",
        }
    }

    fn request(headers: &[(&'static str, &'static str)]) -> Request {
        let mut request = Request::new(Body::empty());
        for (name, value) in headers {
            request.headers_mut().append(*name, HeaderValue::from_static(value));
        }
        request
    }

    const HOST: (&str, &str) = ("host", "api.example");

    #[test]
    fn pages_of_other_origins_are_cross_origin() {
        for headers in [
            &[("origin", "https://other.example"), HOST][..],
            &[("origin", "null"), HOST],
            &[("origin", "api.example"), HOST],
            &[("origin", "http://api.example"), ("origin", "http://api.example"), HOST],
            &[("origin", "http://api.example:80"), HOST],
            &[("origin", "https://api.example"), HOST],
            &[("origin", "http://api.example"), HOST, ("sec-fetch-site", "cross-site")],
            &[("origin", "http://api.example"), HOST, ("sec-fetch-site", "same-site")],
            &[("origin", "http://api.example"), HOST, ("x-forwarded-proto", "https")],
            &[("origin", "https://cruddur.example.other.example")],
            &[("origin", "http://cruddur.example")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
        ] {
            assert!(policy().is_cross_origin(&request(headers)), "{headers:?}");
            let any = OriginPolicy { allows_any: true, allowed: [].into(), ..policy() };
            assert!(!any.is_cross_origin(&request(headers)), "{headers:?}");
            assert!(any.is_cross_origin_page(&request(headers)), "{headers:?}");
        }
    }

    #[test]
    fn programs_and_allowed_pages_are_not_cross_origin() {
        for headers in [
            &[][..],
            &[("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "none")],
            &[("origin", "https://cruddur.example"), ("sec-fetch-site", "cross-site")],
            &[("origin", "http://127.0.0.1:4567"), ("host", "127.0.0.1:4567")],
            &[("origin", "https://api.example"), HOST, ("sec-fetch-site", "same-origin")],
            &[("origin", "https://other.example"), ("apollo-require-preflight", "true")],
            &[("sec-fetch-site", "cross-site"), ("graphql-require-preflight", "1")],
        ] {
            assert!(!policy().is_cross_origin(&request(headers)), "{headers:?}");
        }
    }

    #[test]
    fn the_scheme_is_that_of_the_proxy_or_of_hsts() {
        let is_own = |policy: &OriginPolicy,
                      scheme: &str,
                      headers: &[(&'static str, &'static str)]| {
            let mut request = request(headers);
            request.headers_mut().insert("host", HeaderValue::from_static("api.example"));
            let origin = HeaderValue::try_from(format!("{scheme}://api.example")).expect("ASCII");
            request.headers_mut().insert("origin", origin);
            !policy.is_cross_origin(&request)
        };
        let plain = policy();
        let hsts = OriginPolicy { scheme: "https", ..policy() };
        for (policy, headers, scheme) in [
            (&plain, &[("x-forwarded-proto", "https")][..], "https"),
            (&plain, &[("x-forwarded-proto", "HTTPS, http")], "https"),
            (&plain, &[("x-forwarded-proto", "wss")], "https"),
            (&plain, &[("x-forwarded-proto", "http")], "http"),
            (&plain, &[("x-forwarded-proto", "?")], "http"),
            (&plain, &[], "http"),
            (&hsts, &[], "https"),
            (&hsts, &[("x-forwarded-proto", "http")], "http"),
        ] {
            for given in ["http", "https"] {
                assert_eq!(is_own(policy, given, headers), given == scheme, "{headers:?} {given}");
            }
        }
    }
}
