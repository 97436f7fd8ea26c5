//! Items and what they mean.

use aws_sdk_dynamodb::types::AttributeValue;
use uuid::Uuid;

use super::{Item, keys};
use crate::domain::{Cursor, Message, MessageGroup, User};

pub fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// The text of an attribute.
pub fn get<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

fn uuid(item: &Item, name: &str) -> Option<Uuid> {
    get(item, name)?.parse().ok()
}

/// An item of a list.
pub trait Row: Sized {
    /// None for an item that is none of the original's layout.
    fn read(item: &Item) -> Option<Self>;

    /// Where it stands in its list.
    fn position(&self) -> Cursor;

    /// Whether both are the same thing, which may stand at several places.
    fn is_same(&self, other: &Self) -> bool;
}

/// Reads items, and says so of those that are none.
pub fn read<R: Row>(items: &[Item]) -> impl Iterator<Item = R> {
    items.iter().filter_map(|item| {
        let row = R::read(item);
        if row.is_none() {
            let (pk, sk) = (get(item, "pk"), get(item, "sk"));
            tracing::warn!(pk, sk, "an item of the message table makes no sense and is left out");
        }
        row
    })
}

/// A message and where it stands.
#[derive(Debug, Clone)]
pub struct MessageRow {
    pub position: Cursor,
    pub message: Message,
}

impl Row for MessageRow {
    fn read(item: &Item) -> Option<Self> {
        let [place, created_at] = keys::read_time(get(item, "sk")?)?;
        let message = Message {
            uuid: uuid(item, "message_uuid")?,
            group_uuid: get(item, "pk")?.strip_prefix("MSG#")?.parse().ok()?,
            user_uuid: uuid(item, "user_uuid")?,
            message: get(item, "message")?.to_owned(),
            created_at,
        };
        Some(Self { position: Cursor { at: place, uuid: message.uuid }, message })
    }

    fn position(&self) -> Cursor {
        self.position
    }

    fn is_same(&self, _other: &Self) -> bool {
        false
    }
}

/// The item of a message.
pub fn message_item(message: &Message, sk: &str, sender: &User) -> Item {
    [
        ("pk", keys::messages_of(message.group_uuid)),
        ("sk", sk.to_owned()),
        ("message", message.message.clone()),
        ("message_uuid", message.uuid.to_string()),
        ("user_uuid", sender.uuid.to_string()),
        ("user_display_name", sender.display_name.clone()),
        ("user_handle", sender.handle.clone()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), text(value)))
    .collect()
}

/// One person's side of a conversation.
#[derive(Debug, Clone)]
pub struct GroupRow {
    pub pk: String,
    pub sk: String,
    pub group_uuid: Uuid,
    pub other_uuid: Uuid,
    /// Where the last message stands; the highest of its microsecond where the original wrote it.
    pub last: Cursor,
    pub message: String,
    pub last_message_uuid: Option<String>,
    /// Up to where the person has read, if the gateway wrote it.
    pub read_up_to: Option<String>,
}

impl GroupRow {
    /// Up to where the person has read.
    pub fn read_up_to(&self) -> Cursor {
        self.read_up_to.as_deref().map_or(self.last, keys::read_position)
    }

    pub fn into_group(self) -> MessageGroup {
        MessageGroup {
            uuid: self.group_uuid,
            other_uuid: self.other_uuid,
            last_message: self.message,
            last_message_at: self.last.at,
        }
    }
}

impl Row for GroupRow {
    fn read(item: &Item) -> Option<Self> {
        let sk = get(item, "sk")?.to_owned();
        let [place, _] = keys::read_time(&sk)?;
        let last_message_uuid = get(item, "last_message_uuid").map(str::to_owned);
        let last = last_message_uuid.as_deref().and_then(|uuid| uuid.parse().ok());
        Some(Self {
            pk: get(item, "pk")?.to_owned(),
            group_uuid: uuid(item, "message_group_uuid")?,
            other_uuid: uuid(item, "user_uuid")?,
            last: Cursor { at: place, uuid: last.unwrap_or(Uuid::max()) },
            message: get(item, "message")?.to_owned(),
            last_message_uuid,
            read_up_to: get(item, "read_up_to").map(str::to_owned),
            sk,
        })
    }

    fn position(&self) -> Cursor {
        Cursor { at: self.last.at, uuid: self.group_uuid }
    }

    fn is_same(&self, other: &Self) -> bool {
        self.group_uuid == other.group_uuid
    }
}

/// The item of one person's side of a conversation, after a message in it.
pub fn group_item(
    user: Uuid,
    sk: &str,
    message: &Message,
    other: &User,
    read_up_to: String,
) -> Item {
    [
        ("pk", keys::groups_of(user)),
        ("sk", sk.to_owned()),
        ("message_group_uuid", message.group_uuid.to_string()),
        ("message", message.message.clone()),
        ("user_uuid", other.uuid.to_string()),
        ("user_display_name", other.display_name.clone()),
        ("user_handle", other.handle.clone()),
        ("last_message_uuid", message.uuid.to_string()),
        ("read_up_to", read_up_to),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), text(value)))
    .collect()
}
