//! The variables of a request against their definitions, and against the places where they are
//! used. The library checks neither.

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

/// What every field, directive and input object of a schema takes, and what its enums are.
#[derive(Debug, Default)]
pub struct Signatures {
    fields: HashMap<Name, HashMap<Name, Signature>>,
    inputs: HashMap<Name, Slots>,
    enums: HashMap<Name, HashSet<Name>>,
    directives: HashMap<Name, Slots>,
    query: Option<Name>,
    mutation: Option<Name>,
    subscription: Option<Name>,
}

#[derive(Debug)]
struct Signature {
    takes: Slots,
    /// The name of the type that it gives, without its lists.
    gives: Name,
}

type Slots = HashMap<Name, Slot>;

/// Where a value goes.
#[derive(Debug)]
struct Slot {
    ty: Type,
    has_default: bool,
}

impl Signatures {
    /// Those of the schema with this SDL.
    pub fn new(sdl: &str) -> Self {
        let mut signatures = Self::default();
        let document = parse_schema(sdl);
        for definition in document.map(|document| document.definitions).unwrap_or_default() {
            match definition {
                TypeSystemDefinition::Type(definition) => {
                    let name = definition.node.name.node;
                    match definition.node.kind {
                        TypeKind::Object(object) => {
                            signatures.fields.insert(name, signatures_of(object.fields));
                        }
                        TypeKind::Interface(interface) => {
                            signatures.fields.insert(name, signatures_of(interface.fields));
                        }
                        TypeKind::InputObject(input) => {
                            signatures.inputs.insert(name, slots(input.fields));
                        }
                        TypeKind::Enum(of) => {
                            let values = of.values.into_iter().map(|it| it.node.value.node);
                            signatures.enums.insert(name, values.collect());
                        }
                        _ => {}
                    }
                }
                TypeSystemDefinition::Directive(definition) => {
                    let directive = definition.node;
                    let slots = slots(directive.arguments);
                    signatures.directives.insert(directive.name.node, slots);
                }
                TypeSystemDefinition::Schema(schema) => {
                    let name = |root: Option<Positioned<Name>>| root.map(|root| root.node);
                    signatures.query = name(schema.node.query);
                    signatures.mutation = name(schema.node.mutation);
                    signatures.subscription = name(schema.node.subscription);
                }
            }
        }
        signatures
    }

    /// Fails where a variable's value is not of its type, or is missing.
    pub fn check_values(
        &self,
        operation: &OperationDefinition,
        variables: &Variables,
    ) -> Result<(), ServerError> {
        for definition in &operation.variable_definitions {
            let VariableDefinition { name, var_type, default_value, .. } = &definition.node;
            let (name, ty) = (&name.node, &var_type.node);
            let wrong = match variables.get(name) {
                None if ty.nullable || default_value.is_some() => continue,
                None => "is missing",
                Some(Value::Null) if !ty.nullable => "must not be null",
                Some(value) if !self.is_of(value, ty) => "has a value of another type",
                Some(_) => continue,
            };
            let message = format!("The variable `${name}` of type `{ty}` {wrong}.");
            return Err(ServerError::new(message, Some(definition.pos)));
        }
        Ok(())
    }

    /// Whether a value, as JSON writes it, is of a type. Scalars of the schema's own are left to
    /// the library.
    fn is_of(&self, value: &Value, ty: &Type) -> bool {
        let name = match (&ty.base, value) {
            (_, Value::Null) => return ty.nullable,
            (BaseType::List(of), Value::List(items)) => {
                return items.iter().all(|item| self.is_of(item, of));
            }
            // One value stands for a list of it.
            (BaseType::List(of), value) => return self.is_of(value, of),
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
            (_, value) => match (self.enums.get(name), self.inputs.get(name), value) {
                (Some(values), _, Value::String(value)) => values.contains(value.as_str()),
                (Some(values), _, Value::Enum(value)) => values.contains(value),
                (Some(_), ..) => false,
                (_, Some(slots), Value::Object(object)) => {
                    object.keys().all(|name| slots.contains_key(name))
                        && slots.iter().all(|(name, slot)| match object.get(name) {
                            None => slot.ty.nullable || slot.has_default,
                            Some(value) => self.is_of(value, &slot.ty),
                        })
                }
                (_, Some(_), _) => false,
                (None, None, _) => true,
            },
        }
    }

    /// Fails where the operation uses a variable in a place that takes another type. Each fragment
    /// is looked at once.
    pub fn check_usages(
        &self,
        document: &ExecutableDocument,
        operation: &OperationDefinition,
    ) -> Result<(), ServerError> {
        let definitions = operation.variable_definitions.iter();
        let mut usages = Usages {
            signatures: self,
            document,
            definitions: definitions.map(|it| (&it.node.name.node, &it.node)).collect(),
            seen: HashSet::new(),
        };
        let root = match operation.ty {
            OperationType::Query => &self.query,
            OperationType::Mutation => &self.mutation,
            OperationType::Subscription => &self.subscription,
        };
        usages.directives(&operation.directives)?;
        usages.selection_set(&operation.selection_set.node, root.as_ref())
    }
}

fn signatures_of(fields: Vec<Positioned<FieldDefinition>>) -> HashMap<Name, Signature> {
    let signature = |field: Positioned<FieldDefinition>| {
        let FieldDefinition { name, arguments, ty, .. } = field.node;
        (name.node, Signature { takes: slots(arguments), gives: innermost(&ty.node).clone() })
    };
    fields.into_iter().map(signature).collect()
}

fn slots(definitions: Vec<Positioned<InputValueDefinition>>) -> Slots {
    let slot = |definition: Positioned<InputValueDefinition>| {
        let InputValueDefinition { name, ty, default_value, .. } = definition.node;
        (name.node, Slot { ty: ty.node, has_default: default_value.is_some() })
    };
    definitions.into_iter().map(slot).collect()
}

fn innermost(ty: &Type) -> &Name {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(item) => innermost(item),
    }
}

/// The walk through an operation. What the schema does not know is left to the library.
struct Usages<'d> {
    signatures: &'d Signatures,
    document: &'d ExecutableDocument,
    definitions: HashMap<&'d Name, &'d VariableDefinition>,
    seen: HashSet<&'d Name>,
}

impl<'d> Usages<'d> {
    fn selection_set(
        &mut self,
        set: &'d SelectionSet,
        parent: Option<&'d Name>,
    ) -> Result<(), ServerError> {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let fields = parent.and_then(|parent| self.signatures.fields.get(parent));
                    let signature = fields.and_then(|it| it.get(&field.node.name.node));
                    if let Some(signature) = signature {
                        self.arguments(&field.node.arguments, &signature.takes)?;
                    }
                    self.directives(&field.node.directives)?;
                    let gives = signature.map(|signature| &signature.gives);
                    self.selection_set(&field.node.selection_set.node, gives)?;
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
                        && self.seen.insert(name)
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
            if let Some(slots) = self.signatures.directives.get(&directive.node.name.node) {
                self.arguments(&directive.node.arguments, slots)?;
            }
        }
        Ok(())
    }

    fn arguments(
        &self,
        arguments: &[(Positioned<Name>, Positioned<Input>)],
        slots: &Slots,
    ) -> Result<(), ServerError> {
        for (name, value) in arguments {
            if let Some(slot) = slots.get(&name.node) {
                self.value(&value.node, &slot.ty, slot.has_default, value.pos)?;
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
                Some(definition) if !allowed(definition, ty, has_default) => {
                    let of = &definition.var_type.node;
                    let message =
                        format!("The variable `${name}` of type `{of}` goes to a `{ty}`.");
                    Err(ServerError::new(message, Some(pos)))
                }
                _ => Ok(()),
            },
            (Input::List(items), BaseType::List(of)) => {
                items.iter().try_for_each(|item| self.value(item, of, false, pos))
            }
            (Input::Object(object), BaseType::Named(name)) => {
                let Some(slots) = self.signatures.inputs.get(name) else { return Ok(()) };
                object.iter().try_for_each(|(name, value)| match slots.get(name) {
                    Some(slot) => self.value(value, &slot.ty, slot.has_default, pos),
                    None => Ok(()),
                })
            }
            // One value stands for a list of it.
            (Input::Object(_), BaseType::List(of)) => self.value(value, of, false, pos),
            _ => Ok(()),
        }
    }
}

/// Whether the variable's values are all values of the place; a default value fills in for null.
fn allowed(definition: &VariableDefinition, place: &Type, has_default: bool) -> bool {
    let default = definition.default_value.as_ref();
    let filled = has_default || default.is_some_and(|default| default.node != Value::Null);
    let place = Type { base: place.base.clone(), nullable: place.nullable || filled };
    fits(&definition.var_type.node, &place)
}

fn fits(variable: &Type, place: &Type) -> bool {
    let by_base = match (&variable.base, &place.base) {
        (BaseType::Named(variable), BaseType::Named(place)) => variable == place,
        (BaseType::List(variable), BaseType::List(place)) => fits(variable, place),
        _ => false,
    };
    by_base && (place.nullable || !variable.nullable)
}
