//! The seed data is consistent: its counts match its rows, and its references exist.

use cruddur::sources::{Dataset, seed};

use crate::support::clock::ManualClock;

/// Asserts that the counts of a dataset match its rows and that its references exist.
fn check_counts(data: &Dataset) {
    for (at, activity) in data.activities.iter().enumerate() {
        let of = |kind| {
            let all = data.reactions.iter();
            let all = all.filter(|it| it.kind == kind && it.activity_uuid == activity.uuid);
            let mut users: Vec<_> = all.map(|it| it.user_uuid).collect();
            let count = users.len() as i32;
            users.sort();
            users.dedup();
            assert_eq!(users.len() as i32, count, "each user reacts at most once");
            count
        };
        use cruddur::domain::ReactionKind::{Like, Repost};
        assert_eq!(activity.likes_count, of(Like), "{}", activity.message);
        assert_eq!(activity.reposts_count, of(Repost), "{}", activity.message);
        let replies = data.activities.iter();
        let replies = replies.filter(|it| it.reply_to_activity_uuid == Some(activity.uuid));
        assert_eq!(activity.replies_count, replies.count() as i32, "{}", activity.message);
        let mut before = data.activities[..at].iter();
        let parent = activity.reply_to_activity_uuid;
        assert!(parent.is_none_or(|parent| before.any(|it| it.uuid == parent)));
        assert_eq!(activity.expires_at.is_none(), parent.is_some());
    }
    let mut uuids: Vec<_> = data.notifications.iter().map(|it| it.uuid).collect();
    uuids.extend(data.activities.iter().map(|it| it.uuid));
    uuids.extend(data.users.iter().map(|it| it.uuid));
    let count = uuids.len();
    uuids.sort();
    uuids.dedup();
    assert_eq!(uuids.len(), count, "ids are unique");
}

#[test]
fn the_demo_data_has_correct_counts_and_notifications() {
    let now = ManualClock::start();
    let demo = seed::demo(now);
    check_counts(&demo);
    for activity in &demo.activities {
        assert!(activity.created_at < now);
        assert!(activity.expires_at.is_none_or(|at| (7..=30).contains(&(at - now).num_days())));
    }
    for notification in &demo.notifications {
        let by = demo.activities.iter().find(|it| Some(it.uuid) == notification.activity_uuid);
        use cruddur::domain::NotificationKind as Kind;
        match (notification.kind, by) {
            (Kind::Follow, None) => assert!(demo.follows.iter().any(|it| {
                (it.follower_uuid, it.followed_uuid)
                    == (notification.actor_uuid, notification.user_uuid)
            })),
            (Kind::Reply | Kind::Mention, Some(by)) => {
                assert_eq!(by.user_uuid, notification.actor_uuid)
            }
            (Kind::Like | Kind::Repost, Some(by)) => {
                assert_eq!(by.user_uuid, notification.user_uuid)
            }
            other => panic!("{other:?}"),
        }
        assert!(notification.created_at < now && notification.user_uuid != notification.actor_uuid);
    }
}

#[test]
fn the_generated_data_is_deterministic_and_has_correct_counts() {
    let now = ManualClock::start();
    let batches: Vec<_> = seed::generated(1200, 2500, now).collect();
    assert_eq!(batches.iter().map(|it| it.users.len()).sum::<usize>(), 1200);
    assert_eq!(batches.iter().map(|it| it.activities.len()).sum::<usize>(), 2500);
    batches.iter().for_each(check_counts);
    let all = Dataset {
        users: batches.iter().flat_map(|it| it.users.clone()).collect(),
        activities: batches.iter().flat_map(|it| it.activities.clone()).collect(),
        reactions: batches.iter().flat_map(|it| it.reactions.clone()).collect(),
        follows: batches.iter().flat_map(|it| it.follows.clone()).collect(),
        notifications: batches.iter().flat_map(|it| it.notifications.clone()).collect(),
        messages: Vec::new(),
    };
    check_counts(&all);
    assert!(
        all.activities.iter().all(|it| it.created_at < now && it.message.chars().count() <= 280)
    );
    let expired = all.activities.iter().filter(|it| it.expires_at.is_some_and(|at| at < now));
    let cruds = all.activities.iter().filter(|it| it.expires_at.is_some()).count();
    assert!((1..cruds).contains(&expired.count()));
    let again: Vec<_> = seed::generated(1200, 2500, now).collect();
    assert_eq!(format!("{batches:?}"), format!("{again:?}"));
}
