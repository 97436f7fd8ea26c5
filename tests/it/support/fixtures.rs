//! Builders of users, cruds, notifications and messages. A test overrides single fields by struct
//! update: `Activity { likes_count: 1, ..crud(…) }`.

use chrono::{DateTime, TimeDelta};
use cruddur::{
    domain::{Activity, Message, Notification, NotificationKind, Timestamp, User},
    sources::{Dataset, NewMessage},
};
use uuid::Uuid;

use super::clock::ManualClock;

/// Four users, enough for most tests.
pub const ANDREW: Uuid = id(1);
pub const BAYKO: Uuid = id(2);
pub const WORF: Uuid = id(3);
pub const LONDO: Uuid = id(4);

pub const fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// Returns the time so many minutes after the start of 2026, which is when a test's clock starts.
pub fn minutes(minutes: i64) -> Timestamp {
    ManualClock::start() + TimeDelta::minutes(minutes)
}

/// Returns the time so many seconds after the start of 2026.
pub fn seconds(seconds: i64) -> Timestamp {
    ManualClock::start() + TimeDelta::seconds(seconds)
}

/// Parses an RFC 3339 timestamp.
pub fn time(text: &str) -> Timestamp {
    DateTime::parse_from_rfc3339(text).expect("RFC 3339").to_utc()
}

/// Builds a user without a bio who cannot sign in and who joined when the test's clock starts.
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

/// Returns a dataset of Andrew, Bayko, Worf and Londo.
pub fn people() -> Dataset {
    let names = [(ANDREW, "andrewbrown"), (BAYKO, "bayko"), (WORF, "worf"), (LONDO, "londo")];
    let users = names.into_iter().map(|(uuid, handle)| user(uuid, handle, &handle.to_uppercase()));
    Dataset { users: users.collect(), ..Dataset::default() }
}

/// Builds a crud that never expires and has no replies or reactions.
pub fn crud(uuid: Uuid, author: Uuid, message: &str, created_at: Timestamp) -> Activity {
    Activity::new(uuid, author, message, created_at)
}

/// Builds an unread notification for `user` about an action of `actor`.
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

/// Builds a direct message without an idempotency key. `group` becomes the id of the conversation if
/// the message opens one.
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
