//! Bans and erasure. They are for operators: no viewer reaches them.

use std::{
    collections::HashSet,
    ops::RangeInclusive,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use backon::{BackoffBuilder, ExponentialBuilder};
use tokio::time::sleep;
use uuid::Uuid;

use super::{Service, bare_handle, only};
use crate::{
    domain::{Account, Conversation, HasCursor, Message, Pagination},
    error::{Error, Result, UserErrorCode},
    events::Event,
    sources::ActivityPart,
};

/// The most and the fewest rows that a step changes, which is one transaction.
const ROWS: RangeInclusive<u32> = 10..=200;
/// How long a step should take. Slower ones make the next ones smaller.
const STEP_TIME: Duration = Duration::from_millis(100);
/// The shortest pause after a step, for other writes. SQLite has one writer, and others poll for their
/// turn: they find it if a pause is as long as the step before it.
const MIN_PAUSE: Duration = Duration::from_millis(50);
/// The pauses before a step that gave way, or that the store did not answer, is repeated: about a minute
/// in all.
const RETRIES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(20))
    .with_max_delay(Duration::from_secs(1))
    .with_max_times(60)
    .with_jitter();

/// The numbers of rows that an erasure has deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Erased {
    /// Cruds and replies of the user, and the replies below them.
    pub activities: u64,
    pub conversations: u64,
}

/// The number of rows of the next step of a ban or an erasure.
#[derive(Debug)]
pub struct StepSize(AtomicU32);

impl Default for StepSize {
    fn default() -> Self {
        Self(AtomicU32::new(*ROWS.end()))
    }
}

impl StepSize {
    fn rows(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    fn adapt(&self, took: Duration) {
        let rows = self.rows();
        let rows = if took > STEP_TIME { rows / 2 } else { rows + rows / 10 };
        self.0.store(rows.clamp(*ROWS.start(), *ROWS.end()), Ordering::Relaxed);
    }
}

impl Service {
    /// Bans the user with a handle, which may start with `@`. From now on they can write nothing, and
    /// look-ups do not find them. Every gateway ends their streams and sockets and refuses their token
    /// within a second. Their posts stay visible until [`Service::hide_posts`].
    ///
    /// [`UserErrorCode::UserNotFound`].
    pub async fn ban(&self, handle: &str) -> Result<Account> {
        let mut account = self.account(handle).await?;
        let since = account.banned_at.unwrap_or(self.clock.now());
        if account.banned_at.is_none() {
            self.retry(|_| self.sources.store.set_banned(account.uuid, Some(since))).await?;
            account.banned_at = Some(since);
        }
        self.account_changed();
        Ok(account)
    }

    /// Ends the ban of the user with a handle. [`Service::show_posts`] shows their posts again.
    ///
    /// [`UserErrorCode::UserNotFound`].
    pub async fn unban(&self, handle: &str) -> Result<Account> {
        let mut account = self.account(handle).await?;
        if account.banned_at.take().is_some() {
            self.retry(|_| self.sources.store.set_banned(account.uuid, None)).await?;
        }
        self.account_changed();
        Ok(account)
    }

    /// Hides what a banned user has posted with the threads below, and the notifications that they
    /// caused, and marks their messages as read. It works in short transactions, and can be repeated if
    /// it was cut off. Returns the number of hidden activities.
    pub async fn hide_posts(&self, user: Uuid) -> Result<u64> {
        let hidden = self.set_posts_hidden(user, true).await?;
        self.mark_sent_messages_read(user).await?;
        Ok(hidden)
    }

    /// Shows what [`Service::hide_posts`] has hidden, but for what is below activities of other banned
    /// users. Returns the number of activities.
    pub async fn show_posts(&self, user: Uuid) -> Result<u64> {
        self.set_posts_hidden(user, false).await
    }

    /// Erases a banned user: their cruds and replies with the threads below, reactions, follows,
    /// notifications, conversations, idempotency keys, and at last the user. It works in short
    /// transactions, and can be repeated if it was cut off.
    ///
    /// [`Error::BadInput`] if the user is not banned.
    pub async fn erase(&self, account: &Account) -> Result<Erased> {
        if account.banned_at.is_none() {
            return Err(Error::BadInput("Ban the user first.".into()));
        }
        let user = account.uuid;
        self.hide_posts(user).await?;
        let mut erased = Erased::default();
        loop {
            let own = self.part(&ActivityPart::By(user), true, Uuid::nil()).await?;
            if own.is_empty() {
                break;
            }
            erased.activities += self.erase_threads(own).await?;
        }
        erased.conversations = self.erase_conversations(user).await?;
        while self.retry(|rows| self.sources.store.erase_traces(user, rows)).await? > 0 {}
        self.retry(|_| self.sources.store.erase_user(user)).await?;
        self.account_changed();
        Ok(erased)
    }

    /// Returns the account of a user, who may be banned.
    ///
    /// [`UserErrorCode::UserNotFound`].
    async fn account(&self, handle: &str) -> Result<Account> {
        let handles = [bare_handle(handle).to_owned()];
        if handles[0].contains('\0') {
            return Err(UserErrorCode::UserNotFound.into());
        }
        let found = self.retry(|_| self.sources.store.accounts_by_handles(&handles)).await?;
        Ok(only(found).ok_or(UserErrorCode::UserNotFound)?)
    }

    fn account_changed(&self) {
        self.accounts.clear();
        self.events.publish(Event::AccountsChanged);
    }

    async fn set_posts_hidden(&self, user: Uuid, hidden: bool) -> Result<u64> {
        let part = ActivityPart::By(user);
        let (mut after, mut count) = (Uuid::nil(), 0);
        loop {
            let own = self.part(&part, hidden, after).await?;
            let levels = self.threads(own.clone(), hidden).await?;
            count += levels.iter().map(|level| level.len() as u64).sum::<u64>();
            match own.last() {
                Some(last) => after = *last,
                None => break,
            }
        }
        let mut after = Uuid::nil();
        loop {
            let set = |rows| self.sources.store.set_notifications_hidden(user, hidden, after, rows);
            match self.retry(set).await?.last() {
                Some(last) => after = *last,
                None => return Ok(count),
            }
        }
    }

    /// Hides or shows the next activities of a part, and returns them.
    async fn part(&self, part: &ActivityPart, hidden: bool, after: Uuid) -> Result<Vec<Uuid>> {
        let store = &self.sources.store;
        if hidden {
            self.retry(|rows| store.hide_activities(part, after, rows)).await
        } else {
            self.retry(|rows| store.show_activities(part, after, rows)).await
        }
    }

    /// Hides or shows the threads below activities. Returns the activities and their replies, level by
    /// level, each once: an adopted database may have replies in a circle.
    async fn threads(&self, roots: Vec<Uuid>, hidden: bool) -> Result<Vec<Vec<Uuid>>> {
        let mut seen: HashSet<_> = roots.iter().copied().collect();
        let mut levels = vec![roots];
        while let Some(parents) = levels.last().filter(|level| !level.is_empty()) {
            let mut replies = Vec::new();
            for parents in parents.chunks(*ROWS.end() as usize) {
                let part = ActivityPart::RepliesTo(parents.to_vec());
                let mut after = Uuid::nil();
                loop {
                    let batch = self.part(&part, hidden, after).await?;
                    replies.extend(batch.iter().copied().filter(|uuid| seen.insert(*uuid)));
                    match batch.last() {
                        Some(last) => after = *last,
                        None => break,
                    }
                }
            }
            levels.push(replies);
        }
        Ok(levels)
    }

    /// Deletes activities with the threads below them, from the ends of the threads upwards, so that a
    /// repetition finds what is left. Returns the number deleted.
    async fn erase_threads(&self, roots: Vec<Uuid>) -> Result<u64> {
        let mut erased = 0;
        for level in self.threads(roots, true).await?.iter().rev() {
            let mut rest = level.as_slice();
            while !rest.is_empty() {
                let uuids;
                (uuids, rest) = rest.split_at(rest.len().min(self.step_size.rows() as usize));
                let erase = |rows| self.sources.store.erase_activities(uuids, rows);
                while !self.retry(erase).await? {}
                erased += uuids.len() as u64;
            }
        }
        Ok(erased)
    }

    /// Deletes the conversations of a user. Returns their number.
    async fn erase_conversations(&self, user: Uuid) -> Result<u64> {
        let messages = &self.sources.messages;
        let mut erased = 0;
        loop {
            let first = |rows| messages.conversations_of(user, Uuid::nil(), rows);
            let next = self.retry(first).await?;
            if next.is_empty() {
                break;
            }
            for conversation in &next {
                let erase = |rows| messages.erase_conversation(user, conversation, rows);
                while self.retry(erase).await? > 0 {}
                erased += 1;
            }
        }
        self.retry(|_| messages.erase_reader(user)).await?;
        Ok(erased)
    }

    /// Marks all messages of a banned user as read by their receivers, who can no longer see them.
    async fn mark_sent_messages_read(&self, user: Uuid) -> Result<()> {
        let messages = &self.sources.messages;
        let mut after = Uuid::nil();
        loop {
            let next = self.retry(|rows| messages.conversations_of(user, after, rows)).await?;
            for conversation in &next {
                match self.mark_conversation_read(user, conversation).await {
                    // The receiver is gone, or is banned too.
                    Err(error) if error.is_viewer_unknown() => {}
                    marked => marked?,
                }
            }
            match next.last() {
                Some(last) => after = last.other_uuid,
                None => return Ok(()),
            }
        }
    }

    async fn mark_conversation_read(
        &self,
        sender: Uuid,
        &Conversation { group_uuid, other_uuid }: &Conversation,
    ) -> Result<()> {
        let messages = &self.sources.messages;
        let (groups, last) = ([group_uuid], Pagination::last(1));
        let pages = self.retry(|_| messages.messages_by_groups(&groups, &last)).await?;
        let Some(last) = pages.iter().flat_map(|page| page.nodes()).next() else { return Ok(()) };
        let (key, at, now) = (Message::key(last), last.cursor(), self.clock.now());
        self.retry(|_| messages.mark_messages_read(other_uuid, &key)).await?;
        let store = &self.sources.store;
        self.retry(|_| store.mark_message_notifications_read(other_uuid, sender, at, now)).await
    }

    /// Runs a step of so many rows, again if the store does not answer or the step gave way to others.
    /// Then pauses for other writes.
    async fn retry<T, F>(&self, mut step: impl FnMut(u32) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let mut delays = RETRIES.build();
        loop {
            let started = self.elapsed();
            match step(self.step_size.rows()).await {
                Err(Error::Unavailable) => match delays.next() {
                    Some(delay) => sleep(delay).await,
                    None => return Err(Error::Unavailable),
                },
                outcome => {
                    let took = self.elapsed().saturating_sub(started);
                    self.step_size.adapt(took);
                    sleep(took.max(MIN_PAUSE)).await;
                    return outcome;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_steps_make_the_next_ones_smaller_and_quick_ones_larger() {
        let size = StepSize::default();
        let mut rows = Vec::new();
        for _ in 0..6 {
            rows.push(size.rows());
            size.adapt(2 * STEP_TIME);
        }
        assert_eq!(rows, [200, 100, 50, 25, 12, 10]);
        for _ in 0..40 {
            size.adapt(STEP_TIME);
        }
        assert_eq!(size.rows(), 200);
    }
}
