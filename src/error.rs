//! Every way in which a request can fail, in words that are safe for clients.

use std::fmt;

use async_graphql::Enum;

pub type Result<T> = std::result::Result<T, Error>;

/// Why a request was not carried out.
///
/// The set is closed and its `Display` texts go to clients as they are. What went wrong inside the
/// process is logged where it happened and reaches a client only as [`Error::Internal`] or
/// [`Error::Unavailable`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The input breaks a rule of the domain.
    #[error("{0}")]
    User(UserErrorCode),
    /// The request itself makes no sense, whoever sends it: a malformed cursor, a page of 1,000.
    #[error("{0}")]
    BadInput(String),
    /// The request needs a signed-in user.
    #[error("Sign in first.")]
    Unauthenticated,
    /// The store did not answer in time or cannot be reached.
    #[error("The service is busy or starting. Try again in a moment.")]
    Unavailable,
    /// A defect of the gateway or of its data.
    #[error("Something went wrong on our side.")]
    Internal,
}

impl Error {
    /// The error's `extensions.code` in GraphQL, in the words of Apollo.
    pub fn code(&self) -> &'static str {
        match self {
            Self::User(rule) => rule.class(),
            Self::BadInput(_) => "BAD_USER_INPUT",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Unavailable => "SERVICE_UNAVAILABLE",
            Self::Internal => "INTERNAL_SERVER_ERROR",
        }
    }
}

impl From<UserErrorCode> for Error {
    fn from(rule: UserErrorCode) -> Self {
        Self::User(rule)
    }
}

/// The rule of Cruddur that an input broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
pub enum UserErrorCode {
    /// The message is missing or empty. White space alone counts as a message.
    MessageBlank,
    /// The message has more characters than allowed: 280 for a crud, 1024 for a reply or a direct message.
    MessageTooLong,
    /// The message contains U+0000, which no store can keep.
    MessageInvalid,
    /// The time to live is missing or none of the seven that Cruddur knows.
    TtlBlank,
    /// The handle is missing or empty.
    HandleBlank,
    /// The handle is longer than 64 characters, or has others than letters from A to Z, digits, `_`,
    /// and inner `-` and `.`.
    HandleInvalid,
    /// Somebody has the handle already, regardless of case.
    HandleTaken,
    /// The search term is missing or empty.
    SearchTermBlank,
    /// The search term has more than 280 characters.
    SearchTermTooLong,
    /// The display name is missing or empty.
    DisplayNameBlank,
    /// The display name has more than 64 characters, or contains U+0000.
    DisplayNameInvalid,
    /// The bio has more than 1024 characters, or contains U+0000.
    BioInvalid,
    /// The recipient of a direct message is missing or empty.
    RecipientBlank,
    /// Nobody has the recipient's handle, or it is the sender's own.
    RecipientNotFound,
    /// There is no such conversation, or the viewer has no part in it.
    MessageGroupNotFound,
    /// There is no such message in a conversation of the viewer's.
    MessageNotFound,
    /// There is no such activity, or it has expired.
    ActivityNotFound,
    /// The activity belongs to somebody else.
    ActivityNotYours,
    /// There is no such user.
    UserNotFound,
    /// Nobody follows themselves.
    CannotFollowYourself,
    /// There is no such notification among the viewer's.
    NotificationNotFound,
    /// The idempotency key is empty, longer than 255 characters, or contains U+0000.
    IdempotencyKeyInvalid,
    /// The idempotency key was used within the last day with another input.
    IdempotencyKeyReused,
    /// The signed-in identity belongs to no Cruddur user yet.
    ViewerUnknown,
    /// The signed-in identity belongs to a Cruddur user already.
    ViewerRegistered,
}

impl UserErrorCode {
    /// The word of Apollo's error codes that covers the rule when it is broken outside of a mutation.
    fn class(self) -> &'static str {
        match self {
            Self::ActivityNotFound
            | Self::UserNotFound
            | Self::NotificationNotFound
            | Self::MessageGroupNotFound
            | Self::MessageNotFound
            | Self::RecipientNotFound => "NOT_FOUND",
            Self::ActivityNotYours | Self::ViewerUnknown => "FORBIDDEN",
            _ => "BAD_USER_INPUT",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::MessageBlank => "The message is empty.",
            Self::MessageTooLong => "The message is too long.",
            Self::MessageInvalid => "The message contains a NUL character.",
            Self::TtlBlank => {
                "The time to live must be one of 1-hour, 3-hours, 12-hours, 1-day, 3-days, 7-days, 30-days."
            }
            Self::HandleBlank => "The handle is empty.",
            Self::HandleInvalid => {
                "A handle has up to 64 letters from A to Z, digits, _, and inner - and dots."
            }
            Self::HandleTaken => "Somebody has this handle already.",
            Self::SearchTermBlank => "The search term is empty.",
            Self::SearchTermTooLong => "The search term is longer than 280 characters.",
            Self::DisplayNameBlank => "The display name is empty.",
            Self::DisplayNameInvalid => {
                "The display name is longer than 64 characters or contains a NUL character."
            }
            Self::BioInvalid => {
                "The bio is longer than 1024 characters or contains a NUL character."
            }
            Self::RecipientBlank => "The recipient's handle is empty.",
            Self::RecipientNotFound => "There is nobody else with that handle.",
            Self::MessageGroupNotFound => "There is no such conversation of yours.",
            Self::MessageNotFound => "There is no such message in a conversation of yours.",
            Self::ActivityNotFound => "There is no such activity, or it has expired.",
            Self::ActivityNotYours => "The activity is not yours.",
            Self::UserNotFound => "There is no such user.",
            Self::CannotFollowYourself => "You cannot follow yourself.",
            Self::NotificationNotFound => "There is no such notification of yours.",
            Self::IdempotencyKeyInvalid => {
                "The idempotency key must have 1 to 255 characters and no NUL character."
            }
            Self::IdempotencyKeyReused => {
                "The idempotency key was used within the last day with another input."
            }
            Self::ViewerUnknown => "Your account has no Cruddur user yet.",
            Self::ViewerRegistered => "Your account has its Cruddur user already.",
        }
    }
}

impl fmt::Display for UserErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}
