//! `cruddur serve`: answers at once, brings the store up behind that, and stops in good order.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use cruddur::{
    config::{Settings, SigningIn},
    graphql::TrustedDocuments,
    http::{self, Patience, Readiness},
    service::{Clock, Service, SystemClock},
    sources::{MigrateError, Migrated, Sources, seed},
};
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    sync::oneshot,
    time::sleep,
};
use tracing::{info, warn};

use crate::{
    Failure,
    commands::{print, until_reached},
};

/// The pause from one sweep of expired activities to the next.
const SWEEP: Duration = Duration::from_secs(3600);
/// How many expired activities are deleted at a time.
const SWEEP_BATCH: u32 = 500;

pub async fn serve(settings: Settings) -> Result<(), Failure> {
    let mut terminate = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    tokio::spawn(reload(settings.trusted.clone(), listen(SignalKind::hangup())?));
    let sources = settings.open();
    let service = Service::new(sources.clone(), Arc::new(SystemClock));
    let ready = Readiness::default();
    let cannot_listen = |error: std::io::Error| {
        (1, format!("cannot listen on HOST {} and PORT {}: {error}", settings.host, settings.port))
    };
    let listener = TcpListener::bind((settings.host.as_str(), settings.port)).await;
    let listener = listener.map_err(cannot_listen)?;
    let port = listener.local_addr().map_err(cannot_listen)?.port();
    print(welcome(&settings, port))?;
    if settings.signing_in.is_demo() {
        warn!("demo mode: there is no identity provider, and anybody may act as anybody");
    }

    let (stop, stopped) = oneshot::channel::<()>();
    let router = http::router(&settings, service.clone(), ready.clone());
    // The sender is dropped when it is time to stop.
    let server = tokio::spawn(http::serve(listener, router, Patience::default(), async {
        let _ = stopped.await;
    }));
    let background = async {
        bring_up(&sources, &ready).await?;
        let sweep = async {
            match settings.delete_expired_after {
                Some(keep) => sweep(&service, keep).await,
                None => std::future::pending().await,
            }
        };
        let events = async {
            if let Some(bus) = settings.event_bus() {
                service.run_events(bus).await;
            }
        };
        let ((), outcome) = tokio::join!(events, sweep);
        outcome
    };
    let outcome = tokio::select! {
        outcome = background => outcome,
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
    };
    info!("stopping");
    drop(stop);
    if let Err(error) = server.await {
        warn!(%error, "the server did not end well");
    }
    outcome.map_err(|error: MigrateError| (1, error.to_string()))
}

fn listen(kind: SignalKind) -> Result<Signal, Failure> {
    signal(kind).map_err(|error| (1, format!("cannot wait for signals: {error}")))
}

/// Reads the trusted documents again at each hangup.
async fn reload(trusted: TrustedDocuments, mut hangup: Signal) {
    while hangup.recv().await.is_some() {
        match trusted.reload() {
            None => info!("there are no trusted documents to read again"),
            Some(Ok(documents)) => info!(documents, "read the trusted documents again"),
            Some(Err(error)) => warn!(%error, "the trusted documents stay as they were"),
        }
    }
}

fn welcome(settings: &Settings, port: u16) -> String {
    let url = settings.local_url(port);
    let graphiql = if settings.graphiql { format!("{url}/graphiql") } else { "off".to_owned() };
    let viewer = match &settings.signing_in {
        SigningIn::Demo { viewer: Some(handle), .. } => {
            format!("demo mode: nobody signs in, and requests without a token act as {handle}")
        }
        SigningIn::Demo { viewer: None, .. } => {
            "demo mode: nobody signs in, and requests without a token are anonymous".to_owned()
        }
        SigningIn::Provider(trust) => format!("signs in at {}", trust.issuer),
    };
    let database = settings.shown_database();
    format!(
        "Cruddur is at {url}\n  \
           GraphiQL  {graphiql}\n  \
           GraphQL   {url}/graphql\n  \
           REST      {url}/api/activities/home\n  \
           API docs  {url}/api/docs\n  \
           Health    {url}/health/ready\n  \
           Data      {database}\n  \
           Viewer    {viewer}"
    )
}

/// Makes the store ready, and fails only for what no further try can mend.
async fn bring_up(sources: &Sources, ready: &Readiness) -> Result<(), MigrateError> {
    let migrated = until_reached(Duration::MAX, async || migrate_and_seed(sources).await).await?;
    info!(?migrated, "the database is ready");
    ready.set_ready();
    Ok(())
}

/// Fills an empty store with the demo people. Where several gateways start on one empty store, the
/// others find it filled at their next try.
async fn migrate_and_seed(sources: &Sources) -> Result<Migrated, MigrateError> {
    let (migrated, no_messages) = sources.migrate().await?;
    if migrated == Migrated::Empty {
        let mut demo = seed::demo(SystemClock.now());
        if !no_messages {
            demo.messages.clear();
        }
        let imported = sources.import(&demo).await;
        imported.map_err(|error| MigrateError::Unreachable(format!("seeding failed: {error}")))?;
    }
    Ok(migrated)
}

/// Deletes what expired more than `keep` ago, again and again.
async fn sweep(service: &Service, keep: TimeDelta) -> ! {
    loop {
        let mut deleted = 0;
        loop {
            match service.delete_expired(keep, SWEEP_BATCH).await {
                Ok(0) => break,
                Ok(count) => deleted += count,
                Err(error) => {
                    warn!(%error, "expired activities could not be deleted");
                    break;
                }
            }
        }
        if deleted > 0 {
            info!(deleted, "deleted expired activities");
        }
        sleep(SWEEP).await;
    }
}
