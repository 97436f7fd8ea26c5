//! An identity provider for the tests: its keys, which each run generates, its tokens and its JWKS
//! server.

use std::{
    fs,
    process::Command,
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicU16, AtomicUsize, Ordering},
    },
};

use axum::{Router, http::StatusCode, routing::get};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use chrono::TimeDelta;
use cruddur::{domain::Timestamp, service::Clock};
use ring::{
    hmac,
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
        RsaPublicKeyComponents,
    },
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{Client, TestApp};

pub const POOL: &str = "us-east-1_Test";
pub const CLIENT: &str = "the-client";
pub const ISSUER: &str = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Test";
/// The `sub` of andrewbrown among the demo people.
pub const ANDREW: &str = "f73f4b05-a59e-468b-8a29-a1c39e7a2222";
pub const ALT: &str = "f73f4b05-a59e-468b-8a29-a1c39e7a3333";
pub const BAYKO: &str = "f73f4b05-a59e-468b-8a29-a1c39e7a4444";
/// A `sub` that no user has.
pub const UNREGISTERED: &str = "00000000-dead-beef-0000-000000000000";

/// A query for the viewer's handle.
pub const VIEWER_HANDLE: &str = "{ viewer { user { handle } } }";

/// A key that signs tokens.
pub enum SigningKey {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    Secret(Vec<u8>),
    /// The algorithm `none`, which has an empty signature.
    Unsigned,
}

fn rsa() -> SigningKey {
    let bits = "rsa_keygen_bits:2048";
    let made = Command::new("openssl")
        .args(["genpkey", "-algorithm", "RSA", "-pkeyopt", bits, "-outform", "DER"])
        .output()
        .expect("openssl runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    // Some versions of openssl write PKCS#8, others the bare key.
    let pair = RsaKeyPair::from_pkcs8(&made.stdout).or_else(|_| RsaKeyPair::from_der(&made.stdout));
    SigningKey::Rsa(pair.expect("a key"))
}

pub static RSA: LazyLock<SigningKey> = LazyLock::new(rsa);
pub static OTHER_RSA: LazyLock<SigningKey> = LazyLock::new(rsa);
pub static P256: LazyLock<SigningKey> = LazyLock::new(p256);

pub fn p256() -> SigningKey {
    let (random, kind) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
    let made = EcdsaKeyPair::generate_pkcs8(kind, &random).expect("a key");
    SigningKey::P256(EcdsaKeyPair::from_pkcs8(kind, made.as_ref(), &random).expect("a key"))
}

impl SigningKey {
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RS256",
            Self::P256(_) => "ES256",
            Self::Secret(_) => "HS256",
            Self::Unsigned => "none",
        }
    }

    /// Returns the public key as a JWK.
    pub fn jwk(&self, kid: &str) -> Value {
        match self {
            Self::Rsa(pair) => {
                let RsaPublicKeyComponents { n, e } =
                    RsaPublicKeyComponents::<Vec<u8>>::from(pair.public());
                let (n, e) = (BASE64.encode(n), BASE64.encode(e));
                json!({ "kty": "RSA", "alg": "RS256", "use": "sig", "kid": kid, "n": n, "e": e })
            }
            Self::P256(pair) => {
                let point = pair.public_key().as_ref();
                let (x, y) = (BASE64.encode(&point[1..33]), BASE64.encode(&point[33..]));
                json!({ "kty": "EC", "crv": "P-256", "use": "sig", "kid": kid, "x": x, "y": y })
            }
            Self::Secret(_) | Self::Unsigned => panic!("the key is not public"),
        }
    }

    fn sign(&self, text: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, text, &mut signature).expect("the key signs");
                signature
            }
            Self::P256(pair) => pair.sign(&random, text).expect("the key signs").as_ref().to_vec(),
            Self::Secret(secret) => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
                hmac::sign(&key, text).as_ref().to_vec()
            }
            Self::Unsigned => Vec::new(),
        }
    }

    pub fn token(&self, kid: Option<&str>, claims: &Value) -> String {
        self.with_header(&json!({ "alg": self.algorithm(), "kid": kid }), claims)
    }

    pub fn with_header(&self, header: &Value, claims: &Value) -> String {
        let mut header = header.clone();
        if header["kid"].is_null() {
            header.as_object_mut().expect("an object").remove("kid");
        }
        let part = |json: &Value| BASE64.encode(json.to_string());
        let signed = format!("{}.{}", part(&header), part(claims));
        format!("{signed}.{}", BASE64.encode(self.sign(signed.as_bytes())))
    }
}

/// Returns the claims of an access token of Cognito, which expires an hour after `now`.
pub fn access(sub: &str, now: Timestamp) -> Value {
    json!({
        "sub": sub,
        "iss": ISSUER,
        "client_id": CLIENT,
        "token_use": "access",
        "exp": (now + TimeDelta::hours(1)).timestamp(),
    })
}

/// Returns claims with some of them replaced. A null removes a claim.
pub fn with_claims(mut claims: Value, changes: Value) -> Value {
    let all = claims.as_object_mut().expect("an object");
    for (name, value) in changes.as_object().expect("an object") {
        all.remove(name);
        if !value.is_null() {
            all.insert(name.clone(), value.clone());
        }
    }
    claims
}

/// A server of a JWKS that counts its requests.
#[derive(Clone)]
pub struct JwksServer {
    pub url: String,
    keys: Arc<Mutex<Value>>,
    fetches: Arc<AtomicUsize>,
    status: Arc<AtomicU16>,
}

impl JwksServer {
    pub async fn start(keys: &[Value]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let server = Self {
            url: format!("http://127.0.0.1:{port}/jwks.json"),
            keys: Arc::new(Mutex::new(json!({ "keys": keys }))),
            fetches: Arc::default(),
            status: Arc::new(AtomicU16::new(200)),
        };
        let shared = server.clone();
        let respond = move || {
            shared.fetches.fetch_add(1, Ordering::SeqCst);
            let status = StatusCode::from_u16(shared.status.load(Ordering::SeqCst));
            let body = shared.keys.lock().expect("no panic").to_string();
            async move { (status.expect("a status"), body) }
        };
        let router = Router::new().route("/jwks.json", get(respond));
        tokio::spawn(async move { axum::serve(listener, router).await });
        server
    }

    pub fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    /// Replaces the keys.
    pub fn rotate(&self, keys: &[Value]) {
        *self.keys.lock().expect("no panic") = json!({ "keys": keys });
    }

    /// Sets the status of the following responses.
    pub fn respond_with(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }
}

/// A file with the JWKS of the tests' provider.
pub struct KeyFile(tempfile::TempDir);

impl KeyFile {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let keys = json!({ "keys": [RSA.jwk("rsa"), P256.jwk("p256")] });
        fs::write(folder.path().join("jwks.json"), keys.to_string())
            .expect("the file can be written");
        Self(folder)
    }

    pub fn path(&self) -> String {
        self.0.path().join("jwks.json").display().to_string()
    }
}

/// Returns the flags of a gateway that trusts the tests' provider. `jwks` is a URL or a file.
pub fn cognito(jwks: &str) -> Vec<&'static str> {
    // Leaked because `TestApp` takes static flags; tests are short-lived.
    let jwks: &'static str = jwks.to_owned().leak();
    vec![
        "--jwks-url",
        jwks,
        "--aws-cognito-user-pool-id",
        POOL,
        "--aws-cognito-user-pool-client-id",
        CLIENT,
        "--aws-default-region",
        "us-east-1",
        "--rest",
        "final",
    ]
}

/// Returns a gateway over the demo data that trusts the tests' provider, and its client.
pub async fn app(jwks: &str) -> (TestApp, Client) {
    let app = TestApp::new().await.with(&cognito(jwks)).with(&["--address-rate", "off"]);
    let client = app.as_configured();
    (app, client)
}

pub fn now(app: &TestApp) -> Timestamp {
    app.clock.now()
}
