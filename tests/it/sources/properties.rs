//! Random operations: SQLite behaves like the model in memory.

use cruddur::{
    domain::{
        Activity, Cursor, Follow, Message, Notification, NotificationKind, Pagination, Reaction,
        ReactionKind, WithSnapshot, text::Search,
    },
    sources::{
        self, Dataset, Idempotency, Inserted, NewActivity, NewMessage, SourceUrl, Sources,
        UserRelation,
    },
};
use proptest::{collection::vec, prelude::*, sample::select, test_runner::RngSeed};
use uuid::Uuid;

use crate::{
    sources::fixture::{ANDREW, GAREK, UNKNOWN, WORF, at, crud, id, people},
    support::stores::SqliteFile,
};

/// An operation on few users, activities and minutes, so that operations affect each other.
#[derive(Debug, Clone)]
enum Operation {
    Post { by: Uuid, to: Option<u32>, ttl: Option<i64>, words: Vec<&'static str>, key: Option<u8> },
    Delete { number: u32, by: Uuid, at_once: u32 },
    Step(u32),
    React { kind: ReactionKind, number: u32, by: Uuid },
    Undo { kind: ReactionKind, number: u32, by: Uuid },
    Follow { by: Uuid, of: Uuid },
    Unfollow { by: Uuid, of: Uuid },
    Read { by: Uuid, number: u32 },
    Send { from: Uuid, to: Uuid, back: i64 },
    Sweep { before: i64, limit: u32 },
    Wait(i64),
}

const NUMBERS: std::ops::Range<u32> = 1..9;

fn any_user() -> impl Strategy<Value = Uuid> {
    select(vec![ANDREW, WORF, GAREK])
}

fn reaction() -> impl Strategy<Value = ReactionKind> {
    select(vec![ReactionKind::Like, ReactionKind::Repost])
}

fn operation() -> impl Strategy<Value = Operation> {
    let words = vec(select(vec!["prune", "juice", "#juice", "PRUNES", "a_b", "%", "'"]), 1..4);
    let ttl = prop_oneof![Just(None), (1..30_i64).prop_map(Some)];
    let to = prop_oneof![Just(None), NUMBERS.prop_map(Some)];
    let key = prop_oneof![Just(None), (0..3_u8).prop_map(Some)];
    prop_oneof![
        6 => (any_user(), to, ttl, words, key)
            .prop_map(|(by, to, ttl, words, key)| Operation::Post { by, to, ttl, words, key }),
        1 => (NUMBERS, any_user(), 0..4_u32)
            .prop_map(|(number, by, at_once)| Operation::Delete { number, by, at_once }),
        1 => (1..4_u32).prop_map(Operation::Step),
        3 => (reaction(), NUMBERS, any_user())
            .prop_map(|(kind, number, by)| Operation::React { kind, number, by }),
        2 => (reaction(), NUMBERS, any_user())
            .prop_map(|(kind, number, by)| Operation::Undo { kind, number, by }),
        2 => (any_user(), any_user()).prop_map(|(by, of)| Operation::Follow { by, of }),
        1 => (any_user(), any_user()).prop_map(|(by, of)| Operation::Unfollow { by, of }),
        1 => (any_user(), 0..30_u32).prop_map(|(by, number)| Operation::Read { by, number }),
        2 => (any_user(), any_user(), 0..3_i64)
            .prop_map(|(from, to, back)| Operation::Send { from, to, back }),
        1 => (0..60_i64, 1..4_u32).prop_map(|(before, limit)| Operation::Sweep { before, limit }),
        3 => (0..6_i64).prop_map(Operation::Wait),
    ]
}

fn page() -> impl Strategy<Value = Pagination> {
    let position = || {
        let cursor = (0..40_i64, 0..12_u32);
        prop_oneof![
            2 => Just(None),
            1 => cursor.prop_map(|(minute, number)| Some(Cursor { at: at(minute), uuid: id(number) }))
        ]
    };
    (position(), position(), select(vec![1_usize, 2, 3, 5, 20, 100]), any::<bool>())
        .prop_map(|(after, before, limit, backward)| Pagination { after, before, limit, backward })
}

/// Executes the operations. Returns their outcomes and the minute at the end.
async fn execute(sources: &Sources, operations: &[Operation]) -> (Vec<String>, i64) {
    let activities = &sources.store;
    let mut minute = 0;
    let mut outcomes = Vec::new();
    // Activities are numbered from 1, notifications from 0x100.
    let mut posted = 0;
    let mut notified = 0x100;
    for operation in operations {
        let mut notification = |to, by, kind, activity| {
            notified += 1;
            Notification {
                uuid: id(notified),
                user_uuid: to,
                actor_uuid: by,
                kind,
                activity_uuid: activity,
                created_at: at(minute),
                read_at: None,
            }
        };
        let outcome = match operation.clone() {
            Operation::Post { by, to, ttl, words, key } => {
                posted += 1;
                let activity = Activity {
                    reply_to_activity_uuid: to.map(id),
                    expires_at: ttl.filter(|_| to.is_none()).map(|ttl| at(minute + ttl)),
                    ..crud(posted, by, &words.join(" "), minute, None)
                };
                let mention = NotificationKind::Mention;
                let new = NewActivity {
                    notifications: vec![notification(WORF, by, mention, Some(activity.uuid))],
                    idempotency: key.map(|key| Idempotency {
                        user_uuid: by,
                        key: key.to_string(),
                        input_hash: words.concat().into_bytes(),
                        created_at: at(minute),
                        since: at(minute - 10),
                    }),
                    activity,
                };
                format!("{:?}", activities.insert_activity(&new).await)
            }
            Operation::Delete { number, by, at_once } => {
                format!("{:?}", activities.delete_activity(id(number), by, at_once).await)
            }
            Operation::Step(limit) => {
                while activities.delete_step(limit).await.expect("a step") > 0 {}
                continue;
            }
            Operation::React { kind, number, by } => {
                let notification =
                    notification(GAREK, by, kind.notification_kind(), Some(id(number)));
                let created_at = at(minute);
                let reaction =
                    Reaction { kind, activity_uuid: id(number), user_uuid: by, created_at };
                format!("{:?}", activities.insert_reaction(&reaction, Some(&notification)).await)
            }
            Operation::Undo { kind, number, by } => {
                format!("{:?}", activities.delete_reaction(kind, id(number), by, at(minute)).await)
            }
            Operation::Follow { by, of } => {
                let notification = notification(of, by, NotificationKind::Follow, None);
                let follow =
                    Follow { follower_uuid: by, followed_uuid: of, created_at: at(minute) };
                format!("{:?}", activities.insert_follow(&follow, &notification).await)
            }
            Operation::Unfollow { by, of } => {
                format!("{:?}", activities.delete_follow(by, of).await)
            }
            Operation::Read { by, number } => {
                let read = activities.mark_notifications_read(by, id(0x100 + number), at(minute));
                format!("{:?}", read.await)
            }
            Operation::Send { from, to, back } => {
                let message = Message {
                    uuid: notification(to, from, NotificationKind::Reply, None).uuid,
                    group_uuid: id(0x1000 + notified),
                    user_uuid: from,
                    message: format!("{notified}"),
                    created_at: at(minute - back),
                };
                let new = NewMessage { message, receiver_uuid: to, idempotency: None };
                // The service rejects messages to the sender, so the sources do not handle them.
                if from == to {
                    continue;
                }
                let sent = sources.messages.insert_message(&new).await;
                if let Ok(Inserted::New(message)) = &sent {
                    assert_eq!(message.message, format!("{notified}"));
                }
                format!("{sent:?}")
            }
            Operation::Sweep { before, limit } => {
                // Sweeps to the end, because each source chooses the order of its batches.
                let mut swept = 0;
                loop {
                    let deleted = activities.delete_expired(at(before.min(minute)), limit).await;
                    let deleted = deleted.expect("a sweep");
                    swept += deleted;
                    if deleted < u64::from(limit) {
                        break format!("{swept}");
                    }
                }
            }
            Operation::Wait(minutes) => {
                minute += minutes;
                continue;
            }
        };
        outcomes.push(outcome);
    }
    (outcomes, minute)
}

/// Calls every read method of a source and formats the results.
async fn read(sources: &Sources, page: &Pagination, minute: i64) -> Vec<String> {
    use UserRelation::{Followers, Following, Reacted};
    let now = at(minute);
    let source = &sources.store;
    let people = [WORF, UNKNOWN, ANDREW, WORF, GAREK];
    let numbers: Vec<_> = NUMBERS.map(id).collect();
    let mut outcomes = vec![
        format!("home {:?}", source.home(page, now).await.map(WithSnapshot::into_value)),
        format!("by users {:?}", source.activities_by_users(&people, page, now).await),
        format!("replies {:?}", source.replies_by_parents(&numbers, page, now).await),
        format!("counts {:?}", source.counts_by_users(&people, now).await),
    ];
    let mut by_uuid = source.activities_by_uuids(&numbers, now).await.expect("activities");
    by_uuid.sort_by_key(|activity| activity.uuid);
    outcomes.push(format!("by uuid {by_uuid:?}"));
    let mut roots = source.roots_by_uuids(&numbers, now).await.expect("roots");
    roots.sort_by_key(|(of, _)| *of);
    outcomes.push(format!("roots {roots:?}"));
    for term in ["juice", "#juice", "prune", "a_b pru", "%", "'"] {
        let found = source.activities_matching(&Search::parse(term), page, now).await;
        outcomes.push(format!("{term} {found:?}"));
    }
    for relation in
        [Reacted(ReactionKind::Like), Reacted(ReactionKind::Repost), Followers, Following]
    {
        let keys: Vec<_> = numbers.iter().chain(&people).copied().collect();
        let users = source.users_by_relation(relation, &keys, page).await;
        outcomes.push(format!("{relation:?} {users:?}"));
    }
    for user in [ANDREW, WORF, GAREK] {
        let feed = source.activities_followed_by(user, page, now).await;
        outcomes.push(format!("feed {feed:?}"));
        for unread_only in [false, true] {
            let notifications = source.notifications(user, unread_only, page, now).await;
            let notifications = notifications.map(WithSnapshot::into_value);
            outcomes.push(format!("notifications {notifications:?}"));
        }
        outcomes.push(format!("unread {:?}", source.unread_notifications(user, now).await));
        let mut reactions = source.reactions_by_user(user, &numbers).await.expect("reactions");
        reactions.sort();
        outcomes.push(format!("reactions {reactions:?}"));
        let groups = sources.messages.message_groups(user, page).await;
        outcomes.push(format!("groups {groups:?}"));
        let groups =
            sources.messages.message_groups(user, &Pagination::first(9)).await.expect("groups");
        let groups: Vec<_> = groups.nodes().map(|group| group.uuid).collect();
        let messages = sources.messages.messages_by_groups(&groups, page).await;
        outcomes.push(format!("messages {messages:?}"));
    }
    outcomes
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 16,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        ..Default::default()
    })]

    #[test]
    fn sqlite_behaves_like_the_model_in_memory(
        operations in vec(operation(), 1..50),
        pages in vec(page(), 4),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let file = SqliteFile::new();
            let model = sources::open(&SourceUrl::Mock, 1);
            let sqlite = file.open();
            let people = Dataset { users: people(), ..Dataset::default() };
            for sources in [&model, &sqlite] {
                sources.store.migrate().await.expect("a fresh store");
                sources.store.import(&people).await.expect("the users can be imported");
            }
            let (expected, minute) = execute(&model, &operations).await;
            let (outcomes, _) = execute(&sqlite, &operations).await;
            for (expected, outcome) in expected.iter().zip(&outcomes) {
                prop_assert_eq!(expected, outcome);
            }
            for page in &pages {
                for later in [0, 5, 20] {
                    let expected = read(&model, page, minute + later).await;
                    let outcomes = read(&sqlite, page, minute + later).await;
                    for (expected, outcome) in expected.iter().zip(&outcomes) {
                        prop_assert_eq!(expected, outcome, "{:?}", page);
                    }
                }
            }
            Ok(())
        })?;
    }
}
