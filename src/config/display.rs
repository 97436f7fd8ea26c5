//! The effective configuration, without secrets.

use std::fmt;

use hyper::header::HeaderName;

use super::{
    Settings,
    api::FLAVORS,
    documents::{write_limits, write_trusted},
    parse::name_of,
};

/// As `Display`, which has no secrets.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.server, self.database)?;
        if let Some(url) = &self.events {
            writeln!(f, "EVENTS_URL={url}")?;
        }
        write!(f, "{}", self.origins)?;
        let headers: Vec<_> = self.cors_headers.iter().map(HeaderName::as_str).collect();
        writeln!(f, "CORS_ALLOWED_HEADERS={}", headers.join(","))?;
        writeln!(f, "REST={}", name_of(FLAVORS, &self.rest))?;
        writeln!(f, "DEMO={}", self.demo)?;
        write!(f, "{}{}{}{}", self.auth, self.rates, self.load, self.features)?;
        write_limits(&self.limits, f)?;
        write_trusted(&self.trusted, f)?;
        write!(f, "{}", self.log)
    }
}
