//! The URLs of sources.

use std::{path::PathBuf, str::FromStr};

use super::sql;

/// The URL of a source, as `DATABASE_URL` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceUrl {
    /// In memory, seeded at each start.
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

/// A DynamoDB table of messages, as `MESSAGES_URL` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageTable {
    pub name: String,
    /// The endpoint of a self-hosted DynamoDB; `None` for the one of the AWS region.
    pub endpoint: Option<String>,
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
