//! What the rest of the gateway learns of a failure in the database.

use crate::{error::Error, sources::MigrateError};

/// Logs a failed statement. Returns [`Error::Unavailable`] if a retry may succeed, otherwise
/// [`Error::Internal`].
pub fn query_error(error: sqlx::Error) -> Error {
    if is_transient(&error) {
        tracing::warn!(%error, "the database did not answer");
        Error::Unavailable
    } else {
        tracing::error!(%error, "a statement failed");
        Error::Internal
    }
}

/// Returns [`MigrateError::Unreachable`] if a retry may succeed, otherwise
/// [`MigrateError::Failed`]. Logs nothing.
pub fn migrate_error(error: sqlx::Error) -> MigrateError {
    if is_transient(&error) {
        MigrateError::Unreachable(error.to_string())
    } else {
        MigrateError::Failed(error.to_string())
    }
}

/// Whether a retry may succeed.
pub fn is_transient(error: &sqlx::Error) -> bool {
    /// PostgreSQL's codes: cancelled by the statement timeout or the lock timeout, deadlock,
    /// serialization failure, shutdown, start-up, too many connections, not enough memory.
    const CODES: [&str; 9] =
        ["57014", "55P03", "40P01", "40001", "57P01", "57P02", "57P03", "53300", "53200"];
    match error {
        sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::WorkerCrashed => true,
        // SQLITE_BUSY and SQLITE_LOCKED, with their extended codes.
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            CODES.contains(&code.as_ref())
                || code.parse::<u32>().is_ok_and(|code| {
                    error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some()
                        && matches!(code & 0xff, 5 | 6)
                })
        }),
        _ => false,
    }
}
