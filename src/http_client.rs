//! A small HTTP client: one GET, with a timeout and a size limit.

use std::{error::Error, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::{
    Request, Response, StatusCode, Uri,
    body::Incoming,
    header::{AUTHORIZATION, HeaderValue},
};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::{
    client::legacy::{
        Client,
        connect::{Connect, HttpConnector},
    },
    rt::TokioExecutor,
};
use tokio::time;

use crate::secret_url::{Credentials, SecretUrl};

/// A complete answer, of any status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Bytes,
}

/// Why a request has no complete answer. The text has nothing of the URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    #[error("no complete answer within {} s", .0.as_secs_f32())]
    Timeout(Duration),
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// The connection, its TLS or its HTTP failed.
    #[error("{0}")]
    Failed(String),
}

/// Returns whether [`get`] takes this URL.
pub fn is_http_url(url: &SecretUrl) -> bool {
    ["http", "https"].contains(&url.scheme()) && url.has_host() && request(url).is_ok()
}

/// Gets an http or https URL, without following redirects. A user and a password in the URL are sent
/// as Basic authentication (RFC 7617).
///
/// `timeout` covers everything from the first lookup to the last byte, `max_bytes` limits the body.
pub async fn get(
    url: &SecretUrl,
    timeout: Duration,
    max_bytes: usize,
) -> Result<Answer, RequestError> {
    match time::timeout(timeout, get_all(url, max_bytes)).await {
        Ok(answer) => answer,
        Err(_) => Err(RequestError::Timeout(timeout)),
    }
}

/// Returns the request for a URL. Its target has no credentials, because hyper logs the authority.
fn request(url: &SecretUrl) -> Result<Request<Empty<Bytes>>, RequestError> {
    let invalid = || RequestError::Failed("the URL is invalid".to_owned());
    let target: Uri = url.without_credentials().parse().map_err(|_| invalid())?;
    let mut request = Request::new(Empty::new());
    *request.uri_mut() = target;
    if let Some(Credentials { user, password }) = url.credentials() {
        let credentials = BASE64.encode(format!("{user}:{}", password.unwrap_or_default()));
        let value = HeaderValue::try_from(format!("Basic {credentials}"));
        let mut value = value.map_err(|_| invalid())?;
        value.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    Ok(request)
}

async fn get_all(url: &SecretUrl, max_bytes: usize) -> Result<Answer, RequestError> {
    let request = request(url)?;
    // Plain HTTP works on machines without root certificates, too.
    let response = if url.scheme() == "https" {
        let connector = HttpsConnectorBuilder::new().with_native_roots().map_err(failed)?;
        send(connector.https_only().enable_http1().build(), request).await?
    } else {
        send(HttpConnector::new(), request).await?
    };
    let status = response.status();
    let body = Limited::new(response.into_body(), max_bytes).collect().await;
    let body = body.map_err(|error| match error.downcast_ref::<LengthLimitError>() {
        Some(_) => RequestError::TooLarge(max_bytes),
        None => failed(&*error),
    })?;
    Ok(Answer { status, body: body.to_bytes() })
}

async fn send<C>(
    connector: C,
    request: Request<Empty<Bytes>>,
) -> Result<Response<Incoming>, RequestError>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    let client = Client::builder(TokioExecutor::new()).build::<_, Empty<Bytes>>(connector);
    client.request(request).await.map_err(failed)
}

fn failed(error: impl Error) -> RequestError {
    RequestError::Failed(error_chain(error))
}

/// Returns the text of an error and of its causes: those of hyper say little without them.
pub fn error_chain(error: impl Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(5);

    /// Returns the URL of a server that sends `answer` to its first request, and then keeps the
    /// connection open.
    async fn server(answer: &'static str) -> SecretUrl {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            stream.write_all(answer.as_bytes()).await.expect("the client reads");
            std::future::pending::<()>().await;
        });
        SecretUrl::new(format!("http://{address}/path"))
    }

    #[tokio::test]
    async fn chunked_bodies_are_decoded() {
        let chunks = "HTTP/1.1 503 Service Unavailable\r\ntransfer-encoding: chunked\r\n\r\n\
                      7\r\n{\"a\": [\r\n4;x=y\r\n1, 2\r\n2\r\n]}\r\n0\r\n\r\n";
        let answer = get(&server(chunks).await, TIMEOUT, 13).await.expect("an answer");
        assert_eq!(answer.status, 503);
        assert_eq!(answer.body, "{\"a\": [1, 2]}");
    }

    #[tokio::test]
    async fn redirects_are_not_followed() {
        let redirect = "HTTP/1.1 302 Found\r\nlocation: /other\r\ncontent-length: 0\r\n\r\n";
        let answer = get(&server(redirect).await, TIMEOUT, 0).await.expect("an answer");
        assert_eq!((answer.status, answer.body), (StatusCode::FOUND, Bytes::new()));
    }

    #[tokio::test]
    async fn large_late_and_broken_answers_are_errors() {
        let large = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
        let error = get(&server(large).await, TIMEOUT, 4).await.expect_err("it is too large");
        assert_eq!(error, RequestError::TooLarge(4));

        let half = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel";
        let short = Duration::from_millis(50);
        let error = get(&server(half).await, short, 5).await.expect_err("it is incomplete");
        assert_eq!(error, RequestError::Timeout(short));
        assert_eq!(error.to_string(), "no complete answer within 0.05 s");

        let error = get(&server("SSH-2.0\r\n\r\n").await, TIMEOUT, 5).await;
        assert!(matches!(error, Err(RequestError::Failed(_))), "{error:?}");
    }

    #[test]
    fn credentials_become_a_sensitive_header() {
        let url = SecretUrl::new("http://user:p%40ss@a.example:8080/keys?x=1");
        let request = request(&url).expect("a request");
        assert_eq!(request.uri(), "http://a.example:8080/keys?x=1");
        let header = &request.headers()[AUTHORIZATION];
        assert_eq!(header, "Basic dXNlcjpwQHNz");
        assert!(header.is_sensitive());
    }

    #[tokio::test]
    async fn errors_have_nothing_of_the_url() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let closed = listener.local_addr().expect("an address");
        drop(listener);
        for url in [
            format!("http://user:s3cret@{closed}/s3cret?key=s3cret"),
            format!("https://user:s3cret@{closed}/s3cret?key=s3cret"),
            "http://user:s3cret@s3cret.invalid/".to_owned(),
            "s3cret".to_owned(),
        ] {
            let error = get(&SecretUrl::new(url), TIMEOUT, 5).await.expect_err("no server");
            let text = format!("{error} {error:?}");
            assert!(!text.contains("s3cret"), "{text}");
        }
    }
}
