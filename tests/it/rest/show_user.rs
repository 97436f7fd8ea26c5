use insta::assert_snapshot;

use crate::rest::app::app;

#[tokio::test]
async fn a_user_is_shown_in_short_form() {
    let anon = app().await.anon();
    assert_snapshot!(anon.get("/api/users/@bayko/short").await, @r#"
    200
    {
      "display_name": "Andrew Bayko",
      "handle": "bayko",
      "uuid": "00000000-0000-8000-0000-000000000002"
    }
    "#);
    assert_eq!(anon.get("/api/users/%40bayko/short").await.status, 200);
}

#[tokio::test]
async fn unknown_handles_get_404() {
    let anon = app().await.anon();
    assert_snapshot!(anon.get("/api/users/@nobody/short").await, @"404 {}");
    assert_snapshot!(anon.get("/api/users/@/short").await, @r#"404 ["not_found"]"#);
    assert_snapshot!(anon.get("/api/users/@@/short").await, @r#"422 ["blank_user_handle"]"#);
}
