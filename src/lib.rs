//! `cruddur`, a GraphQL and REST gateway over the Cruddur domain.
//!
//! The modules in reading order; each may name those above it:

/// Who asks: the viewer of a request.
pub mod auth;
/// What Cruddur is about: plain data and the rules that need nothing but the data.
pub mod domain;
/// Every way in which a request can fail, in words that are safe for clients.
pub mod error;
/// The GraphQL schema over the service.
pub mod graphql;
/// The REST routes of the two original backends, over the service.
pub mod rest;
/// The only place that decides: validation, expiry, permission, ids and time.
pub mod service;
/// Where the data lives: memory, SQLite or PostgreSQL behind one contract.
pub mod sources;
