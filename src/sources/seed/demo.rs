//! Cruddur's people, with the original's cruds and conversations.

use chrono::TimeDelta;
use uuid::{Uuid, uuid};

use crate::{
    domain::{
        Activity, Follow, Message, Notification, NotificationKind, Reaction, ReactionKind,
        Timestamp, User,
    },
    sources::{Dataset, NewMessage},
};

const ANDREWBROWN: Uuid = uuid!("00000000-0000-4000-8000-000000000001");
const ALTBROWN: Uuid = uuid!("00000000-0000-4000-8000-000000000002");
const BAYKO: Uuid = uuid!("00000000-0000-4000-8000-000000000003");
const LONDO: Uuid = uuid!("00000000-0000-4000-8000-000000000004");
const WORF: Uuid = uuid!("00000000-0000-4000-8000-000000000005");
const GAREK: Uuid = uuid!("00000000-0000-4000-8000-000000000006");
const COCO: Uuid = uuid!("00000000-0000-4000-8000-000000000007");
const LORE: Uuid = uuid!("00000000-0000-4000-8000-000000000008");

const CLOUD: Uuid = uuid!("68f126b0-1ceb-4a33-88be-d90fa7109eee");
const NO_HONOR: Uuid = uuid!("26e12864-1c26-5c3a-9658-97a10f8fea67");
const PRUNE_JUICE: Uuid = uuid!("66e12864-8c26-4c3a-9658-95a10f8fea67");
const TAILOR: Uuid = uuid!("248959df-3079-4947-b847-9e0892d1bab4");
const IMPORTED: Uuid = uuid!("00000000-0000-4000-9000-000000000001");
const OTHER: Uuid = uuid!("00000000-0000-4000-9000-000000000002");
const UNICORN: Uuid = uuid!("00000000-0000-4000-9000-000000000003");
const WHITE: Uuid = uuid!("00000000-0000-4000-9000-000000000004");
const STATION: Uuid = uuid!("00000000-0000-4000-9000-000000000005");
const LAST_BEST_HOPE: Uuid = uuid!("00000000-0000-4000-9000-000000000006");
const BROTHER: Uuid = uuid!("00000000-0000-4000-9000-000000000007");
const TUNIC: Uuid = uuid!("00000000-0000-4000-9000-000000000008");
const SEEDED: Uuid = uuid!("00000000-0000-4000-9000-000000000009");

const WITH_BAYKO: Uuid = uuid!("5ae290ed-55d1-47a0-bc6d-fe2bc2700399");
const WITH_WORF: Uuid = uuid!("417c360e-c4e6-4fce-873b-d2d71469b4ac");
const WITH_LONDO: Uuid = uuid!("24b95582-9e7b-4e0a-9ad1-639773ab7552");

/// Cruddur's people with the cruds, conversations and uuids of the original's mock and seed data,
/// and some more so that each list has something in it. All times are relative to `now`.
pub fn demo(now: Timestamp) -> Dataset {
    let mut demo = Demo { now, data: Dataset::default() };
    demo.users();
    demo.activities();
    demo.reactions();
    demo.follows();
    demo.messages();
    demo.data
}

/// The handles of the demo people.
pub fn demo_handles() -> Vec<String> {
    demo(Timestamp::UNIX_EPOCH).users.into_iter().map(|user| user.handle).collect()
}

struct Demo {
    now: Timestamp,
    data: Dataset,
}

impl Demo {
    fn users(&mut self) {
        let people = [
            (ANDREWBROWN, "andrewbrown", "Andrew Brown", "f73f4b05-a59e-468b-8a29-a1c39e7a2222"),
            (ALTBROWN, "altbrown", "Alt Brown", "f73f4b05-a59e-468b-8a29-a1c39e7a3333"),
            (BAYKO, "bayko", "Andrew Bayko", "f73f4b05-a59e-468b-8a29-a1c39e7a4444"),
            (LONDO, "londo", "Londo Mollari", "MOCK"),
            (WORF, "worf", "Worf", "MOCK"),
            (GAREK, "garek", "Garek", "MOCK"),
            (COCO, "coco", "Coco", "MOCK"),
            (LORE, "lore", "Lore", "MOCK"),
        ];
        for (joined, (uuid, handle, name, cognito)) in (1..=40).rev().zip(people) {
            self.data.users.push(User {
                uuid,
                handle: handle.to_owned(),
                display_name: name.to_owned(),
                bio: match uuid {
                    ANDREWBROWN => Some("I teach the cloud, one crud at a time.".to_owned()),
                    WORF => Some("Son of Mogh. I drink prune juice.".to_owned()),
                    _ => None,
                },
                email: format!("{handle}@example.com"),
                cognito_user_id: cognito.to_owned(),
                created_at: self.now - TimeDelta::days(joined),
            });
        }
    }

    fn activities(&mut self) {
        let hours = TimeDelta::hours;
        let days = TimeDelta::days;
        self.crud(PRUNE_JUICE, WORF, "I am out of prune juice", days(7), days(9));
        self.crud(STATION, LONDO, "Back on the station. #babylon5 #nostalgia", days(4), days(26));
        self.reply(LAST_BEST_HOPE, STATION, BAYKO, "Our last, best hope for #peace", days(3));
        self.crud(CLOUD, ANDREWBROWN, "Cloud is very fun!", days(2), days(7));
        self.reply(NO_HONOR, CLOUD, WORF, "This post has no honor!", days(2) - hours(1));
        self.crud(UNICORN, COCO, "@andrewbrown I am white unicorn #unicorn", days(1), days(14));
        self.reply(WHITE, UNICORN, LORE, "White is a fine colour", hours(20));
        self.crud(BROTHER, LORE, "My brother does not answer #android", hours(12), days(30));
        self.crud(IMPORTED, ANDREWBROWN, "This was imported as seed data!", hours(2), days(10));
        self.reply(SEEDED, IMPORTED, BAYKO, "It has taken root.", hours(1));
        let tailor = "My dear doctor, I am just simple tailor";
        self.crud(TAILOR, GAREK, tailor, hours(1) + TimeDelta::minutes(30), days(8));
        self.reply(TUNIC, TAILOR, COCO, "Then mend my #tunic, please", hours(1));
        self.crud(OTHER, ALTBROWN, "I am the other!", hours(1), days(10));
        self.notify(ANDREWBROWN, WORF, NotificationKind::Reply, Some(NO_HONOR), days(2) - hours(1));
        self.notify(ANDREWBROWN, COCO, NotificationKind::Mention, Some(UNICORN), days(1));
        self.notify(LONDO, BAYKO, NotificationKind::Reply, Some(LAST_BEST_HOPE), days(3));
        self.notify(COCO, LORE, NotificationKind::Reply, Some(WHITE), hours(20));
        self.notify(ANDREWBROWN, BAYKO, NotificationKind::Reply, Some(SEEDED), hours(1));
        self.notify(GAREK, COCO, NotificationKind::Reply, Some(TUNIC), hours(1));
    }

    fn reactions(&mut self) {
        for (minutes, user) in (1..).zip([ALTBROWN, BAYKO, LONDO, GAREK, COCO]) {
            self.reaction(ReactionKind::Like, CLOUD, user, minutes);
        }
        for (minutes, user) in (10..).zip([ANDREWBROWN, WORF, LORE]) {
            self.reaction(ReactionKind::Like, UNICORN, user, minutes);
        }
        self.reaction(ReactionKind::Like, STATION, BAYKO, 20);
        self.reaction(ReactionKind::Repost, CLOUD, ALTBROWN, 21);
        self.reaction(ReactionKind::Repost, UNICORN, LORE, 22);
    }

    fn follows(&mut self) {
        let pairs = [
            (ANDREWBROWN, BAYKO),
            (ANDREWBROWN, WORF),
            (ANDREWBROWN, COCO),
            (BAYKO, ANDREWBROWN),
            (WORF, ANDREWBROWN),
            (LONDO, BAYKO),
            (GAREK, WORF),
            (LORE, COCO),
        ];
        for (hours, (follower, followed)) in (1..=24).rev().zip(pairs) {
            let ago = TimeDelta::hours(hours);
            self.data.follows.push(Follow {
                follower_uuid: follower,
                followed_uuid: followed,
                created_at: self.now - ago,
            });
            self.notify(followed, follower, NotificationKind::Follow, None, ago);
        }
    }

    fn messages(&mut self) {
        let question = "Have you ever watched Babylon 5?";
        self.message(1, WITH_BAYKO, [ANDREWBROWN, BAYKO], question, 60);
        self.message(2, WITH_BAYKO, [BAYKO, ANDREWBROWN], "Yes, I have!", 59);
        self.message(3, WITH_WORF, [ANDREWBROWN, WORF], "Cloud is fun!", 30);
        self.message(4, WITH_WORF, [ANDREWBROWN, WORF], "This platform is great!", 29);
        self.message(5, WITH_WORF, [WORF, ANDREWBROWN], "It has honor.", 28);
        let brivari = "The brivari is on me tonight.";
        self.message(6, WITH_LONDO, [LONDO, ANDREWBROWN], brivari, 10);
    }

    fn crud(&mut self, uuid: Uuid, by: Uuid, text: &str, ago: TimeDelta, left: TimeDelta) {
        self.data.activities.push(Activity {
            expires_at: Some(self.now + left),
            ..Activity::new(uuid, by, text, self.now - ago)
        });
    }

    fn reply(&mut self, uuid: Uuid, parent: Uuid, by: Uuid, text: &str, ago: TimeDelta) {
        if let Some(parent) = self.data.activities.iter_mut().find(|it| it.uuid == parent) {
            parent.replies_count += 1;
        }
        self.data.activities.push(Activity {
            reply_to_activity_uuid: Some(parent),
            ..Activity::new(uuid, by, text, self.now - ago)
        });
    }

    /// A reaction some minutes after the activity, and the notification of the activity's author.
    fn reaction(&mut self, kind: ReactionKind, activity: Uuid, by: Uuid, minutes: i64) {
        let Some(activity) = self.data.activities.iter_mut().find(|it| it.uuid == activity) else {
            return;
        };
        match kind {
            ReactionKind::Like => activity.likes_count += 1,
            ReactionKind::Repost => activity.reposts_count += 1,
        }
        let (uuid, author) = (activity.uuid, activity.user_uuid);
        let created_at = activity.created_at + TimeDelta::minutes(minutes);
        self.data.reactions.push(Reaction { kind, activity_uuid: uuid, user_uuid: by, created_at });
        self.notify(author, by, kind.notification_kind(), Some(uuid), self.now - created_at);
    }

    fn notify(
        &mut self,
        to: Uuid,
        by: Uuid,
        kind: NotificationKind,
        activity: Option<Uuid>,
        ago: TimeDelta,
    ) {
        let number = self.data.notifications.len() as u128 + 1;
        self.data.notifications.push(Notification {
            uuid: numbered(uuid!("00000000-0000-4000-b000-000000000000"), number),
            user_uuid: to,
            actor_uuid: by,
            kind,
            activity_uuid: activity,
            created_at: self.now - ago,
            read_at: None,
        });
    }

    fn message(&mut self, number: u128, group: Uuid, people: [Uuid; 2], text: &str, minutes: i64) {
        let [sender, receiver_uuid] = people;
        self.data.messages.push(NewMessage {
            message: Message {
                uuid: numbered(uuid!("00000000-0000-4000-a000-000000000000"), number),
                group_uuid: group,
                user_uuid: sender,
                message: text.to_owned(),
                created_at: self.now - TimeDelta::minutes(minutes),
            },
            receiver_uuid,
            idempotency: None,
        });
    }
}

fn numbered(first: Uuid, number: u128) -> Uuid {
    Uuid::from_u128(first.as_u128() + number)
}
