//! Where the gateway listens, and how clients address it.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use clap::Args;

use super::{
    error::NotAllowed,
    hosts::{HostPatterns, hosts},
    parse::{Parsed, number},
};

/// Two years, which is what the preload lists of browsers ask for.
const MAX_HSTS: u32 = 63_072_000;

/// `None` sends no header.
type Hsts = Option<u32>;

/// Where the gateway listens, and how clients address it.
#[derive(Clone, Args)]
#[group(skip)]
pub struct Server {
    /// Host name or IP address to listen on. Listening beyond this machine requires an identity
    /// provider or `--demo`
    #[arg(long, env, default_value = "127.0.0.1", value_parser = host)]
    pub host: String,

    /// TCP port to listen on; 0 picks a free port, which the program then prints
    #[arg(long, env, default_value = "4567", value_parser = number(0..=65535_u16))]
    pub port: u16,

    /// Host names and addresses that clients may use in addition to loopback ones, `HOST` and those in
    /// `FRONTEND_URL` and `BACKEND_URL`, separated by commas. `*.NAME` stands for all names below it.
    /// Requests for other hosts get 421: all but health checks in demo mode, /metrics otherwise
    /// [default: none]
    #[arg(long, env, value_name = "HOSTS", value_parser = hosts)]
    pub allowed_hosts: Option<HostPatterns>,

    /// Seconds for which browsers use HTTPS only (`Strict-Transport-Security`), 0 to 63072000, for
    /// gateways behind a TLS proxy; `off` sends no header
    #[arg(long, env, value_name = "SECONDS", default_value = "off", value_parser = hsts)]
    pub hsts: Hsts,
}

impl Server {
    /// Returns whether only this machine can reach the gateway.
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// Returns the gateway's URL for clients on this machine, without a slash at its end. `port` is
    /// the one that it listens on, which differs from the configured one if that is 0.
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

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "HOST={}", self.host)?;
        writeln!(f, "PORT={}", self.port)?;
        let hosts: Vec<_> = self.allowed_hosts.iter().flatten().map(ToString::to_string).collect();
        writeln!(f, "ALLOWED_HOSTS={}", hosts.join(","))?;
        match self.hsts {
            Some(seconds) => writeln!(f, "HSTS={seconds}"),
            None => writeln!(f, "HSTS=off"),
        }
    }
}

/// An IPv6 address may stand in brackets, as it does in a URL.
fn host(text: &str) -> Parsed<String> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let is_name =
        text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.' || c == '_');
    if is_name || bare.parse::<IpAddr>().is_ok() {
        Ok(bare.to_owned())
    } else {
        Err(NotAllowed::new("a host name or an IP address"))
    }
}

fn hsts(text: &str) -> Parsed<Hsts> {
    if text == "off" {
        return Ok(None);
    }
    let allowed = format!("a number of seconds from 0 to {MAX_HSTS}, or off");
    number(0..=MAX_HSTS)(text).map(Some).map_err(|_| NotAllowed::new(allowed))
}
