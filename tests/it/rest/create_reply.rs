use axum::http::Method;
use insta::assert_snapshot;

use crate::rest::app::{CRUD, EXPIRED, REPLY, UNKNOWN, UNREGISTERED, app, final_app, long};

fn path(uuid: &str) -> String {
    format!("/api/activities/{uuid}/reply")
}

#[tokio::test]
async fn a_new_reply_is_returned_and_comes_first_under_its_parent() {
    let app = app().await;
    let reply = app.as_user("andrewbrown").post(&path(CRUD), r#"{"message": "a reply"}"#).await;
    assert_snapshot!(reply, @r#"
    200
    {
      "created_at": "2026-01-01T00:00:00.000000+00:00",
      "display_name": "Andrew Brown",
      "expires_at": null,
      "handle": "andrewbrown",
      "likes_count": 0,
      "message": "a reply",
      "replies": [],
      "replies_count": 0,
      "reply_to_activity_uuid": "68f126b0-1ceb-4a33-88be-d90fa7109eee",
      "reposts_count": 0,
      "uuid": "019b76da-a800-7000-8000-000000000001"
    }
    "#);
    let parent = app.anon().get(&format!("/api/activities/{CRUD}")).await.json();
    assert_eq!(parent[0]["replies_count"], 2);
    assert_eq!(parent[0]["replies"][0]["message"], "a reply");
    assert_eq!(parent[0]["replies"][1]["message"], "This post has no honor!");
}

#[tokio::test]
async fn listed_replies_do_not_include_their_own_replies() {
    let app = app().await;
    app.as_user("andrewbrown").post(&path(REPLY), r#"{"message": "It has!"}"#).await;
    let parent = app.anon().get(&format!("/api/activities/{CRUD}")).await.json();
    assert_eq!(parent[0]["replies"][0]["replies_count"], 1);
    assert_eq!(parent[0]["replies"][0]["replies"], serde_json::json!([]));
    let reply = app.anon().get(&format!("/api/activities/{REPLY}")).await.json();
    assert_eq!(reply[0]["replies"][0]["message"], "It has!");
}

#[tokio::test]
async fn the_message_is_validated_before_the_activity_is_looked_up() {
    let andrew = app().await.as_user("andrewbrown");
    for body in ["{}", r#"{"message": 5}"#, r#"{"message": ""}"#] {
        assert_eq!(andrew.post(&path("xyz"), body).await.to_string(), r#"422 ["message_blank"]"#);
    }
}

#[tokio::test]
async fn a_reply_has_at_most_1024_characters() {
    let andrew = app().await.as_user("andrewbrown");
    assert_eq!(andrew.post(&path(CRUD), long("é", 1024, "")).await.status, 200);
    assert_snapshot!(andrew.post(&path(CRUD), long("é", 1025, "")).await, @r#"422 ["message_exceed_max_chars"]"#);
    let andrew = final_app().await.as_user("andrewbrown");
    assert_snapshot!(andrew.post(&path(CRUD), long("é", 1025, "")).await, @r#"422 ["message_exceed_max_chars_1024"]"#);
}

#[tokio::test]
async fn replies_to_missing_activities_are_rejected() {
    let andrew = app().await.as_user("andrewbrown");
    for uuid in [UNKNOWN, EXPIRED, "xyz"] {
        assert_eq!(
            andrew.post(&path(uuid), r#"{"message": "a reply"}"#).await.to_string(),
            r#"422 ["activity_uuid_blank"]"#
        );
    }
}

#[tokio::test]
async fn a_thread_has_at_most_100_levels() {
    let andrew = app().await.as_user("andrewbrown");
    let mut parent = CRUD.to_owned();
    for level in 1..=100 {
        let reply = andrew.post(&path(&parent), r#"{"message": "deeper"}"#).await;
        assert_eq!(reply.status, 200, "level {level}");
        parent = reply.json()["uuid"].as_str().expect("a uuid").to_owned();
    }
    let deeper = andrew.post(&path(&parent), r#"{"message": "too deep"}"#).await;
    assert_snapshot!(deeper, @r#"422 ["thread_too_deep"]"#);
    let blank = andrew.post(&path(&parent), r#"{"message": ""}"#).await;
    assert_eq!(blank.to_string(), r#"422 ["message_blank"]"#);
    let shown = andrew.get(&format!("/api/activities/{parent}")).await.json();
    assert_eq!(shown[0]["replies_count"], 0);
}

#[tokio::test]
async fn only_users_can_reply() {
    let app = app().await;
    assert_snapshot!(app.anon().post(&path(CRUD), "not json").await, @"401 {}");
    assert_snapshot!(app.as_user(UNREGISTERED).post(&path(CRUD), r#"{"message": "r"}"#).await, @r#"422 ["cognito_user_id_blank"]"#);
}

#[tokio::test]
async fn the_body_and_content_type_must_be_json() {
    let andrew = app().await.as_user("andrewbrown");
    assert_snapshot!(andrew.post(&path(CRUD), "x").await, @r#"400 ["bad_request"]"#);
    let text = [("content-type", "text/plain")];
    assert_snapshot!(andrew.send(Method::POST, &path(CRUD), &text, r#"{"message": "r"}"#).await, @r#"415 ["unsupported_media_type"]"#);
}
