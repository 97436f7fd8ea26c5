use axum::http::Method;
use chrono::TimeDelta;
use insta::assert_snapshot;

use crate::rest::app::app;

#[tokio::test]
async fn anonymous_viewers_see_cruds_with_their_replies() {
    assert_snapshot!(app().await.anon().get("/api/activities/home").await, @r#"
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
      },
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
}

#[tokio::test]
async fn expired_cruds_disappear_from_the_feed() {
    let app = app().await;
    app.clock.advance(TimeDelta::days(3));
    let home = app.anon().get("/api/activities/home").await;
    assert_eq!(home.messages(), ["Cloud is very fun!"]);
}

#[tokio::test]
async fn the_link_header_leads_to_the_next_page() {
    let app = app().await;
    let andrew = app.as_user("andrewbrown");
    for number in 0..100 {
        let body = format!(r#"{{"message": "crud {number}", "ttl": "1-day"}}"#);
        andrew.post("/api/activities", body).await;
        app.clock.advance(TimeDelta::seconds(1));
    }
    let first = app.anon().get("/api/activities/home?x=1").await;
    assert_eq!(first.messages().len(), 100);
    assert_eq!(first.messages()[0], "crud 99");
    assert_snapshot!(first.headers["link"].to_str().unwrap(), @r#"<?x=1&after=AAZHSEYgQAABm3baqABwAIAAAAAAAAAB>; rel="next""#);

    let cursor = first.link("after").unwrap();
    let second = app.anon().get(&format!("/api/activities/home?after={cursor}")).await;
    assert_eq!(second.messages(), ["Cloud is very fun!", "I am out of prune juice"]);
    assert_eq!(second.link("after"), None);
}

#[tokio::test]
async fn invalid_cursors_are_rejected() {
    assert_snapshot!(app().await.anon().get("/api/activities/home?after=x").await, @r#"422 ["cursor_invalid"]"#);
}

#[tokio::test]
async fn unknown_parameters_are_ignored_and_duplicates_use_the_first() {
    let anon = app().await.anon();
    let path = "/api/activities/home?%ff=%zz&after=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA&after=x";
    assert_snapshot!(anon.get(path).await, @"200 []");
}

#[tokio::test]
async fn head_responds_like_get_without_a_body() {
    let head = app().await.anon().call(Method::HEAD, "/api/activities/home").await;
    assert_snapshot!(head, @"200");
}
