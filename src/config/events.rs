//! How gateways notify each other.

use clap::Args;

use super::{error::InvalidSetting, parse::Text};
use crate::{events::Nats, secret_url::SecretUrl};

#[derive(Args)]
#[group(skip)]
pub(super) struct EventOptions {
    /// NATS server that carries events between the gateways of one database:
    /// `nats://USER:PASSWORD@HOST:PORT`, `nats://TOKEN@HOST:PORT`, or `tls://` in place of `nats://`
    /// [default: the database, if it is PostgreSQL]
    #[arg(long, env, value_name = "URL")]
    events_url: Option<Text>,
}

impl EventOptions {
    pub fn resolve(self) -> Result<Option<SecretUrl>, InvalidSetting> {
        match self.events_url {
            Some(text) if !Nats::is_url(&text.url()) => {
                Err(text.invalid_url("a URL such as nats://nats:4222"))
            }
            text => Ok(text.map(|text| text.url())),
        }
    }
}
