//! The GraphQL schema as clients see it.

mod documents;
mod failures;
mod fetching;
mod fixture;
mod messages;
mod schema;
mod web;
