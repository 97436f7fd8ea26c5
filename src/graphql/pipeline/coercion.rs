//! The values of variables, as `CoerceVariableValues` of the specification makes them (GraphQL
//! 6.1.2): checked against the types of their variables, and with the defaults put in.
//!
//! apollo-compiler's `coerce_variable_values` does the same, except that 2.0.0-beta.2 rejects
//! `1.0` for an `Int`, which the specification takes, and does not say which part of a value is
//! wrong.

use apollo_compiler::{
    Node, Schema,
    ast::{Type, Value as Literal, VariableDefinition},
    executable::Operation,
    schema::{ExtendedType, InputObjectType},
    validation::Valid,
};
use async_graphql::{Name, Number, PathSegment, Value, Variables, indexmap::IndexMap};

/// The integers that a 64-bit float represents exactly reach up to this one.
const MAX_EXACT_FLOAT: f64 = 9_007_199_254_740_992.0;

/// Why a value cannot be coerced.
#[derive(Debug, Clone, PartialEq)]
pub struct CoercionError {
    pub message: String,
    /// The place of the wrong value, from the variable's name inwards.
    pub value_path: Vec<PathSegment>,
    /// The variable's place in the document, in bytes.
    pub offset: Option<usize>,
}

/// Coerces the values that a request gives for the variables of an operation. Variables that the
/// operation does not define are left out, and so are those without a value and a default.
///
/// Fails at the first value that is not of its variable's type.
pub fn coerce(
    schema: &Valid<Schema>,
    operation: &Operation,
    given: &Variables,
) -> Result<Variables, CoercionError> {
    let mut coerced = Variables::default();
    for definition in &operation.variables {
        if let Some(value) = coerce_variable(schema, definition, given)? {
            coerced.insert(Name::new(&definition.name), value);
        }
    }
    Ok(coerced)
}

fn coerce_variable(
    schema: &Valid<Schema>,
    definition: &Node<VariableDefinition>,
    given: &Variables,
) -> Result<Option<Value>, CoercionError> {
    let VariableDefinition { name, ty, default_value, .. } = &**definition;
    let mut coercion = Coercion { schema, path: vec![PathSegment::Field(name.to_string())] };
    let coerced = match (given.get(name.as_str()), default_value) {
        (Some(value), _) => coercion.value(value, ty).map(Some),
        (None, Some(default)) => coercion.default(default, ty).map(Some),
        (None, None) if ty.is_non_null() => Err("is missing".to_owned()),
        (None, None) => Ok(None),
    };
    coerced.map_err(|problem| {
        let mut place = format!("`${name}` of type `{ty}`");
        for segment in coercion.path.iter().skip(1) {
            match segment {
                PathSegment::Field(field) => place = format!("`{field}` in {place}"),
                PathSegment::Index(index) => place = format!("item {index} in {place}"),
            }
        }
        let subject = if coercion.path.len() == 1 { "The variable " } else { "The value for " };
        CoercionError {
            message: format!("{subject}{place} {problem}."),
            value_path: coercion.path,
            offset: definition.location().map(|location| location.offset()),
        }
    })
}

/// The coercion of one variable. The errors say what is wrong with the value at `path`.
struct Coercion<'s> {
    schema: &'s Valid<Schema>,
    /// The place of the current value.
    path: Vec<PathSegment>,
}

impl Coercion<'_> {
    fn value(&mut self, value: &Value, ty: &Type) -> Result<Value, String> {
        if *value == Value::Null {
            return if ty.is_non_null() {
                Err("must not be null".to_owned())
            } else {
                Ok(Value::Null)
            };
        }
        let name = match (ty, value) {
            (Type::List(item_type) | Type::NonNullList(item_type), Value::List(items)) => {
                let mut coerced = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    self.path.push(PathSegment::Index(index));
                    coerced.push(self.value(item, item_type)?);
                    self.path.pop();
                }
                return Ok(Value::List(coerced));
            }
            // A single value stands for a list of one item.
            (Type::List(item_type) | Type::NonNullList(item_type), value) => {
                return Ok(Value::List(vec![self.value(value, item_type)?]));
            }
            (Type::Named(name) | Type::NonNullNamed(name), _) => name,
        };
        let wrong_type = || format!("is not of the type `{name}`");
        match self.schema.types.get(name) {
            Some(ExtendedType::InputObject(object)) => self.object(value, object),
            Some(ExtendedType::Enum(definition)) => match value {
                Value::String(text) if definition.values.contains_key(text.as_str()) => {
                    Ok(Value::Enum(Name::new(text)))
                }
                Value::Enum(found) if definition.values.contains_key(found.as_str()) => {
                    Ok(value.clone())
                }
                Value::String(text) => Err(format!("is not a value of `{name}`: \"{text}\"")),
                _ => Err(wrong_type()),
            },
            _ => scalar(name, value).ok_or_else(wrong_type),
        }
    }

    fn object(
        &mut self,
        value: &Value,
        definition: &Node<InputObjectType>,
    ) -> Result<Value, String> {
        let name = &definition.name;
        let Value::Object(given) = value else {
            return Err(format!("is not of the type `{name}`"));
        };
        if let Some(unknown) =
            given.keys().find(|key| !definition.fields.contains_key(key.as_str()))
        {
            return Err(format!("has a field `{unknown}`, which `{name}` does not define"));
        }
        if definition.is_one_of()
            && (given.len() != 1 || given.values().any(|it| *it == Value::Null))
        {
            return Err(format!(
                "must have exactly one field of `{name}`, and it must not be null"
            ));
        }
        let mut coerced = IndexMap::with_capacity(given.len());
        for (field_name, field) in &definition.fields {
            self.path.push(PathSegment::Field(field_name.to_string()));
            let value = match (given.get(field_name.as_str()), &field.default_value) {
                (Some(value), _) => Some(self.value(value, &field.ty)?),
                (None, Some(default)) => Some(self.default(default, &field.ty)?),
                (None, None) if field.ty.is_non_null() => return Err("is missing".to_owned()),
                (None, None) => None,
            };
            self.path.pop();
            if let Some(value) = value {
                coerced.insert(Name::new(field_name), value);
            }
        }
        Ok(Value::Object(coerced))
    }

    /// Coerces a default value like any other value, so that the defaults of its own fields are
    /// put in.
    fn default(&mut self, default: &Literal, ty: &Type) -> Result<Value, String> {
        let value = constant(default).ok_or("has a default with a variable")?;
        self.value(&value, ty)
    }
}

/// Coerces a value to a scalar. Returns `None` if it is of another type. Values of custom scalars
/// pass: their parsers check them.
fn scalar(name: &str, value: &Value) -> Option<Value> {
    match (name, value) {
        ("Int", Value::Number(number)) => {
            let number = integer(number)?;
            i32::try_from(number).ok().map(Value::from)
        }
        ("Float", Value::Number(number)) => number.as_f64()?.is_finite().then(|| value.clone()),
        ("String" | "ID", Value::String(_)) | ("Boolean", Value::Boolean(_)) => Some(value.clone()),
        ("ID", Value::Number(number)) => match number.as_u64() {
            Some(number) => Some(Value::from(number.to_string())),
            None => integer(number).map(|number| Value::from(number.to_string())),
        },
        ("Int" | "Float" | "String" | "Boolean" | "ID", _) => None,
        (_, value) => Some(value.clone()),
    }
}

/// Returns an integer that is written with or without a fraction of zero.
fn integer(number: &Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let float =
            number.as_f64().filter(|it| it.fract() == 0.0 && it.abs() <= MAX_EXACT_FLOAT)?;
        // An exact conversion: the float is an integer in the range of i64.
        #[expect(clippy::cast_possible_truncation)]
        Some(float as i64)
    })
}

/// Converts a literal to a value. Returns `None` if it contains a variable.
fn constant(literal: &Literal) -> Option<Value> {
    Some(match literal {
        Literal::Null => Value::Null,
        Literal::Variable(_) => return None,
        Literal::Enum(name) => Value::Enum(Name::new(name)),
        Literal::String(text) => Value::String(text.clone()),
        Literal::Boolean(value) => Value::Boolean(*value),
        Literal::Int(int) => integer_literal(int.as_str()),
        Literal::Float(float) => float_literal(float.as_str()),
        Literal::List(items) => {
            Value::List(items.iter().map(|item| constant(item)).collect::<Option<_>>()?)
        }
        Literal::Object(fields) => {
            let fields = fields.iter();
            let fields = fields.map(|(name, value)| Some((Name::new(name), constant(value)?)));
            Value::Object(fields.collect::<Option<_>>()?)
        }
    })
}

/// Converts an integer as it is written in a document. One that exceeds 64 bits stays text, which an
/// `ID` accepts.
pub fn integer_literal(text: &str) -> Value {
    text.parse::<i64>().map_or_else(|_| Value::from(text), Value::from)
}

/// Converts a number with a fraction or an exponent as it is written in a document. The validation
/// rejects those that no float holds.
pub fn float_literal(text: &str) -> Value {
    text.parse::<Number>().map_or_else(|_| Value::from(text), Value::Number)
}

#[cfg(test)]
mod tests {
    use apollo_compiler::ExecutableDocument;
    use serde_json::{Value as Json, json};

    use super::*;

    const SDL: &str = "type Query { f(i: Int, d: Float, b: Boolean, s: String, id: ID, e: E, l: [[Int!]], o: O, one: One): Int }
        enum E { A B }
        input O { required: Int!, defaulted: [E!]! = [A], nested: O }
        input One @oneOf { a: Int, b: Int }";

    /// Coerces a value for a variable of a type. Returns the coerced value or the error's message.
    fn coerced(ty: &str, default: &str, value: Option<Json>) -> Result<Option<Json>, String> {
        let schema = Schema::parse_and_validate(SDL, "").unwrap();
        let text = format!("query($v: {ty} {default}) {{ __typename }}");
        let document = ExecutableDocument::parse(&schema, text, "").unwrap();
        let operation = document.operations.get(None).unwrap();
        let given = value.map(|value| json!({ "v": value })).unwrap_or_default();
        let given = Variables::from_json(given);
        let mut values = coerce(&schema, operation, &given).map_err(|error| error.message)?;
        Ok(values.remove("v").map(|value| value.into_json().unwrap()))
    }

    #[test]
    fn values_of_the_type_are_coerced() {
        for (ty, value, expected) in [
            ("Int", json!(1.0), json!(1)),
            ("Int", json!(-2_147_483_648_i64), json!(-2_147_483_648_i64)),
            ("Float", json!(1), json!(1)),
            ("Float", json!(1.5e300), json!(1.5e300)),
            ("Boolean!", json!(false), json!(false)),
            ("ID", json!(7), json!("7")),
            ("ID", json!(18_446_744_073_709_551_615_u64), json!("18446744073709551615")),
            ("ID", json!(7.0), json!("7")),
            ("String", json!("x"), json!("x")),
            ("E", json!("B"), json!("B")),
            ("[[Int!]]", json!(1), json!([[1]])),
            ("[[Int!]]", json!([null, [1]]), json!([null, [1]])),
            ("[Int]", json!(null), json!(null)),
            ("O", json!({ "required": 1 }), json!({ "required": 1, "defaulted": ["A"] })),
            ("One", json!({ "b": 2 }), json!({ "b": 2 })),
        ] {
            assert_eq!(coerced(ty, "", Some(value)), Ok(Some(expected)), "{ty}");
        }
    }

    #[test]
    fn defaults_are_put_in() {
        assert_eq!(coerced("Int", "= 5", None), Ok(Some(json!(5))));
        assert_eq!(coerced("Int", "= 5", Some(Json::Null)), Ok(Some(Json::Null)));
        let with_default = json!({ "required": 1, "defaulted": ["A"] });
        assert_eq!(coerced("O", "= { required: 1 }", None), Ok(Some(with_default)));
        assert_eq!(coerced("Int", "", None), Ok(None));
    }

    #[test]
    fn other_values_are_refused() {
        for (ty, value, problem) in [
            ("Int", json!(1.5), "is not of the type `Int`"),
            ("Int", json!(2_147_483_648_i64), "is not of the type `Int`"),
            ("Int", json!("1"), "is not of the type `Int`"),
            ("Int", json!(true), "is not of the type `Int`"),
            ("Boolean", json!(1), "is not of the type `Boolean`"),
            ("String", json!(1), "is not of the type `String`"),
            ("ID", json!(1.5), "is not of the type `ID`"),
            ("E", json!("C"), "is not a value of `E`: \"C\""),
            ("E", json!(1), "is not of the type `E`"),
            ("Int!", json!(null), "must not be null"),
            ("O", json!([]), "is not of the type `O`"),
        ] {
            let message = format!("The variable `$v` of type `{ty}` {problem}.");
            assert_eq!(coerced(ty, "", Some(value)), Err(message), "{ty}");
        }
        for (ty, value, message) in [
            (
                "[[Int!]]",
                json!([[1, null]]),
                "item 1 in item 0 in `$v` of type `[[Int!]]` must not be null",
            ),
            (
                "O",
                json!({ "required": 1, "nested": {} }),
                "`required` in `nested` in `$v` of type `O` is missing",
            ),
        ] {
            let expected = Err(format!("The value for {message}."));
            assert_eq!(coerced(ty, "", Some(value)), expected, "{ty}");
        }
        for one in [json!({}), json!({ "a": 1, "b": 1 }), json!({ "a": null })] {
            assert!(coerced("One", "", Some(one)).is_err());
        }
        let unknown = coerced("O", "", Some(json!({ "required": 1, "nope": 1 })));
        assert!(unknown.is_err_and(|message| message.contains("a field `nope`")));
        assert!(coerced("Int!", "", None).is_err_and(|message| message.ends_with("is missing.")));
    }
}
