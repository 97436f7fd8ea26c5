//! The gateway over one store, without a network.

use std::sync::Arc;

use clap::Parser;
use cruddur::{
    config::{Config, Settings},
    http::{self, Readiness},
    service::Service,
    sources::{Dataset, Sources, mock::Mock, seed},
};

use super::{client::Client, clock::ManualClock};

/// Parses flags into settings. Does not read the environment.
pub fn settings(flags: &[&str]) -> Settings {
    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        config: Config,
    }
    let command = <Flags as clap::CommandFactory>::command().mut_args(|arg| arg.env(None::<&str>));
    let matches = command.get_matches_from([&["cruddur"], flags].concat());
    let flags =
        <Flags as clap::FromArgMatches>::from_arg_matches(&matches).expect("the flags are valid");
    flags.config.check().unwrap_or_else(|error| panic!("{error}"))
}

/// Returns an empty store in memory.
pub fn in_memory() -> Sources {
    Arc::new(Mock::default()).into()
}

/// Migrates the store and imports the data.
pub async fn filled(sources: Sources, dataset: &Dataset) -> Sources {
    sources.store.migrate().await.expect("an empty store can be migrated");
    sources.import(dataset).await.expect("the data can be imported");
    sources
}

/// The gateway over one store, with a clock that only the test moves.
pub struct TestApp {
    pub clock: Arc<ManualClock>,
    pub service: Service,
    pub sources: Sources,
    pub ready: Readiness,
    flags: Vec<&'static str>,
}

impl TestApp {
    /// Creates a gateway over the demo data in memory.
    pub async fn new() -> Self {
        Self::with_demo(in_memory()).await
    }

    /// Creates a gateway over an empty store and imports the demo data.
    pub async fn with_demo(sources: Sources) -> Self {
        Self::with_data(sources, &seed::demo(ManualClock::start())).await
    }

    /// Creates a gateway over an empty store and imports the data.
    pub async fn with_data(sources: Sources, dataset: &Dataset) -> Self {
        Self::over(filled(sources, dataset).await)
    }

    /// Creates a gateway over a store as it is.
    pub fn over(sources: Sources) -> Self {
        Self::at(sources, Arc::default())
    }

    /// Returns a second gateway over `sources`, another connection to the same store.
    pub fn beside(&self, sources: Sources) -> Self {
        Self::at(sources, self.clock.clone())
    }

    fn at(sources: Sources, clock: Arc<ManualClock>) -> Self {
        let service = Service::new(sources.clone(), clock.clone());
        let ready = Readiness::default();
        ready.set_ready();
        Self { clock, service, sources, ready, flags: Vec::new() }
    }

    /// Adds command line flags.
    pub fn with(mut self, flags: &[&'static str]) -> Self {
        self.flags.extend(flags);
        self
    }

    /// Returns a client whose requests are anonymous.
    pub fn anon(&self) -> Client {
        self.as_user("none")
    }

    /// Returns a client of the gateway that adds no `--viewer` to its flags.
    pub fn as_configured(&self) -> Client {
        self.client(&self.flags)
    }

    /// Returns a client whose requests act as the user with this handle. If there is no such user,
    /// the viewer is unregistered.
    pub fn as_user(&self, handle: &str) -> Client {
        self.client(&[&self.flags[..], &["--viewer", handle]].concat())
    }

    fn client(&self, flags: &[&str]) -> Client {
        Client(http::router(&settings(flags), self.service.clone(), self.ready.clone()))
    }
}
