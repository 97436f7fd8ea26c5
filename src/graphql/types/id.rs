//! Global ids: opaque strings, each of which identifies one object of any type.

use async_graphql::ID;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

use crate::{
    domain::{Cursor, Message, MessageKey},
    error::{Error, Result},
};

/// The types of objects that are identified by a uuid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectKind {
    Activity,
    MessageGroup,
    Notification,
    User,
}

impl ObjectKind {
    const ALL: [Self; 4] = [Self::Activity, Self::MessageGroup, Self::Notification, Self::User];

    fn byte(self) -> u8 {
        match self {
            Self::Activity => b'a',
            Self::MessageGroup => b'g',
            Self::Notification => b'n',
            Self::User => b'u',
        }
    }
}

/// The most ids that an argument accepts.
const MAX_IDS: usize = 100;

/// The first byte of a message's id.
const MESSAGE: u8 = b'm';

/// The object that a global id identifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GlobalId {
    Object(ObjectKind, Uuid),
    Message(MessageKey),
}

/// Encodes a global id: URL-safe base64 of one byte for the kind, then the uuid.
pub fn encode(kind: ObjectKind, uuid: Uuid) -> ID {
    let mut bytes = [kind.byte(); 17];
    bytes[1..].copy_from_slice(uuid.as_bytes());
    ID(URL_SAFE_NO_PAD.encode(bytes))
}

/// Encodes the global id of a message: URL-safe base64 of one byte for the kind, the
/// conversation's uuid, and the message's cursor in the conversation.
pub fn encode_message(message: &Message) -> ID {
    let MessageKey { group_uuid, at } = message.key();
    let bytes = [&[MESSAGE], &group_uuid.as_bytes()[..], &at.to_bytes()].concat();
    ID(URL_SAFE_NO_PAD.encode(bytes))
}

/// Decodes an id from [`encode`] or [`encode_message`]. Returns [`Error::BadInput`] for any other
/// text.
pub fn decode(id: &str) -> Result<GlobalId> {
    parse(id).ok_or_else(|| Error::BadInput("Invalid id.".into()))
}

/// Returns [`Error::BadInput`] for more ids than an argument accepts.
pub fn check_number(ids: &[ID]) -> Result<()> {
    if ids.len() > MAX_IDS {
        return Err(Error::BadInput(format!("Pass at most {MAX_IDS} `ids`.")));
    }
    Ok(())
}

/// Returns the uuid in a global id of this kind, and `None` for any other text.
pub fn of_kind(kind: ObjectKind, id: &str) -> Option<Uuid> {
    match parse(id)? {
        GlobalId::Object(found, uuid) if found == kind => Some(uuid),
        _ => None,
    }
}

/// Returns the key of the message that a global id identifies, and `None` for any other text.
pub fn of_message(id: &str) -> Option<MessageKey> {
    match parse(id)? {
        GlobalId::Message(key) => Some(key),
        GlobalId::Object(..) => None,
    }
}

fn parse(id: &str) -> Option<GlobalId> {
    let bytes = URL_SAFE_NO_PAD.decode(id).ok()?;
    let (first, rest) = bytes.split_first()?;
    if *first == MESSAGE {
        let (group, position) = rest.split_at_checked(16)?;
        let (group_uuid, at) = (Uuid::from_slice(group).ok()?, Cursor::from_bytes(position)?);
        return Some(GlobalId::Message(MessageKey { group_uuid, at }));
    }
    let kind = ObjectKind::ALL.into_iter().find(|kind| kind.byte() == *first)?;
    Some(GlobalId::Object(kind, Uuid::from_slice(rest).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_decodes_to_its_kind_and_uuid() {
        for kind in ObjectKind::ALL {
            let id = encode(kind, Uuid::max());
            assert_eq!(decode(&id), Ok(GlobalId::Object(kind, Uuid::max())));
            assert_eq!(of_kind(kind, &id), Some(Uuid::max()));
        }
    }

    #[test]
    fn a_message_id_decodes_to_the_message_key() {
        let message = Message {
            uuid: Uuid::max(),
            group_uuid: Uuid::from_u128(7),
            user_uuid: Uuid::nil(),
            message: "Hello!".into(),
            created_at: "2026-01-01T00:00:00.123456Z".parse().unwrap(),
        };
        let id = encode_message(&message);
        assert_eq!(decode(&id), Ok(GlobalId::Message(message.key())));
        assert_eq!(of_message(&id), Some(message.key()));
        assert_eq!(of_kind(ObjectKind::MessageGroup, &id), None);
        assert!(decode(&id[..id.len() - 4]).is_err());
    }

    #[test]
    fn ids_of_other_kinds_are_rejected() {
        let id = encode(ObjectKind::User, Uuid::nil());
        assert_eq!(of_kind(ObjectKind::Activity, &id), None);
    }

    #[test]
    fn malformed_ids_are_rejected() {
        let id = encode(ObjectKind::User, Uuid::nil()).0;
        for text in [
            "",
            "7",
            "ü",
            &id[1..],
            &format!("{id}="),
            &format!("{id}AAAA"),
            "AAAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert!(decode(text).is_err(), "{text}");
        }
    }
}
