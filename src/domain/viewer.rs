use uuid::Uuid;

use crate::error::{Error, Result, UserErrorCode};

/// An identity that the provider vouches for and that has not registered as a user yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnregisteredIdentity {
    /// The `sub` of their tokens.
    pub subject: String,
    /// Empty if their token has none.
    pub email: String,
}

/// The sender of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Viewer {
    /// Not signed in.
    Anonymous,
    /// Signed in, but not registered as a user.
    Unregistered,
    /// The user with this uuid.
    User(Uuid),
}

impl Viewer {
    /// The viewer's user, for reading what only they may read.
    ///
    /// [`Error::Unauthenticated`] for a viewer who is anonymous or unregistered.
    pub fn require_user(self) -> Result<Uuid> {
        match self {
            Self::User(uuid) => Ok(uuid),
            Self::Anonymous | Self::Unregistered => Err(Error::Unauthenticated),
        }
    }

    /// The viewer's user, for writing in their name.
    ///
    /// [`Error::Unauthenticated`] for an anonymous viewer, [`UserErrorCode::ViewerUnknown`] for an
    /// unregistered one.
    pub fn require_registered(self) -> Result<Uuid> {
        match self {
            Self::User(uuid) => Ok(uuid),
            Self::Anonymous => Err(Error::Unauthenticated),
            Self::Unregistered => Err(UserErrorCode::ViewerUnknown.into()),
        }
    }

    /// The viewer's user; `None` for a viewer who is anonymous or unregistered.
    pub fn user(self) -> Option<Uuid> {
        match self {
            Self::User(uuid) => Some(uuid),
            Self::Anonymous | Self::Unregistered => None,
        }
    }
}
