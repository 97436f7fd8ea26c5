//! Demo mode: there is no identity provider, and everybody may be anybody.

use chrono::TimeDelta;
use ring::{
    hmac,
    rand::{SecureRandom, SystemRandom},
};
use serde::Deserialize;
use serde_json::json;

use super::{
    Identity,
    jws::{Key, Token},
};
use crate::{
    domain::{Timestamp, User, Viewer},
    error::{Error, Result},
    service::{Clock, Service},
};

/// The `iss` of demo tokens.
const ISSUER: &str = "cruddur demo";
/// For how long a demo token is good.
const LIFETIME: TimeDelta = TimeDelta::days(1);

/// Vouches for tokens of its own making, and for everybody without one.
pub struct Demo {
    service: Service,
    /// The handle of the user as whom everybody acts who has no token; none for nobody.
    viewer: Option<String>,
    key: Key,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    /// A handle.
    sub: String,
    exp: i64,
}

impl Demo {
    /// Without a secret the tokens are good at this gateway alone, as long as it runs.
    pub fn new(service: Service, viewer: Option<String>, secret: Option<&str>) -> Self {
        let mut random = [0; 32];
        let bytes = match secret {
            Some(secret) => secret.as_bytes(),
            None => {
                SystemRandom::new().fill(&mut random).expect("the system has randomness");
                &random
            }
        };
        Self { service, viewer, key: key(bytes) }
    }

    /// As whom everybody acts who has no token.
    pub fn viewer(&self) -> Option<&str> {
        self.viewer.as_deref()
    }

    /// The users to sign in as, with a token each.
    pub async fn people(&self) -> Result<Vec<(User, String)>> {
        let people = self.service.demo_people(self.viewer()).await?;
        let with_token = |user: User| {
            let token = signed(&self.key, &user.handle, self.service.now());
            (user, token)
        };
        Ok(people.into_iter().map(with_token).collect())
    }

    pub async fn anybody(&self) -> Result<Identity> {
        match &self.viewer {
            None => Ok(Viewer::Anonymous.into()),
            Some(handle) => Ok(self.service.viewer_by_handle(handle).await?.into()),
        }
    }

    pub async fn identity(&self, token: &str) -> Result<Identity> {
        let claims: Claims = Token::read(token)
            .and_then(|token| token.claims(&self.key))
            .filter(|claims: &Claims| claims.iss == ISSUER)
            .ok_or(Error::Unauthenticated)?;
        let expires_at = Timestamp::from_timestamp(claims.exp, 0).ok_or(Error::Unauthenticated)?;
        if expires_at <= self.service.now() {
            return Err(Error::Unauthenticated);
        }
        let viewer = self.service.viewer_by_handle(&claims.sub).await?;
        Ok(Identity { expires_at: Some(expires_at), ..viewer.into() })
    }
}

/// A token of the user with a handle, for every gateway in demo mode that has the secret.
pub fn token(secret: &str, handle: &str, clock: &dyn Clock) -> String {
    signed(&key(secret.as_bytes()), handle, clock.now())
}

fn key(secret: &[u8]) -> Key {
    Key::Hs256(hmac::Key::new(hmac::HMAC_SHA256, secret))
}

fn signed(key: &Key, handle: &str, now: Timestamp) -> String {
    let exp = (now + LIFETIME).timestamp();
    let claims = json!({ "iss": ISSUER, "sub": handle, "exp": exp });
    key.sign(&claims).expect("a secret signs")
}
