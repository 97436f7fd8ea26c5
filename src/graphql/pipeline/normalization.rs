//! The normal form of an operation: each field is there once, with everything that is selected
//! below it.
//!
//! It is `CollectFields` of the specification (GraphQL 6.3.2), applied before the execution:
//! `@skip` and `@include` are applied, fragments are expanded, and the selections of fields with
//! the same response key are merged. async-graphql does none of this reliably: it executes each
//! selection by itself.

use std::{collections::HashSet, sync::Arc};

use apollo_compiler::{
    ExecutableDocument, Name, Node, Schema,
    ast::{DirectiveList, Value as Literal},
    collections::IndexMap,
    executable::{Field, Operation, Selection, SelectionSet},
    schema::{ExtendedType, Implementers},
    validation::Valid,
};
use async_graphql::{Value, Variables};

use super::limits::LimitExceeded;

/// A field that is executed once.
#[derive(Debug)]
pub struct NormalField {
    /// The first selection of the field. The others differ in their selection sets at most.
    pub node: Node<Field>,
    /// What is selected below it. There is one entry for each object type that the field can return,
    /// or a single one without a name if the same is selected of all. Empty for a leaf.
    pub selected: Vec<TypeSelection>,
}

/// The fields that an object is asked for, in the order of the response.
#[derive(Debug)]
pub struct TypeSelection {
    /// The type of the object, `None` for every type that is possible here.
    pub type_name: Option<Name>,
    pub fields: Vec<NormalField>,
}

/// Why an operation has no normal form.
#[derive(Debug, Clone)]
pub enum NormalizationError {
    LimitExceeded(LimitExceeded),
    /// The variable with this name decides whether a selection is included, and is null.
    NullCondition(Name),
}

impl From<LimitExceeded> for NormalizationError {
    fn from(exceeded: LimitExceeded) -> Self {
        Self::LimitExceeded(exceeded)
    }
}

/// The types of a schema that a selection can be about.
#[derive(Debug, Clone)]
pub struct PossibleTypes {
    pub schema: Arc<Valid<Schema>>,
    pub implementers: Arc<apollo_compiler::collections::HashMap<Name, Implementers>>,
}

impl PossibleTypes {
    pub fn new(schema: Arc<Valid<Schema>>) -> Self {
        let implementers = Arc::new(schema.implementers_map());
        Self { schema, implementers }
    }

    /// Returns the object types that a value of this type can have.
    pub fn of(&self, type_name: &Name) -> Vec<&Name> {
        match self.schema.types.get(type_name) {
            Some(ExtendedType::Union(union)) => union.members.iter().map(|it| &**it).collect(),
            Some(ExtendedType::Interface(_)) => {
                let implementers = self.implementers.get(type_name);
                implementers.map(|it| it.objects.iter().collect()).unwrap_or_default()
            }
            Some(ExtendedType::Object(object)) => vec![&object.name],
            _ => Vec::new(),
        }
    }

    /// Returns true if a type itself defines all these fields, and not only its object types.
    fn define(&self, type_name: &Name, fields: &Merged) -> bool {
        fields
            .values()
            .flatten()
            .all(|field| self.schema.type_field(type_name, &field.name).is_ok())
    }

    /// Returns true if objects of a type match a type condition.
    fn matches(&self, object_type: &Name, condition: &Name) -> bool {
        object_type == condition || self.schema.is_subtype(condition, object_type)
    }
}

/// Returns the root fields of an operation in its normal form, for the coerced values of its
/// variables. Visits at most `max_selections` selections.
pub fn normalize(
    types: &PossibleTypes,
    document: &Valid<ExecutableDocument>,
    operation: &Operation,
    values: &Variables,
    max_selections: u64,
) -> Result<Vec<NormalField>, NormalizationError> {
    let mut normalizer = Normalizer { types, document, values, visited: 0, max_selections };
    normalizer.object(operation.object_type(), &[&operation.selection_set])
}

/// Fields with the same response key.
type Merged<'d> = IndexMap<&'d Name, Vec<&'d Node<Field>>>;

struct Normalizer<'d> {
    types: &'d PossibleTypes,
    document: &'d Valid<ExecutableDocument>,
    values: &'d Variables,
    /// The number of selections visited so far.
    visited: u64,
    max_selections: u64,
}

impl<'d> Normalizer<'d> {
    /// Returns what is selected of the objects of a type.
    fn selected(
        &mut self,
        type_name: &'d Name,
        sets: &[&'d SelectionSet],
    ) -> Result<Vec<TypeSelection>, NormalizationError> {
        let types = self.types.of(type_name);
        let mut by_type = Vec::with_capacity(types.len());
        for object_type in types {
            by_type.push((object_type, self.collect_all(object_type, sets)?));
        }
        let same = by_type.windows(2).all(|pair| is_same(&pair[0].1, &pair[1].1))
            && by_type.iter().all(|(_, merged)| self.types.define(type_name, merged));
        if same {
            by_type.truncate(1);
        }
        let mut selected = Vec::with_capacity(by_type.len());
        for (object_type, merged) in by_type {
            let type_name = (!same).then(|| object_type.clone());
            selected.push(TypeSelection { type_name, fields: self.fields(merged)? });
        }
        Ok(selected)
    }

    fn object(
        &mut self,
        object_type: &'d Name,
        sets: &[&'d SelectionSet],
    ) -> Result<Vec<NormalField>, NormalizationError> {
        let merged = self.collect_all(object_type, sets)?;
        self.fields(merged)
    }

    fn fields(&mut self, merged: Merged<'d>) -> Result<Vec<NormalField>, NormalizationError> {
        let mut fields = Vec::with_capacity(merged.len());
        for nodes in merged.into_values() {
            let Some(first) = nodes.first() else { continue };
            let sets: Vec<_> = nodes.iter().filter_map(|it| it.selection_set.as_ref()).collect();
            let selected = match sets.first() {
                Some(set) => self.selected(&set.ty, &sets)?,
                None => Vec::new(),
            };
            fields.push(NormalField { node: (*first).clone(), selected });
        }
        Ok(fields)
    }

    fn collect_all(
        &mut self,
        object_type: &Name,
        sets: &[&'d SelectionSet],
    ) -> Result<Merged<'d>, NormalizationError> {
        let mut merged = Merged::default();
        let mut spread = HashSet::new();
        for set in sets {
            self.collect(object_type, set, &mut spread, &mut merged)?;
        }
        Ok(merged)
    }

    fn collect(
        &mut self,
        object_type: &Name,
        set: &'d SelectionSet,
        spread: &mut HashSet<&'d Name>,
        merged: &mut Merged<'d>,
    ) -> Result<(), NormalizationError> {
        for selection in &set.selections {
            self.visited += 1;
            LimitExceeded::check("selections", self.visited, self.max_selections)?;
            if !self.is_included(selection.directives())? {
                continue;
            }
            match selection {
                Selection::Field(field) => {
                    merged.entry(field.response_name()).or_default().push(field);
                }
                Selection::InlineFragment(inline) => {
                    let condition = inline.type_condition.as_ref();
                    if condition.is_none_or(|it| self.types.matches(object_type, it)) {
                        self.collect(object_type, &inline.selection_set, spread, merged)?;
                    }
                }
                Selection::FragmentSpread(selection) => {
                    let Some(fragment) = self.document.fragments.get(&selection.fragment_name)
                    else {
                        continue;
                    };
                    if spread.insert(&fragment.name)
                        && self.types.matches(object_type, fragment.type_condition())
                    {
                        self.collect(object_type, &fragment.selection_set, spread, merged)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn is_included(&self, directives: &DirectiveList) -> Result<bool, NormalizationError> {
        for (name, included_if) in [("skip", false), ("include", true)] {
            if let Some(directive) = directives.get(name)
                && self.condition(directive.specified_argument_by_name("if"))? != included_if
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Returns the value of the argument `if`, which is a required Boolean.
    fn condition(&self, argument: Option<&Node<Literal>>) -> Result<bool, NormalizationError> {
        match argument.map(|value| &**value) {
            Some(Literal::Boolean(value)) => Ok(*value),
            Some(Literal::Variable(name)) => match self.values.get(name.as_str()) {
                Some(Value::Boolean(value)) => Ok(*value),
                _ => Err(NormalizationError::NullCondition(name.clone())),
            },
            _ => Ok(false),
        }
    }
}

/// Returns true if two objects are asked for the same.
fn is_same(left: &Merged, right: &Merged) -> bool {
    left.len() == right.len()
        && left.values().zip(right.values()).all(|(left, right)| {
            left.len() == right.len()
                && left.iter().zip(right).all(|(left, right)| left.ptr_eq(right))
        })
}
