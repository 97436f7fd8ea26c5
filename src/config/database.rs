//! Where the data lives.

use std::fmt;

use clap::Args;

use super::{
    error::InvalidSetting,
    parse::{Text, number},
};
use crate::{
    http_client,
    secret_url::SecretUrl,
    sources::{self, MessageTable, SourceUrl, Sources},
};

#[derive(Args)]
#[group(skip)]
pub(super) struct DatabaseOptions {
    /// Database: `mock:` (in memory), `sqlite:PATH` or
    /// `postgres://USER:PASSWORD@HOST:PORT/DATABASE`
    #[arg(
        long,
        env,
        value_name = "URL",
        default_value = "sqlite:cruddur.db",
        default_value_ifs = [
            ("connection_url", clap::builder::ArgPredicate::IsPresent, None),
            ("database_url_file", clap::builder::ArgPredicate::IsPresent, None),
        ]
    )]
    database_url: Option<Text>,

    /// The original backend's name for `DATABASE_URL`, which wins if both are set
    #[arg(long, env, value_name = "URL")]
    connection_url: Option<Text>,

    /// File to read the database URL from, to keep the secret out of the environment
    #[arg(long, env, value_name = "FILE")]
    database_url_file: Option<Text>,

    /// Maximum number of connections to the database, 1 to 1000
    #[arg(
        long,
        env,
        value_name = "COUNT",
        default_value = "10",
        value_parser = number(1..=1000_u32)
    )]
    database_connections: u32,

    /// Store for direct messages: `dynamodb:TABLE`, with credentials and region from the usual AWS
    /// sources [default: the database]
    #[arg(long, env, value_name = "URL")]
    messages_url: Option<Text>,

    /// The original backend's name for the table in `MESSAGES_URL`, which wins if both are set
    #[arg(long, env, value_name = "TABLE")]
    ddb_message_table: Option<Text>,

    /// Endpoint of a self-hosted DynamoDB [default: the region's endpoint]
    #[arg(long, env, value_name = "URL")]
    aws_endpoint_url: Option<Text>,
}

impl DatabaseOptions {
    pub fn resolve(self) -> Result<Database, InvalidSetting> {
        let url = self.database_url.or(self.connection_url);
        let url = Text::or_from_file(url, self.database_url_file)?;
        let url = url.ok_or_else(|| InvalidSetting::new("DATABASE_URL", "", "a URL"))?;
        let drops_parameters = SourceUrl::drops_parameters(&url.text);
        let url = url.parse_url()?;
        let messages = messages(self.messages_url, self.ddb_message_table, self.aws_endpoint_url)?;
        Ok(Database { url, drops_parameters, connections: self.database_connections, messages })
    }
}

fn messages(
    url: Option<Text>,
    table: Option<Text>,
    endpoint: Option<Text>,
) -> Result<Option<MessageTable>, InvalidSetting> {
    let table: MessageTable = match (url, table) {
        (Some(url), _) => url.parse_url()?,
        (None, Some(table)) => {
            format!("dynamodb:{}", table.text).parse().map_err(|allowed| table.invalid(allowed))?
        }
        (None, None) => return Ok(None),
    };
    let endpoint = match endpoint {
        Some(url) if !http_client::is_http_url(&url.url()) => {
            return Err(url.invalid_url("a URL such as http://dynamodb-local:8000"));
        }
        endpoint => endpoint.map(|url| url.url()),
    };
    Ok(Some(MessageTable { endpoint, ..table }))
}

/// Where the data lives.
#[derive(Clone)]
pub struct Database {
    pub url: SourceUrl,
    /// Whether `DATABASE_URL` has query parameters that are unknown and ignored.
    pub drops_parameters: bool,
    /// The maximum number of connections.
    pub connections: u32,
    /// Where direct messages live. `None` means in the database.
    pub messages: Option<MessageTable>,
}

impl Database {
    /// Opens the stores without connecting to them yet.
    pub fn open(&self) -> Sources {
        let sources = sources::open(&self.url, self.connections);
        match &self.messages {
            Some(table) => sources.with_messages(table),
            None => sources,
        }
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "DATABASE_URL={}", self.url)?;
        writeln!(f, "DATABASE_CONNECTIONS={}", self.connections)?;
        if let Some(table) = &self.messages {
            let endpoint = table.endpoint.as_ref().map(SecretUrl::to_string).unwrap_or_default();
            writeln!(f, "MESSAGES_URL=dynamodb:{}", table.name)?;
            writeln!(f, "AWS_ENDPOINT_URL={endpoint}")?;
        }
        Ok(())
    }
}
