use cruddur::{
    domain::{Cursor, Follow, Notification, NotificationKind, Pagination, WithSnapshot},
    sources::UserRelation::{Followers, Following},
};
use futures_util::future::join_all;
use uuid::Uuid;

use super::{Story, debug, found, handle, message, name, page, pages};
use crate::sources::fixture::{
    self, ANDREW, GAREK, LONDO, UNKNOWN, WORF, at, crud, id, notification,
};

async fn follow(
    story: &Story,
    follower: Uuid,
    followed: Uuid,
    minutes: i64,
    number: u32,
) -> String {
    let notification =
        fixture::notification(number, followed, follower, NotificationKind::Follow, None, minutes);
    let follow =
        Follow { follower_uuid: follower, followed_uuid: followed, created_at: at(minutes) };
    debug(story.store().insert_follow(&follow, &notification).await)
}

pub async fn follows(story: &mut Story) {
    story.chapter("Follows and the feed of those whom one follows");
    story.record("Andrew follows Worf", follow(story, ANDREW, WORF, 400, 0x9a0).await);
    story.record("Andrew follows Worf again", follow(story, ANDREW, WORF, 401, 0x9a1).await);
    story.record("Andrew follows Londo", follow(story, ANDREW, LONDO, 402, 0x9a2).await);
    story.record("Garek follows Worf", follow(story, GAREK, WORF, 402, 0x9a3).await);
    story.record("Worf follows Andrew", follow(story, WORF, ANDREW, 403, 0x9a4).await);
    story.post(crud(0x60, WORF, "I am out of prune juice", 404, Some(60))).await;
    story.post(crud(0x61, LONDO, "Mollari speaks", 405, None)).await;
    story.post(crud(0x62, GAREK, "just a simple tailor", 406, None)).await;
    for (who, user) in [("Andrew", ANDREW), ("Garek", GAREK), ("Londo", LONDO), ("nobody", UNKNOWN)]
    {
        for now in [410, 464] {
            let feed = story.store();
            let feed = feed.activities_followed_by(user, &Pagination::first(4), at(now)).await;
            story.record(format!("{who}'s feed in minute {now}"), page(feed, message));
        }
    }
    let first = story.store().activities_followed_by(ANDREW, &Pagination::first(2), at(410)).await;
    let after = first.expect("a page").items.last().map(|(cursor, _)| *cursor);
    let next = Pagination { after, ..Pagination::first(2) };
    let feed = story.store().activities_followed_by(ANDREW, &next, at(410)).await;
    story.record("and on", page(feed, message));
    let feed = story.store().activities_followed_by(ANDREW, &Pagination::last(2), at(410)).await;
    story.record("its end", page(feed, message));
    let keys = [ANDREW, WORF, UNKNOWN];
    for (what, relation) in [("followers", Followers), ("following", Following)] {
        let users = story.store().users_by_relation(relation, &keys, &Pagination::first(1)).await;
        story.record(format!("first of {what}"), pages(users, handle));
        let users = story.store().users_by_relation(relation, &keys, &Pagination::last(1)).await;
        story.record(format!("last of {what}"), pages(users, handle));
    }
    let among = [WORF, GAREK, UNKNOWN, LONDO, WORF];
    let among = story.store().followed_among(ANDREW, &among).await;
    story.record("Andrew follows", found(among, |uuid| name(*uuid)));
    let counts = story.store().counts_by_users(&[WORF, ANDREW], at(410)).await;
    story.record("counts of Worf and Andrew", debug(counts));
    let unread = story.store().unread_notifications(WORF, at(410)).await;
    story.record("Worf's unread", debug(unread));
    for what in ["Andrew unfollows Worf", "and again"] {
        let deleted = story.store().delete_follow(ANDREW, WORF).await;
        story.record(what, debug(deleted));
    }
    let unread = story.store().unread_notifications(WORF, at(410)).await;
    story.record("Worf's unread", debug(unread));
    let at_once = join_all(fixture::crowd().enumerate().map(|(n, fan)| {
        let story = &*story;
        async move { follow(story, fan, LONDO, 411, 0x9b00 + n as u32).await }
    }));
    story.record("a crowd follows Londo", at_once.await.len());
    let counts = story.store().counts_by_users(&[LONDO], at(410)).await;
    story.record("Londo's counts", debug(counts));
}

pub async fn notifications(story: &mut Story) {
    use NotificationKind::{Mention, Reply};
    story.chapter("Notifications are read up to one of them");
    let post = crud(0x68, WORF, "@garek @garek", 500, Some(60));
    let mention = notification(0x9c1, GAREK, WORF, Mention, Some(0x68), 500);
    story.record("Worf mentions Garek", story.insert(post, vec![mention], None).await);
    for number in [4, 2, 3] {
        let answer = fixture::reply(0x68 + number, 0x62, LONDO, "indeed", 501);
        let notification =
            notification(0x9c0 + number, GAREK, LONDO, Reply, Some(0x68 + number), 501);
        let what = format!("Londo replies for the {number}.");
        story.record(what, story.insert(answer, vec![notification], None).await);
    }
    let line = |it: &Notification| {
        let read = if it.read_at.is_some() { "read" } else { "unread" };
        format!("{:?} {:x} {read}", it.kind, it.uuid.as_u128())
    };
    for now in [510, 560] {
        for unread_only in [false, true] {
            let notifications = story.store();
            for part in [Pagination::first(3), Pagination::last(2)] {
                let read = notifications
                    .notifications(GAREK, unread_only, &part, at(now))
                    .await
                    .map(WithSnapshot::into_value);
                story.record(
                    format!("in minute {now}, unread only {unread_only}"),
                    page(read, line),
                );
            }
        }
    }
    let known = [id(0x9c1), id(0x9c2), id(0x9a0), UNKNOWN, id(0x9c2)];
    for now in [510, 560] {
        let own = story.store().notifications_by_uuids(GAREK, &known, at(now)).await;
        story.record(format!("by uuid in minute {now}"), found(own, line));
    }
    for (what, user, up_to) in [
        ("somebody else's", WORF, 0x9c2),
        ("none", GAREK, 0x999),
        ("up to the second of three at one instant", GAREK, 0x9c3),
        ("up to an earlier one", GAREK, 0x9c1),
    ] {
        let marked = story.store().mark_notifications_read(user, id(up_to), at(511)).await;
        story.record(format!("mark {what}"), debug(marked));
        let unread = story.store().unread_notifications(GAREK, at(511)).await;
        story.record("  unread", debug(unread));
    }
    for (number, sender, minute) in [(0x9e1, WORF, 520), (0x9e2, ANDREW, 521), (0x9e3, WORF, 522)] {
        let notification = Notification {
            uuid: id(number),
            user_uuid: GAREK,
            actor_uuid: sender,
            kind: NotificationKind::Message,
            activity_uuid: None,
            created_at: at(minute),
            read_at: None,
        };
        let inserted = story.store().insert_notification(&notification).await;
        story.record(format!("a message by {}", name(sender)), debug(inserted));
    }
    for (user, sender, minute) in [(ANDREW, WORF, 523), (GAREK, WORF, 521), (GAREK, WORF, 523)] {
        let up_to = Cursor { at: at(minute), uuid: id(0x9e2) };
        let source = story.store();
        let read = source.mark_message_notifications_read(user, sender, up_to, at(524)).await;
        story.record(format!("{} reads {}'s", name(user), name(sender)), debug(read));
        let left = story
            .store()
            .notifications(GAREK, true, &Pagination::first(4), at(524))
            .await
            .map(WithSnapshot::into_value);
        story.record("  left to read", page(left, line));
    }
    let all = story
        .store()
        .notifications(GAREK, true, &Pagination::first(3), at(511))
        .await
        .map(WithSnapshot::into_value);
    story.record("left to read", page(all, line));
}
