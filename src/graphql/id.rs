//! Global ids: opaque texts that name one thing of any kind.

use async_graphql::ID;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

use crate::error::{Error, Result};

/// What a global id names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Activity,
    Notification,
    User,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Activity, Self::Notification, Self::User];

    fn byte(self) -> u8 {
        match self {
            Self::Activity => b'a',
            Self::Notification => b'n',
            Self::User => b'u',
        }
    }
}

/// Writes a global id: URL-safe base64 of a byte for the kind and the uuid.
pub fn encode(kind: Kind, uuid: Uuid) -> ID {
    let mut bytes = [kind.byte(); 17];
    bytes[1..].copy_from_slice(uuid.as_bytes());
    ID(URL_SAFE_NO_PAD.encode(bytes))
}

/// Reads what [`encode`] wrote; [`Error::BadInput`] for anything else.
pub fn decode(id: &str) -> Result<(Kind, Uuid)> {
    read(id).ok_or_else(|| Error::BadInput("The id is none that this service gave out.".into()))
}

/// The uuid in a global id of this kind; none for any other text.
pub fn of_kind(kind: Kind, id: &str) -> Option<Uuid> {
    read(id).filter(|(found, _)| *found == kind).map(|(_, uuid)| uuid)
}

fn read(id: &str) -> Option<(Kind, Uuid)> {
    let bytes: [u8; 17] = URL_SAFE_NO_PAD.decode(id).ok()?.try_into().ok()?;
    let kind = Kind::ALL.into_iter().find(|kind| kind.byte() == bytes[0])?;
    Some((kind, Uuid::from_slice(&bytes[1..]).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_its_kind_and_its_uuid() {
        for kind in Kind::ALL {
            let id = encode(kind, Uuid::max());
            assert_eq!(decode(&id), Ok((kind, Uuid::max())));
            assert_eq!(of_kind(kind, &id), Some(Uuid::max()));
        }
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
