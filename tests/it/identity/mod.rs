//! Authentication with tokens of an identity provider or of the demo, and rate limits.

mod demo;
mod keys;
mod limits;
mod objects;
pub mod provider;
mod refusals;
mod register;
mod replay;
mod sockets;
