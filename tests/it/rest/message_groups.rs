use insta::assert_snapshot;

use crate::rest::app::{UNREGISTERED, app};

const PATH: &str = "/api/message_groups";

#[tokio::test]
async fn both_users_see_the_conversation_under_the_others_name() {
    let app = app().await;
    assert_snapshot!(app.as_user("andrewbrown").get(PATH).await, @r#"
    200
    [
      {
        "created_at": "2025-12-31T10:01:00.000000+00:00",
        "display_name": "Andrew Bayko",
        "handle": "bayko",
        "message": "Yes, I have!",
        "uuid": "5ae290ed-55d1-47a0-bc6d-fe2bc2700399"
      }
    ]
    "#);
    assert_eq!(app.as_user("bayko").get(PATH).await.json()[0]["handle"], "andrewbrown");
    assert_snapshot!(app.as_user("worf").get(PATH).await, @"200 []");
}

#[tokio::test]
async fn only_users_can_list_conversations() {
    let app = app().await;
    assert_snapshot!(app.anon().get(PATH).await, @"401 {}");
    assert_snapshot!(app.as_user(UNREGISTERED).get(PATH).await, @"401 {}");
    assert_eq!(app.anon().get("/api/message_groups?after=x").await.status, 401);
}

#[tokio::test]
async fn invalid_cursors_are_rejected() {
    assert_snapshot!(app().await.as_user("worf").get("/api/message_groups?after=x").await, @r#"422 ["cursor_invalid"]"#);
}
