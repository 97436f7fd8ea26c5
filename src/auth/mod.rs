//! Authentication: turns the bearer token of a request into its viewer.
//!
//! A gateway accepts either the tokens of an identity provider ([`Provider`]), or, in demo mode, those
//! that it signs itself ([`Demo`]), never both.

mod demo;
mod jws;
mod keys;
mod provider;

use std::sync::Arc;

use axum::http::HeaderMap;

pub use self::{
    demo::{Demo, token as demo_token},
    keys::KeySource,
    provider::{Audience, Issuer, Provider, ProviderConfig},
};
use crate::{
    domain::{Timestamp, UnregisteredIdentity, Viewer},
    error::Result,
    headers::bearer_token,
};

/// The authenticated sender of a request.
#[derive(Debug, Clone)]
pub struct Identity {
    pub viewer: Viewer,
    /// The identity of an unregistered viewer, who may register as a user. `None` for all others.
    pub unregistered: Option<UnregisteredIdentity>,
    /// When the token expires. `None` without a token.
    pub expires_at: Option<Timestamp>,
}

impl From<Viewer> for Identity {
    fn from(viewer: Viewer) -> Self {
        Self { viewer, unregistered: None, expires_at: None }
    }
}

/// Authenticates requests.
#[derive(Clone)]
pub struct Auth(Arc<Mode>);

enum Mode {
    Demo(Box<Demo>),
    Provider(Box<Provider>),
}

impl Auth {
    pub fn demo(demo: Demo) -> Self {
        Self(Arc::new(Mode::Demo(Box::new(demo))))
    }

    pub fn with_provider(provider: Provider) -> Self {
        Self(Arc::new(Mode::Provider(Box::new(provider))))
    }

    /// Returns the demo mode, or `None` if the gateway has an identity provider.
    pub fn as_demo(&self) -> Option<&Demo> {
        match &*self.0 {
            Mode::Demo(demo) => Some(demo),
            Mode::Provider(_) => None,
        }
    }

    /// Returns the identity of a bearer token, or of a request without one.
    ///
    /// Fails with [`Error::Unauthenticated`] if the token is invalid or expired, and with
    /// [`Error::Unavailable`] as long as no keys of the identity provider have been fetched. In demo
    /// mode, placeholders such as the `null` that the original frontends send count as no token.
    ///
    /// [`Error::Unauthenticated`]: crate::error::Error::Unauthenticated
    /// [`Error::Unavailable`]: crate::error::Error::Unavailable
    pub async fn identity(&self, token: Option<&str>) -> Result<Identity> {
        match (&*self.0, token) {
            (Mode::Demo(demo), None | Some("" | "null" | "undefined")) => demo.anonymous().await,
            (Mode::Demo(demo), Some(token)) => demo.identity(token).await,
            (Mode::Provider(_), None) => Ok(Viewer::Anonymous.into()),
            (Mode::Provider(provider), Some(token)) => provider.identity(token).await,
        }
    }

    /// Returns the identity of a request by its `Authorization` header. Fails as [`Auth::identity`]
    /// does. A header without a bearer token counts as an empty token.
    pub async fn from_headers(&self, headers: &HeaderMap) -> Result<Identity> {
        self.identity(bearer_token(headers)).await
    }
}

/// The result of the layer that authenticates every request. Handlers find it in the request's
/// extensions, and need not authenticate again.
#[derive(Clone)]
pub struct AuthResult(pub Result<Identity>);
