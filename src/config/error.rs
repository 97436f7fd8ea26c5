//! The one form of configuration errors: a line that names the variable, its flag, the value and
//! what is allowed.

use std::{error::Error, fmt};

use clap::error::{ContextKind, ContextValue};

use crate::secret_url::redacted;

/// Why a configuration cannot be used: one line that names the variable, the value and what is
/// allowed, without secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidSetting(String);

impl InvalidSetting {
    /// `variable` is the name of the environment variable. The value is redacted.
    pub(super) fn new(variable: &str, value: &str, allowed: impl fmt::Display) -> Self {
        let flag = variable.to_lowercase().replace('_', "-");
        let value = redacted(value);
        Self(format!("{variable} (--{flag}): {value:?} is not allowed; allowed: {allowed}"))
    }
}

/// Renders an error of a `value_parser`.
impl From<clap::Error> for InvalidSetting {
    fn from(error: clap::Error) -> Self {
        let context = |kind| match error.get(kind) {
            Some(ContextValue::String(text)) => text.as_str(),
            _ => "",
        };
        // `--port <PORT>` or `--demo[=<BOOL>]`.
        let flag = context(ContextKind::InvalidArg).split([' ', '=', '[']).next();
        let flag = flag.unwrap_or_default().trim_start_matches('-');
        let variable = flag.to_uppercase().replace('-', "_");
        let value = context(ContextKind::InvalidValue);
        match error.source().and_then(|source| source.downcast_ref::<NotAllowed>()) {
            Some(NotAllowed { part: Some(part), allowed }) => Self::new(&variable, part, allowed),
            Some(NotAllowed { part: None, allowed }) => Self::new(&variable, value, allowed),
            None => Self::new(&variable, value, error.kind()),
        }
    }
}

/// Why a `value_parser` rejects a value. Its `Display` says what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{allowed}")]
pub(super) struct NotAllowed {
    /// The part of the value that is wrong. `None` stands for the whole value.
    pub part: Option<String>,
    pub allowed: String,
}

impl NotAllowed {
    pub fn new(allowed: impl Into<String>) -> Self {
        Self { part: None, allowed: allowed.into() }
    }
}
