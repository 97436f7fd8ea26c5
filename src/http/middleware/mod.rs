//! The layers around the routes; `layered` in the room above puts them in their order.

pub mod body_timeout;
pub mod compression;
pub mod cors;
pub mod errors;
pub mod log;
pub mod metrics;
pub mod rate_limit;
