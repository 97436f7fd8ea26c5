//! Bans and erasure: what a user who is banned or gone can do and what others see of them.

mod bans;
mod erasure;
mod gateways;
mod subjects;

use cruddur::sources::Sources;

use crate::support::{
    in_memory,
    stores::{PostgresDatabase, SqliteFile},
};

/// An empty store of each kind, with what keeps it alive.
pub struct Stores {
    pub all: Vec<(&'static str, Sources)>,
    _file: SqliteFile,
    _database: PostgresDatabase,
}

impl Stores {
    /// Opens the stores. `name` must be unique among tests.
    pub async fn new(name: &str) -> Self {
        let (file, database) = (SqliteFile::new(), PostgresDatabase::new(name).await);
        let all =
            vec![("mock", in_memory()), ("SQLite", file.open()), ("PostgreSQL", database.open())];
        Self { all, _file: file, _database: database }
    }
}
