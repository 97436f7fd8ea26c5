//! The data of Cruddur, and the rules that need nothing but the data.
//!
//! No I/O, no clock, no randomness. The structs double as GraphQL objects and as database rows, so
//! their doc comments are the schema's descriptions.

pub mod activity;
pub mod cursor;
pub mod message;
pub mod name;
pub mod notification;
pub mod page;
pub mod resume;
pub mod text;
pub mod user;
pub mod viewer;

pub use activity::{Activity, Reaction, ReactionKind, Ttl};
pub use cursor::{Cursor, HasCursor, forever};
pub use message::{Conversation, Message, MessageGroup, MessageKey};
pub use notification::{Notification, NotificationKind};
pub use page::{Order, Page, Pagination};
pub use resume::{LogPosition, ResumeCursor, ResumePoint, Snapshot, WithSnapshot};
pub use user::{Account, Follow, Profile, User, UserCounts};
pub use viewer::{UnregisteredIdentity, Viewer};

use chrono::{DateTime, Utc};

/// A time in UTC with microseconds, which is all that PostgreSQL keeps.
pub type Timestamp = DateTime<Utc>;
