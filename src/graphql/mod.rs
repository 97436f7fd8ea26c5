//! The GraphQL schema over the service.
//!
//! [`Schema::execute`] runs one request. Its resolvers hold no rule: they ask the service, through the
//! loaders where many ask for the same kind of thing.

mod activity;
mod connection;
mod errors;
pub mod guard;
mod id;
mod loaders;
mod message;
mod mutation;
mod notification;
mod priming;
mod query;
mod scope;
mod user;
mod viewer;

use std::sync::Arc;

use async_graphql::{
    EmptySubscription, Request, Response, SDLExportOptions,
    parser::types::{ExecutableDocument, OperationType},
};
use tokio::task::unconstrained;
use uuid::Uuid;

use self::{
    connection::{Connection, Edge},
    guard::Guard,
    mutation::Mutation,
    notification::Unread,
    query::{Query, SearchResult},
    scope::Scope,
};
pub use guard::Limits;

use crate::{
    domain::{Activity, Instant, Message, MessageGroup, Notification, User, Viewer},
    service::Service,
};

type Library = async_graphql::Schema<Query, Mutation, EmptySubscription>;

/// The schema, which serves any number of requests, and the guard before it.
#[derive(Clone)]
pub struct Schema {
    library: Library,
    guard: Guard,
}

/// A request whose document has been read and may be run.
pub struct Admitted {
    request: Request,
    /// What the operation is that the request names; none where it names none of the document.
    pub operation: Option<OperationType>,
}

/// The schema, for documents within these limits.
pub fn schema(limits: Limits) -> Schema {
    Schema { library: library(), guard: Guard::new(limits, &sdl()) }
}

fn library() -> Library {
    Library::build(Query, Mutation, EmptySubscription)
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
        .override_output_type_description::<Connection<Arc<MessageGroup>>>(
            "A page of conversations.",
        )
        .override_output_type_description::<Edge<Arc<MessageGroup>>>(
            "A conversation and its place in a list.",
        )
        .override_output_type_description::<Connection<Arc<Message>>>("A page of messages.")
        .override_output_type_description::<Edge<Arc<Message>>>(
            "A message and its place in its conversation.",
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
    library().sdl_with_options(options)
}

impl Schema {
    /// Reads a request's document, unless it asks for more than is allowed.
    pub fn admit(&self, mut request: Request) -> Result<Admitted, Box<Response>> {
        match self.guard.admit(&request.query, &request.variables) {
            Err(refusal) => Err(Box::new(errors::refused(refusal))),
            Ok((document, _)) => {
                let operation = operation(&document, request.operation_name.as_deref());
                request.set_parsed_query(document);
                Ok(Admitted { request, operation })
            }
        }
    }

    /// Runs one request in the name of a viewer.
    ///
    /// Every error of the response has a code in `extensions.code` and a text that is safe for
    /// clients.
    pub async fn execute(&self, service: &Service, viewer: Viewer, admitted: Admitted) -> Response {
        let request = admitted.request.data(Scope::new(service, viewer));
        // Cooperative scheduling would stop the fields every hundred or so looks into a loader, and
        // so tear apart what is fetched together.
        errors::finished(unconstrained(self.library.execute(request)).await)
    }
}

/// What the operation with this name is; that of the only operation where no name is given.
fn operation(document: &ExecutableDocument, name: Option<&str>) -> Option<OperationType> {
    let mut operations = document.operations.iter();
    let found = match name {
        Some(name) => operations.find(|(of, _)| of.is_some_and(|of| of.as_str() == name)),
        None => operations.next().filter(|_| operations.next().is_none()),
    };
    found.map(|(_, operation)| operation.node.ty)
}
