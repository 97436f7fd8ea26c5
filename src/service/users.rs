use std::collections::{BTreeSet, HashMap};

use uuid::Uuid;

use super::{Service, bare_handle, is_placeholder, only};
use crate::{
    domain::{
        Follow, NotificationKind, Page, Pagination, Profile, UnregisteredIdentity, User,
        UserCounts, Viewer,
        name::{checked_display_name, is_reserved_handle},
    },
    error::{Error, Result, UserErrorCode},
    events::Event,
    sources::{InsertUserOutcome, UserRelation},
};

const MAX_BIO: usize = 1024;
const MAX_HANDLE: usize = 64;

impl Service {
    /// Returns the users that exist, in any order.
    pub async fn users_by_uuids(&self, uuids: &[Uuid]) -> Result<Vec<User>> {
        self.sources.store.users_by_uuids(uuids).await
    }

    /// Returns the users that exist, by uuid. `uuids` may contain duplicates.
    pub async fn users_map(&self, uuids: &[Uuid]) -> Result<HashMap<Uuid, User>> {
        let unique: BTreeSet<_> = uuids.iter().copied().collect();
        let users = self.users_by_uuids(&Vec::from_iter(unique)).await?;
        Ok(users.into_iter().map(|user| (user.uuid, user)).collect())
    }

    pub async fn user_by_uuid(&self, uuid: Uuid) -> Result<Option<User>> {
        Ok(only(self.users_by_uuids(&[uuid]).await?))
    }

    /// Returns the user with a handle, which may start with `@`.
    ///
    /// [`UserErrorCode::HandleBlank`] for an empty handle.
    pub async fn user_by_handle(&self, handle: &str) -> Result<Option<User>> {
        let handle = bare_handle(handle);
        if handle.is_empty() {
            return Err(UserErrorCode::HandleBlank.into());
        }
        if handle.contains('\0') {
            return Ok(None);
        }
        Ok(only(self.sources.store.users_by_handles(&[handle.to_owned()]).await?))
    }

    /// Returns the users with these handles, without `@`, in the order of `handles`.
    pub async fn users_by_handles(&self, handles: &[String]) -> Result<Vec<User>> {
        let mut users = self.sources.store.users_by_handles(handles).await?;
        users.sort_by_key(|user| handles.iter().position(|handle| *handle == user.handle));
        Ok(users)
    }

    /// Returns a page of related users for each of `keys`, in their order.
    pub async fn users_by_relation(
        &self,
        relation: UserRelation,
        keys: &[Uuid],
        pagination: &Pagination,
    ) -> Result<Vec<Page<User>>> {
        self.sources.store.users_by_relation(relation, keys, pagination).await
    }

    /// Returns the counts of each of `users`, in their order.
    pub async fn counts_by_users(&self, users: &[Uuid]) -> Result<Vec<UserCounts>> {
        self.sources.store.counts_by_users(users, self.clock.now()).await
    }

    /// Returns those of `users` that the viewer follows; empty if the viewer is not a user.
    pub async fn followed_by_viewer(
        &self,
        viewer: Viewer,
        users: &[Uuid],
    ) -> Result<BTreeSet<Uuid>> {
        let Some(user) = viewer.user() else { return Ok(BTreeSet::new()) };
        Ok(self.sources.store.followed_among(user, users).await?.into_iter().collect())
    }

    /// Follows a user, and notifies them. Does nothing if the viewer follows them already.
    ///
    /// In this order: [`Error::Unauthenticated`], [`UserErrorCode::ViewerUnknown`],
    /// [`UserErrorCode::UserNotFound`], [`UserErrorCode::CannotFollowYourself`].
    pub async fn follow(&self, viewer: Viewer, uuid: Option<Uuid>) -> Result<User> {
        let follower = viewer.require_registered()?;
        let followed = self.other_user(follower, uuid).await?;
        let now = self.clock.now();
        let follow =
            Follow { follower_uuid: follower, followed_uuid: followed.uuid, created_at: now };
        let notification =
            self.new_notification(followed.uuid, follower, NotificationKind::Follow, None, now);
        if self.written(self.sources.store.insert_follow(&follow, &notification).await)? {
            self.events.publish(Event::NotificationCreated);
        }
        Ok(followed)
    }

    /// Unfollows a user. Does nothing if the viewer does not follow them.
    ///
    /// In this order: [`Error::Unauthenticated`], [`UserErrorCode::ViewerUnknown`],
    /// [`UserErrorCode::UserNotFound`], [`UserErrorCode::CannotFollowYourself`].
    pub async fn unfollow(&self, viewer: Viewer, uuid: Option<Uuid>) -> Result<User> {
        let follower = viewer.require_registered()?;
        let followed = self.other_user(follower, uuid).await?;
        self.written(self.sources.store.delete_follow(follower, followed.uuid).await)?;
        Ok(followed)
    }

    /// Changes the viewer's display name and bio. Without `bio`, the bio is removed.
    ///
    /// In this order: [`Error::Unauthenticated`], [`UserErrorCode::ViewerUnknown`],
    /// [`UserErrorCode::DisplayNameBlank`], [`UserErrorCode::DisplayNameInvalid`],
    /// [`UserErrorCode::BioInvalid`].
    pub async fn update_profile(
        &self,
        viewer: Viewer,
        display_name: Option<&str>,
        bio: Option<&str>,
    ) -> Result<User> {
        let user = viewer.require_registered()?;
        let display_name = checked_display_name(display_name)?;
        if !bio.is_none_or(|bio| fits(bio, MAX_BIO)) {
            return Err(UserErrorCode::BioInvalid.into());
        }
        let profile = Profile { display_name, bio: bio.map(str::to_owned) };
        let changed = self.sources.store.update_profile(user, &profile).await?;
        self.written(changed.ok_or(UserErrorCode::ViewerUnknown.into()))
    }

    /// Registers a viewer as a user.
    ///
    /// In this order: [`Error::Unauthenticated`], [`UserErrorCode::ViewerRegistered`] if the viewer is
    /// a user, [`UserErrorCode::ViewerUnknown`] without an identity of the provider or with a
    /// placeholder as its `sub`, [`UserErrorCode::HandleBlank`], [`UserErrorCode::HandleInvalid`],
    /// [`UserErrorCode::DisplayNameBlank`], [`UserErrorCode::DisplayNameInvalid`], then
    /// [`UserErrorCode::HandleTaken`] for a handle that is taken, reserved, or confusable with one
    /// that is, or [`UserErrorCode::ViewerRegistered`] if another request has
    /// registered the same `sub`.
    pub async fn register_viewer(
        &self,
        viewer: Viewer,
        identity: Option<&UnregisteredIdentity>,
        handle: Option<&str>,
        display_name: Option<&str>,
    ) -> Result<User> {
        let identity = match (viewer, identity) {
            (Viewer::Anonymous, _) => return Err(Error::Unauthenticated),
            (Viewer::User(_), _) => return Err(UserErrorCode::ViewerRegistered.into()),
            (Viewer::Unregistered, identity) => identity.ok_or(UserErrorCode::ViewerUnknown)?,
        };
        if is_placeholder(&identity.subject) {
            return Err(UserErrorCode::ViewerUnknown.into());
        }
        let handle = bare_handle(handle.unwrap_or_default());
        if handle.is_empty() {
            return Err(UserErrorCode::HandleBlank.into());
        }
        if !is_valid_handle(handle) {
            return Err(UserErrorCode::HandleInvalid.into());
        }
        let display_name = checked_display_name(display_name)?;
        if is_reserved_handle(handle) {
            return Err(UserErrorCode::HandleTaken.into());
        }
        let now = self.clock.now();
        let user = User {
            uuid: self.clock.new_uuid(now),
            handle: handle.to_owned(),
            display_name,
            bio: None,
            email: identity.email.replace('\0', ""),
            cognito_user_id: identity.subject.clone(),
            created_at: now,
        };
        match self.sources.store.insert_user(&user).await? {
            InsertUserOutcome::Added => Ok(user),
            InsertUserOutcome::HandleTaken => Err(UserErrorCode::HandleTaken.into()),
            InsertUserOutcome::SubjectTaken => Err(UserErrorCode::ViewerRegistered.into()),
        }
    }

    /// Returns the user with `uuid`, who must not be the viewer.
    ///
    /// In this order: [`UserErrorCode::UserNotFound`], [`UserErrorCode::CannotFollowYourself`].
    async fn other_user(&self, viewer: Uuid, uuid: Option<Uuid>) -> Result<User> {
        let user = self.user_by_uuid(uuid.ok_or(UserErrorCode::UserNotFound)?).await?;
        let user = user.ok_or(UserErrorCode::UserNotFound)?;
        if user.uuid == viewer {
            return Err(UserErrorCode::CannotFollowYourself.into());
        }
        Ok(user)
    }
}

/// Returns whether a new user may have a handle. It must work in a mention, and must not look like
/// another handle.
fn is_valid_handle(handle: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    handle.len() <= MAX_HANDLE
        && handle.chars().all(fits)
        && handle.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && !handle.ends_with(['.', '-'])
}

/// Returns whether a text has at most `max` characters and no U+0000.
fn fits(text: &str, max: usize) -> bool {
    !text.contains('\0') && text.chars().count() <= max
}
