//! `cruddur`, a GraphQL and REST gateway over the Cruddur domain.
//!
//! The modules in reading order; each may name those above it:
//! * [`error`]: every way in which a request can fail, in words that are safe for clients;
//! * [`domain`]: what Cruddur is about, plain data and the rules that need nothing but the data;
//! * [`sources`]: where the data lives, memory, SQLite or PostgreSQL behind one contract;
//! * [`events`]: what has happened, told to this gateway and to the others;
//! * [`service`]: the only place that decides: validation, expiry, permission, ids and time;
//! * [`headers`]: the HTTP headers that more than one room reads or writes;
//! * [`auth`]: who asks, the viewer of a request;
//! * [`graphql`]: the GraphQL schema over the service;
//! * [`rest`]: the REST routes of the two original backends over the service;
//! * [`config`]: every flag, its environment variable, its default and its unit;
//! * [`http`]: the router and its layers, GraphQL over HTTP, health, the pages, the server itself.

pub mod error;

pub mod domain;

pub mod sources;

pub mod events;

pub mod service;

pub mod headers;

pub mod auth;

pub mod graphql;

pub mod rest;

pub mod config;

pub mod http;
