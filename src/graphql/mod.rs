//! The GraphQL schema over the service.

use async_graphql::{ComplexObject, ID};

use crate::domain::{Activity, Notification, User};

#[ComplexObject]
impl User {
    async fn id(&self) -> ID {
        self.uuid.into()
    }
}

#[ComplexObject]
impl Activity {
    async fn id(&self) -> ID {
        self.uuid.into()
    }
}

#[ComplexObject]
impl Notification {
    async fn id(&self) -> ID {
        self.uuid.into()
    }
}

use async_graphql::{EmptySubscription, Object, Request, Response, Schema as AnySchema};

use crate::{domain::Viewer, service::Service};

pub type Schema = AnySchema<Query, Mutation, EmptySubscription>;

/// How large a document may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub depth: usize,
    pub complexity: usize,
}

pub struct Query;

#[Object]
impl Query {
    async fn handle(&self, ctx: &async_graphql::Context<'_>) -> async_graphql::Result<String> {
        let Viewer::Member(uuid) = *ctx.data::<Viewer>()? else { return Ok("nobody".into()) };
        let user = ctx.data::<Service>()?.user_by_uuid(uuid).await?;
        Ok(user.map(|user| user.handle).unwrap_or_default())
    }
}

pub struct Mutation;

#[Object]
impl Mutation {
    async fn nothing(&self) -> bool {
        true
    }
}

pub fn schema(limits: Limits) -> Schema {
    Schema::build(Query, Mutation, EmptySubscription)
        .limit_depth(limits.depth)
        .limit_complexity(limits.complexity)
        .finish()
}

pub fn sdl() -> String {
    schema(Limits { depth: 15, complexity: 1000 }).sdl()
}

pub async fn execute(
    schema: &Schema,
    service: &Service,
    viewer: Viewer,
    request: Request,
) -> Response {
    schema.execute(request.data(service.clone()).data(viewer)).await
}
