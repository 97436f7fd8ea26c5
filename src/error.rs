//! All errors of requests, with messages that are safe for clients.

use std::fmt;

use async_graphql::Enum;

pub type Result<T> = std::result::Result<T, Error>;

/// Why a request failed.
///
/// The set is closed, and clients receive the `Display` texts unchanged. Details of internal
/// failures are logged where they occur; clients see only [`Error::Internal`] or
/// [`Error::Unavailable`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The input breaks a rule of the domain.
    #[error("{0}")]
    User(UserErrorCode),
    /// The request is invalid for every viewer: a malformed cursor, or a page of 1,000 items.
    #[error("{0}")]
    BadInput(String),
    /// The request requires a signed-in user.
    #[error("Sign in first.")]
    Unauthenticated,
    /// The store timed out or is unreachable.
    #[error("The service is busy or starting. Try again in a moment.")]
    Unavailable,
    /// A bug in the gateway, or inconsistent data.
    #[error("Something went wrong on our side.")]
    Internal,
}

impl Error {
    /// Returns the error's `extensions.code` in GraphQL. The codes are those of Apollo Server.
    pub fn code(&self) -> &'static str {
        match self {
            Self::User(code) => code.apollo_code(),
            Self::BadInput(_) => "BAD_USER_INPUT",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Unavailable => "SERVICE_UNAVAILABLE",
            Self::Internal => "INTERNAL_SERVER_ERROR",
        }
    }

    /// Returns whether the viewer is not, or no longer, a user.
    pub fn is_viewer_unknown(&self) -> bool {
        *self == Self::User(UserErrorCode::ViewerUnknown)
    }
}

impl From<UserErrorCode> for Error {
    fn from(code: UserErrorCode) -> Self {
        Self::User(code)
    }
}

/// The rule that an input broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
pub enum UserErrorCode {
    /// The message is missing or empty. A message of white space only is allowed.
    MessageBlank,
    /// The message is too long. The limit is 280 characters for a crud, and 1024 for a reply or a
    /// direct message.
    MessageTooLong,
    /// The message contains U+0000, which cannot be stored.
    MessageInvalid,
    /// The time to live is missing, or not one of the seven allowed values.
    TtlBlank,
    /// The handle is missing or empty.
    HandleBlank,
    /// The handle is longer than 64 characters, contains characters other than ASCII letters,
    /// digits, `_`, `-` and `.`, or starts or ends with `-` or `.`.
    HandleInvalid,
    /// Another user has the handle, regardless of case, or one that looks like it, as `w0rf` looks
    /// like `worf`; or the handle is reserved, or looks like one that is.
    HandleTaken,
    /// The search term is missing or empty.
    SearchTermBlank,
    /// The search term is longer than 280 characters.
    SearchTermTooLong,
    /// The display name is missing, empty or only white space.
    DisplayNameBlank,
    /// The display name is longer than 64 characters, contains control characters, bidirectional
    /// controls or invisible characters, or has no visible character.
    DisplayNameInvalid,
    /// The bio is longer than 1024 characters, or contains U+0000.
    BioInvalid,
    /// The recipient of a direct message is missing or empty.
    RecipientBlank,
    /// There is no user with the recipient's handle, or it is the sender's own handle.
    RecipientNotFound,
    /// There is no such conversation, or the viewer is not a participant.
    MessageGroupNotFound,
    /// There is no such message in the viewer's conversations.
    MessageNotFound,
    /// There is no such activity, or it has expired.
    ActivityNotFound,
    /// The activity belongs to another user.
    ActivityNotYours,
    /// The activity is 100 levels below the crud that began its thread, so it takes no replies.
    ThreadTooDeep,
    /// There is no such user.
    UserNotFound,
    /// Users cannot follow themselves.
    CannotFollowYourself,
    /// The viewer has no such notification.
    NotificationNotFound,
    /// The idempotency key is empty, longer than 255 characters, or contains U+0000.
    IdempotencyKeyInvalid,
    /// The idempotency key was used with a different input within the last day.
    IdempotencyKeyReused,
    /// The viewer is signed in but has not registered as a Cruddur user yet.
    ViewerUnknown,
    /// The viewer is already registered as a Cruddur user.
    ViewerRegistered,
}

impl UserErrorCode {
    /// Returns Apollo's error code for the rule. It is used if the rule is broken outside a
    /// mutation.
    fn apollo_code(self) -> &'static str {
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

    /// Returns a sentence in English for the user.
    fn message(self) -> &'static str {
        match self {
            Self::MessageBlank => "The message is empty.",
            Self::MessageTooLong => "The message is too long.",
            Self::MessageInvalid => "The message contains a NUL character.",
            Self::TtlBlank => {
                "The time to live must be one of 1-hour, 3-hours, 12-hours, 1-day, 3-days, 7-days, \
                 30-days."
            }
            Self::HandleBlank => "The handle is empty.",
            Self::HandleInvalid => {
                "A handle has 1 to 64 letters from A to Z, digits, _, - and dots, and no - or dot \
                 at either end."
            }
            Self::HandleTaken => "This handle is taken, or looks too much like one that is.",
            Self::SearchTermBlank => "The search term is empty.",
            Self::SearchTermTooLong => "The search term is longer than 280 characters.",
            Self::DisplayNameBlank => "The display name is empty.",
            Self::DisplayNameInvalid => {
                "A display name has at most 64 characters, at least one of them visible, and no \
                 control, direction or invisible characters."
            }
            Self::BioInvalid => {
                "The bio is longer than 1024 characters or contains a NUL character."
            }
            Self::RecipientBlank => "The recipient's handle is empty.",
            Self::RecipientNotFound => "There is no other user with this handle.",
            Self::MessageGroupNotFound => "You have no such conversation.",
            Self::MessageNotFound => "There is no such message in your conversations.",
            Self::ActivityNotFound => "There is no such activity, or it has expired.",
            Self::ActivityNotYours => "The activity belongs to another user.",
            Self::ThreadTooDeep => {
                "The thread is too deep: a reply can be at most 100 levels below the crud."
            }
            Self::UserNotFound => "There is no such user.",
            Self::CannotFollowYourself => "You cannot follow yourself.",
            Self::NotificationNotFound => "You have no such notification.",
            Self::IdempotencyKeyInvalid => {
                "The idempotency key must have 1 to 255 characters and no NUL character."
            }
            Self::IdempotencyKeyReused => {
                "The idempotency key was used with a different input within the last day."
            }
            Self::ViewerUnknown => "Your account is not registered with Cruddur yet.",
            Self::ViewerRegistered => "Your account is already registered with Cruddur.",
        }
    }
}

impl fmt::Display for UserErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}
