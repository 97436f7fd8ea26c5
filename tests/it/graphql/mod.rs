//! The GraphQL schema, executed without HTTP.

mod documents;
mod failures;
mod fetching;
pub mod fixture;
mod messages;
mod schema;
mod web;
