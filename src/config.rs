//! Every flag, its environment variable, its default and its unit.
//!
//! clap only collects the texts; [`Config::check`] reads them, so that a bad value of any kind,
//! from a flag or from the environment, is answered with one line of the same form.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::Path,
    str::FromStr,
    sync::Arc,
};

use chrono::TimeDelta;
use clap::Args;
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

use crate::{
    events::Nats,
    graphql::{Limits, Trusted},
    rest::Flavor,
    sources::{self, Line, MessageTable, SourceUrl, Sources},
};

/// The configuration as it was given. An empty environment variable counts as unset.
#[derive(Clone, Default, Args)]
#[command(next_help_heading = "Configuration")]
pub struct Config {
    /// The host name or IP address to listen on. An address that other machines can reach needs
    /// --demo [default: 127.0.0.1]
    #[arg(long, env, global = true)]
    pub host: Option<String>,

    /// The TCP port to listen on; 0 takes a free one, which is then printed [default: 4567]
    #[arg(long, env, global = true)]
    pub port: Option<String>,

    /// Where the data lives: mock: (in memory), sqlite:PATH or
    /// postgres://USER:PASSWORD@HOST:PORT/DATABASE [default: sqlite:cruddur.db]
    #[arg(long, env, global = true, hide_env_values = true, value_name = "URL")]
    pub database_url: Option<String>,

    /// The original's name for DATABASE_URL, which wins where both are set
    #[arg(long, env, global = true, hide_env_values = true, value_name = "URL")]
    pub connection_url: Option<String>,

    /// A file that holds the database URL, for a secret that shall be in no environment
    #[arg(long, env, global = true, value_name = "FILE")]
    pub database_url_file: Option<String>,

    /// The most connections to the database at a time, 1 to 1000 [default: 10]
    #[arg(long, env, global = true, value_name = "COUNT")]
    pub database_connections: Option<String>,

    /// Where direct messages live, if not in the database: dynamodb:TABLE, with credentials and
    /// region from where AWS's own tools take them
    #[arg(long, env, global = true, value_name = "URL")]
    pub messages_url: Option<String>,

    /// The original's name for the table in MESSAGES_URL, which wins where both are set
    #[arg(long, env, global = true, value_name = "TABLE")]
    pub ddb_message_table: Option<String>,

    /// The URL of a DynamoDB of one's own [default: that of the region]
    #[arg(long, env, global = true, value_name = "URL")]
    pub aws_endpoint_url: Option<String>,

    /// Where the gateways of one database tell each other what happens: nats://HOST:PORT
    /// [default: the database, where it is PostgreSQL]
    #[arg(long, env, global = true, hide_env_values = true, value_name = "URL")]
    pub events_url: Option<String>,

    /// The origins of the frontend, separated by commas, whose pages may call this gateway; * for
    /// any [default: none but the gateway's own]
    #[arg(long, env, global = true, value_name = "ORIGINS")]
    pub frontend_url: Option<String>,

    /// Further origins, as in FRONTEND_URL
    #[arg(long, env, global = true, value_name = "ORIGINS")]
    pub backend_url: Option<String>,

    /// Whose REST answers to give where the two originals differ: openapi (week 1 and the OpenAPI
    /// file) or final (the last application) [default: openapi]
    #[arg(long, env, global = true, value_name = "FLAVOR")]
    pub rest: Option<String>,

    /// The handle of the user whom every request acts as, or none for anonymous requests
    /// [default: andrewbrown with --rest openapi, none with --rest final]
    #[arg(long, env, global = true, value_name = "HANDLE")]
    pub viewer: Option<String>,

    /// Serve other machines although nobody signs in and every request acts as VIEWER: true or
    /// false [default: false]
    #[arg(
        long,
        env,
        global = true,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub demo: Option<String>,

    /// Whether to serve GraphiQL at /graphiql: on or off [default: on]
    #[arg(long, env, global = true, value_name = "SWITCH")]
    pub graphiql: Option<String>,

    /// Whether to serve what the gateway counts about itself at /metrics, for Prometheus: on or off
    /// [default: off]
    #[arg(long, env, global = true, value_name = "SWITCH")]
    pub metrics: Option<String>,

    /// After how many days, 1 to 36500, expired activities are deleted; off keeps them for ever
    /// [default: off]
    #[arg(long, env, global = true, value_name = "DAYS")]
    pub delete_expired_after: Option<String>,

    /// The deepest nesting of fields in a GraphQL document, 1 to 100 [default: 15]
    #[arg(long, env, global = true, value_name = "LEVELS")]
    pub max_depth: Option<String>,

    /// The most objects that the pages of a GraphQL document may hold together, 1 to 1000000
    /// [default: 10000]
    #[arg(long, env, global = true, value_name = "NODES")]
    pub max_nodes: Option<String>,

    /// The most bytes of a GraphQL document, 1 to 1000000 [default: 100000]
    #[arg(long, env, global = true, value_name = "BYTES")]
    pub max_bytes: Option<String>,

    /// The most tokens in a GraphQL document, 1 to 100000 [default: 4000]
    #[arg(long, env, global = true, value_name = "TOKENS")]
    pub max_tokens: Option<String>,

    /// The most aliases in a GraphQL document, 1 to 10000 [default: 30]
    #[arg(long, env, global = true, value_name = "ALIASES")]
    pub max_aliases: Option<String>,

    /// The most directives in a GraphQL document, 1 to 10000 [default: 50]
    #[arg(long, env, global = true, value_name = "DIRECTIVES")]
    pub max_directives: Option<String>,

    /// The most fields of a GraphQL document, each as often as fragments repeat it, 1 to 1000000
    /// [default: 5000]
    #[arg(long, env, global = true, value_name = "FIELDS")]
    pub max_selections: Option<String>,

    /// What becomes of GraphQL documents that are not in the manifest: off has no manifest, log
    /// runs and logs them, only refuses them [default: off]
    #[arg(long, env, global = true, value_name = "POLICY")]
    pub trusted_documents: Option<String>,

    /// The manifest of trusted GraphQL documents: a JSON object of SHA-256 hashes and texts, read
    /// again at SIGHUP
    #[arg(long, env, global = true, value_name = "FILE")]
    pub trusted_documents_file: Option<String>,

    /// What is logged: a level (off, error, warn, info, debug, trace) or a list such as
    /// info,cruddur=debug [default: info]
    #[arg(long, env, global = true, value_name = "FILTER")]
    pub log: Option<String>,

    /// How it is logged, on the standard error: text, json, or auto for text on a terminal and
    /// JSON otherwise [default: auto]
    #[arg(long, env, global = true, value_name = "FORMAT")]
    pub log_format: Option<String>,
}

/// The configuration, read and complete. Its `Display` is a list of `VARIABLE=value` lines with
/// secrets masked.
#[derive(Clone)]
pub struct Settings {
    pub host: String,
    pub port: u16,
    pub database: SourceUrl,
    pub database_connections: u32,
    /// Where direct messages live; none for the database.
    pub messages: Option<MessageTable>,
    /// The NATS server on which gateways tell each other what happens; none for the database.
    pub events: Option<String>,
    pub origins: Origins,
    pub rest: Flavor,
    /// The handle of the user whom requests act as; none for anonymous requests.
    pub viewer: Option<String>,
    pub demo: bool,
    pub graphiql: bool,
    pub metrics: bool,
    /// For how long expired activities are kept; none for ever.
    pub delete_expired_after: Option<TimeDelta>,
    pub limits: Limits,
    pub trusted: Trusted,
    pub log: String,
    pub log_format: LogFormat,
}

/// Whose pages may call the gateway, apart from its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origins {
    Any,
    These(Vec<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Auto,
    Text,
    Json,
}

/// Why a configuration cannot be used: one line that names the variable, the value and what is
/// allowed, without secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(String);

impl Invalid {
    fn new(variable: &str, value: &str, allowed: impl fmt::Display) -> Self {
        let flag = variable.to_lowercase().replace('_', "-");
        Self(format!("{variable} (--{flag}): {value:?} is not allowed; allowed: {allowed}"))
    }
}

impl Config {
    /// Reads every value. The first that is not allowed is the error.
    pub fn check(self) -> Result<Settings, Invalid> {
        let host = read("HOST", self.host, "127.0.0.1", "a host name or an IP address", host)?;
        let rest = read("REST", self.rest, "openapi", "openapi, final", |text| match text {
            "openapi" => Some(Flavor::Openapi),
            "final" => Some(Flavor::Final),
            _ => None,
        })?;
        let viewer = match rest {
            Flavor::Openapi => "andrewbrown",
            Flavor::Final => "none",
        };
        let settings = Settings {
            port: read("PORT", self.port, "4567", "a number from 0 to 65535", parsed)?,
            database: database(self.database_url, self.connection_url, self.database_url_file)?,
            database_connections: number(
                "DATABASE_CONNECTIONS",
                self.database_connections,
                10,
                1000,
            )?,
            messages: messages(self.messages_url, self.ddb_message_table, self.aws_endpoint_url)?,
            events: events(self.events_url)?,
            origins: origins(self.frontend_url, self.backend_url)?,
            rest,
            viewer: read("VIEWER", self.viewer, viewer, "a handle, or none", |text| match text {
                "none" => Some(None),
                text => handle(text).map(Some),
            })?,
            demo: read("DEMO", self.demo, "false", "true, false, 1, 0", |text| match text {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            })?,
            graphiql: read("GRAPHIQL", self.graphiql, "on", "on, off", switch)?,
            metrics: read("METRICS", self.metrics, "off", "on, off", switch)?,
            delete_expired_after: read(
                "DELETE_EXPIRED_AFTER",
                self.delete_expired_after,
                "off",
                "a number of days from 1 to 36500, or off",
                |text| match text {
                    "off" => Some(None),
                    days => Some(Some(TimeDelta::days(within(days, 36_500)?.into()))),
                },
            )?,
            limits: Limits {
                depth: number("MAX_DEPTH", self.max_depth, 15, 100)? as usize,
                nodes: number("MAX_NODES", self.max_nodes, 10_000, 1_000_000)?.into(),
                bytes: number("MAX_BYTES", self.max_bytes, 100_000, 1_000_000)? as usize,
                tokens: number("MAX_TOKENS", self.max_tokens, 4000, 100_000)? as usize,
                aliases: number("MAX_ALIASES", self.max_aliases, 30, 10_000)? as usize,
                directives: number("MAX_DIRECTIVES", self.max_directives, 50, 10_000)? as usize,
                selections: number("MAX_SELECTIONS", self.max_selections, 5000, 1_000_000)?.into(),
            },
            trusted: trusted(self.trusted_documents, self.trusted_documents_file)?,
            log: read(
                "LOG",
                self.log,
                "info",
                "off, error, warn, info, debug, trace, or a list such as info,cruddur=debug",
                log_filter,
            )?,
            log_format: read("LOG_FORMAT", self.log_format, "auto", "auto, text, json", |text| {
                match text {
                    "auto" => Some(LogFormat::Auto),
                    "text" => Some(LogFormat::Text),
                    "json" => Some(LogFormat::Json),
                    _ => None,
                }
            })?,
            host,
        };
        if !settings.demo && !is_loopback(&settings.host) {
            return Err(Invalid::new(
                "HOST",
                &settings.host,
                "127.0.0.1, or any with DEMO=true (--demo), because there is no sign-in yet and \
                 everybody who reaches the gateway would act as VIEWER",
            ));
        }
        Ok(settings)
    }
}

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

    /// Opens the stores without asking them anything yet.
    pub fn open(&self) -> Sources {
        let sources = sources::open(&self.database, self.database_connections);
        match &self.messages {
            Some(table) => sources.with_messages(table),
            None => sources,
        }
    }

    /// The line on which gateways tell each other what happens; none for that of the database.
    pub fn line(&self) -> Option<Arc<dyn Line>> {
        self.events.as_deref().map(|url| Arc::new(Nats::new(url)) as Arc<dyn Line>)
    }

    /// The address of the gateway for this machine itself, without a slash at its end.
    pub fn local_url(&self, port: u16) -> String {
        let host = match self.host.parse() {
            Ok(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) => "127.0.0.1".to_owned(),
            Ok(IpAddr::V6(Ipv6Addr::UNSPECIFIED)) => "[::1]".to_owned(),
            Ok(IpAddr::V6(ip)) => format!("[{ip}]"),
            _ => self.host.clone(),
        };
        format!("http://{host}:{port}")
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
        writeln!(f, "VIEWER={}", self.viewer.as_deref().unwrap_or("none"))?;
        writeln!(f, "DEMO={}", self.demo)?;
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

/// What was given, unless it is empty.
fn given(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn read<T>(
    variable: &str,
    text: Option<String>,
    default: &str,
    allowed: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, Invalid> {
    let text = given(text);
    let text = text.as_deref().unwrap_or(default);
    parse(text).ok_or_else(|| Invalid::new(variable, text, allowed))
}

fn switch(text: &str) -> Option<bool> {
    match text {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

fn number(variable: &str, text: Option<String>, default: u32, max: u32) -> Result<u32, Invalid> {
    let allowed = format!("a number from 1 to {max}");
    read(variable, text, &default.to_string(), &allowed, |text| within(text, max))
}

fn parsed<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

fn within(text: &str, max: u32) -> Option<u32> {
    parsed(text).filter(|number| (1..=max).contains(number))
}

/// An IPv6 address may stand in brackets, as it does in a URL.
fn host(text: &str) -> Option<String> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.' || c == '_';
    (bare.parse::<IpAddr>().is_ok() || text.chars().all(name)).then(|| bare.to_owned())
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn handle(text: &str) -> Option<String> {
    let bare = text.strip_prefix('@').unwrap_or(text);
    let fits = !bare.is_empty() && !bare.contains(|c: char| c.is_whitespace() || c.is_control());
    fits.then(|| bare.to_owned())
}

fn database(
    url: Option<String>,
    original: Option<String>,
    file: Option<String>,
) -> Result<SourceUrl, Invalid> {
    let url = given(url).map(|url| ("DATABASE_URL", url));
    let url = url.or_else(|| given(original).map(|url| ("CONNECTION_URL", url)));
    let (variable, text) = match (url, given(file)) {
        (Some((variable, _)), Some(file)) => {
            let allowed = format!("one of {variable} and DATABASE_URL_FILE, not both");
            return Err(Invalid::new("DATABASE_URL_FILE", &file, allowed));
        }
        (None, Some(file)) => match std::fs::read_to_string(&file) {
            Ok(url) => ("DATABASE_URL_FILE", url.trim().to_owned()),
            Err(error) => {
                let allowed = format!("a file that can be read ({error})");
                return Err(Invalid::new("DATABASE_URL_FILE", &file, allowed));
            }
        },
        (url, None) => url.unwrap_or_else(|| ("DATABASE_URL", "sqlite:cruddur.db".to_owned())),
    };
    text.parse().map_err(|allowed| Invalid::new(variable, &masked(&text), allowed))
}

fn events(url: Option<String>) -> Result<Option<String>, Invalid> {
    match given(url) {
        Some(url) if !Nats::is_url(&url) => {
            Err(Invalid::new("EVENTS_URL", &masked(&url), "a URL such as nats://nats:4222"))
        }
        url => Ok(url),
    }
}

fn messages(
    url: Option<String>,
    table: Option<String>,
    endpoint: Option<String>,
) -> Result<Option<MessageTable>, Invalid> {
    let url = given(url).map(|url| ("MESSAGES_URL", url.clone(), url));
    let table = given(table).map(|name| ("DDB_MESSAGE_TABLE", format!("dynamodb:{name}"), name));
    let Some((variable, url, text)) = url.or(table) else { return Ok(None) };
    let table: MessageTable =
        url.parse().map_err(|allowed| Invalid::new(variable, &masked(&text), allowed))?;
    let endpoint = match given(endpoint) {
        Some(url) if !url.starts_with("http://") && !url.starts_with("https://") => {
            let allowed = "a URL such as http://dynamodb-local:8000";
            return Err(Invalid::new("AWS_ENDPOINT_URL", &masked(&url), allowed));
        }
        endpoint => endpoint,
    };
    Ok(Some(MessageTable { endpoint, ..table }))
}

fn trusted(policy: Option<String>, file: Option<String>) -> Result<Trusted, Invalid> {
    let allowed = "off, log, only";
    let only = read("TRUSTED_DOCUMENTS", policy, "off", allowed, |text| match text {
        "off" => Some(None),
        "log" => Some(Some(false)),
        "only" => Some(Some(true)),
        _ => None,
    })?;
    let Some(only) = only else { return Ok(Trusted::default()) };
    let file = given(file).unwrap_or_default();
    Trusted::open(Path::new(&file), only).map_err(|error| {
        let allowed = format!("a JSON object of SHA-256 hashes and documents ({error})");
        Invalid::new("TRUSTED_DOCUMENTS_FILE", &file, allowed)
    })
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

fn origins(frontend: Option<String>, backend: Option<String>) -> Result<Origins, Invalid> {
    let mut found = Vec::new();
    let mut any = false;
    for (variable, list) in [("FRONTEND_URL", frontend), ("BACKEND_URL", backend)] {
        for text in given(list).iter().flat_map(|list| list.split(',')).map(str::trim) {
            match text {
                "" => {}
                "*" => any = true,
                text => found.push(origin(text).ok_or_else(|| {
                    let allowed = "origins such as https://cruddur.example or \
                                   http://127.0.0.1:3000, separated by commas, or *";
                    Invalid::new(variable, &masked(text), allowed)
                })?),
            }
        }
    }
    Ok(if any { Origins::Any } else { Origins::These(found) })
}

/// An origin as a browser sends it: scheme, host and port in lower case, without a path.
fn origin(text: &str) -> Option<String> {
    let text = text.strip_suffix('/').unwrap_or(text).to_lowercase();
    let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"))?;
    let fits = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    (!host.is_empty() && host.chars().all(fits)).then_some(text)
}

/// A log filter. A bare word that is no level would be taken for the name of a module, and
/// silence all others.
fn log_filter(text: &str) -> Option<String> {
    let level = |part: &str| part.contains(['=', '[']) || part.parse::<LevelFilter>().is_ok();
    let fits = text.split(',').map(str::trim).all(level) && EnvFilter::try_new(text).is_ok();
    fits.then(|| text.to_owned())
}
