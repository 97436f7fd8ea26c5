use insta::assert_snapshot;

use crate::rest::app::{app, final_app};

#[tokio::test]
async fn the_openapi_flavor_returns_an_array() {
    let anon = app().await.anon();
    assert_snapshot!(anon.get("/api/activities/@worf").await, @r#"
    200
    [
      {
        "created_at": "2025-12-30T12:00:00.000000+00:00",
        "display_name": "Worf",
        "expires_at": "2026-01-02T12:00:00.000000+00:00",
        "handle": "worf",
        "likes_count": 0,
        "message": "I am out of prune juice",
        "replies": [],
        "replies_count": 0,
        "reply_to_activity_uuid": null,
        "reposts_count": 0,
        "uuid": "66e12864-8c26-4c3a-9658-95a10f8fea67"
      }
    ]
    "#);
    assert_snapshot!(anon.get("/api/activities/@nobody").await, @"200 []");
    assert_snapshot!(anon.get("/api/activities/@Worf").await, @"200 []");
}

#[tokio::test]
async fn the_final_flavor_adds_the_profile() {
    let anon = final_app().await.anon();
    assert_snapshot!(anon.get("/api/activities/@worf").await, @r#"
    200
    {
      "activities": [
        {
          "created_at": "2025-12-30T12:00:00.000000+00:00",
          "display_name": "Worf",
          "expires_at": "2026-01-02T12:00:00.000000+00:00",
          "handle": "worf",
          "likes_count": 0,
          "message": "I am out of prune juice",
          "replies": [],
          "replies_count": 0,
          "reply_to_activity_uuid": null,
          "reposts_count": 0,
          "uuid": "66e12864-8c26-4c3a-9658-95a10f8fea67"
        }
      ],
      "profile": {
        "bio": null,
        "cognito_user_uuid": "sub-of-worf",
        "cruds_count": 1,
        "display_name": "Worf",
        "handle": "worf",
        "uuid": "00000000-0000-8000-0000-000000000003"
      }
    }
    "#);
    assert_snapshot!(anon.get("/api/activities/@nobody").await, @"404 {}");
}

#[tokio::test]
async fn the_at_sign_can_be_percent_encoded() {
    let anon = app().await.anon();
    let feed = anon.get("/api/activities/%40%61ndrewbrown").await;
    assert_eq!(feed.messages(), ["Cloud is very fun!"]);
}

#[tokio::test]
async fn an_empty_handle_is_rejected() {
    let anon = app().await.anon();
    assert_snapshot!(anon.get("/api/activities/@").await, @r#"404 ["activity_not_found"]"#);
    assert_snapshot!(anon.get("/api/activities/@@").await, @r#"422 ["blank_user_handle"]"#);
}

#[tokio::test]
async fn unusual_handles_match_no_user() {
    let anon = app().await.anon();
    for handle in ["%00", "%2F", "%F0%9F%98%80", "a%20b", "%25", "'--"] {
        let feed = anon.get(&format!("/api/activities/@{handle}")).await;
        assert_eq!(feed.to_string(), "200 []", "{handle}");
    }
    assert_snapshot!(anon.get("/api/activities/@%ff").await, @r#"404 ["not_found"]"#);
}

#[tokio::test]
async fn invalid_cursors_are_rejected() {
    assert_snapshot!(app().await.anon().get("/api/activities/@worf?after=x").await, @r#"422 ["cursor_invalid"]"#);
}
