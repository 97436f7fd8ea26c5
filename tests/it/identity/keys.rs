use axum::http::Method;
use chrono::TimeDelta;
use futures_util::future::join_all;

use crate::{
    identity::provider::{
        ANDREW, JwksServer, KeyFile, OTHER_RSA, P256, RSA, VIEWER_HANDLE, access, app, now,
    },
    identity::refusals::graphql,
    support::{Client, TestApp},
};

async fn status(client: &Client, token: &str) -> u16 {
    graphql(client, Some(&format!("Bearer {token}")), VIEWER_HANDLE).await.status.as_u16()
}

fn token(app: &TestApp, kid: &str) -> String {
    RSA.token(Some(kid), &access(ANDREW, now(app)))
}

#[tokio::test]
async fn a_flood_of_unknown_kids_causes_one_fetch_per_minute() {
    let server = JwksServer::start(&[RSA.jwk("rsa")]).await;
    let (app, client) = app(&server.url).await;
    assert_eq!(status(&client, &token(&app, "rsa")).await, 200);
    assert_eq!(server.fetches(), 1);
    app.clock.advance(TimeDelta::seconds(61));
    for _ in 0..3 {
        let tokens: Vec<_> = (0..200).map(|number| token(&app, &format!("kid-{number}"))).collect();
        let flood = join_all(tokens.iter().map(|token| status(&client, token))).await;
        assert!(flood.iter().all(|status| *status == 401));
    }
    assert_eq!(server.fetches(), 2);
    app.clock.advance(TimeDelta::seconds(59));
    assert_eq!(status(&client, &token(&app, "another")).await, 401);
    assert_eq!(server.fetches(), 2);
    app.clock.advance(TimeDelta::seconds(1));
    assert_eq!(status(&client, &token(&app, "another")).await, 401);
    assert_eq!(server.fetches(), 3);
}

#[tokio::test]
async fn rotated_keys_replace_the_old_ones() {
    let server = JwksServer::start(&[RSA.jwk("old")]).await;
    let (app, client) = app(&server.url).await;
    assert_eq!(status(&client, &token(&app, "old")).await, 200);
    server.rotate(&[P256.jwk("new")]);
    app.clock.advance(TimeDelta::seconds(61));
    let new = P256.token(Some("new"), &access(ANDREW, now(&app)));
    assert_eq!(status(&client, &new).await, 200);
    assert_eq!(status(&client, &token(&app, "old")).await, 401);
}

#[tokio::test]
async fn stale_keys_are_refreshed_in_the_background() {
    let server = JwksServer::start(&[RSA.jwk("rsa"), OTHER_RSA.jwk("other")]).await;
    let (app, client) = app(&server.url).await;
    assert_eq!(status(&client, &token(&app, "rsa")).await, 200);
    server.rotate(&[OTHER_RSA.jwk("other")]);
    app.clock.advance(TimeDelta::minutes(16));
    // This request still finds the old key. It starts the fetch that replaces the keys.
    assert_eq!(status(&client, &token(&app, "rsa")).await, 200);
    while status(&client, &token(&app, "rsa")).await == 200 {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.fetches(), 2);
}

#[tokio::test]
async fn the_last_keys_stay_valid_while_the_provider_is_down() {
    let server = JwksServer::start(&[RSA.jwk("rsa")]).await;
    let (app, client) = app(&server.url).await;
    assert_eq!(status(&client, &token(&app, "rsa")).await, 200);
    for (broken, keys) in [(500, vec![RSA.jwk("rsa")]), (302, vec![RSA.jwk("rsa")]), (200, vec![])]
    {
        server.respond_with(broken);
        server.rotate(&keys);
        app.clock.advance(TimeDelta::minutes(16));
        assert_eq!(status(&client, &token(&app, "unknown")).await, 401, "{broken}");
        assert_eq!(status(&client, &token(&app, "rsa")).await, 200, "{broken}");
    }
    assert_eq!(server.fetches(), 4);
}

#[tokio::test]
async fn requests_after_an_hour_without_a_fetch_wait_for_the_current_keys() {
    let server = JwksServer::start(&[RSA.jwk("rsa"), OTHER_RSA.jwk("other")]).await;
    let (app, client) = app(&server.url).await;
    assert_eq!(status(&client, &token(&app, "rsa")).await, 200);
    server.rotate(&[OTHER_RSA.jwk("other")]);
    app.clock.advance(TimeDelta::minutes(61));
    let removed = token(&app, "rsa");
    let flood = join_all((0..20).map(|_| status(&client, &removed))).await;
    assert_eq!(flood, [401; 20]);
    assert_eq!(server.fetches(), 2);
}

#[tokio::test]
async fn the_last_keys_stay_valid_for_a_day_if_the_fetch_fails() {
    let server = JwksServer::start(&[RSA.jwk("rsa")]).await;
    let (app, client) = app(&server.url).await;
    assert_eq!(status(&client, &token(&app, "rsa")).await, 200);
    server.respond_with(500);
    for (hours, expected) in [(2, 200), (22, 200), (1, 503)] {
        app.clock.advance(TimeDelta::hours(hours));
        assert_eq!(status(&client, &token(&app, "rsa")).await, expected, "{hours}");
    }
    assert_eq!(server.fetches(), 4);
    // The next fetch is due a minute after the last.
    server.respond_with(200);
    assert_eq!(status(&client, &token(&app, "rsa")).await, 503);
    app.clock.advance(TimeDelta::minutes(1));
    assert_eq!(status(&client, &token(&app, "rsa")).await, 200);
}

#[tokio::test]
async fn corrections_of_the_wall_clock_neither_stop_fetches_nor_hide_the_age_of_the_keys() {
    let server = JwksServer::start(&[RSA.jwk("rsa")]).await;
    let (app, client) = app(&server.url).await;
    assert_eq!(status(&client, &token(&app, "rsa")).await, 200);
    app.clock.correct(TimeDelta::days(-1));
    server.rotate(&[P256.jwk("new")]);
    app.clock.advance(TimeDelta::minutes(1));
    let new = P256.token(Some("new"), &access(ANDREW, now(&app)));
    assert_eq!(status(&client, &new).await, 200);
    assert_eq!(server.fetches(), 2);
    // A machine that slept for two hours: the monotonic clock stood still.
    server.rotate(&[RSA.jwk("rsa")]);
    app.clock.advance(TimeDelta::minutes(1));
    app.clock.correct(TimeDelta::hours(2));
    let new = P256.token(Some("new"), &access(ANDREW, now(&app)));
    assert_eq!(status(&client, &new).await, 401);
    assert_eq!(server.fetches(), 3);
}

#[tokio::test]
async fn tokens_get_503_until_the_first_keys_are_fetched() {
    let server = JwksServer::start(&[RSA.jwk("rsa")]).await;
    server.respond_with(500);
    let (app, client) = app(&server.url).await;
    assert_eq!(status(&client, &token(&app, "rsa")).await, 503);
    let headers = [("authorization", &*format!("Bearer {}", token(&app, "rsa")))];
    let groups = client.send(Method::GET, "/api/message_groups", &headers, "").await;
    assert_eq!((groups.status.as_u16(), groups.header("retry-after")), (503, "5"));
    assert_eq!(client.get("/api/activities/home").await.status, 200);
    server.respond_with(200);
    app.clock.advance(TimeDelta::seconds(5));
    assert_eq!(status(&client, &token(&app, "rsa")).await, 200);
}

#[tokio::test]
async fn a_kid_shared_by_two_keys_matches_neither() {
    let server = JwksServer::start(&[RSA.jwk("twin"), P256.jwk("twin"), RSA.jwk("rsa")]).await;
    let (app, client) = app(&server.url).await;
    assert_eq!(status(&client, &token(&app, "rsa")).await, 200);
    assert_eq!(status(&client, &token(&app, "twin")).await, 401);
    let p256 = P256.token(Some("twin"), &access(ANDREW, now(&app)));
    assert_eq!(status(&client, &p256).await, 401);
}

#[tokio::test]
async fn the_jwks_can_be_a_file() {
    let file = KeyFile::new();
    let (app, client) = app(&file.path()).await;
    assert_eq!(status(&client, &token(&app, "rsa")).await, 200);
}
