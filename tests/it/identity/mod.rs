//! Who asks: tokens of an identity provider, tokens of the demo, and how often each may ask.

mod demo;
mod keys;
mod limits;
mod objects;
mod provider;
mod refusals;
mod register;
mod replay;
mod sockets;
