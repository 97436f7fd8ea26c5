//! One sequence of steps for which every store produces the same transcript.

use std::fmt::Write;

use cruddur::{
    domain::{Cursor, HasCursor, Message, MessageGroup, MessageKey, Page, Pagination},
    sources::{Dataset, Inserted, Sources},
};
use futures_util::future::join_all;

use crate::messages::fixture::{keyed, new};
use crate::support::{
    dynamodb::with_table,
    fixtures::{ANDREW, BAYKO, LONDO, WORF, id, people, seconds as at},
    in_memory,
    stores::{PostgresDatabase, SqliteFile},
};

#[tokio::test]
async fn every_store_produces_the_same_transcript() {
    let transcript = transcript_of(in_memory()).await;
    insta::assert_snapshot!("story", transcript);
    let file = SqliteFile::new();
    assert_eq!(transcript, transcript_of(file.open()).await, "SQLite");
    let database = PostgresDatabase::new("messages_story").await;
    assert_eq!(transcript, transcript_of(database.open()).await, "PostgreSQL");
    let separate = with_table(in_memory(), "story").await;
    assert_eq!(transcript, transcript_of(separate).await, "DynamoDB");
}

/// Runs the same steps on any store and records the outcomes.
async fn transcript_of(sources: Sources) -> String {
    sources.store.migrate().await.expect("a fresh store");
    sources.store.import(&people()).await.expect("the users can be imported");
    let store = &*sources.messages;
    let mut transcript = String::new();
    let mut record = |what: &str, outcome: String| {
        let _ = writeln!(transcript, "{what}: {outcome}");
    };

    // Sixteen concurrent messages open the same conversation.
    let opened = join_all((0..16).map(|n| {
        let (from, to) = if n % 2 == 0 { (ANDREW, BAYKO) } else { (BAYKO, ANDREW) };
        let new = new(100 + n, from, to, &format!("{n}"), at(100));
        async move { store.insert_message(&new).await.expect("the message can be sent") }
    }))
    .await;
    let groups: std::collections::BTreeSet<_> = opened
        .iter()
        .map(|sent| match sent {
            Inserted::New(message) => message.group_uuid,
            other => panic!("{other:?}"),
        })
        .collect();
    record("conversations opened by sixteen at once", groups.len().to_string());
    for (number, from, to, text, seconds) in [
        (200, ANDREW, WORF, "to worf", 90),
        (201, LONDO, ANDREW, "from londo", 100),
        (202, WORF, ANDREW, "back", 300),
        (203, ANDREW, WORF, "sent late", 200),
        (204, ANDREW, WORF, "same time", 300),
        (190, ANDREW, WORF, "same time, lower", 300),
    ] {
        let sent = store.insert_message(&new(number, from, to, text, at(seconds))).await;
        record(text, inserted(sent.expect("the message can be sent")));
    }
    for (name, user) in [("Andrew", ANDREW), ("Bayko", BAYKO), ("Worf", WORF), ("Londo", LONDO)] {
        let page = store.message_groups(user, &Pagination::first(10)).await.expect("groups");
        let uuids: Vec<_> = page.nodes().map(|group| group.uuid).collect();
        record(&format!("{name}'s conversations"), show(&page, group));
        let unread = store.unread_by_groups(user, &uuids).await.expect("counts");
        record(&format!("{name}'s unread"), format!("{unread:?}"));
        let sum = store.unread_messages(user).await.expect("a count");
        record(&format!("{name}'s unread in all"), sum.to_string());
    }
    let mut page = Pagination::first(1);
    for number in 0..3 {
        let found = store.message_groups(ANDREW, &page).await.expect("groups");
        page.after = found.items.last().map(|(cursor, _)| *cursor);
        record(&format!("Andrew's page {number}"), show(&found, group));
    }
    let last = store.message_groups(ANDREW, &Pagination::last(2)).await.expect("groups");
    record("Andrew's last two", show(&last, group));

    let with = |user, other| async move {
        let found = store.message_groups_by_others(user, &[other, other]).await.expect("groups");
        found.into_iter().next().expect("a conversation").uuid
    };
    let (bayko, worf) = (with(ANDREW, BAYKO).await, with(ANDREW, WORF).await);
    for (name, user) in [("Andrew", ANDREW), ("Bayko", BAYKO), ("Londo", LONDO)] {
        let mut found = store.message_groups_by_uuids(user, &[bayko, worf, id(9)]).await.unwrap();
        found.sort_by_key(|group| group.other_uuid);
        record(&format!("{name} by uuids"), found.iter().map(group).collect::<Vec<_>>().join("; "));
    }
    for (what, page) in [("first", Pagination::first(3)), ("last", Pagination::last(3))] {
        let pages = store.messages_by_groups(&[worf, id(9), bayko], &page).await.expect("pages");
        record(what, pages.iter().map(|page| show(page, text)).collect::<Vec<_>>().join(" "));
    }
    let mut page = Pagination::last(5);
    loop {
        let found = store.messages_by_groups(&[bayko], &page).await.expect("a page").remove(0);
        record("backward", show(&found, text));
        page.before = found.items.first().map(|(cursor, _)| *cursor);
        if !found.has_previous {
            break;
        }
    }

    let key = |group_uuid, number, seconds| MessageKey {
        group_uuid,
        at: Cursor { at: at(seconds), uuid: id(number) },
    };
    let keys = [
        key(worf, 202, 300),
        key(worf, 204, 300),
        key(worf, 204, 300),
        key(worf, 204, 301),
        key(bayko, 204, 300),
        key(id(9), 204, 300),
    ];
    let mut found = store.messages_by_keys(&keys).await.expect("messages");
    found.sort_by_key(Message::cursor);
    record("by keys", found.iter().map(text).collect::<Vec<_>>().join(", "));

    for (what, user, key) in [
        ("Worf reads a later one first", WORF, key(worf, 203, 200)),
        ("Worf reads an earlier one", WORF, key(worf, 200, 90)),
        ("Worf reads one that is not there", WORF, key(worf, 999, 200)),
        ("Londo reads what is not his", LONDO, key(worf, 203, 200)),
        ("Worf reads among those of one time", WORF, key(worf, 202, 300)),
        ("Andrew reads up to his own", ANDREW, key(worf, 204, 300)),
        ("Bayko reads half", BAYKO, key(bayko, 107, 100)),
    ] {
        let marked = store.mark_messages_read(user, &key).await.expect("an answer");
        let unread = store.unread_by_groups(user, &[bayko, worf]).await.expect("counts");
        record(what, format!("{marked}, unread {unread:?}"));
        let sum = store.unread_messages(user).await.expect("a count");
        record("unread in all", sum.to_string());
    }
    let sent = store.insert_message(&new(205, ANDREW, WORF, "and then", at(400))).await;
    record("a new message", inserted(sent.expect("the message can be sent")));
    let unread = store.unread_by_groups(WORF, &[worf]).await.expect("counts");
    record("Worf's unread", format!("{unread:?}"));

    for (what, number, input, seconds) in [
        ("a key", 300, "input", 500),
        ("the same", 301, "input", 501),
        ("another input", 302, "other", 502),
        ("after a day", 303, "other", 500 + 24 * 60 * 60),
    ] {
        let new = keyed(new(number, ANDREW, LONDO, what, at(seconds)), "key", input);
        record(what, inserted(store.insert_message(&new).await.expect("an answer")));
    }
    let outcomes = join_all((0..12).map(|n| {
        let new = keyed(new(400 + n, WORF, LONDO, "once", at(600)), "all at once", "input");
        async move { store.insert_message(&new).await.expect("an answer") }
    }))
    .await;
    let created = outcomes.iter().filter(|it| matches!(it, Inserted::New(_))).count();
    record("one key twelve times at once makes", created.to_string());
    let londo = with(WORF, LONDO).await;
    let pages = store.messages_by_groups(&[londo], &Pagination::first(9)).await.expect("pages");
    record("which is", show(&pages[0], text));

    for (what, user, key) in [
        ("Worf reads the last one", WORF, key(worf, 205, 400)),
        ("Worf reads it twice", WORF, key(worf, 205, 400)),
    ] {
        let marked = store.mark_messages_read(user, &key).await.expect("an answer");
        let sum = store.unread_messages(user).await.expect("a count");
        record(what, format!("{marked}, unread in all {sum}"));
    }
    let late = store.insert_message(&new(206, ANDREW, WORF, "before it", at(350))).await;
    record("one that comes late", inserted(late.expect("the message can be sent")));
    let messages = vec![
        new(501, LONDO, WORF, "imported", at(700)),
        new(502, LONDO, WORF, "imported, too", at(701)),
        new(503, LONDO, BAYKO, "imported", at(702)),
    ];
    sources.import(&Dataset { messages, ..Dataset::default() }).await.expect("a data set");
    join_all((0..16).map(|n| {
        let message = new(600 + n, BAYKO, WORF, "at once", at(800 + n as i64));
        let read = key(worf, 205, 400);
        async move {
            store.insert_message(&message).await.expect("the message can be sent");
            store.mark_messages_read(WORF, &read).await.expect("an answer");
        }
    }))
    .await;
    for (name, user) in [("Andrew", ANDREW), ("Bayko", BAYKO), ("Worf", WORF), ("Londo", LONDO)] {
        let page = store.message_groups(user, &Pagination::first(10)).await.expect("groups");
        let uuids: Vec<_> = page.nodes().map(|group| group.uuid).collect();
        let unread = store.unread_by_groups(user, &uuids).await.expect("counts");
        let sum = store.unread_messages(user).await.expect("a count");
        assert_eq!(sum, unread.iter().sum::<i64>(), "{name}: {unread:?}");
        record(&format!("{name}'s unread in the end"), format!("{unread:?}, in all {sum}"));
    }
    transcript
}

fn text(message: &Message) -> String {
    format!("{} by {}", message.message, message.user_uuid.as_u128())
}

fn group(group: &MessageGroup) -> String {
    let MessageGroup { other_uuid, last_message, last_message_at, .. } = group;
    format!("with {}: {last_message}, {last_message_at}", other_uuid.as_u128())
}

fn inserted(outcome: Inserted<Message>) -> String {
    match outcome {
        Inserted::New(message) => format!("new {}", text(&message)),
        Inserted::Replayed(message) => format!("earlier {}", text(&message)),
        Inserted::KeyReused => "key reused".into(),
        Inserted::TargetMissing => "gone".into(),
    }
}

/// Formats a page. An ellipsis marks further items before or after it.
fn show<T>(page: &Page<T>, item: impl Fn(&T) -> String) -> String {
    let items: Vec<_> = page.nodes().map(item).collect();
    let before = if page.has_previous { "… " } else { "" };
    let after = if page.has_next { " …" } else { "" };
    format!("[{before}{}{after}]", items.join(", "))
}
