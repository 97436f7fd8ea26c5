use insta::assert_snapshot;

use crate::rest::app::app;

#[tokio::test]
async fn the_health_check_succeeds() {
    assert_snapshot!(app().await.anon().get("/api/health-check").await, @r#"200 {"success":true,"ver":1}"#);
}
