//! One long story that every source tells in the same words.
//!
//! Ids and times are given, so that the transcript is the same in every run. Each chapter goes on
//! with the data of those before it.

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
    let in_memory = tell(sources::open(&SourceUrl::Mock, 1)).await;
    insta::assert_snapshot!("story", in_memory);

    let file = SqliteFile::new();
    same(&in_memory, &tell(file.open()).await, "SQLite");

    let database = PostgresDatabase::new("story").await;
    same(&in_memory, &tell(database.open()).await, "PostgreSQL");
}

/// Byte-equal; the first line that is not is shown.
fn same(expected: &str, told: &str, teller: &str) {
    for (expected, told) in expected.lines().zip(told.lines()) {
        assert_eq!(expected, told, "{teller} tells another story");
    }
    assert_eq!(expected, told, "{teller} tells another story");
}

/// The whole story as one source tells it.
async fn tell(sources: Sources) -> String {
    let mut story = Story { sources, transcript: String::new() };
    story.chapter("An empty store");
    story.says("migrate", debug(story.store().migrate().await));
    story.says("migrate again", debug(story.store().migrate().await));
    story.says("ping", debug(story.store().ping().await));
    let home = story.store().home(&Pagination::first(3), at(0)).await.map(WithSnapshot::into_value);
    story.says("home", page(home, message));
    let people = Dataset { users: people(), ..Dataset::default() };
    story.says("people come", debug(story.store().import(&people).await));
    story.says("migrate once more", debug(story.store().migrate().await));

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
    replies::sweep(&mut story).await;
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

    fn says(&mut self, what: impl Display, outcome: impl Display) {
        self.transcript.push_str(&format!("{what}: {outcome}\n"));
    }

    fn store(&self) -> std::sync::Arc<dyn Store> {
        self.sources.store.clone()
    }

    fn messages(&self) -> std::sync::Arc<dyn Messages> {
        self.sources.messages.clone()
    }

    /// Posts something that notifies nobody and has no key.
    async fn post(&mut self, activity: Activity) {
        let what = format!("{} posts {}", name(activity.user_uuid), activity.message);
        let posted = self.insert(activity, Vec::new(), None).await;
        self.says(what, posted);
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

/// A key that is a day old at most.
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

/// An activity with its counts of replies, reposts and likes.
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

/// What a look-up found, in the order of its words.
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

/// A page; dots stand for what comes before and after it.
fn slice<T>(slice: &Page<T>, item: impl Fn(&T) -> String) -> String {
    let items: Vec<_> = slice.nodes().map(item).collect();
    let before = if slice.has_previous { "… " } else { "" };
    let after = if slice.has_next { " …" } else { "" };
    format!("[{before}{}{after}]", items.join(", "))
}

fn page<T>(outcome: Result<Page<T>, impl Display>, item: impl Fn(&T) -> String) -> String {
    match outcome {
        Ok(page) => slice(&page, item),
        Err(error) => format!("error: {error}"),
    }
}

fn pages<T>(outcome: Result<Vec<Page<T>>, impl Display>, item: impl Fn(&T) -> String) -> String {
    match outcome {
        Ok(pages) => pages.iter().map(|page| slice(page, &item)).collect::<Vec<_>>().join(" "),
        Err(error) => format!("error: {error}"),
    }
}
