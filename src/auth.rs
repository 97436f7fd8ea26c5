//! Who asks: the viewer of a request.

use axum::{extract::{FromRef, FromRequestParts}, http::request::Parts};

use crate::{
    domain::Viewer,
    error::{Error, Result},
    service::Service,
};

/// Finds the viewer of a request. There is no identity provider yet: every request acts as one
/// configured user.
#[derive(Clone)]
pub struct Auth {
    service: Service,
    /// The handle of the user whom requests act as; none for anonymous requests.
    viewer: Option<String>,
}

impl Auth {
    pub fn new(service: Service, viewer: Option<String>) -> Self {
        Self { service, viewer }
    }

    pub async fn viewer(&self) -> Result<Viewer> {
        match &self.viewer {
            None => Ok(Viewer::Anonymous),
            Some(handle) => self.service.viewer_by_handle(handle).await,
        }
    }
}

impl<S> FromRequestParts<S> for Viewer
where
    Auth: FromRef<S>,
    S: Send + Sync,
{
    /// Each protocol has its own way to answer an error, so the handler decides on it.
    type Rejection = Error;

    async fn from_request_parts(_parts: &mut Parts, state: &S) -> Result<Self> {
        Auth::from_ref(state).viewer().await
    }
}
