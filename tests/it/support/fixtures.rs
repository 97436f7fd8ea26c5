//! Builders of users, cruds, notifications and messages. A test changes what it cares about by
//! struct update: `Activity { likes_count: 1, ..crud(…) }`.

use chrono::{DateTime, TimeDelta};
use cruddur::{
    domain::{Activity, Message, Notification, NotificationKind, Timestamp, User},
    sources::{Dataset, NewMessage},
};
use uuid::Uuid;

use super::clock::ManualClock;

/// Four people that most tests get by with.
pub const ANDREW: Uuid = id(1);
pub const BAYKO: Uuid = id(2);
pub const WORF: Uuid = id(3);
pub const LONDO: Uuid = id(4);

pub const fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// Returns the time so many minutes after the beginning of 2026, where the clock of a test starts.
pub fn minutes(minutes: i64) -> Timestamp {
    ManualClock::start() + TimeDelta::minutes(minutes)
}

/// Returns the time so many seconds after the beginning of 2026.
pub fn seconds(seconds: i64) -> Timestamp {
    ManualClock::start() + TimeDelta::seconds(seconds)
}

/// Parses an RFC 3339 timestamp.
pub fn time(text: &str) -> Timestamp {
    DateTime::parse_from_rfc3339(text).expect("RFC 3339").to_utc()
}

/// A user without a bio who cannot sign in, and joined when the clock of a test starts.
pub fn user(uuid: Uuid, handle: &str, display_name: &str) -> User {
    User {
        uuid,
        handle: handle.into(),
        display_name: display_name.into(),
        bio: None,
        email: format!("{handle}@example.com"),
        cognito_user_id: "MOCK".into(),
        created_at: ManualClock::start(),
    }
}

/// Andrew, Bayko, Worf and Londo.
pub fn people() -> Dataset {
    let names = [(ANDREW, "andrewbrown"), (BAYKO, "bayko"), (WORF, "worf"), (LONDO, "londo")];
    let users = names.into_iter().map(|(uuid, handle)| user(uuid, handle, &handle.to_uppercase()));
    Dataset { users: users.collect(), ..Dataset::default() }
}

/// A crud that never expires, without replies and reactions.
pub fn crud(uuid: Uuid, author: Uuid, message: &str, created_at: Timestamp) -> Activity {
    Activity {
        uuid,
        user_uuid: author,
        message: message.into(),
        replies_count: 0,
        reposts_count: 0,
        likes_count: 0,
        reply_to_activity_uuid: None,
        expires_at: None,
        created_at,
    }
}

/// An unread notification of `user` about what `actor` did.
pub fn notification(
    uuid: Uuid,
    user: Uuid,
    actor: Uuid,
    kind: NotificationKind,
    activity: Option<Uuid>,
    created_at: Timestamp,
) -> Notification {
    Notification {
        uuid,
        user_uuid: user,
        actor_uuid: actor,
        kind,
        activity_uuid: activity,
        created_at,
        read_at: None,
    }
}

/// A direct message without an idempotency key. `group` is used if it opens the conversation.
pub fn message(
    uuid: Uuid,
    group: Uuid,
    [from, to]: [Uuid; 2],
    text: &str,
    created_at: Timestamp,
) -> NewMessage {
    NewMessage {
        message: Message {
            uuid,
            group_uuid: group,
            user_uuid: from,
            message: text.into(),
            created_at,
        },
        receiver_uuid: to,
        idempotency: None,
    }
}
