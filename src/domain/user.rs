use async_graphql::SimpleObject;
use uuid::Uuid;

use super::{Cursor, HasCursor, Timestamp};

/// A Cruddur user.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject, sqlx::FromRow)]
#[graphql(complex)]
pub struct User {
    #[graphql(skip)]
    pub uuid: Uuid,
    /// The unique name for mentions and lookups, without the `@`. Lookups are case-sensitive, but
    /// no two handles differ only in case.
    pub handle: String,
    /// The display name. Not unique.
    pub display_name: String,
    /// The user's self-description, up to 1024 characters. Null if the user has none.
    pub bio: Option<String>,
    #[graphql(skip)]
    pub email: String,
    /// The `sub` of the user's tokens.
    #[graphql(skip)]
    pub cognito_user_id: String,
    /// When the user registered.
    pub created_at: Timestamp,
}

impl HasCursor for User {
    fn cursor(&self) -> Cursor {
        Cursor { at: self.created_at, uuid: self.uuid }
    }
}

/// What users may change about themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    pub display_name: String,
    pub bio: Option<String>,
}

/// The numbers that a profile shows. Expired activities and replies are not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UserCounts {
    pub activities: i64,
    pub followers: i64,
    pub following: i64,
}

/// One user follows another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Follow {
    pub follower_uuid: Uuid,
    pub followed_uuid: Uuid,
    pub created_at: Timestamp,
}

/// How a user signs in.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Account {
    pub uuid: Uuid,
    pub handle: String,
    /// The `sub` of the user's tokens.
    #[sqlx(rename = "cognito_user_id")]
    pub subject: String,
    /// `None` if the user is not banned.
    pub banned_at: Option<Timestamp>,
}
