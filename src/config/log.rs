//! What the gateway logs, and in which form.

use std::fmt;

use clap::Args;
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

use super::{
    error::NotAllowed,
    parse::{Choices, Parsed, choice, name_of},
};

const FORMATS: Choices<LogFormat> =
    &[("auto", LogFormat::Auto), ("text", LogFormat::Text), ("json", LogFormat::Json)];

/// What the gateway logs, and in which form.
#[derive(Clone, Args)]
#[group(skip)]
pub struct Log {
    /// Log level (`off`, `error`, `warn`, `info`, `debug` or `trace`), or a list such as
    /// `info,cruddur=debug`
    #[arg(
        id = "log",
        long = "log",
        env = "LOG",
        value_name = "FILTER",
        default_value = "info",
        value_parser = filter
    )]
    pub filter: String,

    /// Log format on standard error: `text`, `json`, or `auto` (text on a terminal, JSON otherwise)
    #[arg(
        id = "log_format",
        long = "log-format",
        env = "LOG_FORMAT",
        value_name = "FORMAT",
        default_value = "auto",
        value_parser = choice(FORMATS)
    )]
    pub format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    Auto,
    Text,
    Json,
}

impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "LOG={}", self.filter)?;
        writeln!(f, "LOG_FORMAT={}", name_of(FORMATS, &self.format))
    }
}

/// Rejects a bare word that is not a level: the library would take it for the name of a module, and
/// silence all others.
fn filter(text: &str) -> Parsed<String> {
    let is_level = |part: &str| part.contains(['=', '[']) || part.parse::<LevelFilter>().is_ok();
    if text.split(',').map(str::trim).all(is_level) && EnvFilter::try_new(text).is_ok() {
        Ok(text.to_owned())
    } else {
        let allowed = "off, error, warn, info, debug, trace, or a list such as info,cruddur=debug";
        Err(NotAllowed::new(allowed))
    }
}
