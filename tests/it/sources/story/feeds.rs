use cruddur::domain::{Cursor, Pagination, WithSnapshot};

use super::{Story, counted, debug, found, handle, message, page, pages};
use crate::sources::fixture::{ANDREW, GAREK, LONDO, UNKNOWN, WORF, at, crud, id};

pub async fn expiry(story: &mut Story) {
    story.chapter("What has expired is in no feed");
    story.post(crud(1, ANDREW, "an hour", 0, Some(60))).await;
    story.post(crud(2, WORF, "a day", 1, Some(24 * 60))).await;
    story.post(crud(3, GAREK, "for ever", 2, None)).await;
    let year = 365 * 24 * 60;
    for now in [2, 59, 60, 24 * 60 + 1, year] {
        let home =
            story.store().home(&Pagination::first(10), at(now)).await.map(WithSnapshot::into_value);
        story.record(format!("home in minute {now}"), page(home, message));
    }
    for now in [59, 60] {
        let known = [id(1), id(2), id(3), UNKNOWN, id(1)];
        let by_uuid = story.store().activities_by_uuids(&known, at(now)).await;
        story.record(format!("by uuid in minute {now}"), found(by_uuid, message));
        let counts = story.store().counts_by_users(&[ANDREW, GAREK], at(now)).await;
        story.record(format!("counts in minute {now}"), debug(counts));
    }
}

pub async fn paging(story: &mut Story) {
    story.chapter("Pages of cruds that were all posted at one instant");
    for number in [0x17, 0x13, 0x15, 0x11, 0x16, 0x12, 0x14] {
        story.post(crud(number, LONDO, &format!("{number:x}"), 10, Some(600))).await;
    }
    let now = at(20);
    let mut next = Pagination::first(3);
    while next.limit > 0 {
        let read = story.store().home(&next, now).await.expect("a page").value;
        story.record("forward", super::show(&read, message));
        next.after = read.items.last().map(|(cursor, _)| *cursor);
        next.limit = if read.has_next { 3 } else { 0 };
    }
    let mut next = Pagination::last(4);
    while next.limit > 0 {
        let read = story.store().home(&next, now).await.expect("a page").value;
        story.record("backward", super::show(&read, message));
        next.before = read.items.first().map(|(cursor, _)| *cursor);
        next.limit = if read.has_previous { 4 } else { 0 };
    }
    let position = |number| Some(Cursor { at: at(10), uuid: id(number) });
    for (after, before) in [(0x16, 0x12), (0x16, 0x15), (0x12, 0x16), (0x14, 0x14)] {
        for page_of in [Pagination::first(2), Pagination::last(2)] {
            let between =
                Pagination { after: position(after), before: position(before), ..page_of };
            let home = story.store().home(&between, now).await.map(WithSnapshot::into_value);
            let from = if page_of.backward { "last" } else { "first" };
            let what = format!("{from} two after {after:x} and before {before:x}");
            story.record(what, page(home, message));
        }
    }
    for limit in [6, 7, 8, 50, 100] {
        let own = Pagination::first(limit);
        let own = story.store().activities_by_users(&[LONDO], &own, now).await;
        story.record(format!("{limit} of Londo's"), pages(own, message));
    }
}

pub async fn batches(story: &mut Story) {
    story.chapter("Many keys at once");
    let activities = story.store();
    let now = at(20);
    for keys in [vec![], vec![UNKNOWN], vec![WORF, UNKNOWN, LONDO, WORF, ANDREW]] {
        let users = activities.users_by_uuids(&keys).await;
        story.record(format!("{} users by uuid", keys.len()), found(users, handle));
        let cruds = activities.activities_by_users(&keys, &Pagination::first(2), now).await;
        story.record(format!("cruds of {}", keys.len()), pages(cruds, counted));
        let cruds = activities.activities_by_users(&keys, &Pagination::last(1), now).await;
        story.record(format!("oldest crud of {}", keys.len()), pages(cruds, counted));
        let counts = activities.counts_by_users(&keys, now).await.expect("counts");
        let counts: Vec<_> = counts.iter().map(|counts| counts.activities).collect();
        story.record(format!("counts of {}", keys.len()), debug(counts));
        let replies = activities.replies_by_parents(&keys, &Pagination::first(3), now).await;
        story.record(format!("replies to {}", keys.len()), pages(replies, counted));
    }
    for handles in [vec![], vec!["worf", "Worf", "worf", "nobody", "", "%", "Londo.M"]] {
        let handles: Vec<_> = handles.into_iter().map(String::from).collect();
        let users = activities.users_by_handles(&handles).await;
        story.record(format!("{handles:?}"), found(users, handle));
    }
}
