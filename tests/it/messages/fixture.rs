//! Messages, and helpers that send them and read whole conversations.

use chrono::TimeDelta;
use cruddur::{
    domain::{Message, Pagination, Timestamp},
    sources::{Idempotency, Inserted, Messages, NewMessage},
};
use uuid::Uuid;

use crate::support::fixtures::{self, id};

pub fn new(number: u128, from: Uuid, to: Uuid, text: &str, at: Timestamp) -> NewMessage {
    fixtures::message(id(number), id(number + 1_000_000), [from, to], text, at)
}

/// Adds an idempotency key that is valid for a day.
pub fn keyed(new: NewMessage, key: &str, input: &str) -> NewMessage {
    let created_at = new.message.created_at;
    let idempotency = Some(Idempotency {
        user_uuid: new.message.user_uuid,
        key: key.into(),
        input_hash: input.as_bytes().to_vec(),
        created_at,
        since: created_at - TimeDelta::days(1),
    });
    NewMessage { idempotency, ..new }
}

/// Sends a message. Panics unless it is new.
pub async fn send(store: &dyn Messages, new: &NewMessage) -> Message {
    match store.insert_message(new).await.expect("the message can be sent") {
        Inserted::New(message) => message,
        other => panic!("{other:?}"),
    }
}

/// Reads a conversation from its end in pages of 100. Returns all its messages, oldest first.
pub async fn all_messages(store: &dyn Messages, group: Uuid) -> Vec<Message> {
    let mut page = Pagination::last(100);
    let mut messages = Vec::new();
    loop {
        let found = store.messages_by_groups(&[group], &page).await.expect("a page").remove(0);
        page.before = found.items.first().map(|(cursor, _)| *cursor);
        let more = found.has_previous;
        messages.splice(0..0, found.into_nodes());
        if !more {
            return messages;
        }
    }
}
