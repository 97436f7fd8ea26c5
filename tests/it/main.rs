//! The integration tests: one program, with one folder per subject.
//!
//! * support/     shared helpers: the gateway in memory, clients, stores, builders
//! * sources/     every store against the contract of the sources
//! * messages/    direct messages on all four stores
//! * live/        subscriptions: each change exactly once, in order, without gaps
//! * graphql/     the schema, executed without HTTP
//! * protocol/    HTTP/1.1 on every route, byte by byte
//! * transport/   GraphQL over HTTP, SSE, multipart and WebSocket
//! * rest/        the REST routes, one file per route
//! * identity/    provider tokens, demo tokens, rate limits
//! * accounts/    bans and erasure
//! * the files    the program itself: command line, startup and shutdown, limits, documentation

mod accounts;
mod cli;
mod connections;
mod deploy;
mod document_limits;
mod graphql;
mod http;
mod identity;
mod live;
mod messages;
mod protocol;
mod readme;
mod rest;
mod secrets;
mod security;
mod seed;
mod serve;
mod sources;
mod spec;
mod support;
mod transport;
