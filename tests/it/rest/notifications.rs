use insta::assert_snapshot;

use crate::rest::app::app;

#[tokio::test]
async fn users_see_the_cruds_of_their_notifications() {
    let app = app().await;
    let cruds = app.as_user("andrewbrown").get("/api/activities/notifications").await;
    assert_eq!(cruds.messages(), ["Cloud is very fun!"]);
    assert_eq!(cruds.json()[0]["replies"][0]["message"], "This post has no honor!");
}

#[tokio::test]
async fn users_without_notifications_see_none() {
    let app = app().await;
    assert_snapshot!(app.as_user("worf").get("/api/activities/notifications").await, @"200 []");
}

#[tokio::test]
async fn anonymous_viewers_see_cruds_with_replies() {
    let app = app().await;
    let cruds = app.anon().get("/api/activities/notifications").await;
    assert_eq!(cruds.messages(), ["Cloud is very fun!"]);
}
