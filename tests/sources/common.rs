//! Stores to test on, and people and times to tell of.

#![allow(dead_code, reason = "no test program needs all of it")]

use chrono::{DateTime, TimeDelta};
use cruddur::domain::{Activity, Notification, NotificationKind, Timestamp, User};
use uuid::Uuid;

#[path = "../common/stores.rs"]
mod stores;

pub use stores::{PostgresDatabase, SqliteFile};

/// So many minutes after the beginning of 2026.
pub fn at(minutes: i64) -> Timestamp {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_767_225_600) + TimeDelta::minutes(minutes)
}

pub const fn id(number: u32) -> Uuid {
    Uuid::from_u128(number as u128)
}

pub const ANDREW: Uuid = id(0xa1);
pub const WORF: Uuid = id(0xa2);
pub const GAREK: Uuid = id(0xa3);
pub const LONDO: Uuid = id(0xa4);
/// Somebody whom no store knows.
pub const NOBODY: Uuid = id(0xff);

/// The members of a crowd of 32.
pub fn crowd() -> impl Iterator<Item = Uuid> {
    (0..32).map(|number| id(0xc00 + number))
}

pub fn user(uuid: Uuid, handle: &str, display_name: &str) -> User {
    User {
        uuid,
        handle: handle.into(),
        display_name: display_name.into(),
        bio: None,
        email: format!("{handle}@example.com"),
        cognito_user_id: "MOCK".into(),
        created_at: at(-1_000),
    }
}

/// Andrew, Worf, Garek, Londo and the crowd.
pub fn people() -> Vec<User> {
    let known = [
        user(ANDREW, "andrewbrown", "Andrew Brown"),
        user(WORF, "worf", "Worf, son of Mogh"),
        user(GAREK, "garek", "Elim Garek"),
        user(LONDO, "Londo.M", "Łondo Mollari"),
    ];
    let crowd = crowd().enumerate();
    let crowd = crowd.map(|(n, uuid)| user(uuid, &format!("fan{n:02}"), &format!("Fan {n}")));
    known.into_iter().chain(crowd).collect()
}

/// A crud that lives for so many minutes, or for ever.
pub fn crud(number: u32, by: Uuid, message: &str, minutes: i64, ttl: Option<i64>) -> Activity {
    Activity {
        uuid: id(number),
        user_uuid: by,
        message: message.into(),
        replies_count: 0,
        reposts_count: 0,
        likes_count: 0,
        reply_to_activity_uuid: None,
        expires_at: ttl.map(|ttl| at(minutes + ttl)),
        created_at: at(minutes),
    }
}

pub fn reply(number: u32, to: u32, by: Uuid, message: &str, minutes: i64) -> Activity {
    Activity { reply_to_activity_uuid: Some(id(to)), ..crud(number, by, message, minutes, None) }
}

/// A notification of an activity, or of a follow.
pub fn told(
    number: u32,
    user: Uuid,
    actor: Uuid,
    kind: NotificationKind,
    activity: Option<u32>,
    minutes: i64,
) -> Notification {
    Notification {
        uuid: id(number),
        user_uuid: user,
        actor_uuid: actor,
        kind,
        activity_uuid: activity.map(id),
        created_at: at(minutes),
        read_at: None,
    }
}
