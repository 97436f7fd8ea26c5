use std::collections::{BTreeSet, HashMap};

use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::{Service, bare_handle, is_nobodys, only};
use crate::{
    domain::{
        Follow, NotificationKind, Page, Pagination, Profile, UnregisteredIdentity, User,
        UserCounts, Viewer,
    },
    error::{Error, Result, UserErrorCode},
    events::Event,
    sources::{InsertUserOutcome, UserRelation, seed},
};

const MAX_DISPLAY_NAME: usize = 64;
const MAX_BIO: usize = 1024;
const MAX_HANDLE: usize = 64;

impl Service {
    pub async fn users_by_uuids(&self, uuids: &[Uuid]) -> Result<Vec<User>> {
        self.sources.store.users_by_uuids(uuids).await
    }

    /// The users with these uuids, by uuid. Duplicate uuids are looked up once.
    pub async fn users_map(&self, uuids: &[Uuid]) -> Result<HashMap<Uuid, User>> {
        let unique: BTreeSet<_> = uuids.iter().copied().collect();
        let users = self.users_by_uuids(&Vec::from_iter(unique)).await?;
        Ok(users.into_iter().map(|user| (user.uuid, user)).collect())
    }

    pub async fn user_by_uuid(&self, uuid: Uuid) -> Result<Option<User>> {
        Ok(only(self.users_by_uuids(&[uuid]).await?))
    }

    /// The user with a handle, given with or without its `@`.
    ///
    /// [`UserErrorCode::HandleBlank`] for an empty one.
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

    pub async fn users_by_relation(
        &self,
        relation: UserRelation,
        keys: &[Uuid],
        page: &Pagination,
    ) -> Result<Vec<Page<User>>> {
        self.sources.store.users_by_relation(relation, keys, page).await
    }

    /// The counts of each of `users`, in their order.
    pub async fn counts_by_users(&self, users: &[Uuid]) -> Result<Vec<UserCounts>> {
        self.sources.store.counts_by_users(users, self.clock.now()).await
    }

    /// Which of the users the viewer follows.
    pub async fn followed_by_viewer(
        &self,
        viewer: Viewer,
        users: &[Uuid],
    ) -> Result<BTreeSet<Uuid>> {
        let Some(user) = viewer.user() else { return Ok(BTreeSet::new()) };
        Ok(self.sources.store.followed_among(user, users).await?.into_iter().collect())
    }

    /// Follows a user; once is enough.
    ///
    /// [`UserErrorCode::UserNotFound`], [`UserErrorCode::CannotFollowYourself`].
    pub async fn follow(&self, viewer: Viewer, uuid: Option<Uuid>) -> Result<User> {
        let follower = viewer.require_registered()?;
        let followed = self.other_user(follower, uuid).await?;
        let now = self.clock.now();
        let follow =
            Follow { follower_uuid: follower, followed_uuid: followed.uuid, created_at: now };
        let told =
            self.new_notification(followed.uuid, follower, NotificationKind::Follow, None, now);
        if self.sources.store.insert_follow(&follow, &told).await? {
            self.events.publish(Event::NotificationCreated);
        }
        Ok(followed)
    }

    /// Stops following a user, where the viewer does.
    ///
    /// [`UserErrorCode::UserNotFound`], [`UserErrorCode::CannotFollowYourself`].
    pub async fn unfollow(&self, viewer: Viewer, uuid: Option<Uuid>) -> Result<User> {
        let follower = viewer.require_registered()?;
        let followed = self.other_user(follower, uuid).await?;
        self.sources.store.delete_follow(follower, followed.uuid).await?;
        Ok(followed)
    }

    /// Changes the viewer's display name and bio; no bio takes the present one away.
    ///
    /// In this order: no user, [`UserErrorCode::DisplayNameBlank`], [`UserErrorCode::DisplayNameInvalid`],
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
        let profile =
            Profile { display_name: display_name.to_owned(), bio: bio.map(str::to_owned) };
        let changed = self.sources.store.update_profile(user, &profile).await?;
        Ok(changed.ok_or(UserErrorCode::ViewerUnknown)?)
    }

    /// Makes a user of a newcomer.
    ///
    /// In this order: nobody is signed in, [`UserErrorCode::ViewerRegistered`], [`UserErrorCode::ViewerUnknown`] for
    /// somebody for whom no identity provider vouches, [`UserErrorCode::HandleBlank`],
    /// [`UserErrorCode::HandleInvalid`], [`UserErrorCode::DisplayNameBlank`], [`UserErrorCode::DisplayNameInvalid`],
    /// [`UserErrorCode::HandleTaken`].
    pub async fn register_viewer(
        &self,
        viewer: Viewer,
        newcomer: Option<&UnregisteredIdentity>,
        handle: Option<&str>,
        display_name: Option<&str>,
    ) -> Result<User> {
        let newcomer = match (viewer, newcomer) {
            (Viewer::Anonymous, _) => return Err(Error::Unauthenticated),
            (Viewer::User(_), _) => return Err(UserErrorCode::ViewerRegistered.into()),
            (Viewer::Unregistered, newcomer) => newcomer.ok_or(UserErrorCode::ViewerUnknown)?,
        };
        if is_nobodys(&newcomer.subject) {
            return Err(UserErrorCode::ViewerUnknown.into());
        }
        let handle = bare_handle(handle.unwrap_or_default());
        if handle.is_empty() {
            return Err(UserErrorCode::HandleBlank.into());
        }
        if !is_new_handle(handle) {
            return Err(UserErrorCode::HandleInvalid.into());
        }
        let display_name = checked_display_name(display_name)?;
        let user = User {
            uuid: uuid_of_subject(&newcomer.subject),
            handle: handle.to_owned(),
            display_name: display_name.to_owned(),
            bio: None,
            email: newcomer.email.replace('\0', ""),
            cognito_user_id: newcomer.subject.clone(),
            created_at: self.clock.now(),
        };
        match self.sources.store.insert_user(&user).await? {
            InsertUserOutcome::Added => Ok(user),
            InsertUserOutcome::HandleTaken => Err(UserErrorCode::HandleTaken.into()),
            InsertUserOutcome::SubjectTaken => Err(UserErrorCode::ViewerRegistered.into()),
        }
    }

    /// The people whom a demo offers to act as: those who came with it, and `viewer`.
    pub async fn demo_people(&self, viewer: Option<&str>) -> Result<Vec<User>> {
        let mut handles = seed::demo_handles();
        if let Some(viewer) = viewer
            && !handles.iter().any(|handle| handle == viewer)
        {
            handles.push(viewer.to_owned());
        }
        let mut people = self.sources.store.users_by_handles(&handles).await?;
        people.sort_by_key(|user| handles.iter().position(|handle| *handle == user.handle));
        Ok(people)
    }

    async fn other_user(&self, viewer: Uuid, uuid: Option<Uuid>) -> Result<User> {
        let user = self.user_by_uuid(uuid.ok_or(UserErrorCode::UserNotFound)?).await?;
        let user = user.ok_or(UserErrorCode::UserNotFound)?;
        if user.uuid == viewer {
            return Err(UserErrorCode::CannotFollowYourself.into());
        }
        Ok(user)
    }
}

fn checked_display_name(display_name: Option<&str>) -> Result<&str> {
    match display_name.unwrap_or_default() {
        "" => Err(UserErrorCode::DisplayNameBlank.into()),
        name if fits(name, MAX_DISPLAY_NAME) => Ok(name),
        _ => Err(UserErrorCode::DisplayNameInvalid.into()),
    }
}

/// Whether a handle may be taken: one that can be mentioned, and that no other is mistaken for.
fn is_new_handle(handle: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    handle.len() <= MAX_HANDLE
        && handle.chars().all(fits)
        && handle.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && !handle.ends_with(['.', '-'])
}

/// The uuid of the user who joins with a `sub`, the same every time: nobody joins twice.
fn uuid_of_subject(subject: &str) -> Uuid {
    let hash: [u8; 32] = Sha256::digest(format!("cruddur user {subject}")).into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

fn fits(text: &str, max: usize) -> bool {
    !text.contains('\0') && text.chars().count() <= max
}
