use std::collections::BTreeSet;

use uuid::Uuid;

use super::{Service, bare_handle, only};
use crate::{
    domain::{Follow, NotificationKind, Page, Profile, Slice, User, UserCounts, Viewer},
    error::{Result, Rule},
    events::Event,
    sources::UserRelation,
};

const MAX_DISPLAY_NAME: usize = 64;
const MAX_BIO: usize = 1024;

impl Service {
    pub async fn users_by_uuids(&self, uuids: &[Uuid]) -> Result<Vec<User>> {
        self.sources.activities.users_by_uuids(uuids).await
    }

    pub async fn user_by_uuid(&self, uuid: Uuid) -> Result<Option<User>> {
        Ok(only(self.users_by_uuids(&[uuid]).await?))
    }

    /// The user with a handle, given with or without its `@`.
    ///
    /// [`Rule::HandleBlank`] for an empty one.
    pub async fn user_by_handle(&self, handle: &str) -> Result<Option<User>> {
        let handle = bare_handle(handle);
        if handle.is_empty() {
            return Err(Rule::HandleBlank.into());
        }
        if handle.contains('\0') {
            return Ok(None);
        }
        Ok(only(self.sources.activities.users_by_handles(&[handle.to_owned()]).await?))
    }

    pub async fn users_by_relation(
        &self,
        relation: UserRelation,
        keys: &[Uuid],
        page: &Page,
    ) -> Result<Vec<Slice<User>>> {
        self.sources.activities.users_by_relation(relation, keys, page).await
    }

    /// The counts of each of `users`, in their order.
    pub async fn counts_by_users(&self, users: &[Uuid]) -> Result<Vec<UserCounts>> {
        self.sources.activities.counts_by_users(users, self.clock.now()).await
    }

    /// Which of the users the viewer follows.
    pub async fn followed_by_viewer(
        &self,
        viewer: Viewer,
        users: &[Uuid],
    ) -> Result<BTreeSet<Uuid>> {
        let Some(user) = viewer.member() else { return Ok(BTreeSet::new()) };
        Ok(self.sources.activities.followed_among(user, users).await?.into_iter().collect())
    }

    /// Follows a user; once is enough.
    ///
    /// [`Rule::UserNotFound`], [`Rule::CannotFollowYourself`].
    pub async fn follow(&self, viewer: Viewer, uuid: Option<Uuid>) -> Result<User> {
        let follower = viewer.writer()?;
        let followed = self.other_user(follower, uuid).await?;
        let now = self.clock.now();
        let follow =
            Follow { follower_uuid: follower, followed_uuid: followed.uuid, created_at: now };
        let told =
            self.new_notification(followed.uuid, follower, NotificationKind::Follow, None, now);
        if self.sources.activities.insert_follow(&follow, &told).await? {
            self.events.publish(Event::Notified);
        }
        Ok(followed)
    }

    /// Stops following a user, where the viewer does.
    ///
    /// [`Rule::UserNotFound`], [`Rule::CannotFollowYourself`].
    pub async fn unfollow(&self, viewer: Viewer, uuid: Option<Uuid>) -> Result<User> {
        let follower = viewer.writer()?;
        let followed = self.other_user(follower, uuid).await?;
        self.sources.activities.delete_follow(follower, followed.uuid).await?;
        Ok(followed)
    }

    /// Changes the viewer's display name and bio; no bio takes the present one away.
    ///
    /// In this order: no user, [`Rule::DisplayNameBlank`], [`Rule::DisplayNameInvalid`],
    /// [`Rule::BioInvalid`].
    pub async fn update_profile(
        &self,
        viewer: Viewer,
        display_name: Option<&str>,
        bio: Option<&str>,
    ) -> Result<User> {
        let user = viewer.writer()?;
        let display_name = display_name.unwrap_or_default();
        if display_name.is_empty() {
            return Err(Rule::DisplayNameBlank.into());
        }
        if !fits(display_name, MAX_DISPLAY_NAME) {
            return Err(Rule::DisplayNameInvalid.into());
        }
        if !bio.is_none_or(|bio| fits(bio, MAX_BIO)) {
            return Err(Rule::BioInvalid.into());
        }
        let profile =
            Profile { display_name: display_name.to_owned(), bio: bio.map(str::to_owned) };
        let changed = self.sources.activities.update_profile(user, &profile).await?;
        Ok(changed.ok_or(Rule::ViewerUnknown)?)
    }

    async fn other_user(&self, viewer: Uuid, uuid: Option<Uuid>) -> Result<User> {
        let user = self.user_by_uuid(uuid.ok_or(Rule::UserNotFound)?).await?;
        let user = user.ok_or(Rule::UserNotFound)?;
        if user.uuid == viewer {
            return Err(Rule::CannotFollowYourself.into());
        }
        Ok(user)
    }
}

fn fits(text: &str, max: usize) -> bool {
    !text.contains('\0') && text.chars().count() <= max
}
