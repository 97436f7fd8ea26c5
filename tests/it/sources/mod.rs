//! The data sources, tested against their contract.
//!
//! * story/        one sequence of steps for which every source produces the same transcript
//! * properties.rs random operations: SQLite behaves like the model in memory
//! * adoption.rs   original Cruddur databases are adopted without losing data
//! * handles.rs    handles that look alike
//! * durability.rs data stays consistent when requests are dropped, wait or fail
//! * threads.rs    long chains of replies, and deletions that are interrupted

mod adoption;
mod durability;
mod fixture;
mod handles;
mod properties;
mod story;
mod threads;
