//! A small HTTP client: one GET, with a timeout and a size limit.

use std::{error::Error, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::{Response, StatusCode, Uri, body::Incoming};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::{
    client::legacy::{
        Client,
        connect::{Connect, HttpConnector},
    },
    rt::TokioExecutor,
};
use tokio::time;

/// A complete answer, of any status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Bytes,
}

/// Why a request has no complete answer.
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

/// Gets an http or https URL, without following redirects.
///
/// `timeout` covers everything from the first lookup to the last byte, `max_bytes` limits the body.
pub async fn get(url: &Uri, timeout: Duration, max_bytes: usize) -> Result<Answer, RequestError> {
    match time::timeout(timeout, get_all(url.clone(), max_bytes)).await {
        Ok(answer) => answer,
        Err(_) => Err(RequestError::Timeout(timeout)),
    }
}

async fn get_all(url: Uri, max_bytes: usize) -> Result<Answer, RequestError> {
    // Plain HTTP works on machines without root certificates, too.
    let response = if url.scheme_str() == Some("https") {
        let connector = HttpsConnectorBuilder::new().with_native_roots().map_err(failed)?;
        send(connector.https_only().enable_http1().build(), url).await?
    } else {
        send(HttpConnector::new(), url).await?
    };
    let status = response.status();
    let body = Limited::new(response.into_body(), max_bytes).collect().await;
    let body = body.map_err(|error| match error.downcast_ref::<LengthLimitError>() {
        Some(_) => RequestError::TooLarge(max_bytes),
        None => failed(&*error),
    })?;
    Ok(Answer { status, body: body.to_bytes() })
}

async fn send<C>(connector: C, url: Uri) -> Result<Response<Incoming>, RequestError>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    let client = Client::builder(TokioExecutor::new()).build::<_, Empty<Bytes>>(connector);
    client.get(url).await.map_err(failed)
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
    async fn server(answer: &'static str) -> Uri {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            stream.write_all(answer.as_bytes()).await.expect("the client reads");
            std::future::pending::<()>().await;
        });
        format!("http://{address}/path").parse().expect("a URL")
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
}
