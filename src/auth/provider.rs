//! Tokens of an OpenID provider.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta};
use serde::Deserialize;
use serde_json::Value;

use super::{Identity, KeySource, jws::Token, keys::Keys};
use crate::{
    domain::{Timestamp, UnregisteredIdentity, Viewer},
    error::{Error, Result},
    service::Service,
};

/// How far the provider's clock may be from ours.
const LEEWAY: TimeDelta = TimeDelta::seconds(60);
/// The last second that is counted, that of the year 9999.
const LAST_SECOND: f64 = 253_402_300_799.0;
/// The most bytes of a `sub`, as OpenID Connect limits it.
const MAX_SUBJECT: usize = 255;

/// Whose tokens are believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    pub keys: KeySource,
    /// The `iss` of the tokens.
    pub issuer: String,
    pub audience: Audience,
}

/// For whom the tokens must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// `aud` names it, alone or among others.
    Named(String),
    /// A client of Cognito: an access token has it as `client_id`, an identity token as `aud`.
    CognitoClient(String),
}

/// Believes the tokens of one issuer.
pub struct Provider {
    service: Service,
    keys: Arc<Keys>,
    issuer: String,
    audience: Audience,
}

/// What a token says, as far as it counts. A claim of another type than this makes no token.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    exp: f64,
    nbf: Option<f64>,
    aud: Option<Names>,
    client_id: Option<String>,
    token_use: Option<String>,
    email: Option<Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Names {
    One(String),
    Many(Vec<String>),
}

impl Names {
    fn has(&self, name: &str) -> bool {
        match self {
            Self::One(one) => one == name,
            Self::Many(many) => many.iter().any(|it| it == name),
        }
    }
}

impl Provider {
    /// Begins to fetch the provider's keys. Must be called in a Tokio runtime.
    pub fn new(service: Service, trust: &Trust) -> Self {
        let Trust { keys, issuer, audience } = trust.clone();
        Self { keys: Keys::new(keys, service.clone()), service, issuer, audience }
    }

    pub async fn identity(&self, token: &str) -> Result<Identity> {
        let token = Token::read(token).ok_or(Error::Unauthenticated)?;
        let name = token.header.kid.as_deref().ok_or(Error::Unauthenticated)?;
        let key = self.keys.find(name).await?.ok_or(Error::Unauthenticated)?;
        let claims: Claims = token.claims(&key).ok_or(Error::Unauthenticated)?;
        let expires_at = self.check(&claims).ok_or(Error::Unauthenticated)?;
        let viewer = self.service.viewer_by_subject(&claims.sub).await?;
        let newcomer = (viewer == Viewer::Unregistered).then(|| {
            let email = claims.email.as_ref().and_then(Value::as_str).unwrap_or_default();
            UnregisteredIdentity { subject: claims.sub, email: email.to_owned() }
        });
        Ok(Identity { viewer, newcomer, expires_at: Some(expires_at) })
    }

    /// Until when the claims hold; none where they do not.
    fn check(&self, claims: &Claims) -> Option<Timestamp> {
        let now = self.service.now();
        let expires_at = instant(claims.exp)?.checked_add_signed(LEEWAY)?;
        let begins = match claims.nbf {
            Some(nbf) => instant(nbf)?.checked_sub_signed(LEEWAY)? <= now,
            None => true,
        };
        let subject = (1..=MAX_SUBJECT).contains(&claims.sub.len()) && !claims.sub.contains('\0');
        let fits = begins
            && now < expires_at
            && subject
            && claims.iss == self.issuer
            && self.audience.is_meant(claims);
        fits.then_some(expires_at)
    }
}

impl Audience {
    fn is_meant(&self, claims: &Claims) -> bool {
        let aud = |name: &str| claims.aud.as_ref().is_some_and(|aud| aud.has(name));
        match self {
            Self::Named(name) => aud(name),
            Self::CognitoClient(client) => match claims.token_use.as_deref() {
                Some("access") => claims.client_id.as_ref() == Some(client),
                Some("id") => aud(client),
                _ => false,
            },
        }
    }
}

/// Seconds since 1970, as tokens count them.
fn instant(seconds: f64) -> Option<Timestamp> {
    if !(0.0..=LAST_SECOND).contains(&seconds) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    let millis = (seconds * 1000.0) as i64;
    DateTime::from_timestamp_millis(millis)
}
