//! What happens reaches those who follow it: each thing once, in order and without a gap, whatever
//! is cut and in whatever order writes end.
//!
//! * fixture.rs   people on a store, and those who follow what they do
//! * resume.rs    one story of leaving and coming back that every store tells in the same words
//! * pages.rs     subscriptions that go on behind a page
//! * people.rs    notifications, messages and counts
//! * order.rs     writes that end in another order than they began in, and a restored database
//! * replicas.rs  two gateways of one database, with everything between them cut
//! * nats.rs      a NATS server of a test's own
//! * graphql.rs   the subscriptions as GraphQL has them

mod fixture;
mod graphql;
mod nats;
mod order;
mod pages;
mod people;
mod replicas;
mod resume;
