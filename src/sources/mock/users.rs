//! Users.

use std::collections::BTreeSet;

use async_trait::async_trait;
use uuid::Uuid;

use super::{Mock, count, page};
use crate::{
    domain::{
        Cursor, HasCursor, Order, Page, Pagination, Profile, Timestamp, User, UserCounts,
        name::handle_skeleton,
        text::{Search, words},
    },
    error::Result,
    sources::{InsertUserOutcome, UserRelation, Users},
};

#[async_trait]
impl Users for Mock {
    async fn users_by_uuids(&self, uuids: &[Uuid]) -> Result<Vec<User>> {
        let state = self.state();
        Ok(state.active_users().filter(|it| uuids.contains(&it.uuid)).cloned().collect())
    }

    async fn users_by_handles(&self, handles: &[String]) -> Result<Vec<User>> {
        let state = self.state();
        Ok(state.active_users().filter(|it| handles.contains(&it.handle)).cloned().collect())
    }

    async fn insert_user(&self, user: &User) -> Result<InsertUserOutcome> {
        let mut state = self.state();
        let has = |is: &dyn Fn(&User) -> bool| state.users.values().any(is);
        if has(&|it| it.cognito_user_id == user.cognito_user_id) {
            return Ok(InsertUserOutcome::SubjectTaken);
        }
        let skeleton = handle_skeleton(&user.handle);
        if has(&|it| handle_skeleton(&it.handle) == skeleton) {
            return Ok(InsertUserOutcome::HandleTaken);
        }
        state.users.insert(user.uuid, user.clone());
        Ok(InsertUserOutcome::Added)
    }

    async fn users_matching(&self, search: &Search, pagination: &Pagination) -> Result<Page<User>> {
        let state = self.state();
        let matching = state.active_users().filter(|it| search.matches(&user_words(it)));
        Ok(page(Order::NewestFirst, pagination, matching.map(|it| it.clone().with_cursor())))
    }

    async fn users_by_relation(
        &self,
        relation: UserRelation,
        keys: &[Uuid],
        pagination: &Pagination,
    ) -> Result<Vec<Page<User>>> {
        let state = self.state();
        let related = |key: Uuid| -> Vec<(Timestamp, Uuid)> {
            let (reactions, follows) = (state.reactions.values(), state.follows.values());
            match relation {
                UserRelation::Reacted(kind) => reactions
                    .filter(|it| it.kind == kind && it.activity_uuid == key)
                    .map(|it| (it.created_at, it.user_uuid))
                    .collect(),
                UserRelation::Followers => follows
                    .filter(|it| it.followed_uuid == key)
                    .map(|it| (it.created_at, it.follower_uuid))
                    .collect(),
                UserRelation::Following => follows
                    .filter(|it| it.follower_uuid == key)
                    .map(|it| (it.created_at, it.followed_uuid))
                    .collect(),
            }
        };
        let page_of = |key: &Uuid| {
            let active = related(*key).into_iter().filter(|(_, uuid)| state.is_active(*uuid));
            let users = active.filter_map(|(at, uuid)| {
                Some((Cursor { at, uuid }, state.users.get(&uuid)?.clone()))
            });
            page(Order::NewestFirst, pagination, users)
        };
        Ok(keys.iter().map(page_of).collect())
    }

    async fn counts_by_users(&self, uuids: &[Uuid], now: Timestamp) -> Result<Vec<UserCounts>> {
        let state = self.state();
        let counts = |uuid: &Uuid| UserCounts {
            activities: count(
                state
                    .activities
                    .values()
                    .filter(|it| it.user_uuid == *uuid && it.reply_to_activity_uuid.is_none())
                    .filter(|it| state.is_visible(it, now)),
            ),
            followers: count(state.follows.keys().filter(|(_, it)| it == uuid)),
            following: count(state.follows.keys().filter(|(it, _)| it == uuid)),
        };
        Ok(uuids.iter().map(counts).collect())
    }

    async fn update_profile(&self, uuid: Uuid, profile: &Profile) -> Result<Option<User>> {
        let mut state = self.state();
        if !state.is_active(uuid) {
            return Ok(None);
        }
        Ok(state.users.get_mut(&uuid).map(|user| {
            user.display_name.clone_from(&profile.display_name);
            user.bio.clone_from(&profile.bio);
            user.clone()
        }))
    }
}

/// The words that a user is found by.
fn user_words(user: &User) -> BTreeSet<String> {
    words(&format!("{} {}", user.handle, user.display_name))
}
