//! Idempotency keys and the outcome of inserts.

use uuid::Uuid;

use crate::domain::Timestamp;

/// What makes the repetition of a create give the first answer again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    pub user_uuid: Uuid,
    pub key: String,
    /// A hash of the whole input.
    pub input_hash: Vec<u8>,
    pub created_at: Timestamp,
    /// Keys older than this are forgotten.
    pub since: Timestamp,
}

/// What became of an insert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inserted<T> {
    New(T),
    /// The idempotency key was used with this input before, and this is what it made, as it is now.
    Replayed(T),
    /// The idempotency key was used with another input.
    KeyReused,
    /// What it hangs on is not visible, or what the key made is deleted.
    TargetMissing,
}
