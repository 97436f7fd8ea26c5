//! A small Cruddur in memory, and clients that ask it.

use std::{fmt, sync::Arc};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header::CONTENT_TYPE, request},
};
use chrono::{DateTime, TimeDelta};
use cruddur::{
    auth::{Auth, Demo},
    domain::{Activity, Message, Notification, NotificationKind, Timestamp, User},
    rest::{self, Flavor, Rest},
    service::Service,
    sources::{Dataset, Lifecycle, NewMessage, Sources, mock::Mock},
};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;
use uuid::Uuid;

use crate::clock::ManualClock;

/// The crud of andrewbrown, with one reply.
pub const CRUD: &str = "68f126b0-1ceb-4a33-88be-d90fa7109eee";
/// The reply of worf.
pub const REPLY: &str = "26e12864-1c26-5c3a-9658-97a10f8fea67";
/// A crud of bayko that has expired.
pub const EXPIRED: &str = "248959df-3079-4947-b847-9e0892d1bab4";
/// The conversation of andrewbrown and bayko.
pub const GROUP: &str = "5ae290ed-55d1-47a0-bc6d-fe2bc2700399";
/// A uuid of nothing.
pub const UNKNOWN: &str = "00000000-0000-4000-9000-0000000000ff";

pub struct App {
    service: Service,
    clock: Arc<ManualClock>,
    flavor: Flavor,
}

/// The first backend's answers.
pub async fn app() -> App {
    app_of(Flavor::Openapi).await
}

/// The final backend's answers.
pub async fn final_app() -> App {
    app_of(Flavor::Final).await
}

async fn app_of(flavor: Flavor) -> App {
    let mock = Arc::new(Mock::default());
    mock.import(&dataset()).await.unwrap();
    let clock = Arc::new(ManualClock::default());
    let service = Service::new(Sources::from(mock), clock.clone());
    App { service, clock, flavor }
}

impl App {
    /// Somebody who is not signed in.
    pub fn anon(&self) -> Client {
        self.client(None)
    }

    /// Somebody who is signed in and has no row among the users.
    pub fn stranger(&self) -> Client {
        self.client(Some("a-stranger"))
    }

    /// The user with a handle.
    pub fn user(&self, handle: &str) -> Client {
        self.client(Some(handle))
    }

    /// Lets time pass.
    pub fn advance(&self, time: TimeDelta) {
        self.clock.advance(time);
    }

    fn client(&self, viewer: Option<&str>) -> Client {
        let auth = Auth::demo(Demo::new(self.service.clone(), viewer.map(str::to_owned), None));
        let rest = Rest { service: self.service.clone(), auth, flavor: self.flavor };
        Client { router: rest::routes(rest) }
    }
}

/// Somebody who asks.
pub struct Client {
    router: Router,
}

impl Client {
    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path).await
    }

    pub async fn ask(&self, method: Method, path: &str) -> Answer {
        self.send(Request::builder().method(method).uri(path), Body::empty()).await
    }

    pub async fn post(&self, path: &str, body: impl Into<Body>) -> Answer {
        self.send_json(Request::post(path), body).await
    }

    pub async fn put(&self, path: &str, body: impl Into<Body>) -> Answer {
        self.send_json(Request::put(path), body).await
    }

    pub async fn send_json(&self, request: request::Builder, body: impl Into<Body>) -> Answer {
        self.send(request.header(CONTENT_TYPE, "application/json"), body).await
    }

    pub async fn send(&self, request: request::Builder, body: impl Into<Body>) -> Answer {
        let request = request.body(body.into()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, text }
    }
}

/// What was answered: it shows its status, its body, and the headers that matter.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// The messages of a list of activities or direct messages.
    pub fn messages(&self) -> Vec<String> {
        let list = self.json();
        let text = |item: &Value| item["message"].as_str().unwrap().to_owned();
        list.as_array().unwrap().iter().map(text).collect()
    }

    /// The cursor in the `Link` header, after `parameter=`.
    pub fn link(&self, parameter: &str) -> Option<String> {
        let link = self.headers.get("link")?.to_str().unwrap();
        let (_, rest) = link.split_once(&format!("{parameter}=")).unwrap();
        Some(rest.split_once('>').unwrap().0.to_owned())
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status.as_u16())?;
        let short = self.text.len() < 60;
        if short && !self.text.is_empty() {
            write!(f, " {}", self.text)?;
        }
        for name in ["allow", "content-type", "link", "location"] {
            if let Some(value) = self.headers.get(name)
                && value != "application/json"
            {
                write!(f, "\n{name}: {}", value.to_str().unwrap())?;
            }
        }
        if short { Ok(()) } else { write!(f, "\n{:#}", self.json()) }
    }
}

/// A JSON body whose message is `count` times `text`.
pub fn long(text: &str, count: usize, more: &str) -> String {
    format!(r#"{{"message": "{}"{more}}}"#, text.repeat(count))
}

pub fn at(text: &str) -> Timestamp {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

fn uuid(text: &str) -> Uuid {
    text.parse().unwrap()
}

fn user(number: u128, handle: &str, display_name: &str) -> User {
    User {
        uuid: Uuid::from_u128(0x8000_0000_0000_0000_0000 + number),
        handle: handle.into(),
        display_name: display_name.into(),
        bio: None,
        email: format!("{handle}@example.com"),
        cognito_user_id: format!("sub-of-{handle}"),
        created_at: at("2025-01-01T00:00:00Z"),
    }
}

fn crud(id: &str, author: &User, message: &str, created: &str, expires: Option<&str>) -> Activity {
    Activity {
        uuid: uuid(id),
        user_uuid: author.uuid,
        message: message.into(),
        replies_count: 0,
        reposts_count: 0,
        likes_count: 0,
        reply_to_activity_uuid: None,
        expires_at: expires.map(at),
        created_at: at(created),
    }
}

fn message(number: u128, from: &User, to: &User, text: &str, created: &str) -> NewMessage {
    NewMessage {
        message: Message {
            uuid: Uuid::from_u128(0xa000_0000_0000_0000_0000 + number),
            group_uuid: uuid(GROUP),
            user_uuid: from.uuid,
            message: text.into(),
            created_at: at(created),
        },
        receiver_uuid: to.uuid,
        idempotency: None,
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
    let gone = crud(EXPIRED, &bayko, "Gone is the cloud", "2025-12-30T13:00:00Z", over);
    let told = Notification {
        uuid: Uuid::from_u128(0xb000_0000_0000_0000_0001),
        user_uuid: andrew.uuid,
        actor_uuid: worf.uuid,
        kind: NotificationKind::Reply,
        activity_uuid: Some(honor.uuid),
        created_at: honor.created_at,
        read_at: None,
    };
    let messages = vec![
        message(1, &andrew, &bayko, "Have you ever watched Babylon 5?", "2025-12-31T10:00:00Z"),
        message(2, &bayko, &andrew, "Yes, I have!", "2025-12-31T10:01:00Z"),
    ];
    Dataset {
        activities: vec![
            Activity { replies_count: 1, ..fun.clone() },
            Activity { reply_to_activity_uuid: Some(fun.uuid), ..honor },
            juice,
            gone,
        ],
        users: vec![andrew, bayko, worf],
        notifications: vec![told],
        messages,
        ..Dataset::default()
    }
}
