//! What the resolvers of one request share.

use std::sync::{Arc, LazyLock};

use async_graphql::Context;
use uuid::Uuid;

use super::{
    connection::{Connection, connection},
    loaders::Loaders,
};
use crate::{
    domain::{Pagination, User, Viewer},
    error::{Error, Result},
    service::{Service, UserRelation},
};

/// Who asks, whom to ask, and what has been asked already.
pub struct Scope {
    pub service: Service,
    pub viewer: Viewer,
    /// Made at the first use: a subscription, which may wait for long, has none.
    pub loaders: LazyLock<Loaders, Box<dyn FnOnce() -> Loaders + Send>>,
}

/// The scope of the request, which [`super::Schema::execute`] gives to every one.
pub fn scope<'a>(ctx: &Context<'a>) -> &'a Scope {
    ctx.data_unchecked()
}

impl Scope {
    pub fn new(service: &Service, viewer: Viewer) -> Self {
        let reader = service.clone();
        let loaders = LazyLock::new(Box::new(move || Loaders::new(&reader, viewer)) as Box<_>);
        Self { service: service.clone(), viewer, loaders }
    }

    /// A user who has to be there, because something that is there hangs on them.
    pub async fn user(&self, uuid: Uuid) -> Result<Arc<User>> {
        self.loaders.users.load((), uuid).await?.ok_or_else(|| {
            tracing::error!(%uuid, "a user is gone whom something hangs on");
            Error::Internal
        })
    }

    pub async fn related_users(
        &self,
        relation: UserRelation,
        of: Uuid,
        page: Pagination,
    ) -> Result<Connection<Arc<User>>> {
        let users = self.loaders.user_pages.load((relation, page), of).await?;
        Ok(connection(Arc::unwrap_or_clone(users)))
    }
}

/// A count as GraphQL's `Int`, which has 32 bits.
pub fn int(count: i64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
