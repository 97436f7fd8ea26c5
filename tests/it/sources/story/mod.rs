//! One sequence of steps, the story, for which every source produces the same transcript.
//!
//! Ids and times are fixed, so that each run produces the same transcript. Each chapter continues with
//! the data of the previous ones. The transcript is pinned: its lines keep their wording.

mod accounts;
mod feeds;
mod messages;
mod people;
mod reactions;
mod replies;
mod search;

use std::fmt::Display;

use cruddur::{
    domain::{Activity, Notification, Page, Pagination, User, WithSnapshot},
    sources::{
        self, Dataset, Idempotency, Inserted, Messages, NewActivity, SourceUrl, Sources, Store,
    },
};
use uuid::Uuid;

use crate::{
    sources::fixture::{ANDREW, GAREK, LONDO, WORF, at, people},
    support::stores::{PostgresDatabase, SqliteFile},
};

#[tokio::test]
async fn every_source_produces_the_same_transcript() {
    let in_memory = transcript_of(sources::open(&SourceUrl::Mock, 1)).await;
    insta::assert_snapshot!("story", in_memory);

    let file = SqliteFile::new();
    assert_same(&in_memory, &transcript_of(file.open()).await, "SQLite");

    let database = PostgresDatabase::new("story").await;
    assert_same(&in_memory, &transcript_of(database.open()).await, "PostgreSQL");
}

/// Asserts that a transcript is byte-equal to the expected one. Shows the first line that differs.
fn assert_same(expected: &str, transcript: &str, source: &str) {
    for (expected, line) in expected.lines().zip(transcript.lines()) {
        assert_eq!(expected, line, "the transcript of {source} differs");
    }
    assert_eq!(expected, transcript, "the transcript of {source} differs");
}

/// Runs the story on a source and records its outcomes.
async fn transcript_of(sources: Sources) -> String {
    let mut story = Story { sources, transcript: String::new() };
    story.chapter("An empty store");
    story.record("migrate", debug(story.store().migrate().await));
    story.record("migrate again", debug(story.store().migrate().await));
    story.record("ping", debug(story.store().ping().await));
    let home = story.store().home(&Pagination::first(3), at(0)).await.map(WithSnapshot::into_value);
    story.record("home", page(home, message));
    let people = Dataset { users: people(), ..Dataset::default() };
    story.record("people come", debug(story.store().import(&people).await));
    story.record("migrate once more", debug(story.store().migrate().await));

    feeds::expiry(&mut story).await;
    feeds::paging(&mut story).await;
    feeds::batches(&mut story).await;
    reactions::likes(&mut story).await;
    reactions::crowd(&mut story).await;
    replies::threads(&mut story).await;
    replies::deletion(&mut story).await;
    replies::idempotency(&mut story).await;
    people::follows(&mut story).await;
    people::notifications(&mut story).await;
    search::activities(&mut story).await;
    search::users(&mut story).await;
    messages::conversations(&mut story).await;
    messages::idempotency(&mut story).await;
    messages::unread(&mut story).await;
    replies::sweep(&mut story).await;
    replies::steps(&mut story).await;
    replies::expired_keys(&mut story).await;
    accounts::bans(&mut story).await;
    story.transcript
}

pub struct Story {
    sources: Sources,
    transcript: String,
}

impl Story {
    fn chapter(&mut self, title: &str) {
        self.transcript.push_str(&format!("\n# {title}\n"));
    }

    fn record(&mut self, what: impl Display, outcome: impl Display) {
        self.transcript.push_str(&format!("{what}: {outcome}\n"));
    }

    fn store(&self) -> std::sync::Arc<dyn Store> {
        self.sources.store.clone()
    }

    fn messages(&self) -> std::sync::Arc<dyn Messages> {
        self.sources.messages.clone()
    }

    /// Posts an activity without notifications and without an idempotency key.
    async fn post(&mut self, activity: Activity) {
        let what = format!("{} posts {}", name(activity.user_uuid), activity.message);
        let posted = self.insert(activity, Vec::new(), None).await;
        self.record(what, posted);
    }

    async fn insert(
        &self,
        activity: Activity,
        notifications: Vec<Notification>,
        idempotency: Option<Idempotency>,
    ) -> String {
        let new = NewActivity { activity, notifications, idempotency };
        inserted(self.store().insert_activity(&new).await, counted)
    }
}

/// Returns an idempotency key that is valid for a day.
fn key(user: Uuid, key: &str, input: &str, minutes: i64) -> Option<Idempotency> {
    Some(Idempotency {
        user_uuid: user,
        key: key.into(),
        input_hash: input.as_bytes().to_vec(),
        created_at: at(minutes),
        since: at(minutes - 24 * 60),
    })
}

fn name(uuid: Uuid) -> String {
    match uuid {
        ANDREW => "Andrew".into(),
        WORF => "Worf".into(),
        GAREK => "Garek".into(),
        LONDO => "Londo".into(),
        other => format!("{:x}", other.as_u128()),
    }
}

fn debug(outcome: impl std::fmt::Debug) -> String {
    format!("{outcome:?}")
}

fn message(activity: &Activity) -> String {
    activity.message.clone()
}

/// Formats an activity with its counts of replies, reposts and likes.
fn counted(activity: &Activity) -> String {
    let Activity { message, replies_count, reposts_count, likes_count, .. } = activity;
    format!("{message} ({replies_count} {reposts_count} {likes_count})")
}

fn handle(user: &User) -> String {
    user.handle.clone()
}

fn inserted<T>(outcome: Result<Inserted<T>, impl Display>, item: impl Fn(&T) -> String) -> String {
    match outcome {
        Ok(Inserted::New(new)) => format!("new {}", item(&new)),
        Ok(Inserted::Replayed(earlier)) => format!("earlier {}", item(&earlier)),
        Ok(Inserted::KeyReused) => "key reused".into(),
        Ok(Inserted::TargetMissing) => "gone".into(),
        Err(error) => format!("error: {error}"),
    }
}

/// Formats the result of a look-up, sorted by its text because the order is not specified.
fn found<T>(outcome: Result<Vec<T>, impl Display>, item: impl Fn(&T) -> String) -> String {
    match outcome {
        Ok(items) => {
            let mut items: Vec<_> = items.iter().map(item).collect();
            items.sort();
            items.join(", ")
        }
        Err(error) => format!("error: {error}"),
    }
}

/// Formats a page. An ellipsis marks further items before or after it.
fn show<T>(page: &Page<T>, item: impl Fn(&T) -> String) -> String {
    let items: Vec<_> = page.nodes().map(item).collect();
    let before = if page.has_previous { "… " } else { "" };
    let after = if page.has_next { " …" } else { "" };
    format!("[{before}{}{after}]", items.join(", "))
}

fn page<T>(outcome: Result<Page<T>, impl Display>, item: impl Fn(&T) -> String) -> String {
    match outcome {
        Ok(page) => show(&page, item),
        Err(error) => format!("error: {error}"),
    }
}

fn pages<T>(outcome: Result<Vec<Page<T>>, impl Display>, item: impl Fn(&T) -> String) -> String {
    match outcome {
        Ok(pages) => pages.iter().map(|page| show(page, &item)).collect::<Vec<_>>().join(" "),
        Err(error) => format!("error: {error}"),
    }
}
