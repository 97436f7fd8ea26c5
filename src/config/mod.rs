//! The configuration.
//!
//! clap only collects the texts ([`Config`]); [`Config::check`] reads them, so that a bad value of
//! any kind, from a flag or from the environment, is answered with one line of the same form.

mod flags;
mod identity;
mod shown;
mod values;

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
};

use chrono::TimeDelta;
use ipnet::IpNet;

use crate::{
    events::{EventBus, Nats, Postgres},
    graphql::{DocumentLimits, TrustedDocuments},
    rest::Flavor,
    sources::{self, MessageTable, SourceUrl, Sources},
};

pub use self::{
    flags::Config,
    identity::SigningIn,
    shown::masked,
    values::{Rate, Rates},
};
use self::{
    identity::{Demoed, Provided},
    values::*,
};

/// The configuration, read and complete. Its `Display` is a list of `VARIABLE=value` lines with
/// secrets masked.
#[derive(Clone)]
pub struct Settings {
    pub host: String,
    pub port: u16,
    pub database: SourceUrl,
    pub database_connections: u32,
    /// Where direct messages live; none for the database.
    pub messages: Option<MessageTable>,
    /// The NATS server on which gateways tell each other what happens; none for the database.
    pub events: Option<String>,
    pub origins: Origins,
    pub rest: Flavor,
    pub demo: bool,
    pub signing_in: SigningIn,
    pub rates: Rates,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    pub graphiql: bool,
    pub metrics: bool,
    /// For how long expired activities are kept; none for ever.
    pub delete_expired_after: Option<TimeDelta>,
    pub limits: DocumentLimits,
    pub trusted: TrustedDocuments,
    pub log: String,
    pub log_format: LogFormat,
}

/// Whose pages may call the gateway, apart from its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origins {
    Any,
    These(Vec<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Auto,
    Text,
    Json,
}

/// Why a configuration cannot be used: one line that names the variable, the value and what is
/// allowed, without secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(String);

impl Invalid {
    fn new(variable: &str, value: &str, allowed: impl fmt::Display) -> Self {
        let flag = variable.to_lowercase().replace('_', "-");
        Self(format!("{variable} (--{flag}): {value:?} is not allowed; allowed: {allowed}"))
    }
}

impl Config {
    /// Reads every value. The first that is not allowed is the error.
    pub fn check(self) -> Result<Settings, Invalid> {
        let host = read("HOST", self.host, "127.0.0.1", "a host name or an IP address", host)?;
        let rest = read("REST", self.rest, "openapi", "openapi, final", |text| match text {
            "openapi" => Some(Flavor::Openapi),
            "final" => Some(Flavor::Final),
            _ => None,
        })?;
        let default_viewer = match rest {
            Flavor::Openapi => "andrewbrown",
            Flavor::Final => "none",
        };
        let signing_in = identity::signing_in(
            Provided {
                jwks_url: self.jwks_url,
                issuer: self.jwt_issuer,
                audience: self.jwt_audience,
                pool: self.aws_cognito_user_pool_id,
                client: self.aws_cognito_user_pool_client_id,
                region: self.aws_default_region,
            },
            Demoed {
                viewer: self.viewer,
                default_viewer,
                secret: self.demo_token_secret,
                secret_file: self.demo_token_secret_file,
            },
        )?;
        let default_rate = |rate| if signing_in.is_demo() { "off" } else { rate };
        Ok(Settings {
            port: read("PORT", self.port, "4567", "a number from 0 to 65535", parsed)?,
            database: database(self.database_url, self.connection_url, self.database_url_file)?,
            database_connections: number(
                "DATABASE_CONNECTIONS",
                self.database_connections,
                10,
                1000,
            )?,
            messages: messages(self.messages_url, self.ddb_message_table, self.aws_endpoint_url)?,
            events: events(self.events_url)?,
            origins: origins(self.frontend_url, self.backend_url)?,
            rest,
            demo: read("DEMO", self.demo, "false", "true, false, 1, 0", |text| match text {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            })?,
            rates: Rates {
                viewer: rate("VIEWER_RATE", self.viewer_rate, default_rate("50/500"))?,
                address: rate("ADDRESS_RATE", self.address_rate, default_rate("200/2000"))?,
            },
            trusted_proxies: networks("TRUSTED_PROXIES", self.trusted_proxies)?,
            signing_in,
            graphiql: read("GRAPHIQL", self.graphiql, "on", "on, off", switch)?,
            metrics: read("METRICS", self.metrics, "off", "on, off", switch)?,
            delete_expired_after: read(
                "DELETE_EXPIRED_AFTER",
                self.delete_expired_after,
                "off",
                "a number of days from 1 to 36500, or off",
                |text| match text {
                    "off" => Some(None),
                    days => Some(Some(TimeDelta::days(within(days, 36_500)?.into()))),
                },
            )?,
            limits: DocumentLimits {
                depth: number("MAX_DEPTH", self.max_depth, 15, 100)? as usize,
                nodes: number("MAX_NODES", self.max_nodes, 10_000, 1_000_000)?.into(),
                bytes: number("MAX_BYTES", self.max_bytes, 100_000, 1_000_000)? as usize,
                tokens: number("MAX_TOKENS", self.max_tokens, 4000, 100_000)? as usize,
                aliases: number("MAX_ALIASES", self.max_aliases, 30, 10_000)? as usize,
                directives: number("MAX_DIRECTIVES", self.max_directives, 50, 10_000)? as usize,
                selections: number("MAX_SELECTIONS", self.max_selections, 5000, 1_000_000)?.into(),
            },
            trusted: trusted(self.trusted_documents, self.trusted_documents_file)?,
            log: read(
                "LOG",
                self.log,
                "info",
                "off, error, warn, info, debug, trace, or a list such as info,cruddur=debug",
                log_filter,
            )?,
            log_format: read("LOG_FORMAT", self.log_format, "auto", "auto, text, json", |text| {
                match text {
                    "auto" => Some(LogFormat::Auto),
                    "text" => Some(LogFormat::Text),
                    "json" => Some(LogFormat::Json),
                    _ => None,
                }
            })?,
            host,
        })
    }
}

impl Settings {
    /// Whether a gateway may serve with them: other machines only where people sign in, or where
    /// DEMO says that anybody may act as anybody.
    pub fn check_serving(&self) -> Result<(), Invalid> {
        let is_demo = self.signing_in.is_demo();
        if self.demo && !is_demo {
            let allowed = "false, because there is an identity provider";
            return Err(Invalid::new("DEMO", "true", allowed));
        }
        if is_demo && !self.demo && !is_loopback(&self.host) {
            return Err(Invalid::new(
                "HOST",
                &self.host,
                "127.0.0.1, any with an identity provider (JWKS_URL or AWS_COGNITO_USER_POOL_ID), \
                 or any with DEMO=true (--demo), where everybody who reaches the gateway may act as \
                 anybody",
            ));
        }
        Ok(())
    }

    /// Opens the stores without asking them anything yet.
    pub fn open(&self) -> Sources {
        let sources = sources::open(&self.database, self.database_connections);
        match &self.messages {
            Some(table) => sources.with_messages(table),
            None => sources,
        }
    }

    /// The event bus: NATS if `EVENTS_URL` is set, else the PostgreSQL database. Returns `None` for
    /// SQLite and the in-memory store, which have one gateway each.
    pub fn event_bus(&self) -> Option<Arc<dyn EventBus>> {
        match (&self.events, &self.database) {
            (Some(url), _) => Some(Arc::new(Nats::new(url))),
            (None, SourceUrl::Postgres(url)) => Some(Arc::new(Postgres::new(url))),
            (None, SourceUrl::Mock | SourceUrl::Sqlite(_)) => None,
        }
    }

    /// The address of the gateway for this machine itself, without a slash at its end.
    pub fn local_url(&self, port: u16) -> String {
        let host = match self.host.parse() {
            Ok(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) => "127.0.0.1".to_owned(),
            Ok(IpAddr::V6(Ipv6Addr::UNSPECIFIED)) => "[::1]".to_owned(),
            Ok(IpAddr::V6(ip)) => format!("[{ip}]"),
            _ => self.host.clone(),
        };
        format!("http://{host}:{port}")
    }
}
