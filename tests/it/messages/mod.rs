//! Direct messages on all their stores: in memory, SQLite, PostgreSQL and DynamoDB.
//!
//! * story.rs     one story that every store tells in the same words
//! * dynamodb.rs  what DynamoDB alone has: the original's layout, tables made and refused, failures
//! * kills.rs     what is left when gateways are killed under load
//! * replay.rs    the recorded traffic of the originals on every store

mod dynamodb;
mod kills;
mod replay;
mod story;
