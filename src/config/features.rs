//! What the gateway does besides serving the API.

use std::fmt;

use chrono::TimeDelta;
use clap::{ArgAction, Args};

use super::{
    error::NotAllowed,
    parse::{Parsed, SWITCH, choice, name_of, number},
};

/// `None` means forever.
type Retention = Option<TimeDelta>;

/// What the gateway does besides serving the API.
#[derive(Clone, Args)]
#[group(skip)]
pub struct Features {
    // On with an identity provider too: the page has no rights of its own, and it keeps the tokens that
    // are typed into it in memory only.
    /// Serve GraphiQL at /graphiql: `on` or `off`
    #[arg(
        long,
        env,
        value_name = "SWITCH",
        action = ArgAction::Set,
        default_value = "on",
        value_parser = choice(SWITCH)
    )]
    pub graphiql: bool,

    /// Answer GraphQL introspection: `on` or `off`
    #[arg(
        long,
        env,
        value_name = "SWITCH",
        action = ArgAction::Set,
        default_value = "on",
        value_parser = choice(SWITCH)
    )]
    pub introspection: bool,

    /// Serve Prometheus metrics at /metrics, to any client: `on` or `off`
    #[arg(
        long,
        env,
        value_name = "SWITCH",
        action = ArgAction::Set,
        default_value = "off",
        value_parser = choice(SWITCH)
    )]
    pub metrics: bool,

    /// Delete activities this many days after they expire, 1 to 36500; `off` keeps them forever
    #[arg(long, env, value_name = "DAYS", default_value = "off", value_parser = retention)]
    pub delete_expired_after: Retention,
}

impl fmt::Display for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "GRAPHIQL={}", name_of(SWITCH, &self.graphiql))?;
        writeln!(f, "INTROSPECTION={}", name_of(SWITCH, &self.introspection))?;
        writeln!(f, "METRICS={}", name_of(SWITCH, &self.metrics))?;
        match self.delete_expired_after {
            Some(keep) => writeln!(f, "DELETE_EXPIRED_AFTER={}", keep.num_days()),
            None => writeln!(f, "DELETE_EXPIRED_AFTER=off"),
        }
    }
}

fn retention(text: &str) -> Parsed<Retention> {
    if text == "off" {
        return Ok(None);
    }
    let days = number(1..=36_500_i64)(text);
    let allowed = "a number of days from 1 to 36500, or off";
    days.map(|days| Some(TimeDelta::days(days))).map_err(|_| NotAllowed::new(allowed))
}
