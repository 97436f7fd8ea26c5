use cruddur::{domain::Activity, domain::NotificationKind, sources::Dataset};
use insta::assert_snapshot;
use uuid::Uuid;

use crate::{
    rest::app::app,
    support::{
        TestApp, filled, fixtures, fixtures::minutes, in_memory, recording_store::RecordingStore,
    },
};

/// Returns users and a chain of replies of so many levels. Its last reply mentions Bayko.
fn chain(levels: u128) -> Dataset {
    let link = |level: u128| Activity {
        reply_to_activity_uuid: (level > 0).then(|| Uuid::from_u128(0x1000 + level - 1)),
        ..fixtures::crud(
            Uuid::from_u128(0x1000 + level),
            fixtures::WORF,
            &format!("level {level}"),
            minutes(0),
        )
    };
    let mention = fixtures::notification(
        Uuid::from_u128(1),
        fixtures::BAYKO,
        fixtures::WORF,
        NotificationKind::Mention,
        Some(Uuid::from_u128(0x1000 + levels)),
        minutes(0),
    );
    Dataset {
        activities: (0..=levels).map(link).collect(),
        notifications: vec![mention],
        ..fixtures::people()
    }
}

#[tokio::test]
async fn the_length_of_a_thread_adds_no_store_calls() {
    let mut recorded = Vec::new();
    for levels in [1, 3_000] {
        let sources = filled(in_memory(), &chain(levels)).await;
        let (recorder, sources) = RecordingStore::wrap(sources);
        let bayko = TestApp::over(sources).as_user("bayko");
        let cruds = bayko.get("/api/activities/notifications").await;
        assert_eq!(cruds.messages(), ["level 0"], "{levels} levels");
        recorded.push(recorder.calls());
    }
    assert_eq!(recorded[0], recorded[1]);
    let expected = ["notifications", "roots_by_uuids", "replies_by_parents", "users_by_uuids"];
    assert_eq!(recorded[1], expected);
}

#[tokio::test]
async fn users_see_the_cruds_of_their_notifications() {
    let app = app().await;
    let cruds = app.as_user("andrewbrown").get("/api/activities/notifications").await;
    assert_eq!(cruds.messages(), ["Cloud is very fun!"]);
    assert_eq!(cruds.json()[0]["replies"][0]["message"], "This post has no honor!");
}

#[tokio::test]
async fn users_without_notifications_see_none() {
    let app = app().await;
    assert_snapshot!(app.as_user("worf").get("/api/activities/notifications").await, @"200 []");
}

#[tokio::test]
async fn anonymous_viewers_see_cruds_with_replies() {
    let app = app().await;
    let cruds = app.anon().get("/api/activities/notifications").await;
    assert_eq!(cruds.messages(), ["Cloud is very fun!"]);
}
