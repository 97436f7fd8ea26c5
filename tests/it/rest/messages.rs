use chrono::TimeDelta;
use insta::assert_snapshot;

use crate::rest::app::{GROUP, UNKNOWN, UNREGISTERED, app};

fn in_group(uuid: &str) -> String {
    format!("/api/messages/{uuid}")
}

#[tokio::test]
async fn a_conversation_can_be_read_by_handle_or_uuid() {
    let app = app().await;
    let by_handle = app.as_user("andrewbrown").get("/api/messages/@bayko").await;
    assert_snapshot!(by_handle, @r#"
    200
    [
      {
        "created_at": "2025-12-31T10:00:00.000000+00:00",
        "display_name": "Andrew Brown",
        "handle": "andrewbrown",
        "message": "Have you ever watched Babylon 5?",
        "message_group_uuid": "5ae290ed-55d1-47a0-bc6d-fe2bc2700399",
        "uuid": "00000000-0000-a000-0000-000000000001"
      },
      {
        "created_at": "2025-12-31T10:01:00.000000+00:00",
        "display_name": "Andrew Bayko",
        "handle": "bayko",
        "message": "Yes, I have!",
        "message_group_uuid": "5ae290ed-55d1-47a0-bc6d-fe2bc2700399",
        "uuid": "00000000-0000-a000-0000-000000000002"
      }
    ]
    "#);
    let by_uuid = app.as_user("bayko").get(&in_group(GROUP)).await;
    assert_eq!(by_uuid.text, by_handle.text);
}

#[tokio::test]
async fn other_users_conversations_look_empty() {
    let app = app().await;
    for path in [&in_group(GROUP), &in_group(UNKNOWN), &in_group("xyz"), "/api/messages/@nobody"] {
        assert_eq!(app.as_user("worf").get(path).await.to_string(), "200 []");
    }
}

#[tokio::test]
async fn only_users_can_read_messages() {
    let app = app().await;
    for path in [&in_group(GROUP), "/api/messages/@bayko", "/api/messages/@bayko?before=x"] {
        assert_eq!(app.anon().get(path).await.to_string(), "401 {}");
        assert_eq!(app.as_user(UNREGISTERED).get(path).await.status, 401);
    }
}

#[tokio::test]
async fn the_link_header_leads_to_older_messages() {
    let app = app().await;
    let andrew = app.as_user("andrewbrown");
    for number in 0..100 {
        let body = format!(r#"{{"message": "hi {number}", "message_group_uuid": "{GROUP}"}}"#);
        andrew.post("/api/messages", body).await;
        app.clock.advance(TimeDelta::seconds(1));
    }
    let last = andrew.get("/api/messages/@bayko").await;
    let messages = last.messages();
    assert_eq!((messages.len(), &*messages[0], &*messages[99]), (100, "hi 0", "hi 99"));
    assert_snapshot!(last.headers["link"].to_str().unwrap(), @r#"<?before=AAZHSEYgQAABm3baqABwAIAAAAAAAAAB>; rel="prev""#);
    assert_eq!(andrew.get("/api/messages/@bayko?before=").await.messages(), messages);
    let cursor = last.link("before").unwrap();
    let older = andrew.get(&in_group(&format!("{GROUP}?before={cursor}"))).await;
    assert_eq!(older.messages(), ["Have you ever watched Babylon 5?", "Yes, I have!"]);
    assert_eq!(older.link("before"), None);
}

#[tokio::test]
async fn invalid_cursors_are_rejected() {
    let andrew = app().await.as_user("andrewbrown");
    assert_snapshot!(andrew.get("/api/messages/@bayko?before=x").await, @r#"422 ["cursor_invalid"]"#);
    assert_snapshot!(andrew.get("/api/messages/@@").await, @r#"422 ["blank_user_handle"]"#);
}
