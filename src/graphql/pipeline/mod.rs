//! The steps from the text of a request to the operation that async-graphql executes.
//!
//! | step | file |
//! | --- | --- |
//! | resolve the id of a persisted document to its text | `document_id.rs`, `persisted.rs`, `manifest.rs` |
//! | parse and validate the text; valid documents that come again are cached | `validation.rs`, `syntax.rs`, `rules.rs`, `cache.rs`, `doorkeeper.rs`, `heap.rs` |
//! | coerce the values of the variables | `coercion.rs` |
//! | normalise the operation: one execution for each response key | `normalization.rs` |
//! | check its cost | `cost.rs`, `limits.rs` |
//! | answer introspection | `introspection.rs` |
//! | wait for the permit to execute it | `admission.rs` |
//! | lower it to async-graphql's document | `lowering.rs`, `operation.rs` |
//! | code the errors, and give them their places in the text | `errors.rs` |

pub mod admission;
pub mod cache;
pub mod coercion;
pub mod cost;
pub mod document_id;
pub mod doorkeeper;
pub mod errors;
pub mod heap;
pub mod introspection;
pub mod limits;
pub mod lowering;
pub mod manifest;
pub mod normalization;
pub mod operation;
pub mod persisted;
pub mod problem;
pub mod rules;
pub mod syntax;
pub mod validation;

use std::{any::TypeId, sync::Arc};

use apollo_compiler::{Node, Schema, executable::Operation, validation::Valid};
use async_graphql::{Request, Variables};
use serde_json::value::RawValue;

use self::{
    cache::{CachedDocument, DocumentCache},
    coercion::CoercionError,
    cost::Cost,
    introspection::{Introspection, IntrospectionError},
    limits::{DocumentLimits, LimitExceeded},
    manifest::TrustedDocuments,
    normalization::{NormalizationError, PossibleTypes},
    operation::{NormalOperation, OperationKey},
    persisted::{PersistedQueries, PersistedQueryError, Resolved, SignedIn},
    validation::{DocumentError, Validator},
};
use crate::error::Error;

/// Why a request is not executed.
#[derive(Debug, Clone)]
pub enum RequestError {
    Unresolved(PersistedQueryError),
    Document(DocumentError),
    /// The document has no operation with this name, or it has several and the request names none.
    NoOperation(Option<String>),
    Coercion(CoercionError),
    Normalization(NormalizationError),
    Introspection(IntrospectionError),
    LimitExceeded(LimitExceeded),
}

macro_rules! from {
    ($($error:ty => $variant:ident,)*) => {
        $(impl From<$error> for RequestError {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        })*
    };
}

from! {
    PersistedQueryError => Unresolved,
    DocumentError => Document,
    CoercionError => Coercion,
    NormalizationError => Normalization,
    IntrospectionError => Introspection,
    LimitExceeded => LimitExceeded,
}

/// The operation of a request that passed every step before the execution.
pub struct PreparedOperation {
    document: Arc<CachedDocument>,
    pub operation: Node<Operation>,
    pub normal: Arc<NormalOperation>,
    /// The coerced values of the variables.
    pub values: Variables,
    pub cost: Cost,
}

impl PreparedOperation {
    /// Returns the text that the client sent, or that its hash stands for.
    pub fn text(&self) -> &Arc<str> {
        &self.document.valid.text
    }
}

/// The pipeline for one schema.
#[derive(Debug, Clone)]
pub struct Pipeline {
    limits: DocumentLimits,
    types: PossibleTypes,
    validator: Validator,
    introspection: Introspection,
    persisted_queries: PersistedQueries,
    cache: DocumentCache,
}

impl Pipeline {
    pub fn new(
        schema: Valid<Schema>,
        limits: DocumentLimits,
        introspection: bool,
        trusted: TrustedDocuments,
    ) -> Self {
        let schema = Arc::new(schema);
        let types = PossibleTypes::new(Arc::clone(&schema));
        Self {
            limits,
            validator: Validator::new(schema, limits),
            introspection: Introspection::new(types.clone(), introspection),
            types,
            persisted_queries: PersistedQueries::new(trusted),
            cache: DocumentCache::default(),
        }
    }

    /// Returns true if a request needs no validation: its document is in the cache, or the gateway does
    /// not know its id.
    pub fn is_quick(&self, request: &Request) -> bool {
        if !request.query.is_empty() {
            return self.cache.contains(&request.query);
        }
        self.persisted_queries.text_of(request).is_none_or(|text| self.cache.contains(&text))
    }

    /// Takes a request through all steps before the execution. On return, `request.query` is the
    /// text of the document.
    pub fn prepare(&self, request: &mut Request) -> Result<PreparedOperation, RequestError> {
        let resolved = self.persisted_queries.resolve(request)?;
        let document = self.document(&request.query, resolved)?;
        let valid = &document.valid;
        let name = request.operation_name.as_deref();
        let operation = valid.document.operations.get(name);
        let operation =
            operation.map_err(|_| RequestError::NoOperation(name.map(ToOwned::to_owned)))?.clone();
        let values = coercion::coerce(&self.types.schema, &operation, &request.variables)?;
        let normal = self.normal(&document, &operation, &values)?;
        let cost = Cost {
            tokens: valid.tokens,
            aliases: valid.summary.aliases,
            directives: valid.summary.directives,
            ..Cost::of(&normal.fields, &values)
        };
        cost.check(&self.limits)?;
        if let Resolved::TextAndHash(hash) = resolved {
            let is_signed_in = request.data.contains_key(&TypeId::of::<SignedIn>());
            self.persisted_queries.register(hash, &valid.text, is_signed_in);
        }
        Ok(PreparedOperation { document, operation, normal, values, cost })
    }

    /// Returns the answer of the operation's fields about the schema, `None` if it has none.
    pub fn introspect(&self, prepared: &PreparedOperation) -> Result<Option<Arc<RawValue>>, Error> {
        let PreparedOperation { document, operation, normal, values, .. } = prepared;
        if normal.introspection().next().is_none() {
            return Ok(None);
        }
        if let Some(json) = normal.introspected.get() {
            return Ok(Some(Arc::clone(json)));
        }
        let json = self.introspection.execute(&document.valid, operation, values)?;
        if operation.variables.is_empty() {
            let json = Arc::clone(normal.introspected.get_or_init(|| json));
            self.cache.update(document);
            return Ok(Some(json));
        }
        Ok(Some(json))
    }

    fn document(
        &self,
        text: &str,
        resolved: Resolved,
    ) -> Result<Arc<CachedDocument>, DocumentError> {
        if let Some(document) = self.cache.get(text) {
            return Ok(document);
        }
        let document = Arc::new(CachedDocument::new(self.validator.validate(text)?));
        match resolved {
            // It came before, or the operator trusts it.
            Resolved::Id => self.cache.insert(&document),
            Resolved::Text | Resolved::TextAndHash(_) => self.cache.offer(&document),
        }
        Ok(document)
    }

    fn normal(
        &self,
        document: &Arc<CachedDocument>,
        operation: &Operation,
        values: &Variables,
    ) -> Result<Arc<NormalOperation>, RequestError> {
        let key = OperationKey::new(&document.valid, operation, values);
        if let Some(normal) = document.last(&key) {
            return Ok(normal);
        }
        let max_selections = self.limits.selections;
        let valid = &document.valid;
        let normal = NormalOperation::new(&self.types, valid, operation, values, max_selections)?;
        if normal.introspection().next().is_some() {
            self.introspection.check(valid, operation, normal.introspection())?;
        }
        let normal = Arc::new(normal);
        document.set_last(key, &normal);
        self.cache.update(document);
        Ok(normal)
    }
}
