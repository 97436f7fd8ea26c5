//! How gateways notify each other.

use clap::Args;

use super::{error::NotAllowed, parse::Parsed};
use crate::events::Nats;

#[derive(Args)]
#[group(skip)]
pub(super) struct EventOptions {
    /// NATS server that carries events between the gateways of one database: `nats://HOST:PORT`
    /// [default: the database, if it is PostgreSQL]
    #[arg(long, env, hide_env_values = true, value_name = "URL", value_parser = nats_url)]
    pub events_url: Option<String>,
}

fn nats_url(text: &str) -> Parsed<String> {
    if Nats::is_url(text) {
        Ok(text.to_owned())
    } else {
        Err(NotAllowed::new("a URL such as nats://nats:4222"))
    }
}
