//! The web app and GraphiQL, as `make web` built them, embedded in the program.

use axum::{
    Router,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::headers::{accepts_html, coding_weight};

/// Pages load from and send to the gateway only, and run only the built scripts. Styles are less
/// strict because Monaco and React write style attributes.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self'; \
    connect-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; \
    img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'none'";

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Cruddur\
    </title><p>This build does not contain the pages. Run <code>make web</code>, then build the \
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

/// Serves the web app, or redirects to GraphiQL if the build contains no web app.
async fn index(State(graphiql): State<bool>, headers: HeaderMap) -> Response {
    match page("index.html", &headers) {
        Some(page) => page,
        None if graphiql => Redirect::to("/graphiql").into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn graphiql_page(headers: HeaderMap) -> Response {
    page("graphiql.html", &headers)
        .unwrap_or_else(|| html((StatusCode::NOT_FOUND, Html(NOT_BUILT)).into_response()))
}

/// Serves a built file. Its name contains a hash of its content, so that it never changes.
async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    let path = format!("assets/{path}");
    match file(&path, &headers) {
        Some(file) => {
            let headers = [
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
                // A worker has the policy of its script, not that of its page.
                (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
            ];
            (headers, file).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Serves the web app for its client-side routes, which a browser requests on a reload. Answers 404 to
/// everything else.
pub async fn fallback(request: Request) -> Response {
    let path = request.uri().path();
    let browser = request.method() == Method::GET
        && !path.starts_with("/api/")
        && accepts_html(request.headers());
    let page = browser.then(|| page("index.html", request.headers())).flatten();
    let mut response = page.unwrap_or_else(|| StatusCode::NOT_FOUND.into_response());
    response.headers_mut().append(header::VARY, HeaderValue::from_static("accept"));
    response
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

/// Serves an embedded file, compressed with Brotli if the build has it so and the client accepts it.
/// `None` if the file does not exist.
fn file(path: &str, headers: &HeaderMap) -> Option<Response> {
    let plain = Dist::get(path)?;
    let brotli = Dist::get(&format!("{path}.br"));
    let vary = brotli.is_some();
    let (encoding, file) = match brotli {
        Some(brotli) if coding_weight(headers, &["br"]).is_some_and(|it| it > 0) => {
            (Some("br"), brotli)
        }
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
    HeaderValue::from_str(&format!("\"{}\"", hex::encode(&hash[..16]))).ok()
}
