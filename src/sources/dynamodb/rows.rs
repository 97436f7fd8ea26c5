//! Items and the rows that they hold.

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
    /// Returns `None` for an item that does not have the layout of the original.
    fn read(item: &Item) -> Option<Self>;

    /// Its position in its list.
    fn position(&self) -> Cursor;

    /// Whether both are copies of one row, which may have several items.
    fn is_same(&self, other: &Self) -> bool;
}

/// Reads items. Logs those that it cannot read, and leaves them out.
pub fn read<R: Row>(items: &[Item]) -> impl Iterator<Item = R> {
    items.iter().filter_map(|item| {
        let row = R::read(item);
        if row.is_none() {
            let (pk, sk) = (get(item, "pk"), get(item, "sk"));
            tracing::warn!(pk, sk, "an item of the message table is malformed and is left out");
        }
        row
    })
}

/// A message and its position.
#[derive(Debug, Clone)]
pub struct MessageRow {
    pub position: Cursor,
    pub message: Message,
}

impl Row for MessageRow {
    fn read(item: &Item) -> Option<Self> {
        let [position_at, created_at] = keys::read_time(get(item, "sk")?)?;
        let message = Message {
            uuid: uuid(item, "message_uuid")?,
            group_uuid: get(item, "pk")?.strip_prefix("MSG#")?.parse().ok()?,
            user_uuid: uuid(item, "user_uuid")?,
            message: get(item, "message")?.to_owned(),
            created_at,
        };
        Some(Self { position: Cursor { at: position_at, uuid: message.uuid }, message })
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
    /// The position of the last message; the highest of its microsecond if the original wrote it.
    pub last: Cursor,
    pub message: String,
    pub last_message_uuid: Option<String>,
    /// The attribute of that name. `None` if an original backend has written the item.
    pub read_up_to: Option<String>,
}

impl GroupRow {
    /// The position of the last message that the person has read.
    pub fn read_up_to(&self) -> Cursor {
        self.read_up_to.as_deref().map_or(self.last, keys::read_position)
    }

    /// The condition that the item is as it was read, with its values.
    pub fn unchanged(&self) -> (String, Item) {
        let mut condition = "message_group_uuid = :group".to_owned();
        let mut values = Item::from([(":group".into(), text(self.group_uuid.to_string()))]);
        for (name, value) in
            [("read_up_to", &self.read_up_to), ("last_message_uuid", &self.last_message_uuid)]
        {
            match value {
                Some(value) => {
                    condition.push_str(&format!(" AND {name} = :{name}"));
                    values.insert(format!(":{name}"), text(value));
                }
                None => condition.push_str(&format!(" AND attribute_not_exists({name})")),
            }
        }
        (condition, values)
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
        let [last_at, _] = keys::read_time(&sk)?;
        let last_message_uuid = get(item, "last_message_uuid").map(str::to_owned);
        let last_uuid = last_message_uuid.as_deref().and_then(|uuid| uuid.parse().ok());
        Some(Self {
            pk: get(item, "pk")?.to_owned(),
            group_uuid: uuid(item, "message_group_uuid")?,
            other_uuid: uuid(item, "user_uuid")?,
            last: Cursor { at: last_at, uuid: last_uuid.unwrap_or(Uuid::max()) },
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

/// The number in the attribute `unread` of an item; zero without it.
pub fn unread(item: Option<&Item>) -> i64 {
    let number = item.and_then(|item| item.get("unread")?.as_n().ok()?.parse().ok());
    number.unwrap_or(0)
}
