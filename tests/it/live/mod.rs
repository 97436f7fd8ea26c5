//! Subscriptions deliver each change exactly once, in order and without gaps, whichever connections
//! break and in whichever order transactions commit.
//!
//! * fixture.rs   users on a store, writers and subscribers
//! * resume.rs    reconnecting with a cursor: every store produces the same transcript
//! * pages.rs     subscriptions that continue after a page
//! * people.rs    notifications, messages and updates of activities
//! * order.rs     transactions that commit out of order, and a restored database
//! * replicas.rs  two gateways over one database, with broken event buses
//! * nats.rs      a NATS server for a single test
//! * graphql.rs   the subscription fields of the schema

mod fixture;
mod graphql;
mod nats;
mod order;
mod pages;
mod people;
mod replicas;
mod resume;
