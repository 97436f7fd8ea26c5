//! What a request goes through before and after its resolvers: one file for each step.

pub mod admission;
pub(super) mod cache;
pub(super) mod errors;
pub mod limits;
pub(super) mod persisted;
pub(super) mod variables;
