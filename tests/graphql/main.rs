//! The GraphQL schema as clients see it.

#[path = "../common/clock.rs"]
mod clock;
mod common;
mod counting;
mod documents;
mod failures;
mod fetching;
mod messages;
mod schema;
#[path = "../common/stores.rs"]
mod stores;
mod web;
