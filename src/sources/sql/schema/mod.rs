//! Bringing a database to the current schema.
//!
//! * migrate.rs  the migrations, and the indexes of words and handles, in one transaction
//! * adopt.rs    adopts an original Cruddur database

mod adopt;
mod migrate;

pub use migrate::{Migrate, migrate};
