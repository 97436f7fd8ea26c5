//! The users that a request has looked for in vain. An object without its author, its actor or its other
//! person is left out: the user was banned or deleted after the object was read.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use uuid::Uuid;

use crate::domain::{Activity, Message, MessageGroup, Notification, Page, User};

/// An object that cannot be shown without a user.
pub trait Owned {
    /// Returns the uuid of that user.
    fn owner(&self) -> Uuid;
}

impl Owned for Activity {
    fn owner(&self) -> Uuid {
        self.user_uuid
    }
}

impl Owned for Notification {
    fn owner(&self) -> Uuid {
        self.actor_uuid
    }
}

impl Owned for MessageGroup {
    fn owner(&self) -> Uuid {
        self.other_uuid
    }
}

impl Owned for Message {
    fn owner(&self) -> Uuid {
        self.user_uuid
    }
}

/// The users that the loaders of a request have not found.
#[derive(Debug, Default)]
pub struct MissingUsers(Mutex<BTreeSet<Uuid>>);

impl MissingUsers {
    /// Notes those of the users that were not found.
    pub fn add_unless_found(&self, uuids: &[Uuid], found: &[User]) {
        if found.len() < uuids.len() {
            let found: BTreeSet<_> = found.iter().map(|user| user.uuid).collect();
            self.uuids().extend(uuids.iter().filter(|uuid| !found.contains(uuid)));
        }
    }

    /// Returns whether no user was looked for in vain.
    pub fn is_empty(&self) -> bool {
        self.uuids().is_empty()
    }

    /// Returns whether the user of an object is missing.
    pub fn own(&self, object: &impl Owned) -> bool {
        self.uuids().contains(&object.owner())
    }

    /// Leaves out the objects of a page whose user is missing.
    pub fn retain_known<T: Owned>(&self, page: &mut Page<Arc<T>>) {
        let missing = self.uuids();
        if !missing.is_empty() {
            page.items.retain(|(_, object)| !missing.contains(&object.owner()));
        }
    }

    fn uuids(&self) -> MutexGuard<'_, BTreeSet<Uuid>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
