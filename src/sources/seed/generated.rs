//! A large generated crowd.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use uuid::{Builder, Uuid};

use crate::{
    domain::{
        Activity, Follow, Notification, NotificationKind, Reaction, ReactionKind, Timestamp, Ttl,
        User,
    },
    sources::Dataset,
};

/// The number of users or activities in a batch.
const BATCH: u64 = 1000;
/// The number of days before now over which the activities are spread.
const DAYS: i64 = 30;
/// The number of replies among eight activities.
const REPLIES_OF_EIGHT: u64 = 3;

const TTLS: [Ttl; 4] = [Ttl::OneDay, Ttl::ThreeDays, Ttl::SevenDays, Ttl::ThirtyDays];
const NAMES: [&str; 16] = [
    "Kira", "Odo", "Quark", "Dax", "Julian", "Miles", "Keiko", "Nog", "Rom", "Leeta", "Delenn",
    "Gkar", "Vir", "Ivanova", "Marcus", "Lennier",
];
const WORDS: [&str; 32] = [
    "cloud",
    "deploys",
    "the",
    "pipeline",
    "is",
    "green",
    "again",
    "coffee",
    "before",
    "standup",
    "container",
    "who",
    "broke",
    "production",
    "on",
    "friday",
    "a",
    "cache",
    "never",
    "lies",
    "latency",
    "budget",
    "spent",
    "backup",
    "restored",
    "today",
    "my",
    "bootcamp",
    "week",
    "query",
    "index",
    "über",
];
const TAGS: [&str; 8] =
    ["aws", "rust", "graphql", "postgres", "cruddur", "bootcamp", "devops", "coffee"];

/// A generated crowd in batches, users first: the same for the same numbers and `now`. A batch refers
/// only to itself and to the users, and all counts match the rows.
pub fn generated(users: u64, activities: u64, now: Timestamp) -> impl Iterator<Item = Dataset> {
    let people = batches(users).map(move |(from, to)| people(users, from, to, now));
    let posts = batches(activities)
        .map(move |(from, to)| Posts::new(users, activities, from, now).dataset(to));
    people.chain(posts)
}

/// The uuid of the first generated user. A store that has it has been filled.
pub fn first_generated_user() -> Uuid {
    id(Kind::User, 0)
}

fn batches(total: u64) -> impl Iterator<Item = (u64, u64)> {
    (0..total.div_ceil(BATCH)).map(move |batch| (batch * BATCH, total.min((batch + 1) * BATCH)))
}

/// Users from one number to another. Each follows up to three of the earlier users.
fn people(users: u64, from: u64, to: u64, now: Timestamp) -> Dataset {
    let mut data = Dataset::default();
    for number in from..to {
        let name = pick(&NAMES, splitmix64(number));
        let joined = now - TimeDelta::days(DAYS) - seconds(users - number);
        data.users.push(User {
            uuid: id(Kind::User, number),
            handle: format!("{}{number}", name.to_lowercase()),
            display_name: format!("{name} {number}"),
            bio: number.is_multiple_of(3).then(|| sentence(splitmix64(number))),
            email: format!("user{number}@example.com"),
            cognito_user_id: "MOCK".to_owned(),
            created_at: joined,
        });
        let followed: BTreeSet<_> = (0..3)
            .filter(|_| number > 0)
            .map(|turn| splitmix64(number * 3 + turn) % number.max(1))
            .collect();
        for (turn, other) in (0..).zip(followed) {
            let at = joined + seconds(turn + 1);
            data.follows.push(Follow {
                follower_uuid: id(Kind::User, number),
                followed_uuid: id(Kind::User, other),
                created_at: at,
            });
            data.notifications.push(Notification {
                uuid: id(Kind::FollowNotification, number * 3 + turn),
                user_uuid: id(Kind::User, other),
                actor_uuid: id(Kind::User, number),
                kind: NotificationKind::Follow,
                activity_uuid: None,
                created_at: at,
                read_at: None,
            });
        }
    }
    data
}

/// A batch of activities that is being generated. Replies and reactions stay within the batch.
struct Posts {
    users: u64,
    /// The number of the batch's first activity.
    from: u64,
    start: Timestamp,
    /// The time from one activity to the next.
    step: TimeDelta,
    data: Dataset,
}

impl Posts {
    fn new(users: u64, activities: u64, from: u64, now: Timestamp) -> Self {
        let span = TimeDelta::days(DAYS);
        let micros = span.num_microseconds().unwrap_or_default() / whole(activities + 1);
        Self {
            users,
            from,
            start: now - span,
            step: TimeDelta::microseconds(micros),
            data: Dataset::default(),
        }
    }

    fn dataset(mut self, to: u64) -> Dataset {
        // Without users there are no authors.
        if self.users > 0 {
            for number in self.from..to {
                self.add(number);
            }
        }
        self.data
    }

    fn add(&mut self, number: u64) {
        let random = splitmix64(number + 1_000_000_007);
        let author = id(Kind::User, random % self.users);
        let created_at = self.start + self.step * i32::try_from(number).unwrap_or(i32::MAX);
        let ttl = TTLS[(random >> 8) as usize % TTLS.len()];
        let uuid = id(Kind::Activity, number);
        let replied = (number > self.from && (random >> 16) % 8 < REPLIES_OF_EIGHT)
            .then(|| ((random >> 20) % (number - self.from)) as usize);
        let parent = replied.map(|at| {
            let parent = &mut self.data.activities[at];
            parent.replies_count += 1;
            (parent.uuid, parent.user_uuid)
        });
        if let Some((_, parent_author)) = parent {
            let kind = NotificationKind::Reply;
            self.notify(parent_author, author, kind, uuid, created_at);
        }
        let mut activity = Activity {
            reply_to_activity_uuid: parent.map(|(parent, _)| parent),
            expires_at: parent.is_none().then(|| created_at + ttl.duration()),
            ..Activity::new(uuid, author, sentence(random), created_at)
        };
        activity.likes_count = self.react(ReactionKind::Like, random >> 28, &activity);
        activity.reposts_count = self.react(ReactionKind::Repost, random >> 40, &activity);
        self.data.activities.push(activity);
    }

    /// Adds up to five reactions by different users, a millisecond apart. Returns their number.
    fn react(&mut self, kind: ReactionKind, random: u64, activity: &Activity) -> i32 {
        let count = (random % 8).saturating_sub(2).min(self.users);
        let first = random >> 4;
        for turn in 0..count {
            let user = id(Kind::User, (first % self.users + turn) % self.users);
            let at = activity.created_at + TimeDelta::milliseconds(whole(turn) + 1);
            self.data.reactions.push(Reaction {
                kind,
                activity_uuid: activity.uuid,
                user_uuid: user,
                created_at: at,
            });
            self.notify(activity.user_uuid, user, kind.notification_kind(), activity.uuid, at);
        }
        i32::try_from(count).unwrap_or(i32::MAX)
    }

    fn notify(
        &mut self,
        to: Uuid,
        by: Uuid,
        kind: NotificationKind,
        activity: Uuid,
        at: Timestamp,
    ) {
        if to == by {
            return;
        }
        // One activity causes fewer than 16 notifications.
        let number = self.from * 16 + self.data.notifications.len() as u64;
        self.data.notifications.push(Notification {
            uuid: id(Kind::Notification, number),
            user_uuid: to,
            actor_uuid: by,
            kind,
            activity_uuid: Some(activity),
            created_at: at,
            read_at: None,
        });
    }
}

/// The kind of thing that an id is for, so that no two things have the same id.
#[derive(Clone, Copy)]
enum Kind {
    User,
    Activity,
    Notification,
    FollowNotification,
}

fn id(kind: Kind, number: u64) -> Uuid {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&splitmix64(number * 4 + kind as u64).to_be_bytes());
    bytes[8..].copy_from_slice(&(number * 4 + kind as u64).to_be_bytes());
    Builder::from_sha1_bytes(bytes).into_uuid()
}

/// Spreads numbers evenly over all 64 bits, each to a different one: the finalizer of SplitMix64.
fn splitmix64(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// Four to eleven words, and a hashtag in every other sentence.
fn sentence(random: u64) -> String {
    let words = (0..4 + random % 8).map(|turn| pick(&WORDS, splitmix64(random.wrapping_add(turn))));
    let mut text = words.collect::<Vec<_>>().join(" ");
    if (random >> 3).is_multiple_of(2) {
        text.push_str(" #");
        text.push_str(pick(&TAGS, random >> 5));
    }
    text
}

fn pick<'a>(from: &[&'a str], random: u64) -> &'a str {
    from[(random % from.len() as u64) as usize]
}

fn seconds(count: u64) -> TimeDelta {
    TimeDelta::seconds(whole(count))
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
