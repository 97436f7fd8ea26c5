//! The HTTP/1.1 server. axum's own server has no timeout for the headers of a request.

pub mod connection;
pub mod header_case;
mod header_timeout;
pub mod host;
pub mod timeouts;
mod write_timeout;

use std::{io, pin::pin, sync::Arc, time::Duration};

use axum::Router;
use hyper::{Request, body::Incoming, server::conn::http1};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    time::{Instant, sleep, timeout},
};
use tokio_util::io::InspectReader;
use tower::ServiceExt;
use tracing::{debug, warn};

use self::{
    connection::Connection, header_timeout::HeaderTimeout, timeouts::Timeouts,
    write_timeout::WriteTimeout,
};

/// The most open connections, including WebSockets. Further clients wait to be accepted. An idle
/// connection takes about 20 kB.
const MAX_CONNECTIONS: usize = 10_000;
/// The most bytes of a request's headers, and the most bytes of a body that are buffered at a time.
const MAX_HEADERS: usize = 64 * 1024;
/// The most unsent bytes that the kernel buffers for a client. Without this limit it would buffer
/// megabytes for a client that does not read.
#[cfg(target_os = "linux")]
const MAX_UNSENT: u32 = 256 * 1024;
/// How long open requests may take after the shutdown has begun.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);
/// How long to wait after a connection could not be accepted, for example because the process has no
/// file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves requests until `stop` completes, then shuts down: it accepts no more connections and waits
/// for the open requests, for at most ten seconds. Each request has its `Connection` in its
/// extensions.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    timeouts: Timeouts,
    stop: impl Future<Output = ()>,
) {
    let (shutdown, _) = watch::channel(None);
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut numbers = (0u32..).cycle();
    let mut stop = pin!(stop);
    loop {
        let accepted = async {
            let slot = slots.clone().acquire_owned().await;
            (slot, listener.accept().await)
        };
        tokio::select! {
            () = &mut stop => break,
            (Ok(slot), accepted) = accepted => match accepted {
                Ok((stream, peer)) => {
                    let peer = peer.ip().to_canonical();
                    let local = stream.local_addr().ok().map(|it| it.ip().to_canonical());
                    let number = numbers.next().unwrap_or_default();
                    let connection =
                        Connection::new(timeouts, peer, number, shutdown.subscribe(), slot)
                            .with_local(local);
                    tokio::spawn(serve_connection(stream, router.clone(), connection));
                }
                Err(error) => {
                    warn!(%error, "failed to accept a connection");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    shutdown.send_replace(Some(Instant::now()));
    // Each connection holds a receiver until it ends.
    if timeout(SHUTDOWN_TIMEOUT, shutdown.closed()).await.is_err() {
        warn!("shutdown timed out; some requests were aborted");
    }
}

fn set_socket_options(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    #[cfg(target_os = "linux")]
    socket2::SockRef::from(stream).set_tcp_notsent_lowat(MAX_UNSENT)?;
    Ok(())
}

async fn serve_connection(stream: TcpStream, router: Router, connection: Connection) {
    if let Err(error) = set_socket_options(&stream) {
        debug!(%error, "failed to set the options of a socket");
    }
    let timeouts = connection.timeouts;
    let timer = HeaderTimeout::new(timeouts.header);
    let mut builder = http1::Builder::new();
    builder
        .timer(timer.clone())
        .header_read_timeout(timeouts.idle)
        .max_header_size(MAX_HEADERS)
        .max_buf_size(MAX_HEADERS);
    let stream = InspectReader::new(stream, move |_: &[u8]| timer.begin());
    let stream = WriteTimeout::new(stream, timeouts.write, connection.is_upgraded());
    let mut shutdown = connection.clone();
    let service = router.map_request(move |mut request: Request<Incoming>| {
        host::resolve(&mut request);
        request.extensions_mut().insert(connection.clone());
        request
    });
    let served = builder
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .with_upgrades();
    let mut served = pin!(served);
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
        _ = shutdown.shutdown() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        debug!(%error, "connection failed");
    }
}
