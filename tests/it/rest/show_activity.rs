use insta::assert_snapshot;

use crate::rest::app::{CRUD, EXPIRED, REPLY, UNKNOWN, app};

#[tokio::test]
async fn an_activity_is_returned_in_an_array_of_one() {
    let anon = app().await.anon();
    assert_snapshot!(anon.get(&format!("/api/activities/{CRUD}")).await, @r#"
    200
    [
      {
        "created_at": "2025-12-31T12:00:00.500000+00:00",
        "display_name": "Andrew Brown",
        "expires_at": "2026-01-07T12:00:00.000000+00:00",
        "handle": "andrewbrown",
        "likes_count": 0,
        "message": "Cloud is very fun!",
        "replies": [
          {
            "created_at": "2025-12-31T13:00:00.000000+00:00",
            "display_name": "Worf",
            "expires_at": null,
            "handle": "worf",
            "likes_count": 0,
            "message": "This post has no honor!",
            "replies": [],
            "replies_count": 0,
            "reply_to_activity_uuid": "68f126b0-1ceb-4a33-88be-d90fa7109eee",
            "reposts_count": 0,
            "uuid": "26e12864-1c26-5c3a-9658-97a10f8fea67"
          }
        ],
        "replies_count": 1,
        "reply_to_activity_uuid": null,
        "reposts_count": 0,
        "uuid": "68f126b0-1ceb-4a33-88be-d90fa7109eee"
      }
    ]
    "#);
}

#[tokio::test]
async fn a_reply_can_be_shown_like_a_crud() {
    let anon = app().await.anon();
    let reply = anon.get(&format!("/api/activities/{REPLY}")).await.json();
    assert_eq!(reply[0]["reply_to_activity_uuid"], CRUD);
}

#[tokio::test]
async fn missing_activities_get_404() {
    let anon = app().await.anon();
    for uuid in [UNKNOWN, EXPIRED, "not-a-uuid", "%00", "a%2Fb"] {
        let answer = anon.get(&format!("/api/activities/{uuid}")).await;
        assert_eq!(answer.to_string(), r#"404 ["activity_not_found"]"#);
    }
}
