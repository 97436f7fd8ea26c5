//! Direct messages on all stores: in memory, SQLite, PostgreSQL and DynamoDB.
//!
//! * fixture.rs   messages, and helpers that read whole conversations
//! * story.rs     one sequence of steps for which every store produces the same transcript
//! * dynamodb.rs  DynamoDB only: the original's layout, creating and refusing tables, failures
//! * kills.rs     gateways that are killed under load lose no messages
//! * replay.rs    the recorded traffic of the originals, on every store

mod dynamodb;
mod fixture;
mod kills;
mod replay;
mod story;
