//! Authentication with tokens of an identity provider or of the demo, and rate limits.

mod demo;
mod forgeries;
mod keys;
mod limits;
mod objects;
mod openssl;
mod provider;
mod refusals;
mod register;
mod replay;
mod sockets;
