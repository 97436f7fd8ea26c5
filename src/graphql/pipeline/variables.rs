//! The variables of a request: their values are checked against their definitions, and the positions
//! where they are used against the schema.
//!
//! async-graphql 8.0.0-rc.5 does neither for us. Its rule `VariableInAllowedPosition` never sees a
//! variable, because the visitor that combines the rules (`VisitorCons`) does not forward
//! `enter_input_value`. It also checks no values for documents that skip validation, and every
//! request brings new values.

use std::collections::{HashMap, HashSet};

use async_graphql::{
    Name, Pos, Positioned, ServerError, Value, Variables,
    parser::{
        parse_schema,
        types::{
            BaseType, Directive, ExecutableDocument, FieldDefinition, InputValueDefinition,
            OperationDefinition, OperationType, Selection, SelectionSet, Type, TypeKind,
            TypeSystemDefinition, VariableDefinition,
        },
    },
};
use async_graphql_value::Value as Input;

/// The arguments of a field or directive, or the fields of an input object, by their names.
type InputFields = HashMap<Name, InputField>;

/// An argument, or a field of an input object.
#[derive(Debug)]
struct InputField {
    ty: Type,
    has_default: bool,
}

/// A field of an object or interface.
#[derive(Debug)]
struct OutputField {
    arguments: InputFields,
    /// The name of the field's type, without lists and non-null marks.
    type_name: Name,
}

/// The input types of a schema: its enums, input objects, arguments and directives.
#[derive(Debug, Default)]
pub struct InputTypes {
    /// The fields of each object and interface.
    fields: HashMap<Name, HashMap<Name, OutputField>>,
    objects: HashMap<Name, InputFields>,
    enums: HashMap<Name, HashSet<Name>>,
    directives: HashMap<Name, InputFields>,
    query: Option<Name>,
    mutation: Option<Name>,
    subscription: Option<Name>,
}

impl InputTypes {
    /// Reads the types from the schema's SDL.
    pub fn new(sdl: &str) -> Self {
        let mut types = Self::default();
        let document = parse_schema(sdl);
        for definition in document.map(|document| document.definitions).unwrap_or_default() {
            match definition {
                TypeSystemDefinition::Type(definition) => {
                    let name = definition.node.name.node;
                    match definition.node.kind {
                        TypeKind::Object(object) => {
                            types.fields.insert(name, output_fields(object.fields));
                        }
                        TypeKind::Interface(interface) => {
                            types.fields.insert(name, output_fields(interface.fields));
                        }
                        TypeKind::InputObject(object) => {
                            types.objects.insert(name, input_fields(object.fields));
                        }
                        TypeKind::Enum(of) => {
                            let values = of.values.into_iter().map(|it| it.node.value.node);
                            types.enums.insert(name, values.collect());
                        }
                        _ => {}
                    }
                }
                TypeSystemDefinition::Directive(definition) => {
                    let directive = definition.node;
                    let arguments = input_fields(directive.arguments);
                    types.directives.insert(directive.name.node, arguments);
                }
                TypeSystemDefinition::Schema(schema) => {
                    let name = |root: Option<Positioned<Name>>| root.map(|root| root.node);
                    types.query = name(schema.node.query);
                    types.mutation = name(schema.node.mutation);
                    types.subscription = name(schema.node.subscription);
                }
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

    /// Fails if the operation uses a variable in a position of another type. Visits each fragment
    /// once.
    pub fn check_positions(
        &self,
        document: &ExecutableDocument,
        operation: &OperationDefinition,
    ) -> Result<(), ServerError> {
        let definitions = operation.variable_definitions.iter();
        let mut visitor = PositionVisitor {
            types: self,
            document,
            definitions: definitions.map(|it| (&it.node.name.node, &it.node)).collect(),
            visited: HashSet::new(),
        };
        let root = match operation.ty {
            OperationType::Query => &self.query,
            OperationType::Mutation => &self.mutation,
            OperationType::Subscription => &self.subscription,
        };
        visitor.directives(&operation.directives)?;
        visitor.selection_set(&operation.selection_set.node, root.as_ref())
    }
}

fn output_fields(definitions: Vec<Positioned<FieldDefinition>>) -> HashMap<Name, OutputField> {
    let field = |definition: Positioned<FieldDefinition>| {
        let FieldDefinition { name, arguments, ty, .. } = definition.node;
        let type_name = innermost(&ty.node).clone();
        (name.node, OutputField { arguments: input_fields(arguments), type_name })
    };
    definitions.into_iter().map(field).collect()
}

fn input_fields(definitions: Vec<Positioned<InputValueDefinition>>) -> InputFields {
    let field = |definition: Positioned<InputValueDefinition>| {
        let InputValueDefinition { name, ty, default_value, .. } = definition.node;
        (name.node, InputField { ty: ty.node, has_default: default_value.is_some() })
    };
    definitions.into_iter().map(field).collect()
}

fn innermost(ty: &Type) -> &Name {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(item) => innermost(item),
    }
}

/// Visits the positions of an operation where variables are used. It skips names that the schema
/// does not define: async-graphql rejects them.
struct PositionVisitor<'d> {
    types: &'d InputTypes,
    document: &'d ExecutableDocument,
    definitions: HashMap<&'d Name, &'d VariableDefinition>,
    /// The fragments that are already visited.
    visited: HashSet<&'d Name>,
}

impl<'d> PositionVisitor<'d> {
    fn selection_set(
        &mut self,
        set: &'d SelectionSet,
        parent: Option<&'d Name>,
    ) -> Result<(), ServerError> {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let fields = parent.and_then(|parent| self.types.fields.get(parent));
                    let definition = fields.and_then(|it| it.get(&field.node.name.node));
                    if let Some(definition) = definition {
                        self.arguments(&field.node.arguments, &definition.arguments)?;
                    }
                    self.directives(&field.node.directives)?;
                    let type_name = definition.map(|definition| &definition.type_name);
                    self.selection_set(&field.node.selection_set.node, type_name)?;
                }
                Selection::InlineFragment(inline) => {
                    self.directives(&inline.node.directives)?;
                    let on = inline.node.type_condition.as_ref().map(|it| &it.node.on.node);
                    self.selection_set(&inline.node.selection_set.node, on.or(parent))?;
                }
                Selection::FragmentSpread(spread) => {
                    self.directives(&spread.node.directives)?;
                    let fragments = &self.document.fragments;
                    let fragment = fragments.get_key_value(&spread.node.fragment_name.node);
                    if let Some((name, fragment)) = fragment
                        && self.visited.insert(name)
                    {
                        self.directives(&fragment.node.directives)?;
                        let on = &fragment.node.type_condition.node.on.node;
                        self.selection_set(&fragment.node.selection_set.node, Some(on))?;
                    }
                }
            }
        }
        Ok(())
    }

    fn directives(&self, directives: &'d [Positioned<Directive>]) -> Result<(), ServerError> {
        for directive in directives {
            if let Some(fields) = self.types.directives.get(&directive.node.name.node) {
                self.arguments(&directive.node.arguments, fields)?;
            }
        }
        Ok(())
    }

    fn arguments(
        &self,
        arguments: &[(Positioned<Name>, Positioned<Input>)],
        fields: &InputFields,
    ) -> Result<(), ServerError> {
        for (name, value) in arguments {
            if let Some(field) = fields.get(&name.node) {
                self.value(&value.node, &field.ty, field.has_default, value.pos)?;
            }
        }
        Ok(())
    }

    fn value(
        &self,
        value: &Input,
        ty: &Type,
        has_default: bool,
        pos: Pos,
    ) -> Result<(), ServerError> {
        match (value, &ty.base) {
            (Input::Variable(name), _) => match self.definitions.get(name) {
                Some(definition) if !is_allowed(definition, ty, has_default) => {
                    let variable_type = &definition.var_type.node;
                    let message = format!(
                        "The variable `${name}` of type `{variable_type}` is used where a `{ty}` \
                         is expected."
                    );
                    Err(ServerError::new(message, Some(pos)))
                }
                _ => Ok(()),
            },
            (Input::List(items), BaseType::List(item_type)) => {
                items.iter().try_for_each(|item| self.value(item, item_type, false, pos))
            }
            (Input::Object(object), BaseType::Named(name)) => {
                let Some(fields) = self.types.objects.get(name) else { return Ok(()) };
                object.iter().try_for_each(|(name, value)| match fields.get(name) {
                    Some(field) => self.value(value, &field.ty, field.has_default, pos),
                    None => Ok(()),
                })
            }
            // A single value stands for a list of one item.
            (Input::Object(_), BaseType::List(item_type)) => {
                self.value(value, item_type, false, pos)
            }
            _ => Ok(()),
        }
    }
}

/// Returns whether a variable may be used in a position of this type. A default value, of the
/// variable or of the position, replaces null.
fn is_allowed(definition: &VariableDefinition, position: &Type, has_default: bool) -> bool {
    let default = definition.default_value.as_ref();
    let replaces_null = has_default || default.is_some_and(|default| default.node != Value::Null);
    let position =
        Type { base: position.base.clone(), nullable: position.nullable || replaces_null };
    is_subtype(&definition.var_type.node, &position)
}

fn is_subtype(variable: &Type, position: &Type) -> bool {
    let has_same_base = match (&variable.base, &position.base) {
        (BaseType::Named(variable), BaseType::Named(position)) => variable == position,
        (BaseType::List(variable), BaseType::List(position)) => is_subtype(variable, position),
        _ => false,
    };
    has_same_base && (position.nullable || !variable.nullable)
}
