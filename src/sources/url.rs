//! The URLs of sources.

use std::{fmt, path::PathBuf, str::FromStr};

use super::sql;
use crate::secret_url::{SecretUrl, redacted};

/// The URL of a source, as `DATABASE_URL` has it. `Display` and `Debug` write it without its
/// password.
#[derive(Clone, PartialEq, Eq)]
pub enum SourceUrl {
    /// In memory, seeded at each start.
    Mock,
    Sqlite(PathBuf),
    Postgres(SecretUrl),
}

impl fmt::Display for SourceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mock => f.write_str("mock:"),
            // The path may be the rest of another URL by mistake.
            Self::Sqlite(path) => write!(f, "sqlite:{}", redacted(&path.to_string_lossy())),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

impl fmt::Debug for SourceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl SourceUrl {
    /// Returns whether parsing the text drops query parameters, because they are unknown.
    pub fn drops_parameters(text: &str) -> bool {
        let is_postgres = matches!(text.split_once(':'), Some(("postgres" | "postgresql", _)));
        is_postgres && !SecretUrl::new(text).with_parameters(sql::is_postgres_parameter).1
    }
}

impl FromStr for SourceUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        const ALLOWED: &str = "mock:, sqlite:PATH, postgres://USER:PASSWORD@HOST:PORT/DATABASE";
        const AMBIGUOUS: &str = "postgres://USER:PASSWORD@HOST:PORT/DATABASE, with the characters \
             : / ? # @ of USER and PASSWORD percent-encoded";
        match text.split_once(':') {
            Some(("mock", "")) => Ok(Self::Mock),
            Some(("sqlite", path)) => {
                let path = path.strip_prefix("//").unwrap_or(path);
                if path.is_empty() { Err(ALLOWED) } else { Ok(Self::Sqlite(path.into())) }
            }
            Some(("postgres" | "postgresql", _)) => {
                let url = SecretUrl::new(text);
                if url.is_ambiguous() {
                    return Err(AMBIGUOUS);
                }
                // sqlx would log an unknown parameter with its value, which may be a password.
                let (url, _) = url.with_parameters(sql::is_postgres_parameter);
                if sql::is_postgres_url(&url) { Ok(Self::Postgres(url)) } else { Err(ALLOWED) }
            }
            _ => Err(ALLOWED),
        }
    }
}

/// A DynamoDB table of messages, as `MESSAGES_URL` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageTable {
    pub name: String,
    /// The endpoint of a self-hosted DynamoDB; `None` for the one of the AWS region.
    pub endpoint: Option<SecretUrl>,
}

/// Writes the URL, and the endpoint without its secrets.
impl fmt::Display for MessageTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "dynamodb:{}", self.name)?;
        match &self.endpoint {
            Some(endpoint) => write!(f, " at {endpoint}"),
            None => Ok(()),
        }
    }
}

impl FromStr for MessageTable {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        const ALLOWED: &str =
            "dynamodb:TABLE, with a table's name of 3 to 255 of a-z A-Z 0-9 _ - .";
        let name = text.strip_prefix("dynamodb:").ok_or(ALLOWED)?;
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        if !(3..=255).contains(&name.len()) || !name.chars().all(is_allowed) {
            return Err(ALLOWED);
        }
        if !cfg!(feature = "dynamodb") {
            return Err("nothing: this build has no DynamoDB");
        }
        Ok(Self { name: name.to_owned(), endpoint: None })
    }
}
