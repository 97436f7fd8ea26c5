use std::sync::Arc;

use cruddur::{
    domain::{
        Account, Follow, Message, MessageGroup, Notification, NotificationKind, Pagination,
        Reaction, ReactionKind, WithSnapshot,
    },
    service::Service,
    sources::{NewMessage, UserRelation},
};

use super::{Story, counted, debug, found, handle, inserted, message, name, page, pages};
use crate::{
    sources::fixture::{self, ANDREW, GAREK, LONDO, WORF, at, crud, id},
    support::clock::ManualClock,
};

/// The minute in which everything is read.
const NOW: i64 = 2_000;

/// Records what others see of Garek.
async fn look(story: &mut Story, when: &str) {
    story.record("#", when);
    let store = story.store();
    let users = store.users_by_handles(&["garek".into(), "worf".into()]).await;
    story.record("users", found(users, handle));
    let uuids: Vec<_> = (0xf00..0xf06).map(id).collect();
    let activities = store.activities_by_uuids(&uuids, at(NOW)).await;
    story.record("activities", found(activities, counted));
    let home = store.home(&Pagination::first(2), at(NOW)).await.map(WithSnapshot::into_value);
    story.record("home", page(home, message));
    let line = |it: &Notification| format!("{:?} by {}", it.kind, name(it.actor_uuid));
    let notifications = store.notifications(ANDREW, false, &Pagination::first(4), at(NOW)).await;
    story.record("Andrew's", page(notifications.map(WithSnapshot::into_value), line));
    let unread = store.unread_notifications(ANDREW, at(NOW)).await;
    story.record("unread", debug(unread));
    let liked = [id(0xf03)];
    let relation = UserRelation::Reacted(ReactionKind::Like);
    let likers = store.users_by_relation(relation, &liked, &Pagination::first(1)).await;
    story.record("likers", pages(likers, handle));
    let messages = story.messages();
    let groups = messages.message_groups(ANDREW, &Pagination::first(10)).await;
    let group = |it: &MessageGroup| format!("with {}: {}", name(it.other_uuid), it.last_message);
    story.record("conversations", page(groups, group));
    story.record("unread messages", debug(messages.unread_messages(ANDREW).await));
    let account = |it: &Account| format!("{} {:?}", it.handle, it.banned_at);
    let accounts = store.accounts_by_uuids(&[GAREK]).await;
    story.record("account", found(accounts, account));
}

/// Records that Garek can write nothing.
async fn write(story: &mut Story) {
    let store = story.store();
    story.post(crud(0xf10, GAREK, "from exile", 1_950, None)).await;
    story.post(fixture::reply(0xf11, 0xf03, GAREK, "from exile", 1_950)).await;
    let liked = Reaction {
        kind: ReactionKind::Repost,
        activity_uuid: id(0xf03),
        user_uuid: GAREK,
        created_at: at(1_950),
    };
    let text = |outcome: Result<_, cruddur::error::Error>| match outcome {
        Ok(changed) => format!("{changed:?}"),
        Err(error) => error.to_string(),
    };
    story.record("reposts", text(store.insert_reaction(&liked, None).await.map(|_| ())));
    let undone = store.delete_reaction(ReactionKind::Like, id(0xf03), GAREK, at(NOW)).await;
    story.record("unlikes", text(undone.map(|_| ())));
    let followed = follow(story, GAREK, LONDO, 0xf12).await;
    story.record("follows", followed);
    let follower = follow(story, LONDO, GAREK, 0xf13).await;
    story.record("is followed", follower);
    story.record("unfollows", text(store.delete_follow(GAREK, WORF).await.map(|_| ())));
    let deleted = store.delete_activity(id(0xf00), GAREK, 100).await;
    story.record("deletes", text(deleted.map(|_| ())));
    for (from, to) in [(GAREK, ANDREW), (ANDREW, GAREK)] {
        let sent = send(story, 0xf14, from, to, "from exile").await;
        story.record(format!("a message to {}", name(to)), sent);
    }
    let marked = store.mark_notifications_read(GAREK, id(0xf20), at(NOW)).await;
    story.record("marks", text(marked.map(|_| ())));
}

async fn follow(story: &Story, by: uuid::Uuid, of: uuid::Uuid, number: u32) -> String {
    let kind = NotificationKind::Follow;
    let notification = fixture::notification(number, of, by, kind, None, 1_920);
    let follow = Follow { follower_uuid: by, followed_uuid: of, created_at: at(1_920) };
    match story.store().insert_follow(&follow, &notification).await {
        Ok(added) => added.to_string(),
        Err(error) => error.to_string(),
    }
}

async fn send(
    story: &Story,
    number: u32,
    from: uuid::Uuid,
    to: uuid::Uuid,
    message: &str,
) -> String {
    let new = NewMessage {
        message: Message {
            uuid: id(number),
            group_uuid: id(number + 0x0001_0000),
            user_uuid: from,
            message: message.into(),
            created_at: at(1_930),
        },
        receiver_uuid: to,
        idempotency: None,
    };
    inserted(story.messages().insert_message(&new).await, |it| it.message.clone())
}

pub async fn bans(story: &mut Story) {
    story.chapter("A user is banned, comes back, and is erased");
    let store = story.store();
    story.post(crud(0xf00, GAREK, "plain and simple", 1_900, None)).await;
    story.post(fixture::reply(0xf01, 0xf00, WORF, "a reply to Garek", 1_901)).await;
    story.post(fixture::reply(0xf02, 0xf01, GAREK, "and his answer", 1_902)).await;
    story.post(crud(0xf03, ANDREW, "not by Garek", 1_903, None)).await;
    story.post(fixture::reply(0xf04, 0xf03, GAREK, "by Garek", 1_904)).await;
    story.post(fixture::reply(0xf05, 0xf04, LONDO, "below Garek's", 1_905)).await;
    for (number, user) in [(0xf20, GAREK), (0xf21, WORF)] {
        let reaction = Reaction {
            kind: ReactionKind::Like,
            activity_uuid: id(0xf03),
            user_uuid: user,
            created_at: at(1_906 + i64::from(number)),
        };
        let kind = NotificationKind::Like;
        let notification = fixture::notification(number, ANDREW, user, kind, Some(0xf03), 1_906);
        let liked = store.insert_reaction(&reaction, Some(&notification)).await;
        story.record("likes", debug(liked.map(|it| it.as_ref().map(counted))));
    }
    let followed = follow(story, GAREK, ANDREW, 0xf22).await;
    story.record("Garek follows Andrew", followed);
    let sent = send(story, 0xf23, GAREK, ANDREW, "do not trust me").await;
    story.record("Garek sends", sent);
    look(story, "before the ban").await;

    let service = Service::new(story.sources.clone(), Arc::new(ManualClock::at(at(1_940))));
    let before = store.accounts_version().await.expect("a number");
    let banned = service.ban("garek").await.expect("Garek exists");
    let after = store.accounts_version().await.expect("a number");
    story.record("the version is another one", before != after);
    story.record("hidden", debug(service.hide_posts(banned.uuid).await));
    story.record("hidden again", debug(service.hide_posts(banned.uuid).await));
    look(story, "banned").await;
    write(story).await;

    // Worf is banned as well, and the two come back one after the other.
    let worf = service.ban("worf").await.expect("Worf exists");
    service.hide_posts(worf.uuid).await.expect("the posts are hidden");
    service.unban("garek").await.expect("Garek exists");
    service.show_posts(banned.uuid).await.expect("the posts are shown");
    look(story, "back, while Worf is banned").await;
    service.unban("worf").await.expect("Worf exists");
    service.show_posts(worf.uuid).await.expect("the posts are shown");
    look(story, "both are back").await;

    let refused = service.erase(&Account { banned_at: None, ..banned.clone() }).await;
    story.record("erase without a ban", debug(refused));
    let banned = service.ban("garek").await.expect("Garek exists");
    story.record("erase", debug(service.erase(&banned).await));
    story.record("erase again", debug(service.erase(&banned).await));
    look(story, "erased").await;
    let counts = store.counts_by_users(&[ANDREW, WORF], at(NOW)).await;
    story.record("counts of Andrew and Worf", debug(counts));
}
