//! The pages, embedded in the program as `make web` built them.

use axum::{
    Router,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::http::middleware::errors;

/// What a page may load and where it may send: nothing beyond the gateway, no script but the
/// built ones. Monaco and React write style attributes.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self'; \
    connect-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; \
    img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'none'";

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Cruddur\
    </title><p>The pages are not part of this build: run <code>make web</code>, then build the \
    program again.</p></html>\n";

#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Dist;

pub fn routes(graphiql: bool) -> Router {
    let routes = Router::new()
        .route("/", get(index).with_state(graphiql))
        .route("/assets/{*path}", get(asset));
    if graphiql { routes.route("/graphiql", get(graphiql_page)) } else { routes }
}

/// The web app where it is built, else GraphiQL.
async fn index(State(graphiql): State<bool>, headers: HeaderMap) -> Response {
    match page("index.html", &headers) {
        Some(page) => page,
        None if graphiql => Redirect::to("/graphiql").into_response(),
        None => errors::of("/", StatusCode::NOT_FOUND),
    }
}

async fn graphiql_page(headers: HeaderMap) -> Response {
    page("graphiql.html", &headers)
        .unwrap_or_else(|| html((StatusCode::NOT_FOUND, Html(NOT_BUILT)).into_response()))
}

/// A built file. Its name holds a hash of its content, so that it never changes.
async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    let path = format!("assets/{path}");
    match file(&path, &headers) {
        Some(file) => {
            let forever = "public, max-age=31536000, immutable";
            ([(header::CACHE_CONTROL, forever)], file).into_response()
        }
        None => errors::of(&path, StatusCode::NOT_FOUND),
    }
}

/// The web app for the paths of its own, which a browser asks for on a reload; 404 for all else.
pub async fn fallback(request: Request) -> Response {
    let path = request.uri().path();
    let accept = request.headers().get(header::ACCEPT).and_then(|it| it.to_str().ok());
    let browser = request.method() == Method::GET
        && !path.starts_with("/api/")
        && accept.is_some_and(|accept| accept.contains("text/html"));
    browser
        .then(|| page("index.html", request.headers()))
        .flatten()
        .unwrap_or_else(|| errors::of(path, StatusCode::NOT_FOUND))
}

fn page(path: &str, headers: &HeaderMap) -> Option<Response> {
    Some(html(file(path, headers)?))
}

fn html(page: Response) -> Response {
    let headers = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY)),
    ];
    (headers, page).into_response()
}

/// An embedded file, in Brotli's compression where it was built so and the client takes it.
fn file(path: &str, headers: &HeaderMap) -> Option<Response> {
    let plain = Dist::get(path)?;
    let brotli = Dist::get(&format!("{path}.br"));
    let vary = brotli.is_some();
    let (encoding, file) = match brotli {
        Some(brotli) if takes_brotli(headers) => (Some("br"), brotli),
        _ => (None, plain),
    };
    let etag = etag(&file)?;
    let mut response = if headers.get(header::IF_NONE_MATCH) == Some(&etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let content_type = mime_guess::from_path(path).first_or_octet_stream();
        let mut response =
            ([(header::CONTENT_TYPE, content_type.as_ref())], file.data).into_response();
        if let Some(encoding) = encoding {
            let encoding = HeaderValue::from_static(encoding);
            response.headers_mut().insert(header::CONTENT_ENCODING, encoding);
        }
        response
    };
    response.headers_mut().insert(header::ETAG, etag);
    if vary {
        let vary = HeaderValue::from_static("accept-encoding");
        response.headers_mut().append(header::VARY, vary);
    }
    Some(response)
}

fn etag(file: &EmbeddedFile) -> Option<HeaderValue> {
    let hash = file.metadata.sha256_hash();
    let hex: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::from_str(&format!("\"{hex}\"")).ok()
}

fn takes_brotli(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT_ENCODING).iter();
    let mut encodings = accepted.filter_map(|it| it.to_str().ok()).flat_map(|it| it.split(','));
    encodings.any(|it| {
        let mut parts = it.split(';').map(str::trim);
        parts.next() == Some("br") && !parts.any(|it| matches!(it, "q=0" | "q=0.0"))
    })
}
