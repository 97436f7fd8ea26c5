//! The GraphQL schema over the service.
//!
//! [`execute`] runs one request. Its resolvers hold no rule: they ask the service, through the
//! loaders where many ask for the same kind of thing.

mod activity;
mod connection;
mod errors;
mod id;
mod loaders;
mod mutation;
mod notification;
mod priming;
mod query;
mod scope;
mod user;
mod viewer;

use std::sync::Arc;

use async_graphql::{EmptySubscription, Request, Response, SDLExportOptions};
use tokio::task::unconstrained;
use uuid::Uuid;

use self::{
    connection::{Connection, Edge},
    mutation::Mutation,
    notification::Unread,
    query::{Query, SearchResult},
    scope::Scope,
};
use crate::{
    domain::{Activity, Instant, Notification, User, Viewer},
    service::Service,
};

pub type Schema = async_graphql::Schema<Query, Mutation, EmptySubscription>;

/// How much one document may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How deep fields may lie in fields. Introspection, which counts as well, takes tools 15.
    pub depth: usize,
    /// How many fields a document may select, those below a connection counted as often as it may
    /// have nodes.
    pub complexity: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 15, complexity: 10_000 }
    }
}

/// The schema, which serves any number of requests.
pub fn schema(limits: Limits) -> Schema {
    Schema::build(Query, Mutation, EmptySubscription)
        .limit_depth(limits.depth)
        .limit_complexity(limits.complexity)
        .override_output_type_description::<Instant>(
            "An instant as RFC 3339 writes it, in UTC: `2026-01-31T09:30:00.123456+00:00`. At most \
             six digits follow the second.",
        )
        .override_output_type_description::<Uuid>(
            "A UUID as RFC 9562 writes it, in lower case: `68f126b0-1ceb-4a33-88be-d90fa7109eee`.",
        )
        .override_output_type_description::<Connection<Arc<Activity>>>("A page of activities.")
        .override_output_type_description::<Edge<Arc<Activity>>>(
            "An activity and its place in a list.",
        )
        .override_output_type_description::<Connection<Arc<User>>>("A page of users.")
        .override_output_type_description::<Edge<Arc<User>>>("A user and their place in a list.")
        .override_output_type_description::<Connection<Arc<Notification>, Unread>>(
            "A page of notifications.",
        )
        .override_output_type_description::<Edge<Arc<Notification>>>(
            "A notification and its place in a list.",
        )
        .override_output_type_description::<Connection<SearchResult>>(
            "A page of what a search found.",
        )
        .override_output_type_description::<Edge<SearchResult>>(
            "Something that a search found and its place in the list.",
        )
        .finish()
}

/// The schema in GraphQL's own language.
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .include_specified_by()
        .prefer_single_line_descriptions()
        .use_space_ident();
    schema(Limits::default()).sdl_with_options(options)
}

/// Runs one request in the name of a viewer.
///
/// Every error of the response has a code in `extensions.code` and a text that is safe for clients.
pub async fn execute(
    schema: &Schema,
    service: &Service,
    viewer: Viewer,
    mut request: Request,
) -> Response {
    if let Err(error) = request.parsed_query() {
        return errors::not_parsed(error);
    }
    let request = request.data(Scope::new(service, viewer));
    // Cooperative scheduling would stop the fields every hundred or so looks into a loader, and so
    // tear apart what is fetched together.
    errors::finished(unconstrained(schema.execute(request)).await)
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
