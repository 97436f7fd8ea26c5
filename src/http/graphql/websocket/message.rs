//! The messages of graphql-transport-ws.

use std::{fmt, sync::Arc};

use async_graphql::{Request, ServerError};
use axum::extract::ws::Message;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor},
};
use serde_json::{
    Map, Value,
    value::{RawValue, to_raw_value},
};

use super::super::{
    request::{self, is_empty},
    response::Payload,
};
use crate::{headers::parse_bearer, json};

/// The most bytes of an operation's id.
const MAX_ID: usize = 256;

/// A message from the client.
pub enum ClientMessage {
    Init {
        token: Option<String>,
    },
    Ping {
        payload: Option<Box<RawValue>>,
    },
    Pong,
    /// `request` is the message for the client if it cannot be read, although the message is JSON by
    /// its grammar: it has a text that is not Unicode, a number out of range, an object with the same
    /// name twice, too many levels, or it names its document in two ways.
    Subscribe {
        id: Arc<str>,
        request: Result<Box<Request>, &'static str>,
    },
    Complete {
        id: String,
    },
}

impl ClientMessage {
    /// Parses a message. Returns `None` if it is malformed.
    pub fn parse(text: &str) -> Option<Self> {
        let Ok(mut message) = json::from_slice::<Map<String, Value>>(text.as_bytes()) else {
            return Self::parse_unreadable(text);
        };
        let payload = match message.remove("payload") {
            None | Some(Value::Null) => None,
            Some(Value::Object(payload)) => Some(payload),
            Some(_) => return None,
        };
        let id = match message.remove("id") {
            Some(Value::String(id)) => Some(id).filter(|id| (1..=MAX_ID).contains(&id.len())),
            _ => None,
        };
        Some(match message.get("type")?.as_str()? {
            "connection_init" => Self::Init { token: token(&payload.unwrap_or_default()) },
            "ping" => Self::Ping { payload: payload.and_then(|it| to_raw_value(&it).ok()) },
            "pong" => Self::Pong,
            "subscribe" => Self::Subscribe { id: id?.into(), request: request(payload?)? },
            "complete" => Self::Complete { id: id? },
            _ => return None,
        })
    }

    /// Parses a message that is JSON by its grammar but of which a part cannot be read, so that one such
    /// part does not end the whole socket. Returns `None` if the message is malformed, or if its type or
    /// its id is ambiguous.
    fn parse_unreadable(text: &str) -> Option<Self> {
        let text = json::without_bom(text.as_bytes());
        let Members(members) = serde_json::from_slice(text).ok()?;
        let only = |name: &str| {
            let mut values = members.iter().filter(|(it, _)| it == name.as_bytes());
            let (_, value) = values.next()?;
            values.all(|(_, other)| other.get() == value.get()).then_some(value.get())
        };
        let text = |name| only(name).and_then(|raw| serde_json::from_str::<String>(raw).ok());
        let count = |name: &str| members.iter().filter(|(it, _)| it == name.as_bytes()).count();
        let id = text("id").filter(|id| count("id") == 1 && (1..=MAX_ID).contains(&id.len()));
        let payload = members.iter().find(|(it, _)| it == b"payload").map(|(_, value)| *value);
        let payload = payload.filter(|it| it.get() != "null");
        if payload.is_some_and(|it| !it.get().starts_with('{')) {
            return None;
        }
        Some(match text("type")?.as_str() {
            "ping" if count("payload") <= 1 => {
                Self::Ping { payload: payload.map(RawValue::to_owned) }
            }
            "pong" => Self::Pong,
            "subscribe" if payload.is_some() => Self::Subscribe {
                id: id?.into(),
                request: Err("The payload is not a GraphQL request in JSON."),
            },
            "complete" => Self::Complete { id: id? },
            _ => return None,
        })
    }
}

/// The members of an object, with all duplicates, and their values as they were sent.
struct Members<'a>(Vec<(Vec<u8>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor).map(Self)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Vec<(Vec<u8>, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some((Name(name), value)) = members.next_entry()? {
            all.push((name, value));
        }
        Ok(all)
    }
}

/// The name of a member, which may not be Unicode.
struct Name(Vec<u8>);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(NameVisitor).map(Self)
    }
}

struct NameVisitor;

impl Visitor<'_> for NameVisitor {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Vec<u8>, E> {
        Ok(name.as_bytes().to_owned())
    }

    fn visit_bytes<E>(self, name: &[u8]) -> Result<Vec<u8>, E> {
        Ok(name.to_owned())
    }
}

/// Returns the token in the payload of a `connection_init`: `authorization`, with or without the
/// scheme `Bearer`, or `token`.
fn token(payload: &Map<String, Value>) -> Option<String> {
    let text = |name| payload.get(name).and_then(Value::as_str).map(str::trim);
    let authorization = text("authorization").or_else(|| text("Authorization"));
    let token = authorization.map(|value| parse_bearer(value).unwrap_or(value));
    token.or_else(|| text("token")).map(str::to_owned)
}

/// Parses the request in the payload of a `subscribe`. Returns `None` if it has no document, or if a
/// part of it has a wrong type.
fn request(payload: Map<String, Value>) -> Option<Result<Box<Request>, &'static str>> {
    let has_text = payload.get("query").is_some_and(|query| !query.is_null());
    match request::from_json(payload) {
        Ok(request) if !has_text && is_empty(&request) => None,
        Ok(request) => Some(Ok(Box::new(request))),
        Err(invalid) => invalid.message().map(Err),
    }
}

/// A message from the gateway.
#[derive(Serialize)]
pub struct ServerMessage<'a, P> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<P>,
}

pub fn ack() -> Message {
    ServerMessage::<()> { id: None, r#type: "connection_ack", payload: None }.message()
}

pub fn ping() -> Message {
    ServerMessage::<()> { id: None, r#type: "ping", payload: None }.message()
}

pub fn pong(payload: Option<Box<RawValue>>) -> Message {
    ServerMessage { id: None, r#type: "pong", payload }.message()
}

pub fn next(id: &str, payload: Payload<'_>) -> Message {
    ServerMessage { id: Some(id), r#type: "next", payload: Some(payload) }.message()
}

/// Ends an operation that failed before or during its execution.
pub fn error(id: &str, errors: &[ServerError]) -> Message {
    ServerMessage { id: Some(id), r#type: "error", payload: Some(errors) }.message()
}

pub fn complete(id: &str) -> Message {
    ServerMessage::<()> { id: Some(id), r#type: "complete", payload: None }.message()
}

impl<P: Serialize> ServerMessage<'_, P> {
    fn message(&self) -> Message {
        Message::text(serde_json::to_string(self).expect("a message has only types that JSON has"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_messages_are_rejected() {
        for text in [
            "",
            "[]",
            "\"ping\"",
            "[\"ping\"]",
            "{}",
            r#"{"type":1}"#,
            r#"{"type":"next","id":"1","payload":{}}"#,
            r#"{"type":"ping","payload":[]}"#,
            r#"{"type":"connection_init","payload":"token"}"#,
            r#"{"type":"complete"}"#,
            r#"{"type":"complete","id":1}"#,
            r#"{"type":"complete","id":""}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"subscribe","id":"1","payload":{}}"#,
            r#"{"type":"subscribe","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":1}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":[]}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","extensions":[]}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","operationName":{}}}"#,
        ] {
            assert!(ClientMessage::parse(text).is_none(), "{text}");
        }
        let long = format!(r#"{{"type":"complete","id":"{}"}}"#, "x".repeat(257));
        assert!(ClientMessage::parse(&long).is_none());
        let deep = format!(r#"{{"type":"ping","payload":{}"#, "{\"a\":".repeat(100_000));
        assert!(ClientMessage::parse(&deep).is_none());
    }

    #[test]
    fn null_fields_count_as_absent() {
        let text = r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":null,
            "operationName":null,"extensions":null}}"#;
        let Some(ClientMessage::Subscribe { id, request }) = ClientMessage::parse(text) else {
            panic!("a subscribe");
        };
        let request = request.expect("readable");
        assert_eq!((&*id, request.query.as_str()), ("1", "{a}"));
        assert!(request.operation_name.is_none() && request.extensions.is_empty());
    }

    #[test]
    fn the_token_is_read_from_each_place_that_clients_use() {
        for (payload, expected) in [
            (r#"{"authorization":"Bearer abc"}"#, Some("abc")),
            (r#"{"Authorization":"bearer  abc "}"#, Some("abc")),
            (r#"{"token":"abc"}"#, Some("abc")),
            (r#"{"authorization":"abc"}"#, Some("abc")),
            (r#"{"token":1}"#, None),
            ("{}", None),
        ] {
            let text = format!(r#"{{"type":"connection_init","payload":{payload}}}"#);
            let Some(ClientMessage::Init { token }) = ClientMessage::parse(&text) else {
                panic!("a connection_init");
            };
            assert_eq!(token.as_deref(), expected, "{payload}");
        }
    }
}
