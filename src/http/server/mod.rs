//! The HTTP/1.1 server. axum's own has no limit on the time in which a request's head must come.

pub mod connection;
mod header_timeout;
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
    connection::Connection, header_timeout::HeadTimer, timeouts::Patience, write_timeout::Stalling,
};

/// How many connections there may be at a time, WebSockets among them; others wait to be accepted.
/// An idle one takes some 20 kB.
const MAX_CONNECTIONS: usize = 10_000;
/// How many bytes the head of a request may have, and how many of a body are held at a time.
const MAX_HEAD: usize = 64 * 1024;
/// How many bytes the system holds for a client before the client's own system asks for them. Without
/// a limit it takes in megabytes for one that does not read.
#[cfg(target_os = "linux")]
const MAX_UNSENT: u32 = 256 * 1024;
/// How long the requests in hand may still take when the server stops.
const GRACE: Duration = Duration::from_secs(10);
/// How long to wait when no connection can be accepted, for want of file descriptors say.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop` is done, then lets the requests in hand end, for ten seconds at most. Each
/// request has the `Connection` that it came over among its extensions.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    patience: Patience,
    stop: impl Future<Output = ()>,
) {
    let (stopping, _) = watch::channel(None);
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut numbers = (0u32..).cycle();
    let mut stop = pin!(stop);
    loop {
        let accepted = async {
            let place = room.clone().acquire_owned().await;
            (place, listener.accept().await)
        };
        tokio::select! {
            () = &mut stop => break,
            (Ok(place), accepted) = accepted => match accepted {
                Ok((stream, peer)) => {
                    let peer = peer.ip().to_canonical();
                    let number = numbers.next().unwrap_or_default();
                    let connection =
                        Connection::new(patience, peer, number, stopping.subscribe(), place);
                    tokio::spawn(converse(stream, router.clone(), connection));
                }
                Err(error) => {
                    warn!(%error, "cannot accept a connection");
                    sleep(PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    stopping.send_replace(Some(Instant::now()));
    // Each connection holds a receiver until it ends.
    if timeout(GRACE, stopping.closed()).await.is_err() {
        warn!("some requests did not end in time");
    }
}

fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    #[cfg(target_os = "linux")]
    socket2::SockRef::from(stream).set_tcp_notsent_lowat(MAX_UNSENT)?;
    Ok(())
}

async fn converse(stream: TcpStream, router: Router, connection: Connection) {
    if let Err(error) = prepare(&stream) {
        debug!(%error, "cannot set the options of a connection");
    }
    let patience = connection.patience;
    let timer = HeadTimer::new(patience.head);
    let mut builder = http1::Builder::new();
    builder
        .timer(timer.clone())
        .header_read_timeout(patience.idle)
        .max_header_size(MAX_HEAD)
        .max_buf_size(MAX_HEAD);
    let stream = InspectReader::new(stream, move |_: &[u8]| timer.begin());
    let stream = Stalling::new(stream, patience.write, connection.upgraded());
    let mut stopping = connection.clone();
    let service = router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(connection.clone());
        request
    });
    let conversation = builder
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .with_upgrades();
    let mut conversation = pin!(conversation);
    let ended = tokio::select! {
        ended = conversation.as_mut() => ended,
        _ = stopping.stopping() => {
            conversation.as_mut().graceful_shutdown();
            conversation.await
        }
    };
    if let Err(error) = ended {
        debug!(%error, "a connection broke");
    }
}
