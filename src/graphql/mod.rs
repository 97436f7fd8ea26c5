//! The GraphQL schema over the service.
//!
//! [`Schema::prepare`] takes a request through the steps of `pipeline`, and [`Schema::execute`]
//! runs it. The resolvers in `types` contain no rules: they call the service, through the loaders
//! if many of them ask for the same kind of value.

mod context;
mod coop;
mod error_path;
mod loaders;
mod lookahead;
pub mod pipeline;
mod types;

use std::sync::Arc;

use async_graphql::{
    Request, Response, ServerError, ValidationMode, Value,
    parser::types::{ExecutableDocument, OperationDefinition, OperationType},
    to_value,
};
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};

use self::{
    context::{ContextPerEvent, RequestContext},
    pipeline::{
        admission::{Admission, EventAdmission},
        cache::{DocumentCache, DocumentKey, ValidatedDocument},
        errors,
        limits::{Cost, CostAnalyzer},
        persisted::PersistedQueries,
        variables::InputTypes,
    },
    types::ExecutableSchema,
};
pub use pipeline::{
    admission::MAX_EXECUTIONS, limits::DocumentLimits, persisted::TrustedDocuments,
};
pub use types::sdl;

use crate::{
    domain::{UnregisteredIdentity, Viewer},
    service::Service,
};

/// The schema and the pipeline in front of it. It serves any number of requests.
#[derive(Clone)]
pub struct Schema {
    /// Validates every document.
    strict: ExecutableSchema,
    /// Skips validation; for cached documents only.
    fast: ExecutableSchema,
    /// Validates every document, and gives each event of a subscription a context of its own.
    subscription_schema: ExecutableSchema,
    cost_analyzer: CostAnalyzer,
    input_types: Arc<InputTypes>,
    persisted_queries: PersistedQueries,
    document_cache: DocumentCache,
    /// The largest number of fields that a response may have.
    max_fields: u64,
    admission: Admission,
}

/// A request whose document is parsed and within the limits.
pub struct PreparedRequest {
    request: Request,
    /// The type of the operation that the request names, and `None` if the document has no such
    /// operation.
    pub operation: Option<OperationType>,
    /// The cost of the document, if the client asks for it.
    cost: Option<Cost>,
    /// The number of fields that the response may have, by which the request is admitted.
    fields: u64,
    /// The document and its key in the cache if it still has to be validated.
    unvalidated: Option<(DocumentKey, Arc<ValidatedDocument>)>,
}

impl PreparedRequest {
    /// Adds the identity of a viewer who may register.
    #[must_use]
    pub fn with_identity(mut self, identity: Option<&UnregisteredIdentity>) -> Self {
        if let Some(identity) = identity {
            self.request = self.request.data(identity.clone());
        }
        self
    }
}

/// Builds the schema for documents within these limits.
pub fn schema(limits: DocumentLimits) -> Schema {
    let sdl = sdl();
    Schema {
        strict: types::builder().finish(),
        fast: types::builder().validation_mode(ValidationMode::Fast).finish(),
        subscription_schema: types::builder().extension(ContextPerEvent).finish(),
        cost_analyzer: CostAnalyzer::new(limits, &sdl),
        input_types: Arc::new(InputTypes::new(&sdl)),
        persisted_queries: PersistedQueries::new(TrustedDocuments::default()),
        document_cache: DocumentCache::default(),
        max_fields: limits.nodes,
        admission: Admission::new(MAX_EXECUTIONS, limits.nodes),
    }
}

impl Schema {
    /// Sets the documents that the operator trusts.
    #[must_use]
    pub fn with_trusted_documents(self, trusted: TrustedDocuments) -> Self {
        Self { persisted_queries: PersistedQueries::new(trusted), ..self }
    }

    /// Sets how many operations are executed at once, if each is small.
    #[must_use]
    pub fn with_max_executions(self, max_executions: u32) -> Self {
        Self { admission: Admission::new(max_executions, self.max_fields), ..self }
    }

    /// Finds and parses a request's document, and checks its limits and its variables. Returns
    /// the response if the request is rejected.
    ///
    /// The extension `persistedQuery` names a document by its hash. If the extension
    /// `cost` is true, the response contains the document's cost.
    pub fn prepare(&self, mut request: Request) -> Result<PreparedRequest, Box<Response>> {
        let to_register =
            self.persisted_queries.resolve(&mut request).map_err(errors::unresolved_document)?;
        let key = (request.operation_name.clone(), request.query.clone());
        let (document, is_validated) = match self.document_cache.get(&key) {
            Some(document) => (document, true),
            None => {
                let parsed = self.cost_analyzer.parse(&request.query);
                let (document, tokens) = parsed.map_err(errors::rejected_document)?;
                (Arc::new(ValidatedDocument { document, tokens }), false)
            }
        };
        let cost = self.cost_analyzer.analyze(&document.document, &request.variables);
        let cost = cost.map_err(errors::rejected_document)?;
        let operation = operation(&document.document, request.operation_name.as_deref());
        if let Some(operation) = operation {
            if !is_validated {
                let checked = self.input_types.check_positions(&document.document, operation);
                checked.map_err(|error| {
                    errors::rejected_request(error, "GRAPHQL_VALIDATION_FAILED")
                })?;
            }
            let checked = self.input_types.check_values(operation, &request.variables);
            checked.map_err(|error| errors::rejected_request(error, "BAD_USER_INPUT"))?;
        }
        let operation = operation.map(|operation| operation.ty);
        if let Some(hash) = to_register {
            self.persisted_queries.register(hash, &request.query);
        }
        let wants_cost = request.extensions.get("cost") == Some(&Value::Boolean(true));
        request.set_parsed_query(document.document.clone());
        Ok(PreparedRequest {
            request,
            operation,
            fields: cost.nodes,
            cost: wants_cost.then_some(Cost { tokens: document.tokens, ..cost }),
            unvalidated: (!is_validated).then_some((key, document)),
        })
    }

    /// Executes a request on behalf of a viewer.
    ///
    /// Every error of the response has a code in `extensions.code` and a message that is safe for
    /// clients. If too many operations wait already, the response is the error SERVICE_UNAVAILABLE
    /// at once, and nothing is executed.
    pub async fn execute(
        &self,
        service: &Service,
        viewer: Viewer,
        prepared: PreparedRequest,
    ) -> Response {
        let _permit = match self.admission.admit(prepared.fields).await {
            Ok(permit) => permit,
            Err(error) => {
                let code = error.code();
                return *errors::rejected_request(ServerError::new(error.to_string(), None), code);
            }
        };
        let request = prepared.request.data(RequestContext::new(service, viewer));
        let schema = if prepared.unvalidated.is_some() { &self.strict } else { &self.fast };
        let mut response = errors::sanitized(schema.execute(request).await);
        if let Some((key, document)) = prepared.unvalidated.filter(|_| response.is_ok()) {
            self.document_cache.insert(key, document);
        }
        if let Some(cost) = prepared.cost.and_then(|cost| to_value(cost).ok()) {
            response.extensions.insert("cost".to_owned(), cost);
        }
        response
    }

    /// Returns the responses to a request: one for each event of a subscription, and exactly one
    /// for any other operation. Errors are as in [`Schema::execute`]. Drop the stream to cancel the
    /// operation.
    pub fn stream(
        &self,
        service: &Service,
        viewer: Viewer,
        prepared: PreparedRequest,
    ) -> BoxStream<'static, Response> {
        if prepared.operation == Some(OperationType::Subscription) {
            let admission =
                EventAdmission { admission: self.admission.clone(), fields: prepared.fields };
            let request = prepared.request.data(RequestContext::new(service, viewer));
            let request = request.data(admission);
            let responses = self.subscription_schema.execute_stream(request).boxed();
            return stream::unfold(responses, |mut responses| async {
                let response = responses.next().await?;
                Some((errors::sanitized(response), responses))
            })
            .boxed();
        }
        let (schema, service) = (self.clone(), service.clone());
        stream::once(async move { schema.execute(&service, viewer, prepared).await }).boxed()
    }
}

/// Returns the operation with this name or, without a name, the only operation of the document.
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
