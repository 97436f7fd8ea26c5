use insta::assert_snapshot;

use crate::rest::app::app;

#[tokio::test]
async fn the_routes_are_there() {
    assert_snapshot!(app().await.anon().get("/api/health-check").await, @r#"200 {"success":true,"ver":1}"#);
}
