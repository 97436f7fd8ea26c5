//! Tokens that must be rejected, and unusual ones that must not, by a provider with many kinds of keys.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use serde_json::{Value, json};

use crate::{
    identity::openssl::{OpensslKey, jws_signature},
    identity::provider::{
        ANDREW, JwksServer, OTHER_RSA, P256, RSA, SigningKey, access, app, now, with_claims,
    },
    identity::refusals::{assert_andrew, assert_rejected},
};

const PSS: &[&str] = &["-sigopt", "rsa_padding_mode:pss"];

/// Returns a token of the three texts.
fn joined(header: &str, claims: &str, sign: impl Fn(&str) -> Vec<u8>) -> String {
    let signed = format!("{}.{}", BASE64.encode(header), BASE64.encode(claims));
    format!("{signed}.{}", BASE64.encode(sign(&signed)))
}

fn header(alg: &str, kid: &str) -> Value {
    json!({ "alg": alg, "kid": kid })
}

/// Returns a JWK with some members added.
fn jwk(key: Value, others: Value) -> Value {
    with_claims(key, others)
}

#[tokio::test]
async fn keys_of_other_kinds_verify_nothing() {
    let (small, p384, k256) =
        (OpensslKey::rsa(1024, 65537), OpensslKey::ec("P-384"), OpensslKey::ec("secp256k1"));
    let even = json!({ "kty": "RSA", "kid": "even", "n": BASE64.encode([2; 256]), "e": "AQAB" });
    let rsa = |others| jwk(RSA.jwk("x"), others);
    let secret = b"a secret of 32 characters or more";
    let server = JwksServer::start(&[
        RSA.jwk("good"),
        jwk(small.rsa_jwk(65537), json!({ "kid": "small" })),
        jwk(p384.ec_jwk("P-384", 48), json!({ "kid": "p384" })),
        jwk(k256.ec_jwk("P-256", 32), json!({ "kid": "k256" })),
        jwk(k256.ec_jwk("secp256k1", 32), json!({ "kid": "k1" })),
        json!({ "kty": "oct", "kid": "oct", "k": BASE64.encode(secret) }),
        json!({ "kty": "oct", "kid": "oct256", "k": BASE64.encode(secret), "alg": "HS256" }),
        even,
        rsa(json!({ "kid": "enc", "use": "enc" })),
        rsa(json!({ "kid": "use", "use": 7 })),
        rsa(json!({ "kid": "sign", "key_ops": ["sign"] })),
        rsa(json!({ "kid": "ops", "key_ops": "verify" })),
        rsa(json!({ "kid": "rs512", "alg": "RS512" })),
        rsa(json!({ "kid": "ps256", "alg": "PS256" })),
        rsa(json!({ "kid": "text", "kty": "rsa" })),
        rsa(json!({ "kid": "empty", "n": "" })),
        rsa(json!({ "kid": "padded", "e": "AQAB=" })),
        rsa(json!({ "kid": 7 })),
        rsa(json!({ "kid": "twin" })),
        jwk(OTHER_RSA.jwk("twin"), json!({})),
    ])
    .await;
    let (app, client) = app(&server.url).await;
    let claims = access(ANDREW, now(&app));
    let text = claims.to_string();
    assert_andrew(&client, &RSA.token(Some("good"), &claims), "the good key").await;
    let small = |signed: &str| small.sign(signed, "sha256", &[]);
    let p384 = |hash, signed: &str| jws_signature(&p384.sign(signed, hash, &[]), 48);
    let k256 = |signed: &str| jws_signature(&k256.sign(signed, "sha256", &[]), 32);
    let of_rsa = |kid: &str| (kid.to_owned(), RSA.with_header(&header("RS256", kid), &claims));
    let mut tokens = vec![
        ("1024 bits".to_owned(), joined(&header("RS256", "small").to_string(), &text, small)),
        (
            "P-384".to_owned(),
            joined(&header("ES384", "p384").to_string(), &text, |it| p384("sha384", it)),
        ),
        (
            "P-384 as ES256".to_owned(),
            joined(&header("ES256", "p384").to_string(), &text, |it| p384("sha256", it)),
        ),
        ("secp256k1 as P-256".into(), joined(&header("ES256", "k256").to_string(), &text, k256)),
        ("secp256k1".into(), joined(&header("ES256K", "k1").to_string(), &text, k256)),
        ("secp256k1 as ES256".into(), joined(&header("ES256", "k1").to_string(), &text, k256)),
    ];
    for kid in ["oct", "oct256"] {
        tokens.push((kid.into(), SigningKey::Secret(secret.to_vec()).token(Some(kid), &claims)));
    }
    let kids = ["even", "enc", "use", "sign", "ops", "rs512", "ps256", "text", "empty", "padded"];
    tokens.extend(kids.into_iter().chain(["twin", "7"]).map(of_rsa));
    tokens.push((
        "a numeric kid".into(),
        RSA.with_header(&json!({ "alg": "RS256", "kid": 7 }), &claims),
    ));
    for (why, token) in tokens {
        assert_rejected(&client, &format!("Bearer {token}"), &why).await;
    }
    assert_eq!(server.fetches(), 1);
}

#[tokio::test]
async fn forged_headers_and_signatures_are_rejected() {
    let (own, elsewhere) =
        (OpensslKey::rsa(2048, 65537), JwksServer::start(&[OTHER_RSA.jwk("o")]).await);
    let ec = OpensslKey::ec("P-256");
    let server = JwksServer::start(&[
        jwk(own.rsa_jwk(65537), json!({ "kid": "own" })),
        jwk(ec.ec_jwk("P-256", 32), json!({ "kid": "ec" })),
        RSA.jwk("rsa"),
    ])
    .await;
    let (app, client) = app(&server.url).await;
    let claims = access(ANDREW, now(&app));
    let text = claims.to_string();
    let sign = |hash: &'static str, options: &'static [&'static str]| {
        let own = &own;
        move |signed: &str| own.sign(signed, hash, options)
    };
    let with_alg = |alg: &str, sign: &dyn Fn(&str) -> Vec<u8>| {
        joined(&header(alg, "own").to_string(), &text, sign)
    };
    let good = with_alg("RS256", &sign("sha256", &[]));
    assert_andrew(&client, &good, "the good token").await;
    let raw = |signed: &str| jws_signature(&ec.sign(signed, "sha256", &[]), 32);
    let ec_header = header("ES256", "ec").to_string();
    let good_ec = joined(&ec_header, &text, raw);
    assert_andrew(&client, &good_ec, "the good token of the elliptic key").await;

    let hmac = |secret: Vec<u8>| SigningKey::Secret(secret).token(Some("own"), &claims);
    let forged = |others: Value| {
        let header = with_claims(header("RS256", "rsa"), others);
        OTHER_RSA.with_header(&header, &claims)
    };
    let signed_with =
        |others: Value| RSA.with_header(&with_claims(header("RS256", "rsa"), others), &claims);
    let raw_header = |header: &str| joined(header, &text, sign("sha256", &[]));
    let raw_claims =
        |claims: &str| joined(&header("RS256", "own").to_string(), claims, sign("sha256", &[]));
    let (signed, signature) = good.rsplit_once('.').expect("a signature");
    let ec_signed = good_ec.rsplit_once('.').expect("a signature").0;
    let with_signature = |signature: &[u8]| format!("{ec_signed}.{}", BASE64.encode(signature));
    // The last character of a signature of 256 bytes holds two bits, and the rest must be zero.
    let last = signature.chars().last().expect("a character");
    let trailing = char::from(u8::try_from(last).expect("ASCII") + 1);
    let shorter = &signature[..signature.len() - 1];
    let first_claim = &text[1..];
    let tokens = [
        ("HS256 with the PEM", hmac(own.public("PEM"))),
        ("HS256 with the DER", hmac(own.public("DER"))),
        ("RS512", with_alg("RS512", &sign("sha512", &[]))),
        ("RS384", with_alg("RS384", &sign("sha384", &[]))),
        ("RS512 declared as RS256", with_alg("RS256", &sign("sha512", &[]))),
        ("PS256", with_alg("PS256", &sign("sha256", PSS))),
        ("PS256 declared as RS256", with_alg("RS256", &sign("sha256", PSS))),
        ("a lower-case alg", with_alg("rs256", &sign("sha256", &[]))),
        ("no alg", raw_header(r#"{"kid":"own"}"#)),
        ("an alg of null", raw_header(r#"{"alg":null,"kid":"own"}"#)),
        ("a header that is a list", raw_header(r#"["RS256","own"]"#)),
        ("a kid of null", raw_header(r#"{"alg":"RS256","kid":null}"#)),
        ("a kid that is a list", raw_header(r#"{"alg":"RS256","kid":["own"]}"#)),
        ("doubled alg", raw_header(r#"{"alg":"none","alg":"RS256","kid":"own"}"#)),
        ("doubled kid", raw_header(r#"{"alg":"RS256","kid":"rsa","kid":"own"}"#)),
        ("an empty kid", forged(json!({ "kid": "" }))),
        ("a huge kid", forged(json!({ "kid": "k".repeat(8_000) }))),
        ("a kid of SQL", forged(json!({ "kid": "own' OR '1'='1" }))),
        ("a kid with a path", forged(json!({ "kid": "../../../dev/null" }))),
        ("its own jwk", forged(json!({ "jwk": OTHER_RSA.jwk("rsa") }))),
        ("its own jku", forged(json!({ "kid": "o", "jku": elsewhere.url }))),
        ("its own x5u", forged(json!({ "kid": "o", "x5u": elsewhere.url }))),
        ("crit", signed_with(json!({ "crit": ["exp"], "exp": 1 }))),
        ("crit of nothing", signed_with(json!({ "crit": [] }))),
        ("crit of null", raw_header(r#"{"alg":"RS256","kid":"own","crit":null}"#)),
        ("crit and b64", signed_with(json!({ "crit": ["b64"], "b64": false }))),
        ("doubled sub", raw_claims(&format!(r#"{{"sub":"MOCK",{first_claim}"#))),
        ("doubled exp", raw_claims(&format!(r#"{{"exp":9999999999,{first_claim}"#))),
        ("claims that are a list", raw_claims(&format!("[{text}]"))),
        ("claims that are not JSON", raw_claims("sub=andrewbrown")),
        ("no claims", raw_claims("")),
        ("claims and more", raw_claims(&format!("{text}{{}}"))),
        ("a byte order mark", raw_claims(&format!("\u{feff}{text}"))),
        (
            "3,000 nested lists",
            raw_claims(&format!("{{\"a\":{}{},{first_claim}", "[".repeat(3000), "]".repeat(3000))),
        ),
        ("padding", format!("{good}==")),
        ("padded claims", raw_claims(&text).replacen('.', "=.", 1)),
        ("trailing bits", format!("{signed}.{shorter}{trailing}")),
        ("a shorter signature", format!("{signed}.{shorter}")),
        ("a line end", format!("{good}%0A")),
        ("the standard alphabet", format!("{signed}.{}", "+/".repeat(171))),
        ("a DER signature", with_signature(&ec.sign(ec_signed, "sha256", &[]))),
        ("a zero signature", with_signature(&[0; 64])),
        ("a signature of ones", with_signature(&[255; 64])),
        ("half a signature", with_signature(&raw(ec_signed)[..32])),
        ("an empty signature", format!("{ec_signed}.")),
        ("two parts", ec_signed.to_owned()),
        ("17 kB", raw_claims(&format!(r#"{{"more":"{}",{first_claim}"#, "a".repeat(12_500)))),
    ];
    for (why, token) in &tokens {
        assert_rejected(&client, &format!("Bearer {token}"), why).await;
    }
    assert!(tokens.last().expect("a token").1.len() > 16 * 1024);
    assert_eq!((server.fetches(), elsewhere.fetches()), (1, 0));
}

#[tokio::test]
async fn unusual_but_valid_tokens_are_accepted() {
    let three = OpensslKey::rsa(2048, 3);
    let zeros = {
        let mut key = RSA.jwk("zeros");
        let n = BASE64.decode(key["n"].as_str().expect("a text")).expect("base64");
        key["n"] = json!(BASE64.encode([&[0][..], &n].concat()));
        key
    };
    let server = JwksServer::start(&[
        jwk(three.rsa_jwk(3), json!({ "kid": "three" })),
        zeros,
        RSA.jwk("../../etc/passwd"),
        RSA.jwk("nul\0"),
        RSA.jwk("rsa"),
        P256.jwk("p256"),
        jwk(RSA.jwk("ops"), json!({ "use": null, "key_ops": ["verify", "sign"] })),
    ])
    .await;
    let (app, client) = app(&server.url).await;
    let claims = access(ANDREW, now(&app));
    let exp = claims["exp"].as_i64().expect("a number");
    let of_three = joined(&header("RS256", "three").to_string(), &claims.to_string(), |signed| {
        three.sign(signed, "sha256", &[])
    });
    let claiming = |others| RSA.token(Some("rsa"), &with_claims(claims.clone(), others));
    let typed = |typ: &str| {
        let header = json!({ "alg": "RS256", "kid": "rsa", "typ": typ });
        RSA.with_header(&header, &claims)
    };
    for (why, token) in [
        ("an exponent of 3", of_three),
        ("leading zeros in the key", RSA.token(Some("zeros"), &claims)),
        ("a kid with a path", RSA.token(Some("../../etc/passwd"), &claims)),
        ("a kid with NUL", RSA.token(Some("nul\0"), &claims)),
        ("a key with operations", RSA.token(Some("ops"), &claims)),
        ("ES256", P256.token(Some("p256"), &claims)),
        ("an exp with a fraction", claiming(json!({ "exp": exp as f64 + 0.5 }))),
        ("an exp with an exponent", claiming(json!({ "exp": 4.1e9 }))),
        ("an nbf in the past", claiming(json!({ "nbf": 0 }))),
        ("unknown claims", claiming(json!({ "scope": "a b", "cognito:groups": ["x"] }))),
        ("an id token", claiming(json!({ "token_use": "id", "aud": ["x", "the-client"] }))),
        ("JWT", typed("JWT")),
        ("jwt", typed("jwt")),
        ("at+jwt", typed("at+jwt")),
        ("AT+JWT", typed("AT+JWT")),
        ("application/jwt", typed("application/jwt")),
        ("Application/at+JWT", typed("Application/at+JWT")),
        (
            "unknown headers",
            RSA.with_header(&json!({ "alg": "RS256", "kid": "rsa", "x": [1] }), &claims),
        ),
    ] {
        assert_andrew(&client, &token, why).await;
    }
    assert_eq!(server.fetches(), 1);
}
