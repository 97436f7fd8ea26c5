//! Who asks: a bearer token becomes the viewer of a request.
//!
//! Either an identity provider vouches for tokens ([`Provider`]), or the gateway is in demo mode and
//! vouches for tokens of its own ([`Demo`]). One gateway never takes both.

mod demo;
mod jws;
mod keys;
mod provider;

use std::sync::Arc;

use axum::http::{HeaderMap, header};

pub use self::{
    demo::{Demo, token as demo_token},
    keys::KeySource,
    provider::{Audience, Provider, Trust},
};
use crate::{
    domain::{Timestamp, UnregisteredIdentity, Viewer},
    error::Result,
};

/// Who asks, and until when that is vouched for.
#[derive(Debug, Clone)]
pub struct Identity {
    pub viewer: Viewer,
    /// Who may become a user: a stranger for whom the identity provider vouches.
    pub newcomer: Option<UnregisteredIdentity>,
    /// None for ever.
    pub expires_at: Option<Timestamp>,
}

impl From<Viewer> for Identity {
    fn from(viewer: Viewer) -> Self {
        Self { viewer, newcomer: None, expires_at: None }
    }
}

/// Finds the viewer of a request.
#[derive(Clone)]
pub struct Auth(Arc<By>);

enum By {
    Demo(Box<Demo>),
    Provider(Box<Provider>),
}

impl Auth {
    pub fn demo(demo: Demo) -> Self {
        Self(Arc::new(By::Demo(Box::new(demo))))
    }

    pub fn provided(provider: Provider) -> Self {
        Self(Arc::new(By::Provider(Box::new(provider))))
    }

    /// The demo mode; none where an identity provider vouches for tokens.
    pub fn as_demo(&self) -> Option<&Demo> {
        match &*self.0 {
            By::Demo(demo) => Some(demo),
            By::Provider(_) => None,
        }
    }

    /// Who asks with this bearer token, or without one.
    ///
    /// [`Error::Unauthenticated`] for a token that nobody vouches for, [`Error::Unavailable`] while
    /// the identity provider's keys are not known. What is no token at all, such as the `null` that
    /// the original frontends send, counts as none in demo mode.
    ///
    /// [`Error::Unauthenticated`]: crate::error::Error::Unauthenticated
    /// [`Error::Unavailable`]: crate::error::Error::Unavailable
    pub async fn identity(&self, token: Option<&str>) -> Result<Identity> {
        match (&*self.0, token) {
            (By::Demo(demo), None | Some("" | "null" | "undefined")) => demo.anybody().await,
            (By::Demo(demo), Some(token)) => demo.identity(token).await,
            (By::Provider(_), None) => Ok(Viewer::Anonymous.into()),
            (By::Provider(provider), Some(token)) => provider.identity(token).await,
        }
    }

    /// Who asks, by the `Authorization` header of a request. As [`Auth::identity`]; a header that
    /// holds no bearer token is as one that holds an empty one.
    pub async fn of(&self, headers: &HeaderMap) -> Result<Identity> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let token = match (values.next(), values.next()) {
            (None, _) => return self.identity(None).await,
            (Some(value), None) => value.to_str().ok().and_then(bearer).unwrap_or_default(),
            // Which of them would be meant?
            (Some(_), Some(_)) => "",
        };
        self.identity(Some(token)).await
    }
}

/// The token of a header `Bearer TOKEN`.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// What the layer that looks at every request's token found: the handlers behind it need not look
/// again.
#[derive(Clone)]
pub struct Identified(pub Result<Identity>);
