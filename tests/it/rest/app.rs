//! The dataset and the gateways of the REST tests.

use cruddur::{
    domain::{Activity, NotificationKind, User},
    sources::Dataset,
};
use uuid::Uuid;

use crate::support::{TestApp, fixtures, fixtures::time, in_memory};

/// The crud by andrewbrown, which has one reply.
pub const CRUD: &str = "68f126b0-1ceb-4a33-88be-d90fa7109eee";
/// The reply by worf.
pub const REPLY: &str = "26e12864-1c26-5c3a-9658-97a10f8fea67";
/// A crud by bayko that has expired.
pub const EXPIRED: &str = "248959df-3079-4947-b847-9e0892d1bab4";
/// The conversation of andrewbrown and bayko.
pub const GROUP: &str = "5ae290ed-55d1-47a0-bc6d-fe2bc2700399";
/// A uuid that no object has.
pub const UNKNOWN: &str = "00000000-0000-4000-9000-0000000000ff";
/// A handle that no user has, so that the viewer is unregistered.
pub const UNREGISTERED: &str = "unregistered";

/// Returns a gateway with the REST flavor `openapi`.
pub async fn app() -> TestApp {
    TestApp::with_data(in_memory(), &dataset()).await.with(&["--rest", "openapi"])
}

/// Returns a gateway with the REST flavor `final`.
pub async fn final_app() -> TestApp {
    TestApp::with_data(in_memory(), &dataset()).await.with(&["--rest", "final"])
}

/// Returns a JSON body whose message repeats `text` `count` times, followed by `more` members.
pub fn long(text: &str, count: usize, more: &str) -> String {
    format!(r#"{{"message": "{}"{more}}}"#, text.repeat(count))
}

fn uuid(text: &str) -> Uuid {
    text.parse().unwrap()
}

fn user(number: u128, handle: &str, display_name: &str) -> User {
    User {
        cognito_user_id: format!("sub-of-{handle}"),
        created_at: time("2025-01-01T00:00:00Z"),
        ..fixtures::user(Uuid::from_u128(0x8000_0000_0000_0000_0000 + number), handle, display_name)
    }
}

fn crud(id: &str, author: &User, message: &str, created: &str, expires: Option<&str>) -> Activity {
    Activity {
        expires_at: expires.map(time),
        ..fixtures::crud(uuid(id), author.uuid, message, time(created))
    }
}

fn dataset() -> Dataset {
    let andrew = user(1, "andrewbrown", "Andrew Brown");
    let bayko = user(2, "bayko", "Andrew Bayko");
    let worf = user(3, "worf", "Worf");
    let week = Some("2026-01-07T12:00:00Z");
    let fun = crud(CRUD, &andrew, "Cloud is very fun!", "2025-12-31T12:00:00.5Z", week);
    let honor = crud(REPLY, &worf, "This post has no honor!", "2025-12-31T13:00:00Z", None);
    let juice = crud(
        "66e12864-8c26-4c3a-9658-95a10f8fea67",
        &worf,
        "I am out of prune juice",
        "2025-12-30T12:00:00Z",
        Some("2026-01-02T12:00:00Z"),
    );
    let over = Some("2025-12-31T00:00:00Z");
    let expired = crud(EXPIRED, &bayko, "Gone is the cloud", "2025-12-30T13:00:00Z", over);
    let notification = fixtures::notification(
        Uuid::from_u128(0xb000_0000_0000_0000_0001),
        andrew.uuid,
        worf.uuid,
        NotificationKind::Reply,
        Some(honor.uuid),
        honor.created_at,
    );
    let message = |number: u128, people, text, created| {
        let message = Uuid::from_u128(0xa000_0000_0000_0000_0000 + number);
        fixtures::message(message, uuid(GROUP), people, text, time(created))
    };
    let [to_bayko, to_andrew] = [[andrew.uuid, bayko.uuid], [bayko.uuid, andrew.uuid]];
    let messages = vec![
        message(1, to_bayko, "Have you ever watched Babylon 5?", "2025-12-31T10:00:00Z"),
        message(2, to_andrew, "Yes, I have!", "2025-12-31T10:01:00Z"),
    ];
    Dataset {
        activities: vec![
            Activity { replies_count: 1, ..fun.clone() },
            Activity { reply_to_activity_uuid: Some(fun.uuid), ..honor },
            juice,
            expired,
        ],
        users: vec![andrew, bayko, worf],
        notifications: vec![notification],
        messages,
        ..Dataset::default()
    }
}
