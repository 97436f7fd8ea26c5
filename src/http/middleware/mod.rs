//! The layers around the routes; `layered` in the room above puts them in their order.

pub mod body;
mod client_address;
pub mod compression;
pub mod cors;
pub mod csrf;
pub mod decompression;
pub mod errors;
pub mod head;
pub mod host;
pub mod log;
pub mod metrics;
pub mod rate_limit;
pub mod security;
