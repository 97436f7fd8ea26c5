//! A small dataset for every GraphQL test and every source, and a client of the schema.

use std::sync::Arc;

use async_graphql::{Request, Response};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta};
use cruddur::{
    domain::{
        Activity, Cursor, Follow, Notification, NotificationKind, Reaction, ReactionKind,
        Timestamp, User, Viewer,
    },
    graphql::{self, SchemaOptions},
    service::Service,
    sources::{Dataset, NewMessage, Sources},
};
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use uuid::Uuid;

use crate::support::{clock::ManualClock, filled, fixtures, in_memory};

/// Returns the current time of every GraphQL test: noon on 1 January 2026.
pub fn noon() -> Timestamp {
    "2026-01-01T12:00:00Z".parse().unwrap()
}

/// The schema and the service over some stores, and the viewer of the requests.
pub struct SchemaClient {
    pub service: Service,
    pub schema: graphql::Schema,
    pub viewer: Viewer,
}

impl SchemaClient {
    pub fn new(sources: Sources, viewer: Viewer) -> Self {
        let service = Service::new(sources, Arc::new(ManualClock::at(noon())));
        Self { service, schema: graphql::schema(SchemaOptions::default()), viewer }
    }

    /// Returns a client of the [`people`] in memory.
    pub async fn of_people(viewer: Viewer) -> Self {
        Self::new(filled(in_memory(), &people()).await, viewer)
    }

    /// Returns the response to a request, or the first event of a subscription.
    pub async fn execute(&self, request: impl Into<Request>) -> Response {
        self.stream(request).next().await.unwrap()
    }

    pub fn stream(&self, request: impl Into<Request>) -> BoxStream<'static, Response> {
        match self.schema.prepare(request.into()) {
            Ok(admitted) => self.schema.stream(&self.service, self.viewer, admitted),
            Err(refused) => stream::once(async { *refused }).boxed(),
        }
    }

    /// Returns the response as clients read it.
    pub async fn json(&self, request: impl Into<Request>) -> serde_json::Value {
        serde_json::to_value(self.execute(request).await).unwrap()
    }
}

pub const ADA: Viewer = Viewer::User(user_uuid(1));

pub const fn user_uuid(number: u128) -> Uuid {
    Uuid::from_u128(0x7000_8000_0000_0000_0000 + number)
}

pub const fn activity_uuid(number: u128) -> Uuid {
    Uuid::from_u128(0x7000_8001_0000_0000_0000 + number)
}

pub const fn notification_uuid(number: u128) -> Uuid {
    Uuid::from_u128(0x7000_8002_0000_0000_0000 + number)
}

pub const fn group_uuid(number: u128) -> Uuid {
    Uuid::from_u128(0x7000_8003_0000_0000_0000 + number)
}

pub const fn message_uuid(number: u128) -> Uuid {
    Uuid::from_u128(0x7000_8004_0000_0000_0000 + number)
}

/// Messages: number, sender and receiver, conversation, minute, text. The last two have equal times.
const MESSAGES: [(u128, [u128; 2], u128, u32, &str); 7] = [
    (1, [1, 2], 1, 5, "Have you seen the moth?"),
    (2, [2, 1], 1, 11, "Taped it into the log book"),
    (3, [3, 1], 2, 12, "May I ask a machine something?"),
    (4, [2, 3], 3, 13, "Not for ada's eyes"),
    (5, [3, 1], 2, 14, "Anything at all?"),
    (6, [1, 2], 1, 15, "A first"),
    (7, [2, 1], 1, 15, "Indeed"),
];

/// Returns the global id for a name such as `user 1`, or the cursor for `cursor of activity 12`.
/// Returns `None` for any other text.
pub fn global_id(name: &str) -> Option<String> {
    if let Some(name) = name.strip_prefix("cursor of ") {
        return cursor(name);
    }
    let (kind, number) = name.split_once(' ')?;
    let number = number.parse().ok()?;
    if kind == "message" {
        let (number, _, group, minute, _) = MESSAGES.into_iter().find(|it| it.0 == number)?;
        let micros = at(minute).timestamp_micros().to_be_bytes();
        let [group, message] = [group_uuid(group), message_uuid(number)];
        let bytes = [b"m", &group.as_bytes()[..], &micros, message.as_bytes()].concat();
        return Some(URL_SAFE_NO_PAD.encode(bytes));
    }
    let (byte, uuid) = match kind {
        "user" => (b'u', user_uuid(number)),
        "activity" => (b'a', activity_uuid(number)),
        "notification" => (b'n', notification_uuid(number)),
        "group" => (b'g', group_uuid(number)),
        _ => return None,
    };
    Some(URL_SAFE_NO_PAD.encode([&[byte], uuid.as_bytes().as_slice()].concat()))
}

/// Replaces names such as `user 1` by global ids, at every depth.
pub fn resolve_ids(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) => {
            if let Some(id) = global_id(text) {
                *text = id;
            }
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(resolve_ids),
        serde_json::Value::Object(fields) => fields.values_mut().for_each(resolve_ids),
        _ => {}
    }
}

fn cursor(name: &str) -> Option<String> {
    let data = people();
    let (kind, number) = name.split_once(' ')?;
    let number = number.parse().ok()?;
    let (at, uuid) = match kind {
        "activity" => {
            let uuid = activity_uuid(number);
            (data.activities.iter().find(|it| it.uuid == uuid)?.created_at, uuid)
        }
        "notification" => {
            let uuid = notification_uuid(number);
            (data.notifications.iter().find(|it| it.uuid == uuid)?.created_at, uuid)
        }
        "message" => {
            let uuid = message_uuid(number);
            (data.messages.iter().find(|it| it.message.uuid == uuid)?.message.created_at, uuid)
        }
        _ => return None,
    };
    Some(Cursor { at, uuid }.encode())
}

/// Returns four users and what they posted on the morning of 1 January 2026.
pub fn people() -> Dataset {
    let mut data = Dataset::default();
    for (number, handle, name, bio) in [
        (1, "ada", "Ada Lovelace", Some("Notes on engines.")),
        (2, "grace", "Grace Hopper", None),
        (3, "alan", "Alan Turing", Some("Can machines think?")),
        (4, "edsger", "Edsger Dijkstra", None),
    ] {
        data.users.push(user(number, handle, name, bio));
    }
    let mut post = |number, author, parent, minute, message: &str| {
        data.activities.push(activity(number, author, parent, minute, message));
    };
    post(1, 1, None, 0, "The engine weaves #algebra as the loom weaves flowers");
    post(2, 2, None, 10, "Found a moth in the relay. Hello @ada!");
    post(3, 3, None, 10, "Imitation is a game #algebra");
    post(4, 1, None, 30, "Bernoulli numbers, by machine");
    post(5, 4, None, 40, "Considered harmful: goto");
    post(6, 2, None, 50, "A nanosecond is this long");
    post(11, 2, Some(1), 1, "Leaves, too?");
    post(12, 3, Some(1), 2, "And snowflakes");
    post(13, 1, Some(11), 3, "Leaves above all");
    post(14, 4, Some(2), 12, "A bug, then");
    // Expires an hour before noon.
    let mut expired = activity(7, 4, None, 45, "Gone by noon #algebra");
    expired.expires_at = Some(noon() - TimeDelta::hours(1));
    data.activities.push(expired);

    for (kind, activity, user, minute) in [
        (ReactionKind::Like, 1, 2, 5),
        (ReactionKind::Like, 1, 3, 6),
        (ReactionKind::Like, 2, 1, 15),
        (ReactionKind::Repost, 1, 4, 20),
        (ReactionKind::Like, 11, 1, 21),
    ] {
        data.reactions.push(Reaction {
            kind,
            activity_uuid: activity_uuid(activity),
            user_uuid: user_uuid(user),
            created_at: at(minute),
        });
    }
    for (follower, followed, minute) in [(1, 2, 0), (1, 3, 1), (2, 1, 2), (3, 1, 3), (4, 1, 4)] {
        data.follows.push(Follow {
            follower_uuid: user_uuid(follower),
            followed_uuid: user_uuid(followed),
            created_at: at(minute),
        });
    }
    use NotificationKind::{Follow as Followed, Like, Mention, Reply, Repost};
    for (number, to, actor, kind, activity, minute) in [
        (1, 1, 2, Followed, None, 2),
        (2, 1, 2, Reply, Some(11), 1),
        (3, 1, 3, Like, Some(1), 6),
        (4, 1, 2, Mention, Some(2), 10),
        (5, 1, 4, Repost, Some(1), 20),
        (6, 2, 1, Like, Some(11), 21),
        (7, 1, 4, Mention, Some(7), 45),
    ] {
        data.notifications.push(Notification {
            read_at: (number < 3).then(noon),
            ..fixtures::notification(
                notification_uuid(number),
                user_uuid(to),
                user_uuid(actor),
                kind,
                activity.map(activity_uuid),
                at(minute),
            )
        });
    }
    data.messages.extend(
        MESSAGES.into_iter().map(|(number, people, group, minute, text)| {
            message(number, people, group, minute, text)
        }),
    );
    with_counts(data)
}

/// Returns 50 users and many cruds. Each crud has 4 replies, each of which has 2 replies.
pub fn crowd(cruds: u32) -> Dataset {
    let mut data = Dataset::default();
    for number in 1..=50 {
        data.users.push(user(number, &format!("user{number}"), &format!("User {number}"), None));
    }
    let mut number: u32 = 0;
    let mut post = |parent: Option<u32>, minute| {
        number += 1;
        let author = u128::from(number * 7 % 50 + 1);
        let activity = activity(number.into(), author, parent.map(u128::from), minute, "words");
        data.activities.push(activity);
        number
    };
    for minute in 0..cruds {
        let crud = post(None, minute);
        for _ in 0..4 {
            let reply = post(Some(crud), minute + 1);
            for _ in 0..2 {
                post(Some(reply), minute + 2);
            }
        }
    }
    with_counts(data)
}

/// Returns a user who has a conversation of three messages with each of many other users.
pub fn talkers(others: u32) -> Dataset {
    let mut data = Dataset::default();
    data.users.push(user(1, "ada", "Ada Lovelace", None));
    for minute in 2..others + 2 {
        let person = u128::from(minute);
        data.users.push(user(person, &format!("user{person}"), &format!("User {person}"), None));
        for (n, [from, to]) in [[1, person], [person, 1], [person, 1]].into_iter().enumerate() {
            let number = person * 10 + n as u128;
            data.messages.push(message(
                number,
                [from, to],
                person,
                minute + n as u32,
                &n.to_string(),
            ));
        }
    }
    data
}

fn user(number: u128, handle: &str, name: &str, bio: Option<&str>) -> User {
    User {
        bio: bio.map(Into::into),
        cognito_user_id: format!("sub-of-{handle}"),
        created_at: DateTime::UNIX_EPOCH + TimeDelta::days(i64::try_from(number).unwrap()),
        ..fixtures::user(user_uuid(number), handle, name)
    }
}

fn activity(
    number: u128,
    author: u128,
    parent: Option<u128>,
    minute: u32,
    message: &str,
) -> Activity {
    Activity {
        reply_to_activity_uuid: parent.map(activity_uuid),
        expires_at: parent.is_none().then(|| noon() + TimeDelta::days(7)),
        ..fixtures::crud(activity_uuid(number), user_uuid(author), message, at(minute))
    }
}

fn message(number: u128, people: [u128; 2], group: u128, minute: u32, text: &str) -> NewMessage {
    let people = people.map(user_uuid);
    fixtures::message(message_uuid(number), group_uuid(group), people, text, at(minute))
}

/// Returns the time so many minutes and 250 microseconds after nine.
fn at(minute: u32) -> Timestamp {
    noon() - TimeDelta::hours(3) + TimeDelta::minutes(minute.into()) + TimeDelta::microseconds(250)
}

/// Sets the counts of likes, reposts and replies.
fn with_counts(mut data: Dataset) -> Dataset {
    let replied: Vec<_> = data.activities.iter().map(|it| it.reply_to_activity_uuid).collect();
    for activity in &mut data.activities {
        let count = |found: usize| i32::try_from(found).unwrap();
        let reacted = |kind| {
            let of = data.reactions.iter().filter(|it| it.activity_uuid == activity.uuid);
            count(of.filter(|it| it.kind == kind).count())
        };
        activity.likes_count = reacted(ReactionKind::Like);
        activity.reposts_count = reacted(ReactionKind::Repost);
        activity.replies_count =
            count(replied.iter().filter(|it| **it == Some(activity.uuid)).count());
    }
    data
}

/// Formats a response as JSON and cuts its cursors before their log positions, which differ between
/// sources.
pub fn without_positions(response: &impl serde::Serialize) -> String {
    const KEY: &str = "ursor\": \"";
    let text = serde_json::to_string_pretty(response).expect("a response is JSON");
    let line = |line: &str| match line.split_once(KEY) {
        Some((start, rest)) => {
            let (cursor, end) =
                rest.split_once('"').expect("the cursor ends with a quotation mark");
            format!("{start}{KEY}{}\"{end}\n", &cursor[..cursor.len().min(32)])
        }
        None => format!("{line}\n"),
    };
    text.lines().map(line).collect::<String>().trim_end().to_owned()
}
