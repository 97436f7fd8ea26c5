//! The document that async-graphql executes, made from the normal form of an operation.

use apollo_compiler::{
    ast::{OperationType, Type as ApolloType, Value as Literal},
    executable::Operation,
};
use async_graphql::{
    Name, Pos, Positioned, Variables,
    parser::types::{
        self as lowered, DocumentOperations, ExecutableDocument, InlineFragment,
        OperationDefinition, SelectionSet, Type, TypeCondition, VariableDefinition,
    },
};
use async_graphql_value::Value;

use super::{
    coercion, errors,
    normalization::{NormalField, TypeSelection},
};

/// Converts the root fields of an operation into a document. An argument or input field whose
/// variable has no value is left out, so that its own default applies.
///
/// The positions are offsets in the text that the client sent: [`errors::sanitized`] replaces those
/// of a response by lines and columns.
pub fn lower<'f>(
    operation: &Operation,
    fields: impl Iterator<Item = &'f NormalField>,
    values: &Variables,
) -> ExecutableDocument {
    let lowering = Lowering { values };
    let items = fields.map(|field| lowering.field(field)).collect();
    let variables = operation.variables.iter();
    let variables = variables.map(|variable| {
        let definition = VariableDefinition {
            name: unplaced(Name::new(&variable.name)),
            var_type: unplaced(convert_type(&variable.ty)),
            directives: Vec::new(),
            // The values have the defaults put in.
            default_value: None,
        };
        unplaced(definition)
    });
    let definition = OperationDefinition {
        ty: operation_type(operation),
        variable_definitions: variables.collect(),
        directives: Vec::new(),
        selection_set: unplaced(SelectionSet { items }),
    };
    ExecutableDocument {
        operations: DocumentOperations::Single(unplaced(definition)),
        fragments: Default::default(),
    }
}

/// Returns the type of an operation in async-graphql's terms.
pub fn operation_type(operation: &Operation) -> lowered::OperationType {
    match operation.operation_type {
        OperationType::Query => lowered::OperationType::Query,
        OperationType::Mutation => lowered::OperationType::Mutation,
        OperationType::Subscription => lowered::OperationType::Subscription,
    }
}

struct Lowering<'v> {
    values: &'v Variables,
}

impl Lowering<'_> {
    fn field(&self, field: &NormalField) -> Positioned<lowered::Selection> {
        let node = &field.node;
        let pos = at(node.location().map(|location| location.offset()));
        let arguments = node.arguments.iter().filter_map(|argument| {
            let value = self.value(&argument.value)?;
            let pos = at(argument.value.location().map(|location| location.offset()));
            Some((Positioned::new(Name::new(&argument.name), pos), Positioned::new(value, pos)))
        });
        let lowered = lowered::Field {
            alias: node.alias.as_ref().map(|alias| Positioned::new(Name::new(alias), pos)),
            name: Positioned::new(Name::new(&node.name), pos),
            arguments: arguments.collect(),
            directives: Vec::new(),
            selection_set: Positioned::new(self.selection_set(&field.selected, pos), pos),
        };
        Positioned::new(lowered::Selection::Field(Positioned::new(lowered, pos)), pos)
    }

    fn selection_set(&self, selected: &[TypeSelection], pos: Pos) -> SelectionSet {
        let mut items = Vec::new();
        for TypeSelection { type_name, fields } in selected {
            let fields = fields.iter().map(|field| self.field(field));
            let Some(type_name) = type_name else {
                items.extend(fields);
                continue;
            };
            let on = Positioned::new(Name::new(type_name), pos);
            let inline = InlineFragment {
                type_condition: Some(Positioned::new(TypeCondition { on }, pos)),
                directives: Vec::new(),
                selection_set: Positioned::new(SelectionSet { items: fields.collect() }, pos),
            };
            let inline = lowered::Selection::InlineFragment(Positioned::new(inline, pos));
            items.push(Positioned::new(inline, pos));
        }
        SelectionSet { items }
    }

    /// Converts a value. Returns `None` for a variable without a value.
    fn value(&self, literal: &Literal) -> Option<Value> {
        Some(match literal {
            Literal::Null => Value::Null,
            Literal::Variable(name) => {
                let name = Name::new(name);
                self.values.contains_key(&name).then_some(Value::Variable(name))?
            }
            Literal::Enum(name) => Value::Enum(Name::new(name)),
            Literal::String(text) => Value::String(text.clone()),
            Literal::Boolean(value) => Value::Boolean(*value),
            Literal::Int(int) => coercion::integer_literal(int.as_str()).into_value(),
            Literal::Float(float) => coercion::float_literal(float.as_str()).into_value(),
            // A list keeps its length.
            Literal::List(items) => Value::List(
                items.iter().map(|item| self.value(item).unwrap_or(Value::Null)).collect(),
            ),
            Literal::Object(fields) => {
                let fields = fields.iter();
                let fields =
                    fields.filter_map(|(name, value)| Some((Name::new(name), self.value(value)?)));
                Value::Object(fields.collect())
            }
        })
    }
}

fn convert_type(ty: &ApolloType) -> Type {
    use async_graphql::parser::types::BaseType;

    let (base, nullable) = match ty {
        ApolloType::Named(name) => (BaseType::Named(Name::new(name)), true),
        ApolloType::NonNullNamed(name) => (BaseType::Named(Name::new(name)), false),
        ApolloType::List(item) => (BaseType::List(Box::new(convert_type(item))), true),
        ApolloType::NonNullList(item) => (BaseType::List(Box::new(convert_type(item))), false),
    };
    Type { base, nullable }
}

fn at(offset: Option<usize>) -> Pos {
    errors::at_offset(offset.unwrap_or_default())
}

fn unplaced<T>(node: T) -> Positioned<T> {
    Positioned::new(node, Pos::default())
}
