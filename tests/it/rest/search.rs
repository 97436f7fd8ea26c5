use insta::assert_snapshot;

use crate::rest::app::app;

#[tokio::test]
async fn a_search_finds_cruds_and_replies_by_their_words() {
    let anon = app().await.anon();
    assert_snapshot!(anon.get("/api/activities/search?term=honor").await, @r#"
    200
    [
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
    "#);
    let found = anon.get("/api/activities/search?term=CLOUD+fun&term=prune").await;
    assert_eq!(found.messages(), ["Cloud is very fun!"]);
}

#[tokio::test]
async fn a_blank_term_finds_all_cruds() {
    let found = app().await.anon().get("/api/activities/search?term=%20").await;
    assert_eq!(found.messages(), ["Cloud is very fun!", "I am out of prune juice"]);
}

#[tokio::test]
async fn a_missing_or_empty_term_is_rejected() {
    let anon = app().await.anon();
    assert_snapshot!(anon.get("/api/activities/search").await, @r#"422 ["search_term_blank"]"#);
    assert_snapshot!(anon.get("/api/activities/search?term=").await, @r#"422 ["search_term_blank"]"#);
}

#[tokio::test]
async fn a_term_over_280_characters_is_rejected() {
    let anon = app().await.anon();
    let path = |length| format!("/api/activities/search?term={}", "%C3%A9".repeat(length));
    assert_snapshot!(anon.get(&path(280)).await, @"200 []");
    assert_snapshot!(anon.get(&path(281)).await, @r#"422 ["search_term_exceed_max_chars"]"#);
}

#[tokio::test]
async fn the_link_header_keeps_the_term() {
    let app = app().await;
    let andrew = app.as_user("andrewbrown");
    for number in 0..101 {
        let body = format!(r#"{{"message": "rust {number}", "ttl": "1-day"}}"#);
        andrew.post("/api/activities", body).await;
    }
    let first = app.anon().get("/api/activities/search?term=%72ust+").await;
    assert_snapshot!(first.headers["link"].to_str().unwrap(), @r#"<?term=%72ust+&after=AAZHSEYgQAABm3baqABwAIAAAAAAAAAC>; rel="next""#);
    let cursor = first.link("after").unwrap();
    let path = format!("/api/activities/search?term=rust&after={cursor}");
    assert_eq!(app.anon().get(&path).await.messages(), ["rust 0"]);
    let empty = app.anon().get("/api/activities/search?term=%72ust+&after=").await;
    assert_eq!(empty.messages(), first.messages());
    assert_eq!(empty.link("after"), first.link("after"));
    assert_snapshot!(app.anon().get("/api/activities/search?term=a&after=x").await, @r#"422 ["cursor_invalid"]"#);
}
