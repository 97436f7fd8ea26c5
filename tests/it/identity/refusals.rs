use axum::http::Method;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    identity::provider::{
        ANDREW, CLIENT, ISSUER, KeyFile, OTHER_RSA, P256, RSA, SigningKey, VIEWER_HANDLE, access,
        app, now, with_claims,
    },
    support::{Answer, Client},
};

const JSON: (&str, &str) = ("content-type", "application/json");

pub async fn graphql(client: &Client, authorization: Option<&str>, query: &str) -> Answer {
    let mut headers = vec![JSON];
    headers.extend(authorization.map(|it| ("authorization", it)));
    let body = json!({ "query": query }).to_string();
    client.send(Method::POST, "/graphql", &headers, body).await
}

async fn post(client: &Client, authorization: &str) -> Answer {
    let body = json!({ "message": "Hello", "ttl": "1-day" }).to_string();
    let headers = [JSON, ("authorization", authorization)];
    client.send(Method::POST, "/api/activities", &headers, body).await
}

async fn home(client: &Client, authorization: &str) -> Answer {
    let headers = [("authorization", authorization)];
    client.send(Method::GET, "/api/activities/home", &headers, "").await
}

pub async fn assert_rejected(client: &Client, authorization: &str, why: &str) {
    let written = post(client, authorization).await;
    assert_eq!((written.status.as_u16(), written.text.as_str()), (401, "{}"), "{why}");
    let read = home(client, authorization).await;
    assert_eq!(read.status, 200, "{why}");
    let answer = graphql(client, Some(authorization), VIEWER_HANDLE).await;
    assert_eq!(answer.status, 401, "{why}: {}", answer.text);
    assert_eq!(answer.json()["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{why}");
}

pub async fn assert_andrew(client: &Client, token: &str, why: &str) {
    let answer = graphql(client, Some(&format!("Bearer {token}")), VIEWER_HANDLE).await;
    assert_eq!(answer.json()["data"]["viewer"]["user"]["handle"], "andrewbrown", "{why}");
    assert_eq!(post(client, &format!("bearer {token}")).await.status, 200, "{why}");
}

#[tokio::test]
async fn valid_tokens_with_both_algorithms_identify_their_user() {
    let file = KeyFile::new();
    let (app, client) = app(&file.path()).await;
    let claims = access(ANDREW, now(&app));
    assert_andrew(&client, &RSA.token(Some("rsa"), &claims), "RS256").await;
    assert_andrew(&client, &P256.token(Some("p256"), &claims), "ES256").await;
    let id = with_claims(claims, json!({ "client_id": null, "aud": CLIENT, "token_use": "id" }));
    assert_andrew(&client, &RSA.token(Some("rsa"), &id), "an identity token").await;
}

#[tokio::test]
async fn clock_skew_of_up_to_a_minute_is_tolerated() {
    let file = KeyFile::new();
    let (app, client) = app(&file.path()).await;
    let at = |seconds| (now(&app) + TimeDelta::seconds(seconds)).timestamp();
    let token = |others| RSA.token(Some("rsa"), &with_claims(access(ANDREW, now(&app)), others));
    assert_andrew(&client, &token(json!({ "exp": at(-59) })), "just expired").await;
    assert_andrew(&client, &token(json!({ "nbf": at(60) })), "valid within the clock skew").await;
    let expired = token(json!({ "exp": at(-60) }));
    assert_rejected(&client, &format!("Bearer {expired}"), "expired").await;
    let early = token(json!({ "nbf": at(61) }));
    assert_rejected(&client, &format!("Bearer {early}"), "not valid yet").await;
    let good = token(json!({}));
    assert_andrew(&client, &good, "before its expiry").await;
    app.clock.advance(TimeDelta::seconds(3660));
    assert_rejected(&client, &format!("Bearer {good}"), "after its expiry").await;
}

#[tokio::test]
async fn tokens_with_wrong_claims_are_rejected() {
    let file = KeyFile::new();
    let (app, client) = app(&file.path()).await;
    let claims = access(ANDREW, now(&app));
    for others in [
        json!({ "iss": "https://other.example" }),
        json!({ "iss": null }),
        json!({ "client_id": "another-client" }),
        json!({ "client_id": null }),
        json!({ "client_id": null, "aud": CLIENT }),
        json!({ "token_use": "id" }),
        json!({ "token_use": "refresh" }),
        json!({ "token_use": null }),
        json!({ "token_use": "id", "aud": "another-client" }),
        json!({ "token_use": "id", "aud": ["another-client"], "client_id": CLIENT }),
        json!({ "exp": null }),
        json!({ "exp": "4102444800" }),
        json!({ "exp": -1 }),
        json!({ "exp": 1e300 }),
        json!({ "nbf": "now" }),
        json!({ "sub": null }),
        json!({ "sub": "" }),
        json!({ "sub": 7 }),
        json!({ "sub": "a".repeat(256) }),
        json!({ "sub": "a\0b" }),
        json!({ "sub": [ANDREW] }),
        json!({ "iss": format!("{ISSUER}/") }),
        json!({ "iss": [ISSUER] }),
        json!({ "exp": 0 }),
        json!({ "exp": true }),
        json!({ "exp": now(&app).timestamp_millis() }),
        json!({ "nbf": true }),
        json!({ "nbf": -1 }),
        json!({ "token_use": "Access" }),
        json!({ "token_use": ["access"] }),
        json!({ "cnf": { "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" } }),
        json!({ "cnf": { "x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2" } }),
        json!({ "cnf": {} }),
        json!({ "cnf": "key" }),
        json!({ "events": { "http://schemas.openid.net/event/backchannel-logout": {} } }),
        json!({ "events": { "https://schemas.openid.net/secevent/risc/event-type/account-disabled": {} } }),
        json!({ "events": ["http://schemas.openid.net/event/backchannel-logout"] }),
        json!({ "typ": "Refresh" }),
        json!({ "typ": "Offline" }),
        json!({ "typ": "Logout" }),
        json!({ "token_type": "refresh" }),
    ] {
        let token = RSA.token(Some("rsa"), &with_claims(claims.clone(), others.clone()));
        assert_rejected(&client, &format!("Bearer {token}"), &others.to_string()).await;
    }
}

/// A claim of null is not an absent one where null could hide a restriction.
#[tokio::test]
async fn restrictions_of_null_are_rejected() {
    let file = KeyFile::new();
    let (app, client) = app(&file.path()).await;
    for name in ["cnf", "events", "nbf", "exp", "sub", "iss"] {
        let mut claims = access(ANDREW, now(&app));
        claims[name] = Value::Null;
        let token = RSA.token(Some("rsa"), &claims);
        assert_rejected(&client, &format!("Bearer {token}"), name).await;
    }
}

#[tokio::test]
async fn tokens_of_other_types_are_rejected() {
    let file = KeyFile::new();
    let (app, client) = app(&file.path()).await;
    let claims = access(ANDREW, now(&app));
    for typ in [
        json!("logout+jwt"),
        json!("application/logout+jwt"),
        json!("dpop+jwt"),
        json!("secevent+jwt"),
        json!("oauth-authz-req+jwt"),
        json!("token-introspection+jwt"),
        json!("JOSE"),
        json!("rt+jwt"),
        json!("text/jwt"),
        json!("application/application/jwt"),
        json!("jwt "),
        json!(""),
        json!(["JWT"]),
        json!(7),
        json!(null),
    ] {
        let header = json!({ "alg": "RS256", "kid": "rsa", "typ": typ });
        let token = RSA.with_header(&header, &claims);
        assert_rejected(&client, &format!("Bearer {token}"), &typ.to_string()).await;
    }
}

#[tokio::test]
async fn tokens_with_wrong_signatures_are_rejected() {
    let file = KeyFile::new();
    let (app, client) = app(&file.path()).await;
    let claims = access(ANDREW, now(&app));
    let text = |it: &Value| it.as_str().expect("a text").to_owned();
    let public = RSA.jwk("rsa");
    let spki = SigningKey::Secret(text(&public["n"]).into_bytes());
    let json = SigningKey::Secret(public.to_string().into_bytes());
    let good = RSA.token(Some("rsa"), &claims);
    let (signed, signature) = good.rsplit_once('.').expect("a signature");
    let others = P256.token(Some("p256"), &access("MOCK", now(&app)));
    let payload = others.split('.').nth(1).expect("claims");
    let header = good.split('.').next().expect("a header");
    let header_of = |alg: &str, kid: &str| json!({ "alg": alg, "kid": kid });
    let tokens = [
        ("alg none", SigningKey::Unsigned.token(Some("rsa"), &claims)),
        ("alg None", SigningKey::Unsigned.with_header(&header_of("None", "rsa"), &claims)),
        ("alg none with a signature", RSA.with_header(&header_of("none", "rsa"), &claims)),
        ("no signature", format!("{signed}.")),
        ("HS256 with the public key", spki.token(Some("rsa"), &claims)),
        ("HS256 with the JWK", json.token(Some("rsa"), &claims)),
        ("HS256 declared as RS256", spki.with_header(&header_of("RS256", "rsa"), &claims)),
        ("HS256 with an empty secret", SigningKey::Secret(vec![]).token(Some("rsa"), &claims)),
        ("another key", OTHER_RSA.token(Some("rsa"), &claims)),
        ("an unknown key", RSA.token(Some("unknown"), &claims)),
        ("no kid", RSA.token(None, &claims)),
        ("a key of another algorithm", P256.token(Some("rsa"), &claims)),
        ("a key of the other algorithm", RSA.token(Some("p256"), &claims)),
        ("ES256 declared as RS256", P256.with_header(&header_of("RS256", "p256"), &claims)),
        ("RS512", RSA.with_header(&header_of("RS512", "rsa"), &claims)),
        ("other claims", format!("{header}.{payload}.{signature}")),
        (
            "an unknown critical header",
            RSA.with_header(&json!({ "alg": "RS256", "kid": "rsa", "crit": ["x"] }), &claims),
        ),
        ("a longer signature", format!("{good}AAAA")),
        ("a fourth part", format!("{good}.AAAA")),
        ("an oversized signature", format!("{signed}.{}", "A".repeat(20_000))),
    ];
    for (why, token) in tokens {
        assert_rejected(&client, &format!("Bearer {token}"), why).await;
    }
}

#[tokio::test]
async fn malformed_authorization_headers_are_rejected_except_on_public_feeds() {
    let file = KeyFile::new();
    let (app, client) = app(&file.path()).await;
    let good = RSA.token(Some("rsa"), &access(ANDREW, now(&app)));
    for header in [
        "",
        "Bearer",
        "Bearer ",
        "Bearer null",
        "Bearer undefined",
        "Bearer abc",
        "Bearer a.b.c",
        "Bearer ..",
        "null",
        &good,
        &format!("Foo {good}"),
        &format!("Basic {good}"),
    ] {
        assert_rejected(&client, header, header).await;
    }
    let answer = graphql(&client, None, VIEWER_HANDLE).await;
    assert_eq!(answer.text, r#"{"data":{"viewer":null}}"#);
}

#[tokio::test]
async fn two_authorization_headers_are_rejected() {
    let file = KeyFile::new();
    let (app, client) = app(&file.path()).await;
    let good = format!("Bearer {}", RSA.token(Some("rsa"), &access(ANDREW, now(&app))));
    let headers = [JSON, ("authorization", &good), ("authorization", &good)];
    let body = json!({ "query": VIEWER_HANDLE }).to_string();
    assert_eq!(client.send(Method::POST, "/graphql", &headers, body).await.status, 401);
}

#[tokio::test]
async fn tokens_of_any_provider_need_its_issuer_and_audience() {
    let file = KeyFile::new();
    let path: &'static str = file.path().leak();
    let app = crate::support::TestApp::new().await.with(&[
        "--jwks-url",
        path,
        "--jwt-issuer",
        "https://id.example/",
        "--jwt-audience",
        "cruddur",
    ]);
    let client = app.as_configured();
    let claims = |aud: Value| {
        let exp = (now(&app) + TimeDelta::hours(1)).timestamp();
        json!({ "iss": "https://id.example/", "sub": ANDREW, "aud": aud, "exp": exp })
    };
    for aud in [json!("cruddur"), json!(["other", "cruddur"])] {
        assert_andrew(&client, &RSA.token(Some("rsa"), &claims(aud)), "its audience").await;
    }
    for aud in [
        json!("other"),
        json!([]),
        json!(["cruddur2"]),
        Value::Null,
        json!(""),
        json!("Cruddur"),
        json!("cruddur "),
        json!("other cruddur"),
        json!(["cruddur", 7]),
        json!([["cruddur"]]),
        json!({ "cruddur": true }),
        json!(7),
    ] {
        let token = RSA.token(Some("rsa"), &claims(aud.clone()));
        assert_rejected(&client, &format!("Bearer {token}"), &aud.to_string()).await;
    }
    for (token_use, is_valid) in [("access", true), ("id", true), ("refresh", false), ("x", false)]
    {
        let claims = with_claims(claims(json!("cruddur")), json!({ "token_use": token_use }));
        let token = RSA.token(Some("rsa"), &claims);
        if is_valid {
            assert_andrew(&client, &token, token_use).await;
        } else {
            assert_rejected(&client, &format!("Bearer {token}"), token_use).await;
        }
    }
}

#[tokio::test]
async fn placeholder_and_ambiguous_subs_match_no_user() {
    let file = KeyFile::new();
    let (app, client) = app(&file.path()).await;
    let mut twin = cruddur::sources::seed::demo(now(&app));
    twin.users.truncate(2);
    for (number, user) in (0_u128..).zip(&mut twin.users) {
        user.uuid = uuid::Uuid::from_u128(number + 1);
        user.handle = format!("twin{number}");
        user.cognito_user_id = "twin".to_owned();
    }
    twin = cruddur::sources::Dataset { users: twin.users, ..Default::default() };
    app.sources.import(&twin).await.expect("the users can be imported");
    for sub in ["MOCK", "mock", "twin"] {
        let token = format!("Bearer {}", RSA.token(Some("rsa"), &access(sub, now(&app))));
        let answer = graphql(&client, Some(&token), VIEWER_HANDLE).await;
        assert_eq!(answer.text, r#"{"data":{"viewer":null}}"#, "{sub}");
        let written = post(&client, &token).await;
        assert_eq!(
            (written.status.as_u16(), written.text.as_str()),
            (422, r#"["cognito_user_id_blank"]"#),
            "{sub}"
        );
        let answer = graphql(&client, Some(&token), "mutation { registerViewer(input: {handle: \"new\", displayName: \"New\"}) { user { handle } userErrors { code } } }").await;
        assert_ne!(answer.json()["data"]["registerViewer"]["userErrors"], json!([]), "{sub}");
    }
}
