//! URLs that may contain a password, a token or a key.

use std::{fmt, net::IpAddr};

use percent_encoding::percent_decode_str;
use url::{Host, Url};

/// Stands for a secret in a text.
pub const REDACTED: &str = "***";

/// The schemes that are shown even if the rest of the URL is malformed.
const SCHEMES: [&str; 9] =
    ["dynamodb", "http", "https", "mock", "nats", "postgres", "postgresql", "sqlite", "tls"];

/// The query parameters whose values are not secret: those of a PostgreSQL connection without the
/// password, the options and the files.
const PUBLIC_PARAMETERS: [&str; 10] = [
    "application_name",
    "channel_binding",
    "connect_timeout",
    "dbname",
    "host",
    "hostaddr",
    "port",
    "ssl-mode",
    "sslmode",
    "user",
];

/// The query parameters whose names are shown, and whose values are secret.
const SECRET_PARAMETERS: [&str; 12] = [
    "access_token",
    "api_key",
    "apikey",
    "auth",
    "code",
    "key",
    "passwd",
    "password",
    "secret",
    "sig",
    "signature",
    "token",
];

/// A URL that may contain secrets: `Display` and `Debug` replace them with `***`.
///
/// The password, a user name without a password (which is a token for NATS and many HTTP APIs), the
/// fragment, and all query parameters that are not known to be harmless are secret. A password with
/// an unencoded `/`, `?` or `#` ends up in another part of the URL, so a URL with a later `@` shows
/// its scheme only. So does a text that is not a URL with `//` and a host (RFC 3986 section 3.2).
#[derive(Clone, PartialEq, Eq)]
pub struct SecretUrl {
    text: String,
    /// `None` if the text is not a URL with an authority.
    parsed: Option<Url>,
}

/// The user and the password in a URL, without percent-encoding.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub user: String,
    pub password: Option<String>,
}

impl SecretUrl {
    /// Takes any text: whether it is a usable URL is up to its reader.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let parsed = Url::parse(&text).ok().filter(Url::has_authority);
        Self { text, parsed }
    }

    /// Returns the text with its secrets. Never log or print it.
    pub fn expose_secret(&self) -> &str {
        &self.text
    }

    /// Returns the scheme in lower case, or an empty text if this is not a URL with an authority.
    pub fn scheme(&self) -> &str {
        self.parsed.as_ref().map_or("", Url::scheme)
    }

    /// Returns whether the URL has an authority with a host.
    pub fn has_host(&self) -> bool {
        self.parsed.as_ref().is_some_and(Url::has_host)
    }

    /// Returns whether an `@` stands after the authority, which often means that the user or the
    /// password contains an unencoded `/`, `?` or `#`.
    pub fn is_ambiguous(&self) -> bool {
        self.parsed.as_ref().is_some_and(|url| url[url::Position::BeforePath..].contains('@'))
    }

    /// Returns the user and the password, or `None` if there is neither.
    pub fn credentials(&self) -> Option<Credentials> {
        let url = self.parsed.as_ref()?;
        let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let (user, password) = (url.username(), url.password());
        (!user.is_empty() || password.is_some())
            .then(|| Credentials { user: decode(user), password: password.map(decode) })
    }

    /// Returns the URL without user and password, for a library that gets them separately. It still
    /// has the secrets of its query.
    pub fn without_credentials(&self) -> String {
        let Some(mut url) = self.parsed.clone() else { return self.text.clone() };
        // Both fail only for a URL without a host, which has no credentials.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.into()
    }

    /// Returns the URL with those query parameters whose name `is_known` accepts, and whether that
    /// are all of them.
    pub fn with_parameters(&self, is_known: impl Fn(&str) -> bool) -> (Self, bool) {
        let Some(mut url) = self.parsed.clone() else { return (self.clone(), true) };
        let pairs = || self.parsed.iter().flat_map(Url::query_pairs);
        if pairs().all(|(name, _)| is_known(&name)) {
            return (self.clone(), true);
        }
        url.query_pairs_mut().clear().extend_pairs(pairs().filter(|(name, _)| is_known(name)));
        (Self::new(url), false)
    }

    /// Returns whether the host is this machine: `localhost`, a name below it (RFC 6761 section 6.3),
    /// or a loopback address.
    pub fn is_loopback(&self) -> bool {
        let Some(host) = self.parsed.as_ref().and_then(Url::host) else { return false };
        match host {
            // The parser leaves the addresses of schemes other than http and https as they are.
            Host::Domain(name) => {
                let name = name.trim_end_matches('.').to_ascii_lowercase();
                let is_local = name == "localhost" || name.ends_with(".localhost");
                is_local || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
            }
            Host::Ipv4(ip) => ip.is_loopback(),
            Host::Ipv6(ip) => ip.to_canonical().is_loopback(),
        }
    }

    fn fmt_malformed(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, rest) = self.text.split_once(':').unwrap_or_default();
        if !SCHEMES.contains(&scheme) {
            return f.write_str(REDACTED);
        }
        // The parser adds the slashes to a URL of HTTP.
        let slashes = if rest.starts_with("//") { "//" } else { "" };
        if slashes.is_empty() && scheme.starts_with("http") {
            return write!(f, "{scheme}://{REDACTED}");
        }
        let rest = if rest.len() == slashes.len() { "" } else { REDACTED };
        write!(f, "{scheme}:{slashes}{rest}")
    }

    fn fmt_query(query: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, pair) in query.split('&').enumerate() {
            f.write_str(if index == 0 { "?" } else { "&" })?;
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if PUBLIC_PARAMETERS.contains(&name) && is_plain(value) {
                write!(f, "{name}={value}")?;
            } else if [&PUBLIC_PARAMETERS[..], &SECRET_PARAMETERS].concat().contains(&name) {
                write!(f, "{name}={REDACTED}")?;
            } else {
                f.write_str(REDACTED)?;
            }
        }
        Ok(())
    }
}

/// Returns whether a text is a plain name, address or path, in which no other part of a URL hides.
fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c))
}

impl From<&str> for SecretUrl {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

/// Writes the URL without its secrets.
impl fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(url) = self.parsed.as_ref().filter(|_| !self.is_ambiguous()) else {
            return self.fmt_malformed(f);
        };
        write!(f, "{}://", url.scheme())?;
        match (url.username(), url.password()) {
            ("", None) => {}
            (user, Some(_)) if !user.is_empty() && is_plain(user) => {
                write!(f, "{user}:{REDACTED}@")?
            }
            _ => write!(f, "{REDACTED}@")?,
        }
        f.write_str(url.host_str().unwrap_or_default())?;
        if let Some(port) = url.port() {
            write!(f, ":{port}")?;
        }
        if url.path() != "/" {
            f.write_str(url.path())?;
        }
        if let Some(query) = url.query() {
            Self::fmt_query(query, f)?;
        }
        if url.fragment().is_some() {
            write!(f, "#{REDACTED}")?;
        }
        Ok(())
    }
}

/// Writes the same as `Display`, in quotes.
impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

/// Writes that there are credentials, and no more.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

/// Returns a text without the secrets of a URL: as [`SecretUrl`] if it may be one, or else as it is.
///
/// This is for values that are not meant to be URLs, but that may be given one by mistake.
pub fn redacted(text: &str) -> String {
    let lower = text.to_lowercase();
    let has_parameter = |name: &str| {
        lower.match_indices(name).any(|(at, _)| {
            // Spaces may surround the equals sign in the connection strings of PostgreSQL.
            lower[at + name.len()..].trim_start().starts_with('=')
        })
    };
    let is_url = lower.contains('@') || lower.contains("//");
    let has_secret =
        ["password", "passwd", "pwd", "secret", "token"].into_iter().any(has_parameter);
    let has_scheme = || SCHEMES.iter().any(|scheme| lower.starts_with(&format!("{scheme}:")));
    if is_url || has_secret || has_scheme() {
        SecretUrl::new(text).to_string()
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::select, test_runner::RngSeed};

    use super::*;

    #[test]
    fn secrets_are_redacted_and_the_rest_is_shown() {
        for (text, expected) in [
            (
                "postgres://u:p@ss:w@db:5432/x?sslmode=require",
                "postgres://u:***@db:5432/x?sslmode=require",
            ),
            ("postgres://db/x?password=p&user=u", "postgres://db/x?password=***&user=u"),
            ("postgres://db/x?passw%6frd=p&dbname=a:b", "postgres://db/x?***&dbname=***"),
            ("postgres:///x?host=/run/postgresql", "postgres:///x?host=/run/postgresql"),
            ("postgres://u:p@[::1]:5432/x", "postgres://u:***@[::1]:5432/x"),
            ("http://p@a.example", "http://***@a.example"),
            ("http://:p@a.example/", "http://***@a.example"),
            ("nats://u%40p:q@n:4222", "nats://***@n:4222"),
            ("https://a.example/keys?tenant=t&sig=s#f", "https://a.example/keys?***&sig=***#***"),
            ("HTTPS://A.example:443/Keys", "https://a.example/Keys"),
            // The password has a slash, so that the user looks like the host.
            ("postgres://u:1/s@db/x", "postgres://***"),
            ("postgres://u:s/1@db/x", "postgres://***"),
            ("postgres://u:s", "postgres://***"),
            ("postgres:u:s@db", "postgres:***"),
            ("postgres//u:s@db", "***"),
            ("u:s@db", "***"),
            ("host=db password=s", "***"),
            ("sqlite:", "sqlite:"),
            ("", "***"),
        ] {
            let url = SecretUrl::new(text);
            assert_eq!(url.to_string(), expected, "{text}");
            assert_eq!(format!("{url:?}"), format!("{expected:?}"), "{text}");
            assert_eq!(url.expose_secret(), text);
        }
    }

    #[test]
    fn texts_that_are_not_urls_stay_as_they_are() {
        for text in [
            "::",
            "2001:db8::1",
            "not a host",
            "cruddur=loud",
            "1e3",
            "",
            "/run/secrets/url",
            "token",
        ] {
            assert_eq!(redacted(text), text);
        }
        assert_eq!(redacted("postgres://u:s@db"), "postgres://u:***@db");
        assert_eq!(redacted("u:s@db"), "***");
        assert_eq!(redacted("host=db PASSWORD=s"), "***");
        assert_eq!(redacted("host=db password = 's'"), "***");
    }

    #[test]
    fn credentials_are_decoded_and_can_be_removed() {
        let url = SecretUrl::new("nats://a%40b:p%3Aw@n:4222/x?token=t");
        let both = Credentials { user: "a@b".into(), password: Some("p:w".into()) };
        assert_eq!(url.credentials(), Some(both.clone()));
        assert_eq!(format!("{both:?}"), "***");
        assert_eq!(url.without_credentials(), "nats://n:4222/x?token=t");
        assert_eq!(SecretUrl::new("nats://n:4222").credentials(), None);
    }

    #[test]
    fn unknown_parameters_can_be_removed() {
        let url = SecretUrl::new("postgres://u:p@db/x?sslmode=require&pasword=s&host=h");
        let (known, all) = url.with_parameters(|name| ["sslmode", "host"].contains(&name));
        assert!(!all);
        assert_eq!(known.expose_secret(), "postgres://u:p@db/x?sslmode=require&host=h");
        assert_eq!(known.with_parameters(|_| true), (known.clone(), true));
    }

    #[test]
    fn loopback_hosts_are_recognised() {
        for host in ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]"] {
            for scheme in ["http", "nats"] {
                assert!(
                    SecretUrl::new(format!("{scheme}://u:p@{host}:1/")).is_loopback(),
                    "{host}"
                );
            }
        }
        for host in ["localhost.example", "notlocalhost", "128.0.0.1", "0.0.0.0", "[::2]", ""] {
            assert!(!SecretUrl::new(format!("nats://{host}:1/")).is_loopback(), "{host}");
        }
    }

    /// A password that contains a marker, with any characters around it.
    const MARKER: &str = "s3cret";

    fn misspelt_url() -> impl Strategy<Value = String> {
        let scheme = select(vec![
            "postgres",
            "postgresql",
            "postgre",
            "Postgres ",
            "nats",
            "tls",
            "http",
            "https",
            "htps",
            "mysql",
            "sqlite",
            "dynamodb",
            "mock",
            "jdbc:postgresql",
            "",
        ]);
        let separator =
            select(vec!["://", ":/", ":", "//", "/", "", ":///", " ://", "::", ":\\\\"]);
        let user = "[a-z]{0,4}|[ -~]{0,4}";
        let colon = select(vec![":", "%3A", "::", ";"]);
        let at = select(vec!["@", "@@", " @"]);
        let host = select(vec!["db", "db:5432", "db:x", "127.0.0.1", "[::1]", "", "a b"]);
        let rest =
            "(/x)?(\\?(sslmode=require|password=s3cret|token=s3cret|x&pw=s3cret))?(#s3cret)?";
        (scheme, separator, user, colon, "[ -~]{0,4}", "[ -~]{0,4}", at, host, rest).prop_map(
            |(scheme, separator, user, colon, before, after, at, host, rest)| {
                format!("{scheme}{separator}{user}{colon}{before}{MARKER}{after}{at}{host}{rest}")
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 2048,
            rng_seed: RngSeed::Fixed(1),
            failure_persistence: None,
            ..Default::default()
        })]

        #[test]
        fn no_misspelling_shows_the_password(text in misspelt_url()) {
            let url = SecretUrl::new(text.as_str());
            let shown = url.to_string();
            prop_assert!(!shown.contains(MARKER), "{text} -> {shown}");
            let lenient = redacted(&text);
            prop_assert!(!lenient.contains(MARKER), "{text} -> {lenient}");
            // The redacted text stays as it is if it passes through a second time.
            prop_assert_eq!(SecretUrl::new(shown.as_str()).to_string(), shown.clone());
            prop_assert_eq!(redacted(&shown), shown);
            prop_assert!(!SecretUrl::new(url.without_credentials()).to_string().contains(MARKER));
        }
    }
}
