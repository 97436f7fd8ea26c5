//! The values of the configuration, read from their texts.

use std::{net::IpAddr, num::NonZeroU32, path::Path, str::FromStr};

use ipnet::IpNet;
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

use super::{Invalid, Origins, shown::masked};
use crate::{
    events::Nats,
    graphql::TrustedDocuments,
    sources::{MessageTable, SourceUrl},
};

/// How often something may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub per_second: NonZeroU32,
    /// How often at once, after a rest.
    pub burst: NonZeroU32,
}

/// How often requests are answered; none for any number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rates {
    pub viewer: Option<Rate>,
    pub address: Option<Rate>,
}

/// What was given, unless it is empty.
pub(super) fn given(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

pub(super) fn read<T>(
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

pub(super) fn switch(text: &str) -> Option<bool> {
    match text {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

pub(super) fn number(
    variable: &str,
    text: Option<String>,
    default: u32,
    max: u32,
) -> Result<u32, Invalid> {
    let allowed = format!("a number from 1 to {max}");
    read(variable, text, &default.to_string(), &allowed, |text| within(text, max))
}

pub(super) fn parsed<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

pub(super) fn within(text: &str, max: u32) -> Option<u32> {
    parsed(text).filter(|number| (1..=max).contains(number))
}

/// An IPv6 address may stand in brackets, as it does in a URL.
pub(super) fn host(text: &str) -> Option<String> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.' || c == '_';
    (bare.parse::<IpAddr>().is_ok() || text.chars().all(name)).then(|| bare.to_owned())
}

pub(super) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

pub(super) fn handle(text: &str) -> Option<String> {
    let bare = text.strip_prefix('@').unwrap_or(text);
    let fits = !bare.is_empty() && !bare.contains(|c: char| c.is_whitespace() || c.is_control());
    fits.then(|| bare.to_owned())
}

pub(super) fn database(
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

pub(super) fn events(url: Option<String>) -> Result<Option<String>, Invalid> {
    match given(url) {
        Some(url) if !Nats::is_url(&url) => {
            Err(Invalid::new("EVENTS_URL", &masked(&url), "a URL such as nats://nats:4222"))
        }
        url => Ok(url),
    }
}

pub(super) fn messages(
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

pub(super) fn trusted(
    policy: Option<String>,
    file: Option<String>,
) -> Result<TrustedDocuments, Invalid> {
    let allowed = "off, log, only";
    let only = read("TRUSTED_DOCUMENTS", policy, "off", allowed, |text| match text {
        "off" => Some(None),
        "log" => Some(Some(false)),
        "only" => Some(Some(true)),
        _ => None,
    })?;
    let Some(only) = only else { return Ok(TrustedDocuments::default()) };
    let file = given(file).unwrap_or_default();
    TrustedDocuments::open(Path::new(&file), only).map_err(|error| {
        let allowed = format!("a JSON object of SHA-256 hashes and documents ({error})");
        Invalid::new("TRUSTED_DOCUMENTS_FILE", &file, allowed)
    })
}

pub(super) fn origins(
    frontend: Option<String>,
    backend: Option<String>,
) -> Result<Origins, Invalid> {
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
pub(super) fn origin(text: &str) -> Option<String> {
    let text = text.strip_suffix('/').unwrap_or(text).to_lowercase();
    let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"))?;
    let fits = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    (!host.is_empty() && host.chars().all(fits)).then_some(text)
}

/// A log filter. A bare word that is no level would be taken for the name of a module, and
/// silence all others.
pub(super) fn log_filter(text: &str) -> Option<String> {
    let level = |part: &str| part.contains(['=', '[']) || part.parse::<LevelFilter>().is_ok();
    let fits = text.split(',').map(str::trim).all(level) && EnvFilter::try_new(text).is_ok();
    fits.then(|| text.to_owned())
}

pub(super) fn rate(
    variable: &str,
    text: Option<String>,
    default: &str,
) -> Result<Option<Rate>, Invalid> {
    let allowed = "RATE/BURST, two numbers from 1 to 1000000 such as 20/100, or off";
    read(variable, text, default, allowed, |text| {
        if text == "off" {
            return Some(None);
        }
        let (per_second, burst) = text.split_once('/')?;
        let number = |text| NonZeroU32::new(within(text, 1_000_000)?);
        Some(Some(Rate { per_second: number(per_second)?, burst: number(burst)? }))
    })
}

/// Addresses and networks, separated by commas.
pub(super) fn networks(variable: &str, list: Option<String>) -> Result<Vec<IpNet>, Invalid> {
    let allowed = "addresses or networks such as 10.0.0.0/8, separated by commas";
    read(variable, list, "", allowed, |list| {
        let network = |text: &str| parsed(text).or_else(|| parsed::<IpAddr>(text).map(IpNet::from));
        list.split(',').map(str::trim).filter(|text| !text.is_empty()).map(network).collect()
    })
}
