//! What the gateway serves besides GraphQL and REST.

pub mod assets;
pub mod health;
pub mod identity;
