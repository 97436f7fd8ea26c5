//! The configuration.
//!
//! A setting is declared once, in the file of its concern: its flag and variable, default, parser
//! and help. `--help`, the errors, `cruddur check-config` and the table in docs/configuration.md
//! follow from the declaration.
//!
//! Parsing has two steps: clap collects the given texts ([`Config`]), then [`Config::check`] parses
//! them (`declared`) and resolves what depends on several settings.

mod api;
mod database;
mod declared;
mod display;
mod documents;
mod error;
mod events;
mod features;
mod given;
mod identity;
mod load;
mod log;
mod parse;
mod rates;
mod server;
mod warnings;

use std::sync::Arc;

use hyper::header::HeaderName;

use crate::{
    events::{EventBus, Nats, Postgres},
    graphql::{DocumentLimits, TrustedDocuments},
    rest::Flavor,
    secret_url::SecretUrl,
    sources::SourceUrl,
};

pub use self::{
    api::Origins,
    database::Database,
    declared::settings_table,
    error::InvalidSetting,
    features::Features,
    given::Config,
    identity::AuthSettings,
    load::Load,
    log::{Log, LogFormat},
    rates::{Rate, Rates},
    server::Server,
};

/// The complete configuration. Its `Display` is a list of `VARIABLE=value` lines without secrets.
#[derive(Clone)]
pub struct Settings {
    pub server: Server,
    pub database: Database,
    /// The URL of the NATS server that carries events. `None` stands for the database.
    pub events: Option<SecretUrl>,
    pub origins: Origins,
    /// The request headers that pages may send in addition to the usual ones.
    pub cors_headers: Vec<HeaderName>,
    pub rest: Flavor,
    /// Whether other machines may reach demo mode.
    pub demo: bool,
    pub auth: AuthSettings,
    pub rates: Rates,
    pub load: Load,
    pub features: Features,
    pub limits: DocumentLimits,
    pub trusted: TrustedDocuments,
    pub log: Log,
}

impl Settings {
    /// Checks that it is safe to serve: other machines may reach the gateway only if users sign in,
    /// or if `DEMO` allows any client to act as any user.
    pub fn check_serving(&self) -> Result<(), InvalidSetting> {
        let is_demo = self.auth.is_demo();
        if self.demo && !is_demo {
            let allowed = "false, because there is an identity provider";
            return Err(InvalidSetting::new("DEMO", "true", allowed));
        }
        if is_demo && !self.demo && !self.server.is_loopback() {
            return Err(InvalidSetting::new(
                "HOST",
                &self.server.host,
                "127.0.0.1, any with an identity provider (JWKS_URL or AWS_COGNITO_USER_POOL_ID), \
                 or any with DEMO=true (--demo), which lets any client act as any user",
            ));
        }
        Ok(())
    }

    /// The event bus: NATS if `EVENTS_URL` is set, else the PostgreSQL database. Returns `None` for
    /// SQLite and the in-memory store, which have one gateway each.
    pub fn event_bus(&self) -> Option<Arc<dyn EventBus>> {
        match (&self.events, &self.database.url) {
            (Some(url), _) => Some(Arc::new(Nats::new(url.clone()))),
            (None, SourceUrl::Postgres(url)) => Some(Arc::new(Postgres::new(url))),
            (None, SourceUrl::Mock | SourceUrl::Sqlite(_)) => None,
        }
    }
}
