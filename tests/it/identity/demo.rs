use axum::http::Method;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    identity::provider::{KeyFile, VIEWER_HANDLE, cognito},
    identity::refusals::graphql,
    support::TestApp,
    support::gateway::{Gateway, run, stderr, stdout},
};

async fn tokens(client: &crate::support::Client) -> Value {
    client.get("/identity/people").await.json()
}

#[tokio::test]
async fn every_demo_user_has_a_token() {
    let app = TestApp::new().await;
    let client = app.as_user("andrewbrown");
    let identity = client.get("/identity").await.json();
    assert_eq!(identity, json!({ "mode": "demo", "viewer": "andrewbrown" }));
    let people = tokens(&client).await;
    let people = people.as_array().expect("a list");
    assert_eq!(people.len(), 8);
    for person in people {
        let bearer = format!("Bearer {}", person["token"].as_str().expect("a token"));
        let answer = graphql(&client, Some(&bearer), VIEWER_HANDLE).await.json();
        assert_eq!(answer["data"]["viewer"]["user"]["handle"], person["handle"]);
    }
    for no_token in [None, Some("Bearer null"), Some("Bearer undefined"), Some("Bearer")] {
        let answer = graphql(&client, no_token, VIEWER_HANDLE).await.json();
        assert_eq!(answer["data"]["viewer"]["user"]["handle"], "andrewbrown", "{no_token:?}");
    }
    let bearer = format!("Bearer {}", people[1]["token"].as_str().expect("a token"));
    app.clock.advance(TimeDelta::days(1));
    assert_eq!(graphql(&client, Some(&bearer), VIEWER_HANDLE).await.status, 401);
    assert_eq!(graphql(&client, Some("Bearer a.b.c"), VIEWER_HANDLE).await.status, 401);
}

#[tokio::test]
async fn demo_tokens_are_invalid_for_other_demos_and_providers() {
    let app = TestApp::new().await;
    let tokens = tokens(&app.as_user("andrewbrown")).await;
    let bearer = format!("Bearer {}", tokens[0]["token"].as_str().expect("a token"));
    let other = app.as_user("andrewbrown");
    assert_eq!(graphql(&other, Some(&bearer), VIEWER_HANDLE).await.status, 401);
    let file = KeyFile::new();
    let app = TestApp::new().await.with(&cognito(&file.path()));
    let client = app.as_configured();
    assert_eq!(graphql(&client, Some(&bearer), VIEWER_HANDLE).await.status, 401);
    assert_eq!(client.get("/identity/people").await.status, 404);
    assert_eq!(client.get("/identity").await.json()["mode"], "provider");
}

#[tokio::test]
async fn cross_origin_pages_get_no_demo_tokens() {
    let app = TestApp::new().await.with(&["--frontend-url", "*"]);
    let client = app.as_user("andrewbrown");
    for headers in [
        &[("origin", "https://other.example"), ("host", "127.0.0.1:4567")][..],
        &[("origin", "https://other.example"), ("graphql-require-preflight", "1")],
        &[("sec-fetch-site", "cross-site")],
    ] {
        let answer = client.send(Method::GET, "/identity/people", headers, "").await;
        assert_eq!(answer.status, 403, "{headers:?}");
    }
    let own = [("origin", "http://127.0.0.1:4567"), ("host", "127.0.0.1:4567")];
    let answer = client.send(Method::GET, "/identity/people", &own, "").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("cache-control"), "private, no-store");
}

#[test]
fn the_token_command_fetches_a_token_from_the_running_gateway() {
    let gateway = Gateway::start(&[]);
    gateway.wait_until_ready();
    let made = run(&["token", "--handle", "@londo"], &[("PORT", gateway.port())]);
    let token = stdout(&made).trim().to_owned();
    assert!(made.status.success(), "{}", stderr(&made));
    let response = gateway.graphql(Some(&token), VIEWER_HANDLE, json!({}));
    assert_eq!(response["data"]["viewer"]["user"]["handle"], "londo");
    let unknown = run(&["token", "--handle", "nobody"], &[("PORT", gateway.port())]);
    assert_eq!(unknown.status.code(), Some(1));
    gateway.wait_for_log("demo mode");
}

#[test]
fn gateways_with_the_same_secret_accept_each_others_tokens() {
    let secret = "a secret of the tests, long enough for it";
    let first = Gateway::start(&["--demo-token-secret", secret]);
    first.wait_until_ready();
    let made = run(&["token", "--handle", "worf"], &[("DEMO_TOKEN_SECRET", secret)]);
    let bearer = format!("Authorization: Bearer {}", stdout(&made).trim());
    let (status, _) = first.curl("/api/message_groups", &["-H", &bearer]);
    assert_eq!(status, 200);
    let response = first.graphql(Some(stdout(&made).trim()), VIEWER_HANDLE, json!({}));
    assert_eq!(response["data"]["viewer"]["user"]["handle"], "worf");
}

#[test]
fn incomplete_or_conflicting_auth_options_are_rejected() {
    let whole = [
        ("JWKS_URL", "/keys.json"),
        ("JWT_ISSUER", "https://id.example"),
        ("JWT_AUDIENCE", "cruddur"),
    ];
    let pool = ("AWS_COGNITO_USER_POOL_ID", "us-east-1_Test");
    let client = ("AWS_COGNITO_USER_POOL_CLIENT_ID", "client");
    let region = ("AWS_DEFAULT_REGION", "us-east-1");
    let secret = ("DEMO_TOKEN_SECRET", "a secret of the tests, long enough for it");
    for (variables, named) in [
        (vec![whole[0]], "JWT_ISSUER"),
        (vec![whole[1], whole[2]], "JWKS_URL"),
        (vec![whole[0], whole[1]], "JWT_AUDIENCE"),
        (vec![pool], "AWS_COGNITO_USER_POOL_CLIENT_ID"),
        (vec![client, region], "AWS_COGNITO_USER_POOL_ID"),
        (vec![pool, client], "AWS_DEFAULT_REGION"),
        (vec![pool, client, region, whole[1]], "JWT_ISSUER"),
        ([&whole[..], &[("DEMO", "true")]].concat(), "DEMO"),
        ([&whole[..], &[("VIEWER", "andrewbrown")]].concat(), "VIEWER"),
        ([&whole[..], &[secret]].concat(), "DEMO_TOKEN_SECRET"),
        (vec![("DEMO_TOKEN_SECRET", "short")], "DEMO_TOKEN_SECRET"),
        (vec![("JWKS_URL", "ftp://id.example"), whole[1], whole[2]], "JWKS_URL"),
        (vec![("VIEWER_RATE", "20")], "VIEWER_RATE"),
        (vec![("ADDRESS_RATE", "0/1")], "ADDRESS_RATE"),
        (vec![("TRUSTED_PROXIES", "proxy")], "TRUSTED_PROXIES"),
    ] {
        let checked = run(&["check-config"], &variables);
        assert_eq!(checked.status.code(), Some(2), "{variables:?}");
        let error = stderr(&checked);
        assert!(error.starts_with(&format!("cruddur: {named} (")), "{variables:?}: {error}");
        assert!(!error.contains(secret.1), "{error}");
    }
    let variables = [&whole[..], &[("HOST", "0.0.0.0")]].concat();
    assert!(run(&["check-config"], &variables).status.success());
    let token = run(&["token", "--handle", "worf"], &whole);
    assert_eq!(token.status.code(), Some(2));
}
