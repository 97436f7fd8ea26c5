//! The context that the resolvers of one request share.

use std::sync::{Arc, LazyLock};

use async_graphql::{
    Context, Data, Response, Value,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute},
};
use async_trait::async_trait;
use uuid::Uuid;

use super::{
    coop::CoopBudget, loaders::Loaders, missing::MissingUsers, pipeline::admission::EventAdmission,
};
use crate::{
    domain::{User, Viewer},
    error::{Error, Result},
    service::Service,
};

/// Per-request context: viewer, service and loaders.
pub struct RequestContext {
    pub service: Service,
    pub viewer: Viewer,
    /// Makes a long execution give way. The loaders share it.
    pub coop: Arc<CoopBudget>,
    /// The users that the loaders have not found.
    pub missing: Arc<MissingUsers>,
    /// Created at the first use: a subscription that waits for its next event needs none.
    pub loaders: LazyLock<Loaders, Box<dyn FnOnce() -> Loaders + Send>>,
}

/// Gives resolvers the context of their request.
pub trait ContextExt<'a> {
    fn request(&self) -> &'a RequestContext;
}

impl<'a> ContextExt<'a> for Context<'a> {
    fn request(&self) -> &'a RequestContext {
        self.data_unchecked()
    }
}

impl RequestContext {
    pub fn new(service: &Service, viewer: Viewer) -> Self {
        let coop = Arc::<CoopBudget>::default();
        let missing = Arc::<MissingUsers>::default();
        let for_loaders = (service.clone(), coop.clone(), missing.clone());
        let loaders = LazyLock::new(Box::new(move || {
            let (service, coop, missing) = for_loaders;
            Loaders::new(&service, viewer, &coop, &missing)
        }) as Box<_>);
        Self { service: service.clone(), viewer, coop, missing, loaders }
    }

    /// Returns a user that another row references, for the current field.
    ///
    /// [`Error::Unauthenticated`] if it is the viewer and they are banned or erased,
    /// [`Error::Internal`] if there is no such user. Lists leave out objects of missing users, so that
    /// their fields are not resolved.
    pub async fn user(&self, ctx: &Context<'_>, uuid: Uuid) -> Result<Arc<User>> {
        let user = self.loaders.users.load(ctx, uuid).await?;
        if user.is_none() && self.viewer.user() == Some(uuid) {
            return Err(Error::Unauthenticated);
        }
        user.ok_or_else(|| {
            tracing::warn!(%uuid, "a user is gone whose object is being read");
            Error::Internal
        })
    }
}

/// The extension of a response to an event whose author is gone, which no client gets.
pub const OBSOLETE: &str = "obsolete";

/// Gives each event of a subscription a [`RequestContext`] of its own, so that its resolvers read
/// the store as it is at the event and not what the loaders fetched for an earlier one. An event
/// waits for its [`EventAdmission`]; a subscription that waits for its next event takes no permit.
pub struct ContextPerEvent;

impl ExtensionFactory for ContextPerEvent {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait]
impl Extension for ContextPerEvent {
    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let RequestContext { service, viewer, .. } = ctx.data_unchecked();
        let _permit = match ctx.data_opt::<EventAdmission>() {
            Some(admission) => Some(admission.admit().await),
            None => None,
        };
        let mut data = Data::default();
        let context = RequestContext::new(service, *viewer);
        let missing = context.missing.clone();
        data.insert(context);
        let mut response = next.run_with_data(ctx, operation_name, data).await;
        if !response.errors.is_empty() && !missing.is_empty() {
            response.extensions.insert(OBSOLETE.to_owned(), Value::Null);
        }
        response
    }
}

/// Converts a count to GraphQL's `Int`, which has 32 bits. Larger counts become the largest `Int`.
pub fn int(count: i64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
