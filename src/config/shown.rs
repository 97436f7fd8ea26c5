//! The configuration in force, with secrets masked.

use std::fmt;

use super::{LogFormat, Origins, Rate, Settings, SigningIn};
use crate::{auth::Audience, rest::Flavor, sources::SourceUrl};

impl Settings {
    /// The database's URL without its password.
    pub fn shown_database(&self) -> String {
        match &self.database {
            SourceUrl::Mock => "mock:".to_owned(),
            SourceUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
            SourceUrl::Postgres(url) => masked(url),
        }
    }

    /// Where the messages live, if not in the database.
    pub fn shown_messages(&self) -> Option<String> {
        let table = self.messages.as_ref()?;
        let endpoint = table.endpoint.as_deref().map(masked);
        let at = endpoint.map(|endpoint| format!(" at {endpoint}")).unwrap_or_default();
        Some(format!("dynamodb:{}{at}", table.name))
    }
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origins = match &self.origins {
            Origins::Any => "*".to_owned(),
            Origins::These(origins) => origins.join(","),
        };
        let rest = match self.rest {
            Flavor::Openapi => "openapi",
            Flavor::Final => "final",
        };
        let log_format = match self.log_format {
            LogFormat::Auto => "auto",
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        };
        let days = self.delete_expired_after.map(|keep| keep.num_days().to_string());
        writeln!(f, "HOST={}", self.host)?;
        writeln!(f, "PORT={}", self.port)?;
        writeln!(f, "DATABASE_URL={}", self.shown_database())?;
        writeln!(f, "DATABASE_CONNECTIONS={}", self.database_connections)?;
        if let Some(table) = &self.messages {
            writeln!(f, "MESSAGES_URL=dynamodb:{}", table.name)?;
            let endpoint = table.endpoint.as_deref().map(masked).unwrap_or_default();
            writeln!(f, "AWS_ENDPOINT_URL={endpoint}")?;
        }
        if let Some(url) = &self.events {
            writeln!(f, "EVENTS_URL={}", masked(url))?;
        }
        writeln!(f, "FRONTEND_URL={origins}")?;
        writeln!(f, "REST={rest}")?;
        writeln!(f, "DEMO={}", self.demo)?;
        writeln!(f, "{}", self.signing_in)?;
        writeln!(f, "VIEWER_RATE={}", off_or(self.rates.viewer))?;
        writeln!(f, "ADDRESS_RATE={}", off_or(self.rates.address))?;
        let proxies: Vec<_> = self.trusted_proxies.iter().map(ToString::to_string).collect();
        writeln!(f, "TRUSTED_PROXIES={}", proxies.join(","))?;
        writeln!(f, "GRAPHIQL={}", if self.graphiql { "on" } else { "off" })?;
        writeln!(f, "METRICS={}", if self.metrics { "on" } else { "off" })?;
        writeln!(f, "DELETE_EXPIRED_AFTER={}", days.as_deref().unwrap_or("off"))?;
        writeln!(f, "MAX_DEPTH={}", self.limits.depth)?;
        writeln!(f, "MAX_NODES={}", self.limits.nodes)?;
        writeln!(f, "MAX_BYTES={}", self.limits.bytes)?;
        writeln!(f, "MAX_TOKENS={}", self.limits.tokens)?;
        writeln!(f, "MAX_ALIASES={}", self.limits.aliases)?;
        writeln!(f, "MAX_DIRECTIVES={}", self.limits.directives)?;
        writeln!(f, "MAX_SELECTIONS={}", self.limits.selections)?;
        let (policy, file) = match self.trusted.setting() {
            None => ("off", String::new()),
            Some((file, true)) => ("only", file.display().to_string()),
            Some((file, false)) => ("log", file.display().to_string()),
        };
        writeln!(f, "TRUSTED_DOCUMENTS={policy}")?;
        writeln!(f, "TRUSTED_DOCUMENTS_FILE={file}")?;
        writeln!(f, "LOG={}", self.log)?;
        write!(f, "LOG_FORMAT={log_format}")
    }
}

impl fmt::Display for SigningIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Demo { viewer, secret } => {
                writeln!(f, "VIEWER={}", viewer.as_deref().unwrap_or("none"))?;
                write!(f, "DEMO_TOKEN_SECRET={}", if secret.is_some() { "***" } else { "" })
            }
            Self::Provider(trust) => {
                writeln!(f, "JWKS_URL={}", masked(&trust.keys.to_string()))?;
                writeln!(f, "JWT_ISSUER={}", trust.issuer)?;
                match &trust.audience {
                    Audience::Exact(name) => write!(f, "JWT_AUDIENCE={name}"),
                    Audience::CognitoClient(client) => {
                        write!(f, "AWS_COGNITO_USER_POOL_CLIENT_ID={client}")
                    }
                }
            }
        }
    }
}

fn off_or(rate: Option<Rate>) -> String {
    rate.map_or_else(|| "off".to_owned(), |rate| format!("{}/{}", rate.per_second, rate.burst))
}

/// A URL without what is secret in it: the password between user and host, and the value of a
/// `password` parameter.
pub fn masked(url: &str) -> String {
    let (start, rest) = match url.split_once("://").or_else(|| url.split_once(':')) {
        Some((scheme, rest)) => {
            (url.len() - rest.len(), if scheme.is_empty() { url } else { rest })
        }
        None => (0, url),
    };
    let mut shown = url[..start.min(url.len())].to_owned();
    match rest.rsplit_once('@') {
        Some((user, place)) => {
            let user = user.split_once(':').map(|(user, _)| format!("{user}:***"));
            shown.push_str(&user.unwrap_or_else(|| "***".to_owned()));
            shown.push('@');
            shown.push_str(place);
        }
        None => shown.push_str(rest),
    }
    match shown.find("password=").map(|at| at + "password=".len()) {
        Some(from) => {
            let to = shown[from..].find('&').map_or(shown.len(), |len| from + len);
            format!("{}***{}", &shown[..from], &shown[to..])
        }
        None => shown,
    }
}
