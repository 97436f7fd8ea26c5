//! Who asks: tokens of an identity provider, tokens of the demo, and how often each may ask.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/gateway.rs"]
mod gateway;
#[path = "../common/socket.rs"]
mod socket;
#[path = "../common/stores.rs"]
mod stores;

mod demo;
mod keys;
mod limits;
mod objects;
mod provider;
mod refusals;
mod register;
mod replay;
mod sockets;
