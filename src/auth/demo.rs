//! Demo mode: without an identity provider, any client can sign in as any user.

use chrono::TimeDelta;
use ring::{
    hmac,
    rand::{SecureRandom, SystemRandom},
};
use serde::Deserialize;
use serde_json::json;

use super::{
    Identity,
    jws::{SigningKey, Token},
};
use crate::{
    domain::{Timestamp, User, Viewer},
    error::{Error, Result},
    service::{Clock, Service},
};

/// The `iss` of demo tokens.
const ISSUER: &str = "cruddur demo";
/// How long a demo token is valid.
const TOKEN_TTL: TimeDelta = TimeDelta::days(1);

/// Signs and verifies demo tokens, and authenticates requests without a token.
pub struct Demo {
    service: Service,
    /// The handles of the demo users that a client can sign in as.
    people: Vec<String>,
    /// Handle for requests without a token; `None` leaves them anonymous.
    viewer: Option<String>,
    key: SigningKey,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    /// A handle.
    sub: String,
    exp: i64,
}

impl Demo {
    /// Creates the demo mode. Without a secret the tokens are valid at this gateway only, until it restarts.
    ///
    /// `people` are the handles of the users to sign in as, besides `viewer`.
    pub fn new(
        service: Service,
        people: Vec<String>,
        viewer: Option<String>,
        secret: Option<&str>,
    ) -> Self {
        let mut random = [0; 32];
        let bytes = match secret {
            Some(secret) => secret.as_bytes(),
            None => {
                SystemRandom::new().fill(&mut random).expect("the system's random generator works");
                &random
            }
        };
        Self { service, people, viewer, key: key(bytes) }
    }

    /// Returns the handle for requests without a token.
    pub fn viewer(&self) -> Option<&str> {
        self.viewer.as_deref()
    }

    /// Returns the users to sign in as, with a token for each.
    pub async fn people(&self) -> Result<Vec<(User, String)>> {
        let mut handles = self.people.clone();
        handles.extend(self.viewer.clone().filter(|viewer| !self.people.contains(viewer)));
        let people = self.service.users_by_handles(&handles).await?;
        let with_token = |user: User| {
            let token = sign(&self.key, &user.handle, self.service.now());
            (user, token)
        };
        Ok(people.into_iter().map(with_token).collect())
    }

    /// Returns the identity of a request without a token.
    pub async fn anonymous(&self) -> Result<Identity> {
        match &self.viewer {
            None => Ok(Viewer::Anonymous.into()),
            Some(handle) => match self.service.viewer_by_handle(handle).await {
                // The user is banned.
                Err(Error::Unauthenticated) => Ok(Viewer::Anonymous.into()),
                viewer => Ok(viewer?.into()),
            },
        }
    }

    /// Returns the identity of a demo token. Fails with [`Error::Unauthenticated`] if it is invalid or
    /// expired.
    pub async fn identity(&self, token: &str) -> Result<Identity> {
        let claims: Claims = Token::parse(token)
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

/// Signs a token for the user with this handle. Every gateway in demo mode with the same secret accepts
/// it.
pub fn token(secret: &str, handle: &str, clock: &dyn Clock) -> String {
    sign(&key(secret.as_bytes()), handle, clock.now())
}

fn key(secret: &[u8]) -> SigningKey {
    SigningKey::Hs256(hmac::Key::new(hmac::HMAC_SHA256, secret))
}

fn sign(key: &SigningKey, handle: &str, now: Timestamp) -> String {
    let exp = (now + TOKEN_TTL).timestamp();
    let claims = json!({ "iss": ISSUER, "sub": handle, "exp": exp });
    key.sign(&claims).expect("an HMAC key can sign")
}
