//! The users of the contract tests, and shorthand for what they post: numbers stand for uuids, minutes
//! since the start of 2026 for times.

use cruddur::domain::{Activity, Notification, NotificationKind, User};
use uuid::Uuid;

use crate::support::fixtures;
pub use crate::support::fixtures::minutes as at;

pub const fn id(number: u32) -> Uuid {
    fixtures::id(number as u128)
}

pub const ANDREW: Uuid = id(0xa1);
pub const WORF: Uuid = id(0xa2);
pub const GAREK: Uuid = id(0xa3);
pub const LONDO: Uuid = id(0xa4);
/// A user that is in no store.
pub const UNKNOWN: Uuid = id(0xff);

/// Returns the members of a crowd of 32.
pub fn crowd() -> impl Iterator<Item = Uuid> {
    (0..32).map(|number| id(0xc00 + number))
}

pub fn user(uuid: Uuid, handle: &str, display_name: &str) -> User {
    User { created_at: at(-1_000), ..fixtures::user(uuid, handle, display_name) }
}

/// Returns Andrew, Worf, Garek, Londo and the crowd.
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

/// Builds a crud that expires after `ttl` minutes, or never if that is `None`.
pub fn crud(number: u32, by: Uuid, message: &str, minutes: i64, ttl: Option<i64>) -> Activity {
    Activity {
        expires_at: ttl.map(|ttl| at(minutes + ttl)),
        ..fixtures::crud(id(number), by, message, at(minutes))
    }
}

pub fn reply(number: u32, to: u32, by: Uuid, message: &str, minutes: i64) -> Activity {
    Activity { reply_to_activity_uuid: Some(id(to)), ..crud(number, by, message, minutes, None) }
}

pub fn notification(
    number: u32,
    user: Uuid,
    actor: Uuid,
    kind: NotificationKind,
    activity: Option<u32>,
    minutes: i64,
) -> Notification {
    fixtures::notification(id(number), user, actor, kind, activity.map(id), at(minutes))
}
