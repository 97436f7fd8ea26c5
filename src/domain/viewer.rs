use uuid::Uuid;

use crate::error::{Error, Result, Rule};

/// Who may become a user: an identity that a provider vouches for and that is no user yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newcomer {
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
    Stranger,
    /// The user with this uuid.
    Member(Uuid),
}

impl Viewer {
    /// The viewer's user, for reading what only they may read.
    ///
    /// [`Error::Unauthenticated`] for everybody who is no user.
    pub fn reader(self) -> Result<Uuid> {
        match self {
            Self::Member(uuid) => Ok(uuid),
            Self::Anonymous | Self::Stranger => Err(Error::Unauthenticated),
        }
    }

    /// The viewer's user, for writing in their name.
    ///
    /// [`Error::Unauthenticated`] for nobody, [`Rule::ViewerUnknown`] for a stranger.
    pub fn writer(self) -> Result<Uuid> {
        match self {
            Self::Member(uuid) => Ok(uuid),
            Self::Anonymous => Err(Error::Unauthenticated),
            Self::Stranger => Err(Rule::ViewerUnknown.into()),
        }
    }

    /// The viewer's user, where there may be none.
    pub fn member(self) -> Option<Uuid> {
        match self {
            Self::Member(uuid) => Some(uuid),
            Self::Anonymous | Self::Stranger => None,
        }
    }
}
