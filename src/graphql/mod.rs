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
mod missing;
pub mod pipeline;
mod types;

use std::sync::Arc;

use async_graphql::{
    Data, Name, Request, Response, ServerError, ValidationMode, Value,
    indexmap::IndexMap,
    parser::types::{ExecutableDocument, OperationType},
    to_value,
};
use futures_util::{
    StreamExt,
    future::{Either, ready},
    stream::{self, BoxStream},
};
use serde_json::value::RawValue;

use self::{
    context::{ContextPerEvent, OBSOLETE, RequestContext},
    pipeline::{
        Pipeline, PreparedOperation,
        admission::{Admission, DocumentAdmission, EventAdmission, SubscriptionMemory},
        errors,
        heap::Heap,
        lowering,
    },
    types::ExecutableSchema,
};
pub use pipeline::{
    admission::MAX_EXECUTIONS, document_id::DocumentId, limits::DocumentLimits,
    manifest::TrustedDocuments, persisted::SignedIn,
};
pub use types::sdl;

use crate::{
    domain::{UnregisteredIdentity, Viewer},
    error::Error,
    service::Service,
};

/// The schema and the pipeline in front of it. It serves any number of requests.
#[derive(Clone)]
pub struct Schema {
    executable: ExecutableSchema,
    /// The same, with a context of its own for each event of a subscription.
    subscriptions: ExecutableSchema,
    pipeline: Pipeline,
    admission: Admission,
    documents: DocumentAdmission,
    subscription_memory: SubscriptionMemory,
}

/// What a [`Schema`] accepts.
#[derive(Debug, Clone)]
pub struct SchemaOptions {
    pub limits: DocumentLimits,
    /// Whether clients may read the schema by introspection.
    pub introspection: bool,
    pub trusted: TrustedDocuments,
    /// How many operations are executed at once, if each is small.
    pub max_executions: u32,
}

impl Default for SchemaOptions {
    fn default() -> Self {
        Self {
            limits: DocumentLimits::default(),
            introspection: true,
            trusted: TrustedDocuments::default(),
            max_executions: MAX_EXECUTIONS,
        }
    }
}

/// A request that passed every step before the execution.
pub struct PreparedRequest {
    prepared: PreparedOperation,
    data: Data,
    wants_cost: bool,
    /// The type of the operation that runs.
    pub operation: OperationType,
}

impl PreparedRequest {
    /// Adds the identity of a viewer who may register.
    #[must_use]
    pub fn with_identity(mut self, identity: Option<&UnregisteredIdentity>) -> Self {
        if let Some(identity) = identity {
            self.data.insert(identity.clone());
        }
        self
    }
}

/// Builds the schema.
pub fn schema(options: SchemaOptions) -> Schema {
    let SchemaOptions { limits, introspection, trusted, max_executions } = options;
    let validated = apollo_compiler::Schema::parse_and_validate(sdl(), "schema.graphql")
        .expect("the SDL of the types is valid");
    Schema {
        executable: types::builder().validation_mode(ValidationMode::Fast).finish(),
        subscriptions: types::builder()
            .validation_mode(ValidationMode::Fast)
            .extension(ContextPerEvent)
            .finish(),
        pipeline: Pipeline::new(validated, limits, introspection, trusted),
        admission: Admission::new(max_executions, limits.fields),
        documents: DocumentAdmission::default(),
        subscription_memory: SubscriptionMemory::default(),
    }
}

impl Schema {
    /// Takes a request through the pipeline. Returns the response if the request is rejected.
    ///
    /// A [`DocumentId`] in the request's data, or the extension `persistedQuery`, names a document in
    /// place of its text. If the extension `cost` is true, the response contains the operation's cost.
    pub fn prepare(&self, mut request: Request) -> Result<PreparedRequest, Box<Response>> {
        let prepared = self.pipeline.prepare(&mut request);
        let prepared = prepared.map_err(|error| errors::rejected(error, &request.query))?;
        Ok(PreparedRequest {
            operation: lowering::operation_type(&prepared.operation),
            prepared,
            data: request.data,
            wants_cost: request.extensions.get("cost") == Some(&Value::Boolean(true)),
        })
    }

    /// As [`Schema::prepare`], but reads a document that is not in the cache on another thread, when its
    /// turn comes. If too many new documents wait already, the response is the error
    /// SERVICE_UNAVAILABLE at once.
    ///
    /// The marker [`SignedIn`] in the request's data has a document registered that comes with its hash
    /// for the first time.
    pub fn prepare_in_turn(
        &self,
        request: Request,
    ) -> impl Future<Output = Result<PreparedRequest, Box<Response>>> + use<> {
        if self.pipeline.is_quick(&request) {
            return Either::Left(ready(self.prepare(request)));
        }
        let schema = self.clone();
        // Boxed, because the task of each socket would have room for it.
        Either::Right(Box::pin(async move {
            let bytes = request.query.len() + request.variables.heap();
            let documents = schema.documents.clone();
            let prepared = documents.read(bytes, move || schema.prepare(request)).await;
            prepared.unwrap_or_else(|error| Err(Box::new(errors::overloaded(&error))))
        }))
    }

    /// Returns the data of a request that selects nothing but the schema, as JSON that is made once
    /// for each document. Returns `None` for any other request.
    pub fn introspected(&self, request: &PreparedRequest) -> Option<Arc<RawValue>> {
        let PreparedRequest { prepared, wants_cost, .. } = request;
        if prepared.normal.executable.is_some() || *wants_cost {
            return None;
        }
        self.pipeline.introspect(prepared).ok()?
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
        request: PreparedRequest,
    ) -> Response {
        let PreparedRequest { prepared, data, wants_cost, .. } = request;
        let _permit = match self.admission.admit(prepared.cost.fields).await {
            Ok(permit) => permit,
            Err(error) => return errors::overloaded(&error),
        };
        let response = match &prepared.normal.executable {
            None => Response::new(Value::Object(IndexMap::new())),
            Some(document) => {
                let context = RequestContext::new(service, viewer);
                let request = executable_request(document, &prepared, data).data(context);
                self.executable.execute(request).await
            }
        };
        let response = self.with_meta_fields(&prepared, response);
        let mut response = errors::sanitized(response, prepared.text());
        if wants_cost && let Ok(cost) = to_value(prepared.cost) {
            response.extensions.insert("cost".to_owned(), cost);
        }
        response
    }

    /// Adds the root fields that no resolver answers to a response, in their order.
    fn with_meta_fields(&self, prepared: &PreparedOperation, mut response: Response) -> Response {
        let Value::Object(resolved) = &mut response.data else { return response };
        if resolved.len() == prepared.normal.fields.len() {
            return response;
        }
        let introspected = match self.pipeline.introspect(prepared) {
            Ok(json) => json.and_then(|json| serde_json::from_str(json.get()).ok()),
            Err(error) => return Response::from_errors(vec![internal(&error)]),
        };
        let mut introspected: IndexMap<Name, Value> = introspected.unwrap_or_default();
        let mut data = IndexMap::with_capacity(prepared.normal.fields.len());
        for field in &prepared.normal.fields {
            let key = Name::new(field.node.response_name());
            let value = if field.node.name == "__typename" {
                Some(Value::from(prepared.operation.object_type().as_str()))
            } else {
                resolved.swap_remove(&key).or_else(|| introspected.swap_remove(&key))
            };
            data.insert(key, value.unwrap_or_default());
        }
        response.data = Value::Object(data);
        response
    }

    /// Returns the responses to a request: one for each event of a subscription, and exactly one
    /// for any other operation. Errors are as in [`Schema::execute`]. Drop the stream to cancel the
    /// operation.
    pub fn stream(
        &self,
        service: &Service,
        viewer: Viewer,
        request: PreparedRequest,
    ) -> BoxStream<'static, Response> {
        if request.operation == OperationType::Subscription {
            let PreparedRequest { prepared, data, .. } = request;
            let Some(document) = &prepared.normal.executable else {
                return stream::empty().boxed();
            };
            // What it holds while it is open. Of its document, it keeps the text only.
            let text = Arc::clone(prepared.text());
            let bytes = text.len() + document.heap() + prepared.values.heap();
            let permit = match self.subscription_memory.admit(bytes) {
                Ok(permit) => permit,
                Err(error) => {
                    return stream::once(async move { errors::overloaded(&error) }).boxed();
                }
            };
            let admission = self.admission.clone();
            let admission = EventAdmission { admission, fields: prepared.cost.fields };
            let request = executable_request(document, &prepared, data)
                .data(admission)
                .data(RequestContext::new(service, viewer));
            let responses = self.subscriptions.execute_stream(request).boxed();
            let state = (responses, text, permit);
            return stream::unfold(state, |(mut responses, text, permit)| async {
                let mut response = responses.next().await?;
                while response.extensions.contains_key(OBSOLETE) {
                    response = responses.next().await?;
                }
                let response = errors::sanitized(response, &text);
                Some((response, (responses, text, permit)))
            })
            .boxed();
        }
        let (schema, service) = (self.clone(), service.clone());
        stream::once(async move { schema.execute(&service, viewer, request).await }).boxed()
    }
}

/// Returns the request that async-graphql executes for a prepared one.
fn executable_request(
    document: &ExecutableDocument,
    prepared: &PreparedOperation,
    data: Data,
) -> Request {
    let mut request = Request::new("").variables(prepared.values.clone());
    request.set_parsed_query(document.clone());
    request.data = data;
    request
}

fn internal(error: &Error) -> ServerError {
    async_graphql::Error::from(error.clone()).into_server_error(Default::default())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value as Json, json};

    use super::*;

    const INTROSPECTION: &str = "{ __schema { directives { name isRepeatable locations args { ...I } }
        types { kind name description specifiedByURL interfaces { name } possibleTypes { name }
          fields(includeDeprecated: true) {
            name description isDeprecated deprecationReason args { ...I } type { ...T }
          }
          inputFields { ...I } enumValues(includeDeprecated: true) { name description isDeprecated }
        } } }
        fragment I on __InputValue { name description defaultValue type { ...T } }
        fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

    /// Returns the members of a list of the schema by their names, without what the engines say
    /// about GraphQL's own types and directives.
    fn outline(schema: &Json, list: &str) -> BTreeMap<String, Json> {
        let members = schema["__schema"][list].as_array().expect("a list").iter().cloned();
        let members = members.map(|mut member| {
            for list in ["interfaces", "possibleTypes"] {
                // async-graphql says null for an interface without interfaces.
                if list == "interfaces" && member["kind"] == "INTERFACE" && member[list].is_null() {
                    member[list] = json!([]);
                }
                if let Some(names) = member[list].as_array_mut() {
                    names.sort_by_key(ToString::to_string);
                }
            }
            (member["name"].as_str().expect("a name").to_owned(), member)
        });
        let own = |name: &str| {
            name.starts_with("__")
                || ["Int", "Float", "String", "Boolean", "ID"].contains(&name)
                || ["skip", "include", "deprecated", "specifiedBy", "oneOf"].contains(&name)
        };
        members.filter(|(name, _)| !own(name)).collect()
    }

    #[tokio::test]
    async fn the_validated_and_the_executed_schema_are_the_same() {
        let schema = schema(SchemaOptions::default());
        let prepared = schema.prepare(Request::new(INTROSPECTION)).map_err(|it| it.errors).unwrap();
        let validated = schema.introspected(&prepared).expect("nothing but introspection");
        let validated: Json = serde_json::from_str(validated.get()).unwrap();
        let executed = types::builder().finish().execute(INTROSPECTION).await;
        let executed = serde_json::to_value(executed.data).unwrap();
        let types = outline(&validated, "types");
        assert!(types.len() > 30, "{types:?}");
        assert_eq!(types, outline(&executed, "types"));
        assert_eq!(outline(&validated, "directives"), outline(&executed, "directives"));
    }
}
