//! `cruddur`, a GraphQL and REST gateway over the Cruddur domain.
//!
//! The modules in reading order; each may name those above it:
//! * [`error`]: every way in which a request can fail, in words that are safe for clients;
//! * [`secret_url`]: URLs that may contain secrets, which are never shown;
//! * [`domain`]: what Cruddur is about: plain data and the rules that need nothing else;
//! * [`sources`]: the stores: memory, SQLite, PostgreSQL, and DynamoDB for direct messages;
//! * [`events`]: change notifications within this gateway and between gateways;
//! * [`service`]: the business rules: validation, expiry, permission, ids and time;
//! * [`http_client`]: a small HTTP client;
//! * [`headers`]: the HTTP headers that several modules read or write;
//! * [`json`]: the JSON that clients send;
//! * [`auth`]: bearer tokens, and the viewer that each stands for;
//! * [`graphql`]: the GraphQL schema over the service;
//! * [`rest`]: the REST routes of the two original backends over the service;
//! * [`config`]: every setting: its flag, environment variable, default and meaning;
//! * [`http`]: the router and its layers, GraphQL over HTTP, health checks, pages and the server.

pub mod error;

pub mod secret_url;

pub mod domain;

pub mod sources;

pub mod events;

pub mod service;

pub mod http_client;

pub mod headers;

pub mod json;

pub mod auth;

pub mod graphql;

pub mod rest;

pub mod config;

pub mod http;
