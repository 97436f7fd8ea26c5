//! GraphQL over HTTP as its specification and Apollo's clients have it. The audits beside this file
//! ask the real binary the same.

#[path = "../common/mod.rs"]
mod common;

mod attacks;
#[path = "../graphql/counting.rs"]
mod counting;
mod documents;
mod operations;
mod pages;
mod requests;
#[path = "../common/socket.rs"]
mod socket;
mod sockets;
mod streams;
mod variables;
