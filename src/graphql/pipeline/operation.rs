//! The operation of a request, ready to be executed.

use std::sync::{Arc, OnceLock};

use apollo_compiler::{Name, executable::Operation};
use async_graphql::{Value, Variables, parser::types::ExecutableDocument};
use serde_json::value::RawValue;

use super::{
    cost::is_introspection,
    heap::{Heap, block, shared},
    lowering,
    normalization::{NormalField, NormalizationError, PossibleTypes, normalize},
    validation::ValidDocument,
};

/// An operation in its normal form.
#[derive(Debug)]
pub struct NormalOperation {
    /// The root fields, in the order of the response.
    pub fields: Vec<NormalField>,
    /// The root fields that resolvers answer, as async-graphql executes them. `None` if there are
    /// none.
    pub executable: Option<ExecutableDocument>,
    /// The answer of the fields about the schema, for an operation without variables.
    pub introspected: OnceLock<Arc<RawValue>>,
}

impl NormalOperation {
    /// Normalises an operation for the coerced values of its variables.
    pub fn new(
        types: &PossibleTypes,
        document: &ValidDocument,
        operation: &Operation,
        values: &Variables,
        max_selections: u64,
    ) -> Result<Self, NormalizationError> {
        let fields = normalize(types, &document.document, operation, values, max_selections)?;
        let resolved = || fields.iter().filter(|field| !is_meta(field));
        let executable = resolved().next().map(|_| lowering::lower(operation, resolved(), values));
        Ok(Self { fields, executable, introspected: OnceLock::new() })
    }

    /// Returns the memory of the operation in an `Arc`, with all that it owns now, in bytes. The nodes
    /// of its fields are the document's.
    pub fn bytes(&self) -> usize {
        let introspected = self.introspected.get().map_or(0, |json| shared(json.get().len()));
        shared(size_of::<Self>()) + self.fields.heap() + self.executable.heap() + introspected
    }

    /// Returns the root fields that are about the schema.
    pub fn introspection(&self) -> impl Iterator<Item = &NormalField> {
        self.fields.iter().filter(|field| is_introspection(&field.node))
    }
}

/// Returns true if no resolver answers the root field.
fn is_meta(field: &NormalField) -> bool {
    is_introspection(&field.node) || field.node.name == "__typename"
}

/// What the normal form of a document depends on: the operation, the values of the variables that
/// are conditions, and which of the others have a value.
#[derive(Debug, PartialEq, Eq)]
pub struct OperationKey {
    operation: Option<Name>,
    variables: Vec<VariableState>,
}

#[derive(Debug, PartialEq, Eq)]
enum VariableState {
    Absent,
    Given,
    Condition(bool),
}

impl Heap for OperationKey {
    fn heap(&self) -> usize {
        block(self.variables.capacity() * size_of::<VariableState>())
    }
}

impl OperationKey {
    pub fn new(document: &ValidDocument, operation: &Operation, values: &Variables) -> Self {
        let state = |name: &Name| match values.get(name.as_str()) {
            None => VariableState::Absent,
            Some(Value::Boolean(value)) if document.summary.conditions.contains(name) => {
                VariableState::Condition(*value)
            }
            Some(_) => VariableState::Given,
        };
        let variables = operation.variables.iter().map(|variable| state(&variable.name)).collect();
        Self { operation: operation.name.clone(), variables }
    }
}
