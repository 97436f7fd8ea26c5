//! The data sources, held against their contract.
//!
//! * story/        one long story that every source tells in the same words
//! * properties.rs random operations: SQLite answers as the model in memory does
//! * adoption.rs   original Cruddur databases are taken over with nothing lost
//! * durability.rs what is left when requests are dropped, wait, or fail

mod adoption;
mod durability;
mod fixture;
mod properties;
mod story;
