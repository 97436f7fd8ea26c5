//! Settings that are allowed but risky.

use super::{AuthSettings, Settings};

impl Settings {
    /// Returns what is risky about the settings: one line each, without secrets. Both `serve` and
    /// `check-config` report them.
    ///
    /// A connection without TLS is risky if an attacker on the network gains a secret or a decision
    /// from it. That leaves out connections to this machine, NATS without credentials, whose messages
    /// are hints only, and DynamoDB, whose requests are signed. PostgreSQL has `sslmode` in its URL.
    pub fn warnings(&self) -> Vec<&'static str> {
        let mut warnings = Vec::new();
        if let AuthSettings::Provider(provider) = &self.auth
            && provider.keys.is_plain_http()
        {
            warnings.push(
                "JWKS_URL has no TLS, so an attacker on the network can replace the keys and forge \
                 tokens; use https",
            );
        }
        if let Some(url) = &self.events
            && url.scheme() == "nats"
            && !url.is_loopback()
            && url.credentials().is_some()
        {
            warnings.push(
                "EVENTS_URL has credentials but no TLS, so an attacker on the network can read them; \
                 use tls",
            );
        }
        if self.database.drops_parameters {
            warnings.push("DATABASE_URL has unknown query parameters, which are ignored");
        }
        warnings
    }
}
