//! The values of a request's variables, checked against the types in the variables' definitions.
//!
//! async-graphql checks in which positions variables are used when it validates a document
//! (`VariableInAllowedPosition`). It does not check the values of a document that is already
//! validated, and every request brings new values.

use std::collections::{HashMap, HashSet};

use async_graphql::{
    Name, Positioned, ServerError, Value, Variables,
    parser::{
        parse_schema,
        types::{
            BaseType, InputValueDefinition, OperationDefinition, Type, TypeKind,
            TypeSystemDefinition, VariableDefinition,
        },
    },
};

/// The enums and input objects of a schema.
#[derive(Debug, Default)]
pub struct InputTypes {
    enums: HashMap<Name, HashSet<Name>>,
    objects: HashMap<Name, HashMap<Name, InputField>>,
}

/// A field of an input object.
#[derive(Debug)]
struct InputField {
    ty: Type,
    has_default: bool,
}

impl InputTypes {
    /// Reads the types from the schema's SDL.
    pub fn new(sdl: &str) -> Self {
        let mut types = Self::default();
        let document = parse_schema(sdl);
        for definition in document.map(|document| document.definitions).unwrap_or_default() {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let name = definition.node.name.node;
            match definition.node.kind {
                TypeKind::InputObject(object) => {
                    let fields = object.fields.into_iter().map(input_field);
                    types.objects.insert(name, fields.collect());
                }
                TypeKind::Enum(of) => {
                    let values = of.values.into_iter().map(|it| it.node.value.node);
                    types.enums.insert(name, values.collect());
                }
                _ => {}
            }
        }
        types
    }

    /// Fails if a variable of the operation has a value of another type, or has no value and needs
    /// one.
    pub fn check_values(
        &self,
        operation: &OperationDefinition,
        variables: &Variables,
    ) -> Result<(), ServerError> {
        for definition in &operation.variable_definitions {
            let VariableDefinition { name, var_type, default_value, .. } = &definition.node;
            let (name, ty) = (&name.node, &var_type.node);
            let problem = match variables.get(name) {
                None if ty.nullable || default_value.is_some() => continue,
                None => "is missing",
                Some(Value::Null) if !ty.nullable => "must not be null",
                Some(value) if !self.is_of_type(value, ty) => "has a value of another type",
                Some(_) => continue,
            };
            let message = format!("The variable `${name}` of type `{ty}` {problem}.");
            return Err(ServerError::new(message, Some(definition.pos)));
        }
        Ok(())
    }

    /// Returns whether a JSON value is of a type. Values of custom scalars pass: async-graphql
    /// parses them.
    fn is_of_type(&self, value: &Value, ty: &Type) -> bool {
        let name = match (&ty.base, value) {
            (_, Value::Null) => return ty.nullable,
            (BaseType::List(item_type), Value::List(items)) => {
                return items.iter().all(|item| self.is_of_type(item, item_type));
            }
            // A single value stands for a list of one item.
            (BaseType::List(item_type), value) => return self.is_of_type(value, item_type),
            (BaseType::Named(name), _) => name,
        };
        match (name.as_str(), value) {
            ("Int", Value::Number(number)) => {
                number.as_i64().is_some_and(|number| i32::try_from(number).is_ok())
            }
            ("Float", Value::Number(_))
            | ("String" | "ID", Value::String(_))
            | ("Boolean", Value::Boolean(_)) => true,
            ("ID", Value::Number(number)) => number.is_i64() || number.is_u64(),
            ("Int" | "Float" | "String" | "Boolean" | "ID", _) => false,
            (_, value) => match (self.enums.get(name), self.objects.get(name), value) {
                (Some(values), _, Value::String(value)) => values.contains(value.as_str()),
                (Some(values), _, Value::Enum(value)) => values.contains(value),
                (Some(_), ..) => false,
                (_, Some(fields), Value::Object(object)) => {
                    object.keys().all(|name| fields.contains_key(name))
                        && fields.iter().all(|(name, field)| match object.get(name) {
                            None => field.ty.nullable || field.has_default,
                            Some(value) => self.is_of_type(value, &field.ty),
                        })
                }
                (_, Some(_), _) => false,
                (None, None, _) => true,
            },
        }
    }
}

fn input_field(definition: Positioned<InputValueDefinition>) -> (Name, InputField) {
    let InputValueDefinition { name, ty, default_value, .. } = definition.node;
    (name.node, InputField { ty: ty.node, has_default: default_value.is_some() })
}
