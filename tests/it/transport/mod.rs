//! GraphQL over HTTP, SSE, multipart and WebSocket, as the specifications and Apollo's clients define
//! it. tests/clients tests the real binary with the clients themselves.

mod attacks;
mod documents;
mod handshake;
mod json;
mod operations;
mod overload;
mod pages;
mod requests;
mod sockets;
mod streams;
mod variables;
