//! The GraphQL schema over the service.
//!
//! [`Schema::execute`] runs one request. Its resolvers hold no rule: they ask the service, through the
//! loaders where many ask for the same kind of thing.

mod activity;
mod connection;
mod documents;
mod errors;
pub mod guard;
mod id;
mod known;
mod loaders;
mod message;
mod mutation;
mod notification;
mod priming;
mod query;
mod scope;
mod subscription;
mod user;
mod variables;
mod viewer;

use std::sync::Arc;

use async_graphql::{
    Request, Response, SDLExportOptions, SchemaBuilder, ValidationMode, Value,
    parser::types::{ExecutableDocument, OperationDefinition, OperationType},
    to_value,
};
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use tokio::task::unconstrained;
use uuid::Uuid;

use self::{
    connection::{Connection, Edge},
    documents::Documents,
    guard::{Cost, Guard},
    known::{Key, Known, KnownDocuments},
    mutation::Mutation,
    notification::Unread,
    query::{Query, SearchResult},
    scope::Scope,
    subscription::{FreshScope, Live},
    variables::Signatures,
};
pub use documents::Trusted;
pub use guard::Limits;

use crate::{
    domain::{
        Activity, Message, MessageGroup, Notification, Timestamp, UnregisteredIdentity, User,
        Viewer,
    },
    service::Service,
};

type Library = async_graphql::Schema<Query, Mutation, Live>;

/// The schema, which serves any number of requests, and what stands before it.
#[derive(Clone)]
pub struct Schema {
    library: Library,
    /// For documents that the library has found valid: this one looks at their shape no more.
    fast: Library,
    /// For subscriptions, whose every event has a scope of its own.
    live: Library,
    guard: Guard,
    signatures: Arc<Signatures>,
    documents: Documents,
    known: KnownDocuments,
}

/// A request whose document has been read and may be run.
pub struct Admitted {
    request: Request,
    /// What the operation is that the request names; none where it names none of the document.
    pub operation: Option<OperationType>,
    /// What the document asks for, where the client wants to know.
    cost: Option<Cost>,
    /// The document and where to keep it once it has proved valid; none where it has already.
    new: Option<(Key, Arc<Known>)>,
}

impl Admitted {
    /// Sent by somebody who may become a user.
    #[must_use]
    pub fn by(mut self, newcomer: Option<&UnregisteredIdentity>) -> Self {
        if let Some(newcomer) = newcomer {
            self.request = self.request.data(newcomer.clone());
        }
        self
    }
}

/// The schema, for documents within these limits.
pub fn schema(limits: Limits) -> Schema {
    let sdl = sdl();
    Schema {
        library: library().finish(),
        fast: library().validation_mode(ValidationMode::Fast).finish(),
        live: library().extension(FreshScope).finish(),
        guard: Guard::new(limits, &sdl),
        signatures: Arc::new(Signatures::new(&sdl)),
        documents: Documents::new(Trusted::default()),
        known: KnownDocuments::default(),
    }
}

fn library() -> SchemaBuilder<Query, Mutation, Live> {
    Library::build(Query, Mutation, Live)
        .override_output_type_description::<Timestamp>(
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
}

/// The schema in GraphQL's own language.
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .include_specified_by()
        .prefer_single_line_descriptions()
        .use_space_ident();
    library().finish().sdl_with_options(options)
}

impl Schema {
    /// The schema for a gateway whose operator trusts these documents.
    #[must_use]
    pub fn trusting(self, trusted: Trusted) -> Self {
        Self { documents: Documents::new(trusted), ..self }
    }

    /// Finds and reads a request's document, unless it asks for more than is allowed or the
    /// variables do not fit it.
    ///
    /// The extension `persistedQuery` names a document by its hash; with `cost: true` the response
    /// says what the document asks for.
    pub fn admit(&self, mut request: Request) -> Result<Admitted, Box<Response>> {
        let sent = self.documents.complete(&mut request).map_err(errors::unknown)?;
        let key = (request.operation_name.clone(), request.query.clone());
        let (known, is_new) = match self.known.find(&key) {
            Some(known) => (known, false),
            None => {
                let (document, tokens) =
                    self.guard.read(&request.query).map_err(errors::refused)?;
                (Arc::new(Known { document, tokens }), true)
            }
        };
        let cost =
            self.guard.admit(&known.document, &request.variables).map_err(errors::refused)?;
        let mut ty = None;
        if let Some(operation) = operation(&known.document, request.operation_name.as_deref()) {
            ty = Some(operation.ty);
            if is_new {
                let usages = self.signatures.check_usages(&known.document, operation);
                usages.map_err(|error| errors::request(error, "GRAPHQL_VALIDATION_FAILED"))?;
            }
            let values = self.signatures.check_values(operation, &request.variables);
            values.map_err(|error| errors::request(error, "BAD_USER_INPUT"))?;
        }
        if let Some(hash) = sent {
            self.documents.keep(hash, &request.query);
        }
        let asked = request.extensions.get("cost") == Some(&Value::Boolean(true));
        request.set_parsed_query(known.document.clone());
        Ok(Admitted {
            request,
            operation: ty,
            cost: asked.then_some(Cost { tokens: known.tokens, ..cost }),
            new: is_new.then_some((key, known)),
        })
    }

    /// Runs one request in the name of a viewer.
    ///
    /// Every error of the response has a code in `extensions.code` and a text that is safe for
    /// clients.
    pub async fn execute(&self, service: &Service, viewer: Viewer, admitted: Admitted) -> Response {
        let request = admitted.request.data(Scope::new(service, viewer));
        let library = if admitted.new.is_some() { &self.library } else { &self.fast };
        // Cooperative scheduling would stop the fields every hundred or so looks into a loader, and
        // so tear apart what is fetched together.
        let mut response = errors::finished(unconstrained(library.execute(request)).await);
        if let Some((key, known)) = admitted.new.filter(|_| response.is_ok()) {
            self.known.keep(key, known);
        }
        if let Some(cost) = admitted.cost.and_then(|cost| to_value(cost).ok()) {
            response.extensions.insert("cost".to_owned(), cost);
        }
        response
    }

    /// The responses to one request: those of a subscription as they come, and one to anything
    /// else. Errors are as in [`Schema::execute`]. Dropped, it stops.
    pub fn stream(
        &self,
        service: &Service,
        viewer: Viewer,
        admitted: Admitted,
    ) -> BoxStream<'static, Response> {
        if admitted.operation == Some(OperationType::Subscription) {
            let request = admitted.request.data(Scope::new(service, viewer));
            let responses = self.live.execute_stream(request).boxed();
            return stream::unfold(responses, |mut responses| async {
                // As in `execute`.
                let response = unconstrained(responses.next()).await?;
                Some((errors::finished(response), responses))
            })
            .boxed();
        }
        let (schema, service) = (self.clone(), service.clone());
        stream::once(async move { schema.execute(&service, viewer, admitted).await }).boxed()
    }
}

/// The operation with this name; the only operation where no name is given.
fn operation<'d>(
    document: &'d ExecutableDocument,
    name: Option<&str>,
) -> Option<&'d OperationDefinition> {
    let mut operations = document.operations.iter();
    let found = match name {
        Some(name) => operations.find(|(of, _)| of.is_some_and(|of| of.as_str() == name)),
        None => operations.next().filter(|_| operations.next().is_none()),
    };
    found.map(|(_, operation)| &operation.node)
}
