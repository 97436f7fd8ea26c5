use insta::assert_snapshot;

use crate::rest::app::{GROUP, UNKNOWN, UNREGISTERED, app, final_app, long};

const PATH: &str = "/api/messages";

#[tokio::test]
async fn a_message_to_a_handle_opens_a_conversation_once() {
    let app = app().await;
    let andrew = app.as_user("andrewbrown");
    let first = andrew.post(PATH, r#"{"message": "hi", "user_receiver_handle": "worf"}"#).await;
    assert_snapshot!(first, @r#"
    200
    {
      "created_at": "2026-01-01T00:00:00.000000+00:00",
      "display_name": "Andrew Brown",
      "handle": "andrewbrown",
      "message": "hi",
      "message_group_uuid": "019b76da-a800-7000-8000-000000000002",
      "uuid": "019b76da-a800-7000-8000-000000000001"
    }
    "#);
    let second = andrew.post(PATH, r#"{"message": "hi again", "handle": "@worf"}"#).await;
    assert_eq!(second.json()["message_group_uuid"], first.json()["message_group_uuid"]);
    let read = app.as_user("worf").get("/api/messages/@andrewbrown").await;
    assert_eq!(read.messages(), ["hi", "hi again"]);
}

#[tokio::test]
async fn a_message_to_a_conversation_returns_the_senders_uuid() {
    let andrew = app().await.as_user("andrewbrown");
    let body = format!(r#"{{"message": "hi", "message_group_uuid": "{GROUP}", "handle": "worf"}}"#);
    assert_snapshot!(andrew.post(PATH, body).await, @r#"
    200
    {
      "created_at": "2026-01-01T00:00:00.000000+00:00",
      "display_name": "Andrew Brown",
      "handle": "andrewbrown",
      "message": "hi",
      "message_group_uuid": "5ae290ed-55d1-47a0-bc6d-fe2bc2700399",
      "uuid": "00000000-0000-8000-0000-000000000001"
    }
    "#);
}

#[tokio::test]
async fn a_null_conversation_counts_as_absent() {
    let andrew = app().await.as_user("andrewbrown");
    let body = r#"{"message": "hi", "message_group_uuid": null, "handle": "bayko"}"#;
    assert_eq!(andrew.post(PATH, body).await.json()["message_group_uuid"], GROUP);
}

#[tokio::test]
async fn the_message_is_validated_first() {
    let andrew = app().await.as_user("andrewbrown");
    for body in ["{}", r#"{"handle": "bayko"}"#, r#"{"message": "", "message_group_uuid": ""}"#] {
        assert_eq!(andrew.post(PATH, body).await.to_string(), r#"422 ["message_blank"]"#);
    }
}

#[tokio::test]
async fn a_message_has_at_most_1024_characters() {
    let body = |count| long("a", count, r#", "handle": "bayko""#);
    let andrew = app().await.as_user("andrewbrown");
    assert_eq!(andrew.post(PATH, body(1024)).await.status, 200);
    assert_snapshot!(andrew.post(PATH, body(1025)).await, @r#"422 ["message_exceed_max_chars"]"#);
    let andrew = final_app().await.as_user("andrewbrown");
    assert_snapshot!(andrew.post(PATH, body(1025)).await, @r#"422 ["message_exceed_max_chars_1024"]"#);
}

#[tokio::test]
async fn the_receiver_must_be_another_user() {
    let andrew = app().await.as_user("andrewbrown");
    for to in [
        "",
        r#", "user_receiver_handle": """#,
        r#", "user_receiver_handle": null"#,
        r#", "user_receiver_handle": 1"#,
        r#", "handle": "@""#,
        r#", "handle": "nobody""#,
        r#", "handle": "andrewbrown""#,
    ] {
        assert_eq!(
            andrew.post(PATH, format!(r#"{{"message": "hi"{to}}}"#)).await.to_string(),
            r#"422 ["user_reciever_handle_blank"]"#
        );
    }
}

#[tokio::test]
async fn the_final_flavor_reads_the_receiver_from_one_key_only() {
    let andrew = final_app().await.as_user("andrewbrown");
    let body = r#"{"message": "hi", "user_receiver_handle": "bayko"}"#;
    assert_snapshot!(andrew.post(PATH, body).await, @r#"422 ["user_reciever_handle_blank"]"#);
    let body = r#"{"message": "hi", "handle": "bayko"}"#;
    assert_eq!(andrew.post(PATH, body).await.json()["message_group_uuid"], GROUP);
}

#[tokio::test]
async fn the_viewer_must_be_in_the_conversation() {
    let worf = app().await.as_user("worf");
    for group in [&format!("\"{GROUP}\""), &format!("\"{UNKNOWN}\""), "\"\"", "\"xyz\"", "5"] {
        let body = format!(r#"{{"message": "hi", "message_group_uuid": {group}}}"#);
        assert_eq!(worf.post(PATH, body).await.to_string(), r#"422 ["message_group_uuid_blank"]"#);
    }
}

#[tokio::test]
async fn only_users_can_send_messages_and_only_as_json() {
    let app = app().await;
    assert_snapshot!(app.anon().post(PATH, "x").await, @"401 {}");
    let body = r#"{"message": "hi", "handle": "bayko"}"#;
    assert_snapshot!(app.as_user(UNREGISTERED).post(PATH, body).await, @r#"422 ["cognito_user_id_blank"]"#);
    assert_snapshot!(app.as_user("andrewbrown").post(PATH, "x").await, @r#"400 ["bad_request"]"#);
}
