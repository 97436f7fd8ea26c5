use axum::http::{Method, Request};
use chrono::{DateTime, TimeDelta};
use insta::assert_snapshot;

use crate::rest::app::{UNREGISTERED, app, final_app, long};

const PATH: &str = "/api/activities";
const HELLO: &str = r#"{"message": "hello", "ttl": "7-days"}"#;

#[tokio::test]
async fn a_new_crud_is_returned_and_public() {
    let app = app().await;
    assert_snapshot!(app.as_user("andrewbrown").post(PATH, HELLO).await, @r#"
    200
    {
      "created_at": "2026-01-01T00:00:00.000000+00:00",
      "display_name": "Andrew Brown",
      "expires_at": "2026-01-08T00:00:00.000000+00:00",
      "handle": "andrewbrown",
      "likes_count": 0,
      "message": "hello",
      "replies": [],
      "replies_count": 0,
      "reply_to_activity_uuid": null,
      "reposts_count": 0,
      "uuid": "019b76da-a800-7000-8000-000000000001"
    }
    "#);
    assert_eq!(app.anon().get("/api/activities/home").await.messages()[0], "hello");
}

#[tokio::test]
async fn the_ttl_sets_the_expiry() {
    let andrew = app().await.as_user("andrewbrown");
    for (ttl, hours) in [
        ("1-hour", 1),
        ("3-hours", 3),
        ("12-hours", 12),
        ("1-day", 24),
        ("3-days", 72),
        ("7-days", 168),
        ("30-days", 720),
    ] {
        let body = format!(r#"{{"message": "hello", "ttl": "{ttl}"}}"#);
        let crud = andrew.post(PATH, body).await.json();
        let time = |key: &str| DateTime::parse_from_rfc3339(crud[key].as_str().unwrap()).unwrap();
        assert_eq!(time("expires_at") - time("created_at"), TimeDelta::hours(hours), "{ttl}");
    }
}

#[tokio::test]
async fn non_string_fields_count_as_blank() {
    let andrew = app().await.as_user("andrewbrown");
    for message in ["", r#""message": null,"#, r#""message": 5,"#, r#""message": ["a"],"#] {
        let answer = andrew.post(PATH, format!(r#"{{{message} "ttl": "7-days"}}"#)).await;
        assert_eq!(answer.to_string(), r#"422 ["message_blank"]"#);
    }
    for body in ["{}", "[]", "[1]", "1", "null", "\"str\"", r#"{"message": "", "ttl": "x"}"#] {
        let answer = andrew.post(PATH, body).await;
        assert_eq!(answer.to_string(), r#"422 ["message_blank"]"#);
    }
    for ttl in ["", r#", "ttl": null"#, r#", "ttl": 7"#, r#", "ttl": """#, r#", "ttl": "2-days""#] {
        let answer = andrew.post(PATH, format!(r#"{{"message": "hello"{ttl}}}"#)).await;
        assert_eq!(answer.to_string(), r#"422 ["ttl_blank"]"#);
    }
}

#[tokio::test]
async fn a_crud_has_at_most_280_characters_in_both_flavors() {
    for app in [app().await, final_app().await] {
        let andrew = app.as_user("andrewbrown");
        let posted = andrew.post(PATH, long("😀", 280, r#", "ttl": "1-day""#)).await;
        assert_eq!(posted.status, 200);
        assert_eq!(
            andrew.post(PATH, long("😀", 281, r#", "ttl": "x""#)).await.to_string(),
            r#"422 ["message_exceed_max_chars"]"#
        );
    }
}

#[tokio::test]
async fn whitespace_is_a_message_and_nul_counts_as_blank() {
    let andrew = app().await.as_user("andrewbrown");
    let posted = andrew.post(PATH, r#"{"message": " \n", "ttl": "1-day"}"#).await;
    assert_eq!(posted.json()["message"], " \n");
    assert_snapshot!(andrew.post(PATH, r#"{"message": "a\u0000b", "ttl": "1-day"}"#).await, @r#"422 ["message_blank"]"#);
}

#[tokio::test]
async fn duplicate_json_keys_use_the_last() {
    let andrew = app().await.as_user("andrewbrown");
    let body =
        r#"{"message": 1, "message": "a", "message": "b", "ttl": "1-day", "handle": "worf"}"#;
    let crud = andrew.post(PATH, body).await.json();
    assert_eq!((&crud["message"], &crud["handle"]), (&"b".into(), &"andrewbrown".into()));
}

#[tokio::test]
async fn malformed_json_is_a_bad_request() {
    let andrew = app().await.as_user("andrewbrown");
    let not_utf8 = b"{\"message\": \"\xff\", \"ttl\": \"7-days\"}".as_slice();
    let deep = "[".repeat(100_000);
    for body in [b"".as_slice(), b"not json", b"{\"message\":", not_utf8, deep.as_bytes()] {
        assert_eq!(andrew.post(PATH, body.to_vec()).await.to_string(), r#"400 ["bad_request"]"#);
    }
}

#[tokio::test]
async fn oversized_bodies_are_rejected() {
    let andrew = app().await.as_user("andrewbrown");
    assert_snapshot!(andrew.post(PATH, long("a", 3_000_000, "")).await, @r#"413 ["payload_too_large"]"#);
}

#[tokio::test]
async fn the_content_type_must_be_json() {
    let andrew = app().await.as_user("andrewbrown");
    let send = async |content_type: &str| {
        andrew.send(Method::POST, PATH, &[("content-type", content_type)], HELLO).await
    };
    for accepted in ["APPLICATION/JSON", "application/json ; charset=latin-1", "application/json;"]
    {
        assert_eq!(send(accepted).await.status, 200, "{accepted}");
    }
    for rejected in ["text/json", "text/plain", "application/jsonx", "application/ld+json", ""] {
        assert_eq!(send(rejected).await.to_string(), r#"415 ["unsupported_media_type"]"#);
    }
    assert_snapshot!(andrew.send(Method::POST, PATH, &[], HELLO).await, @r#"415 ["unsupported_media_type"]"#);
}

#[tokio::test]
async fn anonymous_posts_get_401_whatever_the_body() {
    let anon = app().await.anon();
    for body in [HELLO, "{}", "not json", ""] {
        assert_eq!(anon.post(PATH, body).await.to_string(), "401 {}");
    }
    assert_eq!(anon.send(Method::POST, PATH, &[], HELLO).await.status, 401);
}

#[tokio::test]
async fn unregistered_viewers_get_422_once_the_message_is_valid() {
    let unregistered = app().await.as_user(UNREGISTERED);
    assert_snapshot!(unregistered.post(PATH, r#"{"message": "hello"}"#).await, @r#"422 ["cognito_user_id_blank"]"#);
    assert_snapshot!(unregistered.post(PATH, "{}").await, @r#"422 ["message_blank"]"#);
}

#[tokio::test]
async fn the_same_idempotency_key_returns_the_first_response() {
    let app = app().await;
    let andrew = app.as_user("andrewbrown");
    let send = async |key: &[u8], body: &'static str| {
        andrew.send_json(Request::post(PATH).header("Idempotency-Key", key), body).await
    };
    let first = send(b"one", HELLO).await;
    assert_eq!(send(b"one", HELLO).await.text, first.text);
    assert_eq!(app.anon().get("/api/activities/home").await.messages().len(), 3);
    assert_snapshot!(send(b"one", r#"{"message": "bye", "ttl": "7-days"}"#).await, @r#"422 ["idempotency_key_reused"]"#);
    assert_snapshot!(send(b"", HELLO).await, @r#"422 ["idempotency_key_invalid"]"#);
    assert_snapshot!(send(b"\xff", HELLO).await, @r#"422 ["idempotency_key_invalid"]"#);
}
