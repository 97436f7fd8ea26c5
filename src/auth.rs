//! Who asks: the viewer of a request.

use crate::{
    domain::{Instant, Viewer},
    error::Result,
    service::Service,
};

/// Who asks, and until when that is vouched for.
#[derive(Debug, Clone, Copy)]
pub struct Identity {
    pub viewer: Viewer,
    /// None for ever.
    pub expires_at: Option<Instant>,
}

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

    /// Who asks with this bearer token, or without one.
    pub async fn identity(&self, _token: Option<&str>) -> Result<Identity> {
        Ok(Identity { viewer: self.viewer().await?, expires_at: None })
    }

    /// The viewer of a request.
    pub async fn viewer(&self) -> Result<Viewer> {
        match &self.viewer {
            None => Ok(Viewer::Anonymous),
            Some(handle) => self.service.viewer_by_handle(handle).await,
        }
    }
}
