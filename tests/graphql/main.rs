//! The GraphQL schema as clients see it.

mod common;
mod counting;
mod documents;
mod failures;
mod fetching;
mod schema;
