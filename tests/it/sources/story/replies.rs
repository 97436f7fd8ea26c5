use cruddur::domain::{
    Activity, NotificationKind, Pagination, Reaction, ReactionKind, WithSnapshot,
};
use futures_util::future::join_all;

use super::{Story, counted, debug, found, key, message, name, page, pages};
use crate::sources::fixture::{ANDREW, GAREK, LONDO, WORF, at, crud, id, notification, reply};

/// Records the first and last replies to each activity, and the activities with their counts.
async fn thread(story: &mut Story, now: i64, numbers: &[u32]) {
    let uuids: Vec<_> = numbers.iter().map(|number| id(*number)).collect();
    let known = story.store().activities_by_uuids(&uuids, at(now)).await;
    story.record(format!("the thread in minute {now}"), found(known, counted));
    let replies = story.store().replies_by_parents(&uuids, &Pagination::first(2), at(now)).await;
    story.record("  first replies", pages(replies, message));
    let replies = story.store().replies_by_parents(&uuids, &Pagination::last(2), at(now)).await;
    story.record("  last replies", pages(replies, message));
}

pub async fn threads(story: &mut Story) {
    use NotificationKind::Reply;
    story.chapter("Replies live as long as the crud that their thread began with");
    story.post(crud(0x30, ANDREW, "root", 100, Some(60))).await;
    let first = reply(0x31, 0x30, WORF, "This post has no honor!", 101);
    let notification = notification(0x96, ANDREW, WORF, Reply, Some(0x31), 101);
    story.record("Worf replies", story.insert(first, vec![notification], None).await);
    story.post(reply(0x32, 0x31, GAREK, "a reply to the reply", 102)).await;
    story.post(reply(0x33, 0x32, LONDO, "and one to that", 103)).await;
    story.post(reply(0x35, 0x30, LONDO, "third", 104)).await;
    story.post(reply(0x34, 0x30, GAREK, "second", 104)).await;
    story.post(reply(0x36, 0x999, WORF, "to nothing", 104)).await;
    let all = [0x30, 0x31, 0x32, 0x33, 0x36];
    for now in [110, 159, 160] {
        thread(story, now, &all).await;
        let unread = story.store().unread_notifications(ANDREW, at(now)).await;
        story.record("  Andrew's unread", debug(unread));
    }
    let home =
        story.store().home(&Pagination::first(4), at(110)).await.map(WithSnapshot::into_value);
    story.record("no reply is at home", page(home, message));
    for (number, parent) in [(0x37, 0x30), (0x38, 0x33)] {
        story.post(reply(number, parent, WORF, &format!("too late for {parent:x}"), 160)).await;
    }
    let at_once = join_all((0..16).map(|number| {
        let story = &*story;
        let one = reply(0x500 + number, 0x30, WORF, "at once", 120);
        async move { story.insert(one, Vec::new(), None).await }
    }));
    story.record("sixteen replies at once", debug(at_once.await));
    thread(story, 120, &[0x30]).await;
}

pub async fn deletion(story: &mut Story) {
    use NotificationKind::{Like, Reply};
    story.chapter("Who deletes an activity deletes the thread below it");
    story.post(crud(0x40, ANDREW, "root", 200, Some(60))).await;
    let first = reply(0x41, 0x40, WORF, "first", 201);
    story.record(
        "Worf replies",
        story
            .insert(first, vec![notification(0x97, ANDREW, WORF, Reply, Some(0x41), 201)], None)
            .await,
    );
    story.post(reply(0x42, 0x40, GAREK, "second", 202)).await;
    story.post(reply(0x43, 0x41, ANDREW, "below the first", 203)).await;
    story.post(reply(0x44, 0x43, GAREK, "below that", 204)).await;
    let like = Reaction {
        kind: ReactionKind::Like,
        activity_uuid: id(0x44),
        user_uuid: WORF,
        created_at: at(205),
    };
    let liked = notification(0x98, GAREK, WORF, Like, Some(0x44), 205);
    let liked = story.store().insert_reaction(&like, Some(&liked)).await;
    story.record("Worf likes the last", debug(liked.map(|it| it.as_ref().map(counted))));
    let unread = story.store().unread_notifications(ANDREW, at(206)).await;
    story.record("Andrew's unread", debug(unread));
    let all = [0x40, 0x41, 0x42, 0x43, 0x44];
    thread(story, 206, &all).await;
    for (who, by) in [("Garek", GAREK), ("Worf", WORF), ("Worf again", WORF)] {
        let deleted = story.store().delete_activity(id(0x41), by, 500).await;
        story.record(format!("{who} deletes the first reply"), debug(deleted));
    }
    thread(story, 206, &all).await;
    let unread = story.store().unread_notifications(ANDREW, at(206)).await;
    story.record("Andrew's unread", debug(unread));
    let unread = story.store().unread_notifications(GAREK, at(206)).await;
    story.record("Garek's unread", debug(unread));
    let reacted = story.store().reactions_by_user(WORF, &[id(0x44)]).await;
    story.record("Worf has reacted", debug(reacted));
    let at_once = join_all((0..8).map(|_| {
        let activities = story.store();
        async move { activities.delete_activity(id(0x42), GAREK, 500).await.expect("an answer") }
    }));
    let times = at_once.await.into_iter().filter(|deleted| *deleted).count();
    story.record("Garek deletes the second eight times at once", times);
    thread(story, 206, &all).await;
    let deleted = story.store().delete_activity(id(0x40), ANDREW, 500).await;
    story.record("Andrew deletes the root", debug(deleted));
    thread(story, 206, &all).await;
}

pub async fn idempotency(story: &mut Story) {
    story.chapter("The same key makes the same thing once");
    let day = 24 * 60;
    let first = |number| crud(number, ANDREW, &format!("crud {number:x}"), 300, None);
    for (what, number, user, name, input, minutes) in [
        ("a key", 0x50, ANDREW, "k", "input", 300),
        ("the same", 0x51, ANDREW, "k", "input", 301),
        ("another input", 0x52, ANDREW, "k", "other", 302),
        ("somebody else's", 0x53, WORF, "k", "input", 303),
        ("another key", 0x54, ANDREW, "K", "input", 304),
        ("just before a day is over", 0x55, ANDREW, "k", "other", 300 + day - 1),
        ("after a day", 0x56, ANDREW, "k", "other", 300 + day),
        ("and again", 0x57, ANDREW, "k", "other", 300 + day + 1),
    ] {
        let activity = Activity { user_uuid: user, ..first(number) };
        let outcome = story.insert(activity, Vec::new(), key(user, name, input, minutes)).await;
        story.record(what, outcome);
    }
    let deleted = story.store().delete_activity(id(0x56), ANDREW, 500).await;
    story.record("what it made is deleted", debug(deleted));
    let again = story.insert(first(0x58), Vec::new(), key(ANDREW, "k", "other", 300 + day)).await;
    story.record("and asked for again", again);

    let lost = reply(0x59, 0x999, ANDREW, "to nothing", 310);
    let lost = story.insert(lost, Vec::new(), key(ANDREW, "lost", "input", 310)).await;
    story.record("a reply to nothing", lost);
    let retry = story.insert(first(0x5a), Vec::new(), key(ANDREW, "lost", "other", 311)).await;
    story.record("takes no key", retry);

    let parent = id(0x5a);
    let at_once = join_all((0..16).map(|number| {
        let story = &*story;
        let one = reply(0x600 + number, 0x5a, WORF, "once", 312);
        async move { story.insert(one, Vec::new(), key(WORF, "at once", "input", 312)).await }
    }));
    let answers = at_once.await;
    let new = answers.iter().filter(|answer| answer.starts_with("new")).count();
    let earlier = answers.iter().filter(|answer| answer.starts_with("earlier")).count();
    story.record("one key sixteen times at once", format!("{new} new, {earlier} earlier"));
    let replies = story.store().replies_by_parents(&[parent], &Pagination::first(9), at(313)).await;
    story.record("replies", pages(replies, message));
    let parent = story.store().activities_by_uuids(&[parent], at(313)).await;
    story.record("their parent", found(parent, counted));
}

pub async fn sweep(story: &mut Story) {
    story.chapter("A sweep deletes what has expired, in small batches");
    story.post(crud(0x70, ANDREW, "short", 1_000, Some(1))).await;
    story.post(reply(0x71, 0x70, WORF, "its reply", 1_000)).await;
    story.post(reply(0x72, 0x71, WORF, "and that one's", 1_000)).await;
    story.post(crud(0x73, ANDREW, "long", 1_000, Some(10))).await;
    let before = at(1_001);
    let mut batches = Vec::new();
    loop {
        let batch = story.store().delete_expired(before, 10).await.expect("a number");
        batches.push(batch);
        if batch < 10 {
            break;
        }
    }
    story.record("batches of ten up to the minute in which the short one ends", debug(batches));
    let one = story.store().delete_expired(at(1_002), 1).await;
    let two = story.store().delete_expired(at(1_002), 1).await;
    let rest = story.store().delete_expired(at(1_002), 10).await;
    story.record("one, one more, and the rest a minute later", debug([one, two, rest]));
    let left = [id(0x70), id(0x71), id(0x72), id(0x73), id(3)];
    let left = story.store().activities_by_uuids(&left, at(1_002)).await;
    story.record("left", found(left, message));
    let none = story.store().delete_expired(at(1_002), 10).await;
    story.record("nothing more", debug(none));
}

/// Records the root and the depth of each activity.
async fn roots(story: &mut Story, now: i64, numbers: &[u32]) {
    let uuids: Vec<_> = numbers.iter().map(|number| id(*number)).collect();
    let roots = story.store().roots_by_uuids(&uuids, at(now)).await;
    let of_each = found(roots, |(of, root)| format!("{} below {}", name(*of), root.message));
    story.record("  roots", of_each);
    let known = story.store().activities_by_uuids(&uuids, at(now)).await;
    story.record("  depths", found(known, |it| format!("{} {}", it.message, it.depth)));
}

pub async fn steps(story: &mut Story) {
    use NotificationKind::{Like, Mention};
    story.chapter("A large thread is hidden at once and deleted in steps");
    story.post(crud(0x80, ANDREW, "root", 2_000, Some(60))).await;
    story.post(reply(0x81, 0x80, WORF, "first", 2_001)).await;
    let second = reply(0x82, 0x81, GAREK, "below the first", 2_002);
    let mention = notification(0x9a, LONDO, GAREK, Mention, Some(0x82), 2_002);
    let input = || key(GAREK, "below", "input", 2_002);
    story.record("Garek replies", story.insert(second.clone(), vec![mention], input()).await);
    story.post(reply(0x83, 0x82, WORF, "below that", 2_003)).await;
    story.post(reply(0x84, 0x80, LONDO, "second", 2_004)).await;
    let like = Reaction {
        kind: ReactionKind::Like,
        activity_uuid: id(0x82),
        user_uuid: WORF,
        created_at: at(2_005),
    };
    let liked = notification(0x9b, GAREK, WORF, Like, Some(0x82), 2_005);
    let liked = story.store().insert_reaction(&like, Some(&liked)).await;
    story.record("Worf likes the one below the first", debug(liked.map(|it| it.is_some())));
    let all = [0x80, 0x81, 0x82, 0x83, 0x84, 0x999];
    thread(story, 2_006, &all).await;
    roots(story, 2_006, &all).await;
    let unread = story.store().unread_notifications(LONDO, at(2_006)).await;
    story.record("Londo's unread", debug(unread));
    for what in ["Worf deletes three replies and a like", "again"] {
        let deleted = story.store().delete_activity(id(0x81), WORF, 3).await;
        story.record(what, debug(deleted));
    }
    thread(story, 2_006, &all).await;
    roots(story, 2_006, &all).await;
    let unread = story.store().unread_notifications(LONDO, at(2_006)).await;
    story.record("Londo's unread", debug(unread));
    story.post(reply(0x85, 0x83, ANDREW, "to what is hidden", 2_007)).await;
    let again = Activity { uuid: id(0x86), ..second };
    story.record("Garek replies again", story.insert(again, Vec::new(), input()).await);
    let below = story.store().delete_activity(id(0x82), GAREK, 500).await;
    story.record("Garek deletes what is hidden", debug(below));
    let expired = story.store().delete_expired(at(2_006), 500).await;
    story.record("expired by then", debug(expired));
    let reacted = story.store().reactions_by_user(WORF, &[id(0x82)]).await;
    story.record("Worf has reacted", debug(reacted));
    while story.store().delete_step(1).await.expect("a number") > 0 {}
    let reacted = story.store().reactions_by_user(WORF, &[id(0x82)]).await;
    story.record("Worf has reacted, after all steps", debug(reacted));
    thread(story, 2_006, &all).await;
    let deleted = story.store().delete_activity(id(0x80), ANDREW, 2).await;
    story.record("Andrew deletes the root and the second", debug(deleted));
    story.record("nothing is left for a step", debug(story.store().delete_step(500).await));
}

pub async fn expired_keys(story: &mut Story) {
    story.chapter("Keys that have expired are deleted, those of silent users too");
    let last = crud(0x90, LONDO, "with a key", 3_000, None);
    let outcome = story.insert(last, Vec::new(), key(LONDO, "silent", "input", 3_000)).await;
    story.record("Londo posts", outcome);
    let mut batches = Vec::new();
    loop {
        let batch = story.store().delete_idempotency_keys(at(2_999), 2).await.expect("a number");
        batches.push(batch);
        if batch < 2 {
            break;
        }
    }
    story.record("batches of two before that", debug(batches));
    let last = story.store().delete_idempotency_keys(at(3_000), 2).await;
    story.record("and then", debug(last));
    let again = crud(0x91, LONDO, "with the key again", 3_001, None);
    let outcome = story.insert(again, Vec::new(), key(LONDO, "silent", "other", 3_001)).await;
    story.record("Londo posts", outcome);
}
