//! Helpers that all tests share.
//!
//! * app.rs              the gateway over one store, without a network
//! * client.rs           a client of the gateway's router
//! * clock.rs            a clock that only the test moves
//! * dynamodb.rs         tables in the DynamoDB of `make test`
//! * fixtures.rs         builders of users, cruds, notifications and messages
//! * gateway.rs          the real binary as a process
//! * recording_store.rs  a store that records its calls, and can fail or hang
//! * server.rs           the gateway on a port, and a WebSocket client
//! * stores.rs           new SQLite files and PostgreSQL databases

mod app;
mod client;
pub mod clock;
pub mod dynamodb;
pub mod fixtures;
pub mod gateway;
pub mod recording_store;
pub mod server;
pub mod stores;

pub use self::{
    app::{TestApp, filled, in_memory, settings},
    client::{Answer, Client},
};
