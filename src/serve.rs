//! `cruddur serve`: answers at once, prepares the store in the background, and shuts down
//! gracefully.

use std::{sync::Arc, time::Duration};

use cruddur::{
    auth::Audience,
    config::{AuthSettings, Server, Settings},
    error::Error,
    graphql::TrustedDocuments,
    http::{self, Readiness, Timeouts},
    rest::Flavor,
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
    CommandError,
    commands::{print, retry_until_reachable},
};

/// The pause between two sweeps of what has expired.
const SWEEP_INTERVAL: Duration = Duration::from_secs(3600);
/// The pause between two looks for threads that are hidden and not yet deleted.
const HIDDEN_INTERVAL: Duration = Duration::from_secs(5);
/// The maximum number of rows that one statement deletes. It blocks other writers of SQLite for less
/// than 0.2 s.
const SWEEP_BATCH: u32 = 500;

pub async fn serve(settings: Settings) -> Result<(), CommandError> {
    let mut terminate = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    tokio::spawn(reload(settings.trusted.clone(), listen(SignalKind::hangup())?));
    let sources = settings.database.open();
    let service = Service::new(sources.clone(), Arc::new(SystemClock));
    let ready = Readiness::default();
    let Server { host, port, .. } = &settings.server;
    let cannot_listen = |error: std::io::Error| {
        CommandError::failed(format!("cannot listen on HOST {host} and PORT {port}: {error}"))
    };
    let listener = TcpListener::bind((host.as_str(), *port)).await;
    let listener = listener.map_err(cannot_listen)?;
    let port = listener.local_addr().map_err(cannot_listen)?.port();
    print(banner(&settings, port))?;
    if settings.auth.is_demo() {
        warn!("demo mode: there is no identity provider, so any client can act as any user");
    }
    if shows_subjects(&settings) {
        warn!("REST=final shows the `sub` of each user to all clients; REST=openapi does not");
    }

    let (stop, stopped) = oneshot::channel::<()>();
    let router = http::router(&settings, service.clone(), ready.clone());
    // Dropping the sender starts the shutdown.
    let server = tokio::spawn(http::serve(listener, router, Timeouts::default(), async {
        let _ = stopped.await;
    }));
    let background = async {
        prepare_store(&sources, &ready).await?;
        let events = async {
            if let Some(bus) = settings.event_bus() {
                service.run_events(bus).await;
            }
        };
        let ((), ()) = tokio::join!(events, clean_up(&service, &settings));
        Ok(())
    };
    let outcome = tokio::select! {
        outcome = background => outcome,
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
    };
    info!("shutting down");
    drop(stop);
    if let Err(error) = server.await {
        warn!(%error, "server task failed");
    }
    outcome.map_err(|error: MigrateError| CommandError::failed(error))
}

/// Returns whether the REST API shows the `sub`s of a provider whose `sub`s may say who a user is.
/// Those of Cognito are random.
fn shows_subjects(settings: &Settings) -> bool {
    match &settings.auth {
        AuthSettings::Provider(provider) => {
            settings.rest == Flavor::Final && matches!(provider.audience, Audience::Exact(_))
        }
        AuthSettings::Demo { .. } => false,
    }
}

fn listen(kind: SignalKind) -> Result<Signal, CommandError> {
    signal(kind)
        .map_err(|error| CommandError::failed(format!("cannot listen for signals: {error}")))
}

/// Reloads the trusted documents on each SIGHUP.
async fn reload(trusted: TrustedDocuments, mut hangup: Signal) {
    while hangup.recv().await.is_some() {
        match trusted.reload() {
            None => info!("SIGHUP ignored: TRUSTED_DOCUMENTS is off"),
            Some(Ok(documents)) => info!(documents, "reloaded the trusted documents"),
            Some(Err(error)) => {
                warn!(%error, "failed to reload the trusted documents; keeping the previous ones")
            }
        }
    }
}

fn banner(settings: &Settings, port: u16) -> String {
    let url = settings.server.local_url(port);
    let graphiql =
        if settings.features.graphiql { format!("{url}/graphiql") } else { "off".to_owned() };
    let viewer = match &settings.auth {
        AuthSettings::Demo { viewer: Some(handle), .. } => {
            format!("demo mode: no sign-in; requests without a token act as {handle}")
        }
        AuthSettings::Demo { viewer: None, .. } => {
            "demo mode: no sign-in; requests without a token are anonymous".to_owned()
        }
        AuthSettings::Provider(provider) => format!("users sign in at {}", provider.issuer),
    };
    let database = &settings.database.url;
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

/// Migrates the store and marks the gateway as ready. Retries while the store is unreachable; any
/// other error is final.
async fn prepare_store(sources: &Sources, ready: &Readiness) -> Result<(), MigrateError> {
    let migrated =
        retry_until_reachable(Duration::MAX, async || migrate_and_seed(sources).await).await?;
    info!(?migrated, "the database is ready");
    ready.set_ready();
    Ok(())
}

/// Migrates the store and fills an empty one with the demo data. If several gateways start on one
/// empty store, one of them seeds it; the others fail, retry, and find it filled.
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

/// Deletes what no request returns any more, for as long as the gateway runs.
async fn clean_up(service: &Service, settings: &Settings) {
    let expired = async {
        if let Some(keep) = settings.features.delete_expired_after {
            let batch = async || service.delete_expired(keep, SWEEP_BATCH).await;
            sweep("expired activities", SWEEP_INTERVAL, batch).await
        }
    };
    let keys = async || service.delete_expired_keys(SWEEP_BATCH).await;
    let hidden = async || service.delete_hidden(SWEEP_BATCH).await;
    tokio::join!(
        expired,
        sweep("idempotency keys", SWEEP_INTERVAL, keys),
        sweep("deleted threads", HIDDEN_INTERVAL, hidden),
    );
}

/// Calls `batch`, which deletes some rows of a kind, until nothing is left, once per interval.
async fn sweep(
    rows: &'static str,
    interval: Duration,
    mut batch: impl AsyncFnMut() -> Result<u64, Error>,
) {
    loop {
        let mut deleted = 0;
        loop {
            match batch().await {
                Ok(0) => break,
                Ok(count) => deleted += count,
                Err(error) => {
                    warn!(rows, %error, "failed to delete rows");
                    break;
                }
            }
        }
        if deleted > 0 {
            info!(rows, deleted, "deleted rows");
        }
        sleep(interval).await;
    }
}
