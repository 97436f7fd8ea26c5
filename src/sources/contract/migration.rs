//! The outcome of a migration.

/// What [`super::Lifecycle::migrate`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Migrated {
    /// The store has no user.
    Empty,
    /// An original Cruddur database, which is adopted.
    Adopted { users: i64, activities: i64 },
    /// A store that the gateway has used before.
    Current,
}

/// Why a store was not brought to the current schema. The store is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// A retry may succeed.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// The data has to be corrected first; the text names the rows.
    #[error("the database cannot be adopted: {0}")]
    Refused(String),
    #[error("the migration failed: {0}")]
    Failed(String),
}
