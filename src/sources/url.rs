//! Where sources are, as the configuration says it.

use std::{path::PathBuf, str::FromStr};

use super::sql;

/// Where a source is, as `DATABASE_URL` says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceUrl {
    /// In memory, seeded anew at each start.
    Mock,
    Sqlite(PathBuf),
    Postgres(String),
}

impl FromStr for SourceUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        const ALLOWED: &str = "mock:, sqlite:PATH, postgres://USER:PASSWORD@HOST:PORT/DATABASE";
        match text.split_once(':') {
            Some(("mock", "")) => Ok(Self::Mock),
            Some(("sqlite", path)) => {
                let path = path.strip_prefix("//").unwrap_or(path);
                if path.is_empty() { Err(ALLOWED) } else { Ok(Self::Sqlite(path.into())) }
            }
            Some(("postgres" | "postgresql", _)) if sql::is_postgres_url(text) => {
                Ok(Self::Postgres(text.to_owned()))
            }
            _ => Err(ALLOWED),
        }
    }
}

/// A DynamoDB table of messages, as `MESSAGES_URL` says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageTable {
    pub name: String,
    /// The URL of a DynamoDB of one's own; none for that of the region.
    pub endpoint: Option<String>,
}

impl FromStr for MessageTable {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        const ALLOWED: &str =
            "dynamodb:TABLE, with a table's name of 3 to 255 of a-z A-Z 0-9 _ - .";
        let name = text.strip_prefix("dynamodb:").ok_or(ALLOWED)?;
        let fits = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        if !(3..=255).contains(&name.len()) || !name.chars().all(fits) {
            return Err(ALLOWED);
        }
        if !cfg!(feature = "dynamodb") {
            return Err("nothing: this build has no DynamoDB");
        }
        Ok(Self { name: name.to_owned(), endpoint: None })
    }
}
