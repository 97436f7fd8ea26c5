//! Random operations: SQLite answers as the model in memory does.

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

/// Few people, activities and minutes, so that the operations meet.
#[derive(Debug, Clone)]
enum Operation {
    Post { by: Uuid, to: Option<u32>, ttl: Option<i64>, words: Vec<&'static str>, key: Option<u8> },
    Delete { number: u32, by: Uuid },
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

fn someone() -> impl Strategy<Value = Uuid> {
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
        6 => (someone(), to, ttl, words, key)
            .prop_map(|(by, to, ttl, words, key)| Operation::Post { by, to, ttl, words, key }),
        1 => (NUMBERS, someone()).prop_map(|(number, by)| Operation::Delete { number, by }),
        3 => (reaction(), NUMBERS, someone())
            .prop_map(|(kind, number, by)| Operation::React { kind, number, by }),
        2 => (reaction(), NUMBERS, someone())
            .prop_map(|(kind, number, by)| Operation::Undo { kind, number, by }),
        2 => (someone(), someone()).prop_map(|(by, of)| Operation::Follow { by, of }),
        1 => (someone(), someone()).prop_map(|(by, of)| Operation::Unfollow { by, of }),
        1 => (someone(), 0..30_u32).prop_map(|(by, number)| Operation::Read { by, number }),
        2 => (someone(), someone(), 0..3_i64)
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

/// Carries the operations out. What each answered.
async fn carry_out(sources: &Sources, operations: &[Operation]) -> (Vec<String>, i64) {
    let activities = &sources.store;
    let mut minute = 0;
    let mut answers = Vec::new();
    // Numbers of activities count up from 1, those of notifications from 0x100.
    let mut posted = 0;
    let mut told = 0x100;
    for operation in operations {
        let mut notification = |to, by, kind, activity| {
            told += 1;
            Notification {
                uuid: id(told),
                user_uuid: to,
                actor_uuid: by,
                kind,
                activity_uuid: activity,
                created_at: at(minute),
                read_at: None,
            }
        };
        let answer = match operation.clone() {
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
            Operation::Delete { number, by } => {
                format!("{:?}", activities.delete_activity(id(number), by).await)
            }
            Operation::React { kind, number, by } => {
                let told = notification(GAREK, by, kind.notification_kind(), Some(id(number)));
                let created_at = at(minute);
                let reaction =
                    Reaction { kind, activity_uuid: id(number), user_uuid: by, created_at };
                format!("{:?}", activities.insert_reaction(&reaction, Some(&told)).await)
            }
            Operation::Undo { kind, number, by } => {
                format!("{:?}", activities.delete_reaction(kind, id(number), by, at(minute)).await)
            }
            Operation::Follow { by, of } => {
                let told = notification(of, by, NotificationKind::Follow, None);
                let follow =
                    Follow { follower_uuid: by, followed_uuid: of, created_at: at(minute) };
                format!("{:?}", activities.insert_follow(&follow, &told).await)
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
                    group_uuid: id(0x1000 + told),
                    user_uuid: from,
                    message: format!("{told}"),
                    created_at: at(minute - back),
                };
                let new = NewMessage { message, receiver_uuid: to, idempotency: None };
                // People do not write to themselves; the service sees to it.
                if from == to {
                    continue;
                }
                let sent = sources.messages.insert_message(&new).await;
                if let Ok(Inserted::New(message)) = &sent {
                    assert_eq!(message.message, format!("{told}"));
                }
                format!("{sent:?}")
            }
            Operation::Sweep { before, limit } => {
                // To the end: which come first is for each source to choose.
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
        answers.push(answer);
    }
    (answers, minute)
}

/// All that can be asked of a source.
async fn ask(sources: &Sources, page: &Pagination, minute: i64) -> Vec<String> {
    use UserRelation::{Followers, Following, Reacted};
    let now = at(minute);
    let source = &sources.store;
    let people = [WORF, UNKNOWN, ANDREW, WORF, GAREK];
    let numbers: Vec<_> = NUMBERS.map(id).collect();
    let mut answers = vec![
        format!("home {:?}", source.home(page, now).await.map(WithSnapshot::into_value)),
        format!("by users {:?}", source.activities_by_users(&people, page, now).await),
        format!("replies {:?}", source.replies_by_parents(&numbers, page, now).await),
        format!("counts {:?}", source.counts_by_users(&people, now).await),
    ];
    let mut by_uuid = source.activities_by_uuids(&numbers, now).await.expect("activities");
    by_uuid.sort_by_key(|activity| activity.uuid);
    answers.push(format!("by uuid {by_uuid:?}"));
    for term in ["juice", "#juice", "prune", "a_b pru", "%", "'"] {
        let found = source.activities_matching(&Search::parse(term), page, now).await;
        answers.push(format!("{term} {found:?}"));
    }
    for relation in
        [Reacted(ReactionKind::Like), Reacted(ReactionKind::Repost), Followers, Following]
    {
        let keys: Vec<_> = numbers.iter().chain(&people).copied().collect();
        let users = source.users_by_relation(relation, &keys, page).await;
        answers.push(format!("{relation:?} {users:?}"));
    }
    for user in [ANDREW, WORF, GAREK] {
        let feed = source.activities_followed_by(user, page, now).await;
        answers.push(format!("feed {feed:?}"));
        for unread_only in [false, true] {
            let notifications = source.notifications(user, unread_only, page, now).await;
            let notifications = notifications.map(WithSnapshot::into_value);
            answers.push(format!("notifications {notifications:?}"));
        }
        answers.push(format!("unread {:?}", source.unread_notifications(user, now).await));
        let mut reactions = source.reactions_by_user(user, &numbers).await.expect("reactions");
        reactions.sort();
        answers.push(format!("reactions {reactions:?}"));
        let groups = sources.messages.message_groups(user, page).await;
        answers.push(format!("groups {groups:?}"));
        let groups =
            sources.messages.message_groups(user, &Pagination::first(9)).await.expect("groups");
        let groups: Vec<_> = groups.nodes().map(|group| group.uuid).collect();
        let messages = sources.messages.messages_by_groups(&groups, page).await;
        answers.push(format!("messages {messages:?}"));
    }
    answers
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
                sources.store.import(&people).await.expect("people");
            }
            let (expected, minute) = carry_out(&model, &operations).await;
            let (answers, _) = carry_out(&sqlite, &operations).await;
            for (expected, answer) in expected.iter().zip(&answers) {
                prop_assert_eq!(expected, answer);
            }
            for page in &pages {
                for later in [0, 5, 20] {
                    let expected = ask(&model, page, minute + later).await;
                    let answers = ask(&sqlite, page, minute + later).await;
                    for (expected, answer) in expected.iter().zip(&answers) {
                        prop_assert_eq!(expected, answer, "{:?}", page);
                    }
                }
            }
            Ok(())
        })?;
    }
}
