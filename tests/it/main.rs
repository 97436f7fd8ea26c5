//! The integration tests: one program, a room for each way in.
//!
//! * support/     what the tests share: the gateway in memory, clients, stores, builders
//! * sources/     every store against the contract
//! * messages/    direct messages on their four stores
//! * live/        subscriptions: each change once, in order and without a gap
//! * graphql/     the schema over the service
//! * transport/   GraphQL over HTTP, SSE, multipart and WebSocket
//! * rest/        the REST routes, a file for each
//! * identity/    tokens of a provider and of the demo, rate limits
//! * the files    the program itself: command line, start and stop, limits, documents

mod cli;
mod connections;
mod deploy;
mod document_limits;
mod graphql;
mod http;
mod identity;
mod live;
mod messages;
mod readme;
mod rest;
mod seed;
mod serve;
mod sources;
mod spec;
mod support;
mod transport;
