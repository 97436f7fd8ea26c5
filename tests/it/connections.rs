//! Connections to a database that stops responding without closing them.

use std::{str::FromStr, time::Duration};

use crate::support::stores::PostgresDatabase;
use cruddur::sources;
use futures_util::future::join_all;
use sqlx::{ConnectOptions, postgres::PgConnectOptions};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    time::timeout,
};

/// A TCP relay to a server. Once it is cut, existing connections stay open but carry no data.
struct Relay {
    port: u16,
    cut: watch::Sender<()>,
}

impl Relay {
    async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let (cut, was_cut) = watch::channel(());
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let mut server = TcpStream::connect(&server).await.expect("the server answers");
                let mut was_cut = was_cut.clone();
                was_cut.mark_unchanged();
                tokio::spawn(async move {
                    tokio::select! {
                        _ = copy_bidirectional(&mut client, &mut server) => {}
                        // Both sides stay open until the test ends.
                        _ = was_cut.changed() => std::future::pending().await,
                    }
                });
            }
        });
        Self { port, cut }
    }
}

#[tokio::test]
async fn a_pool_replaces_dead_connections() {
    let database = PostgresDatabase::new("cut").await;
    let options = PgConnectOptions::from_str(&database.url).expect("a URL");
    let relay = Relay::to(format!("{}:{}", options.get_host(), options.get_port())).await;
    let url = options.host("127.0.0.1").port(relay.port).to_url_lossy().to_string();
    let sources = sources::open(&url.parse().expect("a source URL"), 8);
    for ping in join_all((0..8).map(|_| sources.store.ping())).await {
        ping.expect("the database answers");
    }
    let open = sources.store.connections().expect("a pool").open;
    assert!(open > 4, "{open} connections");

    relay.cut.send(()).expect("a connection is open");
    let recovered = async { while sources.store.ping().await.is_err() {} };
    timeout(Duration::from_secs(8), recovered).await.expect("the pool has working connections");
}
