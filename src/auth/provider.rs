//! Authentication by the tokens of an OpenID provider.

use std::{fmt, sync::Arc};

use chrono::{DateTime, TimeDelta};
use serde::Deserialize;
use serde_json::Value;

use super::{
    Identity, KeySource,
    jws::{Token, present},
    keys::Jwks,
};
use crate::{
    domain::{Timestamp, UnregisteredIdentity, Viewer},
    error::{Error, Result},
    secret_url::redacted,
    service::Service,
};

/// The clock skew to the provider that is tolerated.
const LEEWAY: TimeDelta = TimeDelta::seconds(60);
/// The latest second that a token can name, at the end of the year 9999.
const LAST_SECOND: f64 = 253_402_300_799.0;
/// The most bytes of a `sub`. This is the limit of OpenID Connect.
const MAX_SUBJECT: usize = 255;

/// The identity provider whose tokens are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderConfig {
    pub keys: KeySource,
    /// The required `iss` claim.
    pub issuer: Issuer,
    pub audience: Audience,
}

/// The name of an identity provider, usually a URL. `Display` and `Debug` write it without secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Issuer(String);

impl From<String> for Issuer {
    fn from(issuer: String) -> Self {
        Self(issuer)
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redacted(&self.0))
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

/// The audience that a token must be issued for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// The required `aud`, alone or among others.
    Exact(String),
    /// The client id in Cognito. An access token has it as `client_id`, an id token as `aud`.
    CognitoClient(String),
}

/// Authenticates requests by the tokens of one issuer.
pub struct Provider {
    service: Service,
    keys: Arc<Jwks>,
    issuer: Issuer,
    audience: Audience,
}

/// The claims that are checked. A claim of another type makes the token invalid.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    exp: f64,
    #[serde(default, deserialize_with = "present")]
    nbf: Option<f64>,
    aud: Option<OneOrMany>,
    client_id: Option<String>,
    /// Cognito's kind of token.
    token_use: Option<String>,
    /// Keycloak's kind of token.
    typ: Option<Value>,
    /// The kind of token of other providers.
    token_type: Option<Value>,
    /// The key that the sender must prove to have (RFC 7800, RFC 8705, RFC 9449).
    #[serde(default, deserialize_with = "present")]
    cnf: Option<Value>,
    /// What happened, in a security event token (RFC 8417) such as a logout token of OpenID Connect
    /// Back-Channel Logout.
    #[serde(default, deserialize_with = "present")]
    events: Option<Value>,
    email: Option<Value>,
}

impl Claims {
    /// Returns whether the token is an access token or an ID token that its bearer may send: not one
    /// for other purposes, and not one that is bound to a key, whose possession cannot be checked.
    fn is_bearer_token(&self) -> bool {
        const OTHER_KINDS: [&str; 3] = ["refresh", "offline", "logout"];
        let is_other_kind = |claim: &Option<Value>| {
            let kind = claim.as_ref().and_then(Value::as_str).unwrap_or_default();
            OTHER_KINDS.contains(&kind.to_ascii_lowercase().as_str())
        };
        let fits_use = self.token_use.as_deref().is_none_or(|it| ["access", "id"].contains(&it));
        fits_use
            && !is_other_kind(&self.typ)
            && !is_other_kind(&self.token_type)
            && self.cnf.is_none()
            && self.events.is_none()
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn contains(&self, name: &str) -> bool {
        match self {
            Self::One(one) => one == name,
            Self::Many(many) => many.iter().any(|it| it == name),
        }
    }
}

impl Provider {
    /// Starts to fetch the provider's keys. Must be called in a Tokio runtime.
    pub fn new(service: Service, config: &ProviderConfig) -> Self {
        let ProviderConfig { keys, issuer, audience } = config.clone();
        Self { keys: Jwks::new(keys, service.clone()), service, issuer, audience }
    }

    /// Returns the identity of a token. Fails with [`Error::Unauthenticated`] if it is invalid or
    /// expired, and with [`Error::Unavailable`] as long as no keys have been fetched.
    pub async fn identity(&self, token: &str) -> Result<Identity> {
        let token = Token::parse(token).ok_or(Error::Unauthenticated)?;
        let kid = token.header.kid.as_deref().ok_or(Error::Unauthenticated)?;
        let key = self.keys.find(kid).await?.ok_or(Error::Unauthenticated)?;
        let claims: Claims = token.claims(&key).ok_or(Error::Unauthenticated)?;
        let expires_at = self.check(&claims).ok_or(Error::Unauthenticated)?;
        let viewer = self.service.viewer_by_subject(&claims.sub).await?;
        let unregistered = (viewer == Viewer::Unregistered).then(|| {
            let email = claims.email.as_ref().and_then(Value::as_str).unwrap_or_default();
            UnregisteredIdentity { subject: claims.sub, email: email.to_owned() }
        });
        Ok(Identity { viewer, unregistered, expires_at: Some(expires_at) })
    }

    /// Returns when the claims expire, or `None` if they are invalid.
    fn check(&self, claims: &Claims) -> Option<Timestamp> {
        let now = self.service.now();
        let expires_at = timestamp(claims.exp)?.checked_add_signed(LEEWAY)?;
        let has_begun = match claims.nbf {
            Some(nbf) => timestamp(nbf)?.checked_sub_signed(LEEWAY)? <= now,
            None => true,
        };
        let subject_fits =
            (1..=MAX_SUBJECT).contains(&claims.sub.len()) && !claims.sub.contains('\0');
        let is_valid = has_begun
            && now < expires_at
            && subject_fits
            && claims.is_bearer_token()
            && claims.iss == self.issuer.0
            && self.audience.matches(claims);
        is_valid.then_some(expires_at)
    }
}

impl Audience {
    fn matches(&self, claims: &Claims) -> bool {
        let aud = |name: &str| claims.aud.as_ref().is_some_and(|aud| aud.contains(name));
        match self {
            Self::Exact(name) => aud(name),
            Self::CognitoClient(client) => match claims.token_use.as_deref() {
                Some("access") => claims.client_id.as_ref() == Some(client),
                Some("id") => aud(client),
                _ => false,
            },
        }
    }
}

/// Converts the seconds since 1970 of a claim. Returns `None` if they are negative or after the year
/// 9999.
fn timestamp(seconds: f64) -> Option<Timestamp> {
    if !(0.0..=LAST_SECOND).contains(&seconds) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    let millis = (seconds * 1000.0) as i64;
    DateTime::from_timestamp_millis(millis)
}
