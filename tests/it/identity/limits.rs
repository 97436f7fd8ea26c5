use axum::http::Method;
use chrono::TimeDelta;
use serde_json::json;

use crate::{
    identity::provider::{ALT, ANDREW, KeyFile, RSA, access, cognito, now},
    identity::refusals::graphql,
    support::gateway::Gateway,
    support::{Answer, Client, TestApp},
};

fn assert_rate_limited(response: &Answer, retry_after: &str) {
    assert_eq!(
        (response.status.as_u16(), response.header("retry-after")),
        (429, retry_after),
        "{}",
        response.text
    );
}

async fn groups(client: &Client, token: &str) -> Answer {
    let headers = [("authorization", &*format!("Bearer {token}"))];
    client.send(Method::GET, "/api/message_groups", &headers, "").await
}

#[tokio::test]
async fn each_viewer_has_a_separate_rate_limit() {
    let file = KeyFile::new();
    let app = TestApp::new().await.with(&cognito(&file.path())).with(&["--viewer-rate", "1/3"]);
    let client = app.as_configured();
    let [andrew, alt] = [ANDREW, ALT].map(|sub| RSA.token(Some("rsa"), &access(sub, now(&app))));
    for _ in 0..3 {
        assert_eq!(groups(&client, &andrew).await.status, 200);
    }
    let refused = groups(&client, &andrew).await;
    assert_rate_limited(&refused, "1");
    assert_eq!(refused.json(), json!(["too_many_requests"]));
    let refused = graphql(&client, Some(&format!("Bearer {andrew}")), "{ __typename }").await;
    assert_rate_limited(&refused, "1");
    assert_eq!(refused.json()["errors"][0]["extensions"]["code"], "TOO_MANY_REQUESTS");
    assert_eq!(groups(&client, &alt).await.status, 200);
    app.clock.advance(TimeDelta::seconds(1));
    assert_eq!(groups(&client, &andrew).await.status, 200);
    assert_rate_limited(&groups(&client, &andrew).await, "1");
}

#[tokio::test]
async fn each_address_has_a_rate_limit_except_for_health_checks() {
    let app = TestApp::new().await.with(&["--address-rate", "1/2"]);
    let client = app.anon();
    for _ in 0..2 {
        assert_eq!(client.get("/api/activities/home").await.status, 200);
    }
    assert_rate_limited(&client.get("/api/activities/home").await, "1");
    assert_rate_limited(&graphql(&client, Some("Bearer a.b.c"), "{ __typename }").await, "1");
    for _ in 0..20 {
        assert_eq!(client.get("/health/ready").await.status, 200);
        assert_eq!(client.get("/health/live").await.status, 200);
    }
}

#[test]
fn forwarded_addresses_are_used_only_from_trusted_proxies() {
    let limited = ["--address-rate", "1/1"];
    let request = |gateway: &Gateway, from: &str| {
        let header = format!("X-Forwarded-For: {from}");
        gateway.curl("/api/activities/home", &["-H", &header]).0
    };
    let trusting =
        Gateway::start(&[&limited[..], &["--trusted-proxies", "127.0.0.0/8, 10.1.1.1"]].concat());
    trusting.wait_until_ready();
    for address in ["192.0.2.1", "192.0.2.2", "2001:db8:1::1", "2001:db8:2::1"] {
        assert_eq!(request(&trusting, address), 200, "{address}");
    }
    // Addresses forged by the client come before those that the proxies append.
    let mut refused = 0;
    for number in 0..5 {
        let forged = format!("198.51.100.{number}, 203.0.113.9, 10.1.1.1");
        refused += usize::from(request(&trusting, &forged) == 429);
    }
    assert!(refused >= 3, "{refused}");
    let plain = Gateway::start(&limited);
    plain.wait_until_ready();
    let statuses: Vec<_> = (0..5).map(|it| request(&plain, &format!("192.0.2.{it}"))).collect();
    assert!(statuses.iter().filter(|status| **status == 429).count() >= 3, "{statuses:?}");
}

#[tokio::test]
async fn an_ipv6_56_prefix_shares_one_rate_limit() {
    let app = TestApp::new().await.with(&["--address-rate", "1/1", "--trusted-proxies", "0.0.0.0"]);
    let client = app.anon();
    let request = async |from: &str| {
        let headers = [("x-forwarded-for", from)];
        client.send(Method::GET, "/api/activities/home", &headers, "").await.status.as_u16()
    };
    assert_eq!(request("2001:db8:0:1::1").await, 200);
    assert_eq!(request("2001:db8:0:1::2").await, 429);
    assert_eq!(request("2001:db8:0:2::1").await, 429);
    assert_eq!(request("2001:db8:0:100::1").await, 200);
    assert_eq!(request("[2001:db8:0:1ff::1]").await, 429);
    assert_eq!(request("[2001:db8:0:1ff::1]:443").await, 429);
    assert_eq!(request("192.0.2.1, ::ffff:192.0.2.9").await, 200);
    assert_eq!(request("192.0.2.9").await, 429);
    assert_eq!(request("192.0.2.9:443").await, 429);
    assert_eq!(request("192.0.2.10:443").await, 200);
    assert_eq!(request("nonsense").await, 200);
    assert_eq!(request("192.0.2.77, nonsense").await, 429);
}

#[tokio::test]
async fn an_ipv6_48_prefix_has_16_times_the_rate_limit() {
    let app = TestApp::new().await.with(&["--address-rate", "1/1", "--trusted-proxies", "0.0.0.0"]);
    let client = app.anon();
    let served = async |site: u16| {
        let mut served = 0;
        for number in 0..40u16 {
            let from = format!("2001:db8:{site:x}:{:x}::1", number << 8);
            let headers = [("x-forwarded-for", &*from)];
            let answer = client.send(Method::GET, "/api/activities/home", &headers, "").await;
            served += usize::from(answer.status == 200);
        }
        served
    };
    assert_eq!(served(1).await, 16);
    assert_eq!(served(2).await, 16);
    app.clock.advance(TimeDelta::seconds(1));
    assert_eq!(served(1).await, 16);
}
