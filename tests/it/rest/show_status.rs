use insta::assert_snapshot;

use crate::rest::app::{CRUD, EXPIRED, UNKNOWN, app};

#[tokio::test]
async fn an_activity_and_its_replies_are_separate_fields() {
    let anon = app().await.anon();
    assert_snapshot!(anon.get(&format!("/api/activities/@andrewbrown/status/{CRUD}")).await, @r#"
    200
    {
      "activity": {
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
      },
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
      ]
    }
    "#);
}

#[tokio::test]
async fn the_handle_in_the_path_is_ignored() {
    let anon = app().await.anon();
    let answer = anon.get(&format!("/api/activities/@nobody/status/{CRUD}")).await;
    assert_eq!(answer.json()["activity"]["handle"], "andrewbrown");
}

#[tokio::test]
async fn missing_activities_get_404() {
    let anon = app().await.anon();
    for uuid in [UNKNOWN, EXPIRED, "not-a-uuid"] {
        let answer = anon.get(&format!("/api/activities/@andrewbrown/status/{uuid}")).await;
        assert_eq!(answer.to_string(), "404 {}");
    }
}
