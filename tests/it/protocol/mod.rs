//! HTTP/1.1 as RFC 9110 and RFC 9112 define it, on every route: what clients send byte by byte.

mod bodies;
mod codings;
mod cors;
mod heads;
mod hosts;
mod media_types;
pub mod raw;
mod smuggling;
