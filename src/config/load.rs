//! How much work the gateway takes on at once.

use std::fmt;

use clap::Args;

use super::parse::number;
use crate::graphql::MAX_EXECUTIONS;

/// How much work the gateway takes on at once.
#[derive(Clone, Args)]
#[group(skip)]
pub struct Load {
    /// Maximum number of GraphQL operations executed at once, 1 to 10000. The dearest that the
    /// limits allow counts as half of them. Four times as many wait; the rest get 503
    #[arg(
        long,
        env,
        value_name = "OPERATIONS",
        default_value_t = MAX_EXECUTIONS,
        value_parser = number(1..=10_000_u32)
    )]
    pub max_executions: u32,
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "MAX_EXECUTIONS={}", self.max_executions)
    }
}
