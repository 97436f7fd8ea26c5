//! Idempotency keys and the outcome of inserts.

use uuid::Uuid;

use crate::domain::Timestamp;

/// An idempotency key: a repetition of the insert returns the first answer again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    pub user_uuid: Uuid,
    pub key: String,
    /// A hash of the whole input.
    pub input_hash: Vec<u8>,
    pub created_at: Timestamp,
    /// Keys that were claimed at this time or before have expired.
    pub since: Timestamp,
}

/// The outcome of an insert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inserted<T> {
    New(T),
    /// The idempotency key was used with this input before. This is the row that it inserted, with
    /// its current values.
    Replayed(T),
    /// The idempotency key was used with another input.
    KeyReused,
    /// The parent is not visible, or the row that the key inserted is deleted.
    TargetMissing,
}
