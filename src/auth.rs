//! Who asks: the viewer of a request.

use crate::{domain::Viewer, error::Result, service::Service};

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

    /// The viewer of a request.
    pub async fn viewer(&self) -> Result<Viewer> {
        match &self.viewer {
            None => Ok(Viewer::Anonymous),
            Some(handle) => self.service.viewer_by_handle(handle).await,
        }
    }
}
