//! Rows that are more than one domain struct.

use sqlx::FromRow;
use uuid::Uuid;

use crate::domain::{Activity, Cursor, HasCursor, Message, Timestamp, User, UserCounts};

/// A row of a list by keys: its item, where it stands, and which key it belongs to.
pub trait Keyed {
    type Item;

    /// The key's place in the list of keys, as the database counts.
    fn n(&self) -> i64;
    fn with_cursor(self) -> (Cursor, Self::Item);
}

#[derive(FromRow)]
pub struct KeyedActivity {
    n: i64,
    #[sqlx(flatten)]
    activity: Activity,
}

impl Keyed for KeyedActivity {
    type Item = Activity;

    fn n(&self) -> i64 {
        self.n
    }

    fn with_cursor(self) -> (Cursor, Activity) {
        self.activity.with_cursor()
    }
}

#[derive(FromRow)]
pub struct KeyedMessage {
    n: i64,
    #[sqlx(flatten)]
    message: Message,
}

impl Keyed for KeyedMessage {
    type Item = Message;

    fn n(&self) -> i64 {
        self.n
    }

    fn with_cursor(self) -> (Cursor, Message) {
        self.message.with_cursor()
    }
}

/// A user on the other side of a relation.
#[derive(FromRow)]
pub struct RelatedUser {
    n: i64,
    related_at: Timestamp,
    #[sqlx(flatten)]
    user: User,
}

impl Keyed for RelatedUser {
    type Item = User;

    fn n(&self) -> i64 {
        self.n
    }

    fn with_cursor(self) -> (Cursor, User) {
        (Cursor { at: self.related_at, uuid: self.user.uuid }, self.user)
    }
}

#[derive(FromRow)]
pub struct CountsRow {
    activities: i64,
    followers: i64,
    following: i64,
}

impl From<CountsRow> for UserCounts {
    fn from(CountsRow { activities, followers, following }: CountsRow) -> Self {
        Self { activities, followers, following }
    }
}

/// What an idempotency key stands for.
#[derive(FromRow)]
pub struct EarlierRow {
    pub input_hash: Vec<u8>,
    pub made_uuid: Uuid,
}

/// A row, and what can be read when it is.
#[derive(FromRow)]
pub struct RowWithSnapshot<T> {
    pub snapshot: String,
    #[sqlx(flatten)]
    pub item: T,
}

impl<T: HasCursor> HasCursor for RowWithSnapshot<T> {
    fn cursor(&self) -> Cursor {
        self.item.cursor()
    }
}

/// A row with its position.
#[derive(FromRow)]
pub struct ChangeRow<T> {
    pub position: i64,
    /// Whether no row can come before it any more.
    pub is_stable: bool,
    #[sqlx(flatten)]
    pub item: T,
}
