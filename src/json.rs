//! JSON that clients and operators write.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

/// The most values of a client's JSON text. A list of numbers takes some fifty times the memory of its
/// text when it is parsed.
const MAX_VALUES: usize = 50_000;

/// Returns the text without a byte order mark at its start, which RFC 8259 section 8.1 lets a parser
/// ignore.
pub fn without_bom(text: &[u8]) -> &[u8] {
    text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text)
}

/// Parses the JSON of a client, with or without a byte order mark. Fails if an object at any depth has
/// the same name twice, because parsers disagree about its value (RFC 8259 section 4), and if the text
/// has [too many values](has_too_many_values).
pub fn from_slice<T: DeserializeOwned>(text: &[u8]) -> serde_json::Result<T> {
    if has_too_many_values(text) {
        return Err(serde_json::Error::custom(format_args!("more than {MAX_VALUES} values")));
    }
    from_operator(text)
}

/// Returns true if a JSON text has more than 50,000 values. Its cost is that of reading the text.
pub fn has_too_many_values(text: &[u8]) -> bool {
    // Each value but the outermost follows a comma or an opening bracket.
    let (mut values, mut in_string, mut is_escaped) = (1, false, false);
    for byte in text {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_string,
            b'"' => in_string = !in_string,
            b',' | b'[' | b'{' if !in_string => values += 1,
            _ => {}
        }
    }
    values > MAX_VALUES
}

/// Parses the JSON of the operator, as [`from_slice`] but of any size.
pub fn from_operator<T: DeserializeOwned>(text: &[u8]) -> serde_json::Result<T> {
    let Unique(value) = serde_json::from_slice(without_bom(text))?;
    serde_json::from_value(value)
}

/// A value whose objects have each name once.
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor).map(Self)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Unique(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((name, Unique(value))) = members.next_entry::<String, _>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom(format_args!(
                    "an object has the name {name:?} twice"
                )));
            }
            object.insert(name, value);
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_come_out_as_serde_json_reads_them() {
        for text in [
            "null",
            "[true, false, -1, 18446744073709551615, 1.5, 1e3, \"a\\u00e9\\ud83d\\ude00\"]",
            "{\"a\": {\"b\": [{}, []]}, \"b\": null}",
        ] {
            let expected: Value = serde_json::from_str(text).expect("JSON");
            assert_eq!(from_slice::<Value>(text.as_bytes()).expect("JSON"), expected, "{text}");
        }
        let marked = "\u{feff}{\"a\":1}".as_bytes();
        assert_eq!(from_slice::<Value>(marked).expect("JSON"), json!({ "a": 1 }));
    }

    #[test]
    fn duplicate_names_are_rejected_at_any_depth() {
        for text in ["{\"a\":1,\"a\":1}", "[{\"b\":{\"a\":1,\"\\u0061\":2}}]"] {
            assert!(from_slice::<Value>(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn clients_may_send_fifty_thousand_values() {
        let list = |items: usize, item: &str| format!("[{}]", vec![item; items].join(","));
        for (item, most) in [("1", MAX_VALUES - 1), ("[]", MAX_VALUES / 2 - 1), ("{}", 10_000)] {
            assert!(from_slice::<Value>(list(most, item).as_bytes()).is_ok(), "{item}");
        }
        for item in ["1", "[]", "{\"a\":1}"] {
            assert!(from_slice::<Value>(list(MAX_VALUES, item).as_bytes()).is_err(), "{item}");
            assert!(from_operator::<Value>(list(MAX_VALUES, item).as_bytes()).is_ok(), "{item}");
        }
        let text = serde_json::to_vec(&[",[{\\\"".repeat(MAX_VALUES)]).expect("JSON");
        assert!(from_slice::<Value>(&text).is_ok(), "within a string");
    }
}
