//! Bringing a database to the current schema.
//!
//! * migrate.rs  the migrations and the index of words, in one transaction
//! * adopt.rs    how an original Cruddur database is taken over

mod adopt;
mod migrate;

pub use migrate::{Migrate, migrate};
