//! The host names and addresses that clients may address the gateway by.
//!
//! A page can point its own host name at this machine (DNS rebinding). To a browser, the gateway then has
//! the page's origin. The `Host` header still has the page's name, so an allow-list of hosts stops it.

use std::{fmt, net::IpAddr};

use super::{error::NotAllowed, parse::Parsed};

/// A host, or all hosts below a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostPattern {
    /// In lower case, without the root's dot.
    Name(String),
    Address(IpAddr),
    /// A name in lower case with a dot before it.
    Below(String),
}

/// The patterns of `ALLOWED_HOSTS`.
pub(super) type HostPatterns = Vec<HostPattern>;

impl HostPattern {
    /// Parses a name or an address, which may be in brackets. `None` if the text is neither.
    fn exact(text: &str) -> Option<Self> {
        let text = text.strip_suffix('.').unwrap_or(text);
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Some(Self::Address(address.to_canonical()));
        }
        let is_label = |label: &str| {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            !label.is_empty() && label.bytes().all(fits)
        };
        text.split('.').all(is_label).then(|| Self::Name(text.to_ascii_lowercase()))
    }

    /// Parses an item of `ALLOWED_HOSTS` and adds its patterns. `.NAME` is the name and all hosts below
    /// it, `*.NAME` only those below it.
    fn add(text: &str, patterns: &mut Vec<Self>) -> Option<()> {
        let name = |text| match Self::exact(text)? {
            Self::Name(name) => Some(name),
            Self::Address(_) | Self::Below(_) => None,
        };
        if let Some(text) = text.strip_prefix("*.") {
            patterns.push(Self::Below(format!(".{}", name(text)?)));
        } else if let Some(text) = text.strip_prefix('.') {
            let name = name(text)?;
            patterns.extend([Self::Below(format!(".{name}")), Self::Name(name)]);
        } else {
            patterns.push(Self::exact(text)?);
        }
        Some(())
    }

    /// Returns true if the pattern matches the host, which must not be [`HostPattern::Below`].
    fn matches(&self, host: &Self) -> bool {
        match (self, host) {
            (Self::Below(suffix), Self::Name(name)) => {
                name.len() > suffix.len() && name.ends_with(suffix.as_str())
            }
            _ => self == host,
        }
    }

    /// Returns true for the addresses of this machine only, and for the names that stand for them
    /// (RFC 6761 section 6.3).
    fn is_loopback(&self) -> bool {
        match self {
            Self::Name(name) => name == "localhost" || name.ends_with(".localhost"),
            Self::Address(address) => address.is_loopback(),
            Self::Below(_) => false,
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(address) => address.fmt(f),
            Self::Below(suffix) => write!(f, "*{suffix}"),
        }
    }
}

/// The hosts that the gateway knows as its own: loopback names and addresses, `HOST`, the hosts of
/// `FRONTEND_URL` and `BACKEND_URL`, and `ALLOWED_HOSTS`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedHosts(Vec<HostPattern>);

impl AllowedHosts {
    /// `host` is `HOST`, `patterns` are those of `ALLOWED_HOSTS`, and `origins` are those of
    /// `FRONTEND_URL` and `BACKEND_URL`, with or without `*`.
    pub(super) fn new<'a>(
        host: &'a str,
        patterns: &[HostPattern],
        origins: impl Iterator<Item = &'a str>,
    ) -> Self {
        let authorities = origins.filter_map(|origin| origin.split_once("://"));
        let hosts = authorities.map(|(_, authority)| without_port(authority));
        let hosts = hosts.chain([host]).filter_map(HostPattern::exact);
        Self(hosts.chain(patterns.iter().cloned()).collect())
    }

    /// Returns true if a client may send this `Host` header. `local` is the address that the client
    /// connected to, which it may use as the host, too: with `HOST=0.0.0.0` that is any address of this
    /// machine. A page has no origin with an address unless that address served it.
    pub fn allow(&self, header: &str, local: Option<IpAddr>) -> bool {
        let Some(host) = HostPattern::exact(without_port(header)) else { return false };
        host.is_loopback()
            || local.is_some_and(|local| host == HostPattern::Address(local.to_canonical()))
            || self.0.iter().any(|pattern| pattern.matches(&host))
    }
}

/// Returns the host of a host with or without a port. An IPv6 address stays in its brackets.
fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|it| it.is_ascii_digit()) => host,
        _ => authority,
    }
}

/// Parses `ALLOWED_HOSTS`.
pub(super) fn hosts(list: &str) -> Parsed<HostPatterns> {
    let mut patterns = HostPatterns::new();
    for text in list.split(',').map(str::trim).filter(|text| !text.is_empty()) {
        HostPattern::add(text, &mut patterns).ok_or_else(|| NotAllowed {
            part: Some(text.to_owned()),
            allowed: "host names or addresses without a port, such as cruddur.example, \
                      *.cruddur.example or 10.0.0.7, separated by commas"
                .to_owned(),
        })?;
    }
    Ok(patterns)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(list: &str) -> AllowedHosts {
        AllowedHosts(hosts(list).expect("a list of hosts"))
    }

    #[test]
    fn loopback_hosts_and_the_local_address_are_always_allowed() {
        let none = AllowedHosts::default();
        for host in [
            "localhost",
            "LOCALHOST:4567",
            "localhost.",
            "app.localhost:80",
            "127.0.0.1",
            "127.9.9.9:1",
            "[::1]",
            "[::1]:4567",
            "[::ffff:127.0.0.1]:4567",
        ] {
            assert!(none.allow(host, None), "{host}");
        }
        let local = "172.18.0.3".parse().ok();
        assert!(none.allow("172.18.0.3:4567", local) && !none.allow("172.18.0.4:4567", local));
        assert!(none.allow("[::ffff:172.18.0.3]", local));
        for host in [
            "",
            ":4567",
            "evil.example",
            "localhost.evil.example",
            "evillocalhost",
            "127.0.0.1.evil.example",
            "0.0.0.0",
            "10.0.0.1",
            "[::2]",
            "[::1",
            "::1",
            "%6cocalhost",
            "localhost:4567:80",
            "localhost..",
        ] {
            assert!(!none.allow(host, None), "{host}");
        }
    }

    #[test]
    fn names_match_exactly_and_wildcards_below_their_name() {
        let hosts = allowed("Cruddur.example, *.a.example,.b.example ,10.0.0.7, [fd00::1]");
        for host in [
            "cruddur.example",
            "CRUDDUR.EXAMPLE.:80",
            "x.a.example",
            "x.y.a.example:1",
            "b.example",
            "x.b.example",
            "10.0.0.7:4567",
            "[fd00::1]:4567",
        ] {
            assert!(hosts.allow(host, None), "{host}");
        }
        for host in ["x.cruddur.example", "a.example", ".a.example", "xa.example", "10.0.0.8"] {
            assert!(!hosts.allow(host, None), "{host}");
        }
    }

    #[test]
    fn hosts_with_a_port_a_scheme_or_a_bare_wildcard_are_rejected() {
        for text in ["a:80", "http://a", "*", "*.", ".", "a..b", "*.10.0.0.7", "a/b", "a b", "*.*"]
        {
            let error = hosts(&format!("fine.example,{text}")).expect_err(text);
            assert_eq!(error.part.as_deref(), Some(text));
        }
        assert_eq!(hosts(" , ").expect("an empty list"), []);
    }
}
