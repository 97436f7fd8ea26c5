use cruddur::{
    domain::{Cursor, Message, MessageGroup, MessageKey, Pagination},
    sources::{Dataset, Idempotency, Inserted, NewMessage},
};
use futures_util::future::join_all;
use uuid::Uuid;

use super::{Story, debug, found, inserted, key, name, page, pages};
use crate::sources::fixture::{ANDREW, GAREK, LONDO, UNKNOWN, WORF, at, id};

fn new(
    number: u32,
    from: Uuid,
    to: Uuid,
    message: &str,
    minutes: i64,
    idempotency: Option<Idempotency>,
) -> NewMessage {
    NewMessage {
        message: Message {
            uuid: id(number),
            group_uuid: id(number + 0x0001_0000),
            user_uuid: from,
            message: message.into(),
            created_at: at(minutes),
        },
        receiver_uuid: to,
        idempotency,
    }
}

fn text(message: &Message) -> String {
    format!("{}: {}", name(message.user_uuid), message.message)
}

fn group(group: &MessageGroup) -> String {
    format!("with {}: {}", name(group.other_uuid), group.last_message)
}

pub async fn conversations(story: &mut Story) {
    story.chapter("One conversation for two people");
    let messages = story.messages();
    let one = new(0xd01, ANDREW, WORF, "at", 700, None);
    let other = new(0xd02, WORF, ANDREW, "once", 700, None);
    let (one, other) = tokio::join!(messages.insert_message(&one), messages.insert_message(&other));
    let groups: Vec<_> = [one, other]
        .into_iter()
        .map(|sent| match sent {
            Ok(Inserted::New(message)) => message.group_uuid,
            other => panic!("{other:?}"),
        })
        .collect();
    story.record("both open it at once, and it is one", debug(groups[0] == groups[1]));
    let at_once = join_all((0..16).map(|number| {
        let messages = story.messages();
        let (from, to) = if number % 2 == 0 { (GAREK, LONDO) } else { (LONDO, GAREK) };
        async move {
            let new = new(0xd10 + number, from, to, &format!("{number}"), 701, None);
            messages.insert_message(&new).await.expect("the message can be sent")
        }
    }));
    at_once.await;
    for (number, from, to, text, minutes) in [
        (0xd30, ANDREW, GAREK, "hello Garek", 703),
        (0xd31, WORF, ANDREW, "later", 704),
        (0xd32, ANDREW, WORF, "earlier, and sent late", 702),
    ] {
        let sent = messages.insert_message(&new(number, from, to, text, minutes, None)).await;
        story.record(text, inserted(sent, self::text));
    }
    for user in [ANDREW, WORF, GAREK, LONDO, UNKNOWN] {
        let groups = messages.message_groups(user, &Pagination::first(2)).await;
        story.record(format!("{}'s conversations", name(user)), page(groups, group));
    }
    let groups = messages.message_groups(ANDREW, &Pagination::first(1)).await.expect("a page");
    let next = Pagination { after: Some(groups.items[0].0), ..Pagination::first(1) };
    story.record("Andrew's second", page(messages.message_groups(ANDREW, &next).await, group));
    let last = messages.message_groups(ANDREW, &Pagination::last(1)).await;
    story.record("Andrew's last", page(last, group));

    let worfs = groups.items[0].1.uuid;
    let with = messages.message_groups_by_others(ANDREW, &[WORF, UNKNOWN, LONDO, WORF]).await;
    story.record("Andrew with Worf and Londo", found(with, group));
    for user in [ANDREW, WORF, GAREK] {
        let own = messages.message_groups_by_uuids(user, &[worfs, UNKNOWN, worfs]).await;
        story.record(format!("{} opens it by uuid", name(user)), found(own, group));
    }
    let tailors = messages.message_groups_by_others(GAREK, &[LONDO]).await.expect("a group");
    let groups = [worfs, UNKNOWN, tailors[0].uuid];
    for page in [Pagination::first(3), Pagination::last(3)] {
        let read = messages.messages_by_groups(&groups, &page).await;
        story.record("messages", pages(read, text));
    }
    story.record(
        "of no group",
        pages(messages.messages_by_groups(&[], &Pagination::first(3)).await, text),
    );
    let mut next = Pagination::last(7);
    while next.limit > 0 {
        let read = messages.messages_by_groups(&groups[2..], &next).await.expect("a page");
        story.record("from the end", super::show(&read[0], text));
        next.before = read[0].items.first().map(|(cursor, _)| *cursor);
        next.limit = if read[0].has_previous { 7 } else { 0 };
    }
}

pub async fn idempotency(story: &mut Story) {
    story.chapter("The same key sends the same message once");
    let messages = story.messages();
    for (what, number, input, minutes) in [
        ("a key", 0xd40, "input", 710),
        ("the same", 0xd41, "input", 711),
        ("another input", 0xd42, "other", 712),
        ("after a day", 0xd43, "other", 710 + 24 * 60),
    ] {
        let key = key(ANDREW, "message", input, minutes);
        let new = new(number, ANDREW, LONDO, &format!("{number:x}"), minutes, key);
        story.record(what, inserted(messages.insert_message(&new).await, text));
    }
    let at_once = join_all((0..12).map(|number| {
        let messages = story.messages();
        let key = key(WORF, "all at once", "input", 720);
        let new = new(0xd50 + number, WORF, LONDO, "once", 720, key);
        async move { inserted(messages.insert_message(&new).await, text) }
    }));
    let answers = at_once.await;
    let new = answers.iter().filter(|answer| answer.starts_with("new")).count();
    story.record("one key twelve times at once: new", new);
    let with = messages.message_groups_by_others(WORF, &[LONDO]).await.expect("a group");
    let read = messages.messages_by_groups(&[with[0].uuid], &Pagination::first(9)).await;
    story.record("messages", pages(read, text));
}

pub async fn unread(story: &mut Story) {
    story.chapter("Unread messages are counted in all conversations at once");
    let messages = story.messages();
    let key = |input| key(GAREK, "unread", input, 730);
    for (what, new) in [
        ("Garek writes", new(0xd60, GAREK, ANDREW, "one", 730, key("input"))),
        ("with the same key", new(0xd61, GAREK, ANDREW, "one", 731, key("input"))),
        ("with another input", new(0xd62, GAREK, ANDREW, "two", 731, key("other"))),
        ("Andrew answers", new(0xd63, ANDREW, GAREK, "an answer", 732, None)),
        ("Garek sends one late", new(0xd64, GAREK, ANDREW, "late", 729, None)),
    ] {
        let sent = messages.insert_message(&new).await;
        story.record(what, inserted(sent, text));
        record_unread(story).await;
    }
    let with = messages.message_groups_by_others(ANDREW, &[GAREK]).await.expect("a group");
    let key = |number, minutes| MessageKey {
        group_uuid: with[0].uuid,
        at: Cursor { at: at(minutes), uuid: id(number) },
    };
    for (what, user, key) in [
        ("Andrew reads the late one", ANDREW, key(0xd64, 729)),
        ("Andrew reads it again", ANDREW, key(0xd64, 729)),
        ("Andrew reads up to his answer", ANDREW, key(0xd63, 732)),
        ("Andrew reads an earlier one", ANDREW, key(0xd60, 730)),
        ("Andrew reads one that is missing", ANDREW, key(0xdff, 730)),
        ("Londo reads it", LONDO, key(0xd63, 732)),
        ("Garek reads it", GAREK, key(0xd63, 732)),
    ] {
        story.record(what, debug(messages.mark_messages_read(user, &key).await));
        record_unread(story).await;
    }
    let late = new(0xd65, GAREK, ANDREW, "later still", 728, None);
    story.record("before what is read", inserted(messages.insert_message(&late).await, text));
    record_unread(story).await;
    let dataset = Dataset {
        messages: vec![
            new(0xd66, LONDO, ANDREW, "imported", 740, None),
            new(0xd67, LONDO, WORF, "imported", 741, None),
            new(0xd68, LONDO, ANDREW, "imported, too", 742, None),
        ],
        ..Dataset::default()
    };
    story.record("a data set", debug(story.store().import(&dataset).await));
    record_unread(story).await;
    let at_once = join_all((0..16).map(|number| {
        let messages = story.messages();
        let key =
            MessageKey { group_uuid: with[0].uuid, at: Cursor { at: at(732), uuid: id(0xd63) } };
        let new = new(0xd70 + number, GAREK, ANDREW, "at once", 750, None);
        async move {
            messages.insert_message(&new).await.expect("the message can be sent");
            messages.mark_messages_read(ANDREW, &key).await.expect("an answer")
        }
    }));
    at_once.await;
    story.record("sixteen more at once, while Andrew reads", "sent");
    record_unread(story).await;
}

/// Records the unread messages of each user. Asserts that they are the sum over the conversations.
async fn record_unread(story: &mut Story) {
    let messages = story.messages();
    let mut numbers = Vec::new();
    for user in [ANDREW, WORF, GAREK, LONDO, UNKNOWN] {
        let groups = messages.message_groups(user, &Pagination::first(100)).await.expect("a page");
        let groups: Vec<_> = groups.nodes().map(|group| group.uuid).collect();
        let each = messages.unread_by_groups(user, &groups).await.expect("numbers");
        let all = messages.unread_messages(user).await.expect("a number");
        assert_eq!(all, each.iter().sum::<i64>(), "{}: {each:?}", name(user));
        numbers.push(format!("{} {all}", name(user)));
    }
    story.record("unread", numbers.join(", "));
}
