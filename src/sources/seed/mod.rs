//! Data to start with: Cruddur's people, and a large generated crowd.

mod demo;
mod generated;

pub use demo::{demo, demo_handles};
pub use generated::{first_generated_user, generated};
