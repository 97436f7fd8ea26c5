//! SQLite and PostgreSQL: one generic source over both.
//!
//! From the top down; a file names only files of a line below its own:
//! * lifecycle.rs  preparing, filling and checking a database
//! * import.rs     whole data sets
//! * reactions.rs
//! * activities.rs, follows.rs
//! * users.rs, accounts.rs, notifications.rs, messages.rs
//! * schema/       the migrations, and the adoption of an original Cruddur database
//! * changes.rs, handle_skeletons.rs, idempotency.rs, locks.rs, search_words.rs, threads.rs
//! * query.rs      one statement with its parameters
//! * pool.rs       a database with its connections, and its transactions
//! * dialect/, keyset.rs, error.rs
//!
//! The file of a noun has its columns, the function that binds them, its statements and its part of
//! the contract.

mod accounts;
mod activities;
mod changes;
mod dialect;
mod error;
mod follows;
mod handle_skeletons;
mod idempotency;
mod import;
mod keyset;
mod lifecycle;
mod locks;
mod messages;
mod notifications;
mod pool;
mod query;
mod reactions;
mod schema;
mod search_words;
mod threads;
mod users;

pub use self::pool::{is_postgres_parameter, is_postgres_url, postgres, sqlite};

#[cfg(test)]
mod tests {
    use super::{query::sql, *};

    #[tokio::test]
    async fn sqlite_writes_ahead_waits_for_the_disk_and_checks_references() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let source = sqlite(&folder.path().join("cruddur.db"), 2);
        for (pragma, expected) in [("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 5_000)]
        {
            let statement = sql(format!("PRAGMA {pragma}"));
            assert_eq!(source.all::<(i64,)>(statement).await, Ok(vec![(expected,)]), "{pragma}");
        }
    }
}
