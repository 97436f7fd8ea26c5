//! Global ids: opaque texts that name one thing of any kind.

use async_graphql::ID;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

use crate::{
    domain::{Cursor, Message, MessageKey},
    error::{Error, Result},
};

/// What a global id of one uuid names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Activity,
    MessageGroup,
    Notification,
    User,
}

impl Kind {
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

/// The byte that the id of a message begins with.
const MESSAGE: u8 = b'm';

/// What a global id names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    By(Kind, Uuid),
    Message(MessageKey),
}

/// Writes a global id: URL-safe base64 of a byte for the kind and the uuid.
pub fn encode(kind: Kind, uuid: Uuid) -> ID {
    let mut bytes = [kind.byte(); 17];
    bytes[1..].copy_from_slice(uuid.as_bytes());
    ID(URL_SAFE_NO_PAD.encode(bytes))
}

/// Writes the global id of a message: its byte, the conversation's uuid, and its place in it.
pub fn encode_message(message: &Message) -> ID {
    let MessageKey { group_uuid, at } = message.key();
    let bytes = [&[MESSAGE], &group_uuid.as_bytes()[..], &at.to_bytes()].concat();
    ID(URL_SAFE_NO_PAD.encode(bytes))
}

/// Reads what [`encode`] or [`encode_message`] wrote; [`Error::BadInput`] for anything else.
pub fn decode(id: &str) -> Result<Named> {
    read(id).ok_or_else(|| Error::BadInput("The id is none that this service gave out.".into()))
}

/// The uuid in a global id of this kind; none for any other text.
pub fn of_kind(kind: Kind, id: &str) -> Option<Uuid> {
    match read(id)? {
        Named::By(found, uuid) if found == kind => Some(uuid),
        _ => None,
    }
}

/// The message that a global id names; none for any other text.
pub fn of_message(id: &str) -> Option<MessageKey> {
    match read(id)? {
        Named::Message(key) => Some(key),
        Named::By(..) => None,
    }
}

fn read(id: &str) -> Option<Named> {
    let bytes = URL_SAFE_NO_PAD.decode(id).ok()?;
    let (first, rest) = bytes.split_first()?;
    if *first == MESSAGE {
        let (group, place) = rest.split_at_checked(16)?;
        let (group_uuid, at) = (Uuid::from_slice(group).ok()?, Cursor::from_bytes(place)?);
        return Some(Named::Message(MessageKey { group_uuid, at }));
    }
    let kind = Kind::ALL.into_iter().find(|kind| kind.byte() == *first)?;
    Some(Named::By(kind, Uuid::from_slice(rest).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_its_kind_and_its_uuid() {
        for kind in Kind::ALL {
            let id = encode(kind, Uuid::max());
            assert_eq!(decode(&id), Ok(Named::By(kind, Uuid::max())));
            assert_eq!(of_kind(kind, &id), Some(Uuid::max()));
        }
    }

    #[test]
    fn an_id_of_a_message_names_its_place() {
        let message = Message {
            uuid: Uuid::max(),
            group_uuid: Uuid::from_u128(7),
            user_uuid: Uuid::nil(),
            message: "Hello!".into(),
            created_at: "2026-01-01T00:00:00.123456Z".parse().unwrap(),
        };
        let id = encode_message(&message);
        assert_eq!(decode(&id), Ok(Named::Message(message.key())));
        assert_eq!(of_message(&id), Some(message.key()));
        assert_eq!(of_kind(Kind::MessageGroup, &id), None);
        assert!(decode(&id[..id.len() - 4]).is_err());
    }

    #[test]
    fn an_id_of_another_kind_is_no_id_of_this_kind() {
        let id = encode(Kind::User, Uuid::nil());
        assert_eq!(of_kind(Kind::Activity, &id), None);
    }

    #[test]
    fn no_other_text_is_an_id() {
        let id = encode(Kind::User, Uuid::nil()).0;
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
