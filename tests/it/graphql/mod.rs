//! The GraphQL schema, executed without HTTP.

mod documents;
mod error_paths;
mod failures;
mod fetching;
pub mod fixture;
mod messages;
mod scheduling;
mod schema;
mod web;
