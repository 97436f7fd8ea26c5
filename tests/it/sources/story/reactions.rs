use cruddur::domain::{Cursor, NotificationKind, Pagination, Reaction, ReactionKind, WithSnapshot};
use futures_util::future::join_all;
use uuid::Uuid;

use super::{Story, counted, debug, found, handle, name, pages};
use crate::sources::fixture::{self, ANDREW, GAREK, UNKNOWN, WORF, at, crud, id};

/// Inserts a reaction, with a notification if it has a number for one. Formats the outcome.
async fn react(
    story: &Story,
    kind: ReactionKind,
    activity: u32,
    user: Uuid,
    minutes: i64,
    notification: Option<u32>,
) -> String {
    let notification = notification.map(|number| {
        fixture::notification(
            number,
            ANDREW,
            user,
            kind.notification_kind(),
            Some(activity),
            minutes,
        )
    });
    let reaction =
        Reaction { kind, activity_uuid: id(activity), user_uuid: user, created_at: at(minutes) };
    let changed = story.store().insert_reaction(&reaction, notification.as_ref()).await;
    debug(changed.map(|changed| changed.as_ref().map(counted)))
}

async fn undo(story: &Story, kind: ReactionKind, activity: u32, user: Uuid, now: i64) -> String {
    let changed = story.store().delete_reaction(kind, id(activity), user, at(now)).await;
    debug(changed.map(|changed| changed.as_ref().map(counted)))
}

async fn unread(story: &Story, user: Uuid, now: i64) -> String {
    debug(story.store().unread_notifications(user, at(now)).await)
}

pub async fn likes(story: &mut Story) {
    use ReactionKind::{Like, Repost};
    story.chapter("Likes and reposts, once for each user, with their notifications");
    story.post(crud(0x20, ANDREW, "Cloud is very fun!", 30, Some(60))).await;
    story.record("Worf likes", react(story, Like, 0x20, WORF, 31, Some(0x90)).await);
    story.record("Worf likes again", react(story, Like, 0x20, WORF, 32, Some(0x91)).await);
    story.record("Worf reposts", react(story, Repost, 0x20, WORF, 33, Some(0x92)).await);
    story.record("Andrew likes his own", react(story, Like, 0x20, ANDREW, 34, None).await);
    story.record("Andrew's unread", unread(story, ANDREW, 34).await);
    let known = [id(0x20), id(1), UNKNOWN, id(0x20)];
    for user in [WORF, ANDREW, GAREK] {
        let reactions = story.store().reactions_by_user(user, &known).await;
        let what = format!("{} has reacted", name(user));
        story.record(
            what,
            found(reactions, |(kind, uuid)| format!("{kind:?} {:x}", uuid.as_u128())),
        );
    }
    story.record("Worf unlikes", undo(story, Like, 0x20, WORF, 35).await);
    story.record("Worf unlikes again", undo(story, Like, 0x20, WORF, 35).await);
    story.record("Garek undoes nothing", undo(story, Repost, 0x20, GAREK, 35).await);
    story.record("Andrew's unread", unread(story, ANDREW, 35).await);
    story.record("Worf undoes the repost", undo(story, Repost, 0x20, WORF, 36).await);
    story.record("Andrew's unread", unread(story, ANDREW, 36).await);
    story.record("Worf likes anew", react(story, Like, 0x20, WORF, 37, Some(0x93)).await);
    story.record("Andrew's unread", unread(story, ANDREW, 37).await);
    story.record("and when it has expired", unread(story, ANDREW, 90).await);
    story.record("a like of the expired", react(story, Like, 0x20, GAREK, 90, Some(0x94)).await);
    story.record("an unlike of the expired", undo(story, Like, 0x20, WORF, 90).await);
    story.record("a like of nothing", react(story, Like, 0x999, WORF, 38, None).await);
}

pub async fn crowd(story: &mut Story) {
    use cruddur::sources::UserRelation::Reacted;
    story.chapter("A crowd likes at once");
    let likes =
        join_all(
            fixture::crowd().enumerate().map(|(n, user)| {
                let story = &*story;
                async move {
                    react(story, ReactionKind::Like, 0x20, user, 40 + n as i64 / 8, None).await
                }
            }),
        );
    let answers = likes.await;
    story.record("answers", answers.len());
    let liked = story.store().activities_by_uuids(&[id(0x20)], at(50)).await;
    story.record("the crud", found(liked, counted));

    let likers = Reacted(ReactionKind::Like);
    let keys = [id(0x20), id(0x999), id(0x20)];
    let mut next = Pagination::first(15);
    while next.limit > 0 {
        let read = story.store().users_by_relation(likers, &keys, &next).await;
        let read = read.expect("a page for each");
        story.record("likers", super::show(&read[0], handle));
        assert_eq!(read[0], read[2], "the same key has the same page");
        next.after = read[0].items.last().map(|(cursor, _)| *cursor);
        next.limit = if read[0].has_next { 15 } else { 0 };
    }
    let uuid = fixture::crowd().nth(12).expect("a crowd");
    let before = Some(Cursor { at: at(41), uuid });
    let last = Pagination { before, ..Pagination::last(5) };
    let read = story.store().users_by_relation(likers, &keys[..2], &last).await;
    story.record("five likers before fan12", pages(read, handle));

    let unlikes = join_all(fixture::crowd().take(20).map(|user| {
        let story = &*story;
        async move { undo(story, ReactionKind::Like, 0x20, user, 50).await }
    }));
    story.record("unlikes", unlikes.await.len());
    let same = join_all((0..16).map(|n| {
        let story = &*story;
        let notification = Some(0x0009_5000 + n);
        async move { react(story, ReactionKind::Repost, 0x20, GAREK, 51, notification).await }
    }));
    story.record("the same repost sixteen times at once", same.await.len());
    let liked = story.store().activities_by_uuids(&[id(0x20)], at(52)).await;
    story.record("the crud", found(liked, counted));
    let unread = story
        .store()
        .notifications(ANDREW, true, &Pagination::first(10), at(52))
        .await
        .map(WithSnapshot::into_value);
    let kinds = unread.map(|page| {
        page.nodes()
            .map(|it| (it.kind, name(it.actor_uuid)))
            .collect::<Vec<(NotificationKind, _)>>()
    });
    story.record("Andrew's unread", debug(kinds));
}
