//! GraphQL over HTTP as its specification and Apollo's clients have it. The audits beside this file
//! ask the real binary the same.

mod attacks;
mod documents;
mod operations;
mod pages;
mod requests;
mod sockets;
mod streams;
mod variables;
