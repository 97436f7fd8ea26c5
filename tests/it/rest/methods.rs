use axum::http::Method;
use insta::assert_snapshot;

use crate::rest::app::{CRUD, app};

#[tokio::test]
async fn a_wrong_method_gets_405_with_the_allowed_ones() {
    let andrew = app().await.as_user("andrewbrown");
    assert_snapshot!(andrew.put("/api/activities/home", "{}").await, @r#"
    405 ["method_not_allowed"]
    allow: GET,HEAD,OPTIONS
    "#);
    assert_snapshot!(andrew.get("/api/messages").await, @r#"
    405 ["method_not_allowed"]
    allow: POST,OPTIONS
    "#);
    assert_snapshot!(andrew.get("/api/profile/update").await, @r#"
    405 ["method_not_allowed"]
    allow: PUT,POST,OPTIONS
    "#);
    assert_snapshot!(andrew.call(Method::DELETE, &format!("/api/activities/{CRUD}")).await, @r#"
    405 ["method_not_allowed"]
    allow: GET,HEAD,OPTIONS
    "#);
    assert_snapshot!(andrew.call(Method::TRACE, "/api/openapi.json").await, @r#"
    405 ["method_not_allowed"]
    allow: GET,HEAD,OPTIONS
    "#);
}

#[tokio::test]
async fn options_returns_the_methods_of_a_route() {
    let anon = app().await.anon();
    let options = async |path: &str| anon.call(Method::OPTIONS, path).await;
    assert_snapshot!(options("/api/activities/home").await, @r"
    204
    allow: GET,HEAD,OPTIONS
    ");
    assert_snapshot!(options("/api/activities").await, @r"
    204
    allow: POST,OPTIONS
    ");
    assert_snapshot!(options("/api/profile/update").await, @r"
    204
    allow: PUT,POST,OPTIONS
    ");
    assert_snapshot!(options("/api/messages/@worf").await, @r"
    204
    allow: GET,HEAD,OPTIONS
    ");
    assert_snapshot!(options("/api/nope").await, @r#"404 ["not_found"]"#);
}

#[tokio::test]
async fn head_returns_the_status_of_get() {
    let anon = app().await.anon();
    for (path, status) in [
        ("/api/health-check", 200),
        ("/api/message_groups", 401),
        ("/api/activities/search", 422),
        ("/api/activities/not-a-uuid", 404),
        ("/api/nope", 404),
    ] {
        let head = anon.call(Method::HEAD, path).await;
        assert_eq!((head.status.as_u16(), &*head.text), (status, ""), "{path}");
    }
}
