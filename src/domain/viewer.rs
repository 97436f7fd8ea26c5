use uuid::Uuid;

use crate::error::{Error, Result, UserErrorCode};

/// Who may become a user: an identity that a provider vouches for and that is no user yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnregisteredIdentity {
    /// The `sub` of their tokens.
    pub subject: String,
    /// Empty where their token names none.
    pub email: String,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Viewer {
    /// Nobody in particular.
    Anonymous,
    /// Somebody who is signed in and has no row among the users.
    Unregistered,
    /// The user with this uuid.
    User(Uuid),
}

impl Viewer {
    /// The viewer's user, for reading what only they may read.
    ///
    /// [`Error::Unauthenticated`] for everybody who is no user.
    pub fn require_user(self) -> Result<Uuid> {
        match self {
            Self::User(uuid) => Ok(uuid),
            Self::Anonymous | Self::Unregistered => Err(Error::Unauthenticated),
        }
    }

    /// The viewer's user, for writing in their name.
    ///
    /// [`Error::Unauthenticated`] for nobody, [`UserErrorCode::ViewerUnknown`] for a stranger.
    pub fn require_registered(self) -> Result<Uuid> {
        match self {
            Self::User(uuid) => Ok(uuid),
            Self::Anonymous => Err(Error::Unauthenticated),
            Self::Unregistered => Err(UserErrorCode::ViewerUnknown.into()),
        }
    }

    /// The viewer's user, where there may be none.
    pub fn user(self) -> Option<Uuid> {
        match self {
            Self::User(uuid) => Some(uuid),
            Self::Anonymous | Self::Unregistered => None,
        }
    }
}
