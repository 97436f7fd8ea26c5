//! Data to start from: Cruddur's people, and a large made-up crowd.

mod demo;
mod generated;

pub use demo::{demo, demo_handles};
pub use generated::{first_generated_user, generated};
