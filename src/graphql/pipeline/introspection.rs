//! Introspection, which is answered from the schema and without async-graphql.

use std::sync::Arc;

use apollo_compiler::{
    executable::Operation,
    introspection::{check_max_depth, partial_execute},
    response::{JsonMap, serde_json_bytes},
    schema::ExtendedType,
    validation::Valid,
};
use async_graphql::Variables;
use serde_json::value::RawValue;

use super::{
    limits::LimitExceeded,
    normalization::{NormalField, PossibleTypes},
    validation::ValidDocument,
};
use crate::error::Error;

/// The most fields of an introspection response. GraphiQL's query is counted as less than half.
const MAX_FIELDS: u64 = 30_000;

/// Why introspection is refused.
#[derive(Debug, Clone)]
pub enum IntrospectionError {
    /// The operator has turned introspection off.
    Off,
    /// The lists of the schema are nested too deeply.
    TooDeep,
    LimitExceeded(LimitExceeded),
}

/// The schema as introspection shows it.
#[derive(Debug, Clone)]
pub struct Introspection {
    types: PossibleTypes,
    is_on: bool,
    sizes: ListSizes,
}

impl Introspection {
    pub fn new(types: PossibleTypes, is_on: bool) -> Self {
        let sizes = ListSizes::of(&types);
        Self { types, is_on, sizes }
    }

    /// Fails if introspection is off, or its answer could be too large. `fields` are the root
    /// fields that are about the schema.
    pub fn check<'f>(
        &self,
        document: &ValidDocument,
        operation: &Operation,
        fields: impl Iterator<Item = &'f NormalField>,
    ) -> Result<(), IntrospectionError> {
        if !self.is_on {
            return Err(IntrospectionError::Off);
        }
        check_max_depth(&document.document, operation).map_err(|_| IntrospectionError::TooDeep)?;
        let total = fields.fold(0, |total: u64, field| {
            total.saturating_add(self.sizes.response_fields(field, Objects::AtMost(1)))
        });
        LimitExceeded::check("fields", total, MAX_FIELDS).map_err(IntrospectionError::LimitExceeded)
    }

    /// Returns the answer of the fields that are about the schema, as a JSON object that can
    /// contain `__typename` as well.
    pub fn execute(
        &self,
        document: &ValidDocument,
        operation: &Operation,
        values: &Variables,
    ) -> Result<Arc<RawValue>, Error> {
        let internal = |error: &dyn std::fmt::Display| {
            tracing::error!(%error, "introspection failed");
            Error::Internal
        };
        let values = serde_json_bytes::to_value(values).map_err(|error| internal(&error))?;
        let values = values.as_object().cloned().unwrap_or_else(JsonMap::new);
        let answer = partial_execute(
            &self.types.schema,
            &self.types.implementers,
            &document.document,
            operation,
            &Valid::assume_valid(values),
        )
        .map_err(|error| internal(&error.message()))?;
        if let Some(error) = answer.errors.first() {
            return Err(internal(&error.message));
        }
        let json =
            serde_json::value::to_raw_value(&answer.data).map_err(|error| internal(&error))?;
        Ok(Arc::from(json))
    }
}

/// The length of one of the lists that every type has, or every field.
#[derive(Debug, Clone, Copy, Default)]
struct ListSize {
    /// The lengths of all these lists together.
    total: u64,
    most: u64,
}

impl ListSize {
    fn add(&mut self, length: usize) {
        self.total += length as u64;
        self.most = self.most.max(length as u64);
    }
}

/// The lengths of the schema's lists.
#[derive(Debug, Clone, Copy, Default)]
struct ListSizes {
    types: u64,
    directives: u64,
    fields: ListSize,
    input_fields: ListSize,
    enum_values: ListSize,
    interfaces: ListSize,
    possible_types: ListSize,
    arguments: ListSize,
}

/// The objects that a field is selected of.
#[derive(Debug, Clone, Copy)]
enum Objects {
    /// All types of the schema, or all their fields, of whose lists the total is known.
    All(u64),
    /// At most this many others.
    AtMost(u64),
}

impl ListSizes {
    fn of(types: &PossibleTypes) -> Self {
        let schema = &types.schema;
        let mut sizes = Self {
            types: schema.types.len() as u64,
            directives: schema.directive_definitions.len() as u64,
            ..Self::default()
        };
        for definition in schema.directive_definitions.values() {
            sizes.arguments.add(definition.arguments.len());
        }
        for (name, definition) in &schema.types {
            match definition {
                ExtendedType::Object(object) => {
                    sizes.interfaces.add(object.implements_interfaces.len());
                    sizes.add_fields(object.fields.values().map(|field| field.arguments.len()));
                }
                ExtendedType::Interface(interface) => {
                    sizes.interfaces.add(interface.implements_interfaces.len());
                    sizes.possible_types.add(types.of(name).len());
                    sizes.add_fields(interface.fields.values().map(|field| field.arguments.len()));
                }
                ExtendedType::Union(union) => sizes.possible_types.add(union.members.len()),
                ExtendedType::Enum(definition) => sizes.enum_values.add(definition.values.len()),
                ExtendedType::InputObject(object) => sizes.input_fields.add(object.fields.len()),
                ExtendedType::Scalar(_) => {}
            }
        }
        sizes
    }

    /// Adds the fields of a type by their numbers of arguments.
    fn add_fields(&mut self, arguments: impl ExactSizeIterator<Item = usize>) {
        self.fields.add(arguments.len());
        arguments.for_each(|arguments| self.arguments.add(arguments));
    }

    /// Returns the most fields that a field and everything below it can add to the response.
    fn response_fields(&self, field: &NormalField, objects: Objects) -> u64 {
        let (Objects::All(count) | Objects::AtMost(count)) = objects;
        let below = match (self.list(&field.node.name), objects) {
            (None, _) => match field.node.name.as_str() {
                "types" => Objects::All(count.saturating_mul(self.types)),
                "directives" => Objects::AtMost(count.saturating_mul(self.directives)),
                _ => Objects::AtMost(count),
            },
            (Some(size), Objects::All(_)) if field.node.name == "fields" => {
                Objects::All(size.total)
            }
            (Some(size), Objects::All(_)) => Objects::AtMost(size.total),
            (Some(size), Objects::AtMost(_)) => Objects::AtMost(count.saturating_mul(size.most)),
        };
        let selected = field.selected.iter().flat_map(|selection| &selection.fields);
        selected
            .fold(count, |total, field| total.saturating_add(self.response_fields(field, below)))
    }

    /// Returns the length of the list with this name that types, fields or directives have.
    fn list(&self, name: &str) -> Option<ListSize> {
        match name {
            "fields" => Some(self.fields),
            "inputFields" => Some(self.input_fields),
            "enumValues" => Some(self.enum_values),
            "interfaces" => Some(self.interfaces),
            "possibleTypes" => Some(self.possible_types),
            "args" => Some(self.arguments),
            _ => None,
        }
    }
}
