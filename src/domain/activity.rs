use async_graphql::{Enum, SimpleObject};
use chrono::TimeDelta;
use uuid::Uuid;

use super::{Cursor, HasCursor, NotificationKind, Timestamp};

/// A crud, which is a short post, or a reply to an activity. Queries return an activity until it
/// expires.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject, sqlx::FromRow)]
#[graphql(complex)]
pub struct Activity {
    #[graphql(skip)]
    pub uuid: Uuid,
    #[graphql(skip)]
    pub user_uuid: Uuid,
    /// The text: 1 to 280 characters in a crud, 1 to 1024 in a reply.
    pub message: String,
    /// The number of direct replies.
    pub replies_count: i32,
    /// The number of users who reposted it.
    pub reposts_count: i32,
    /// The number of users who like it.
    pub likes_count: i32,
    #[graphql(skip)]
    pub reply_to_activity_uuid: Option<Uuid>,
    /// When it expires. Null for a reply, which expires with the crud that started its thread, and
    /// for an old crud without an expiry.
    pub expires_at: Option<Timestamp>,
    /// When it was posted.
    pub created_at: Timestamp,
    /// The number of activities above it in its thread: 0 for a crud.
    #[graphql(skip)]
    pub depth: i32,
}

impl Activity {
    /// The greatest depth of a reply.
    pub const MAX_DEPTH: i32 = 100;

    /// A crud that never expires and has no replies or reactions. Struct update syntax turns it into
    /// another one: `Activity { expires_at, ..Activity::new(…) }`.
    pub fn new(
        uuid: Uuid,
        user_uuid: Uuid,
        message: impl Into<String>,
        created_at: Timestamp,
    ) -> Self {
        Self {
            uuid,
            user_uuid,
            message: message.into(),
            replies_count: 0,
            reposts_count: 0,
            likes_count: 0,
            reply_to_activity_uuid: None,
            expires_at: None,
            created_at,
            depth: 0,
        }
    }
}

impl HasCursor for Activity {
    fn cursor(&self) -> Cursor {
        Cursor { at: self.created_at, uuid: self.uuid }
    }
}

/// How long a crud is shown after it was posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(name = "ActivityTtl")]
pub enum Ttl {
    /// One hour.
    OneHour,
    /// Three hours.
    ThreeHours,
    /// Twelve hours.
    TwelveHours,
    /// One day.
    OneDay,
    /// Three days.
    ThreeDays,
    /// Seven days.
    SevenDays,
    /// Thirty days.
    ThirtyDays,
}

impl Ttl {
    pub const ALL: [Self; 7] = [
        Self::OneHour,
        Self::ThreeHours,
        Self::TwelveHours,
        Self::OneDay,
        Self::ThreeDays,
        Self::SevenDays,
        Self::ThirtyDays,
    ];

    /// The word that the REST routes use: `1-hour` to `30-days`.
    pub fn word(self) -> &'static str {
        match self {
            Self::OneHour => "1-hour",
            Self::ThreeHours => "3-hours",
            Self::TwelveHours => "12-hours",
            Self::OneDay => "1-day",
            Self::ThreeDays => "3-days",
            Self::SevenDays => "7-days",
            Self::ThirtyDays => "30-days",
        }
    }

    /// The time to live that `word` names; `None` for any other text.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ttl| ttl.word() == word)
    }

    pub fn duration(self) -> TimeDelta {
        match self {
            Self::OneHour => TimeDelta::hours(1),
            Self::ThreeHours => TimeDelta::hours(3),
            Self::TwelveHours => TimeDelta::hours(12),
            Self::OneDay => TimeDelta::days(1),
            Self::ThreeDays => TimeDelta::days(3),
            Self::SevenDays => TimeDelta::days(7),
            Self::ThirtyDays => TimeDelta::days(30),
        }
    }
}

/// What a user can do to an activity once, and undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum ReactionKind {
    Like,
    Repost,
}

impl ReactionKind {
    /// The kind of the notification that the activity's author gets.
    pub fn notification_kind(self) -> NotificationKind {
        match self {
            Self::Like => NotificationKind::Like,
            Self::Repost => NotificationKind::Repost,
        }
    }
}

/// One user's like or repost of one activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reaction {
    pub kind: ReactionKind,
    pub activity_uuid: Uuid,
    pub user_uuid: Uuid,
    pub created_at: Timestamp,
}
