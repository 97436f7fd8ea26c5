//! Signed tokens: JSON Web Signatures in compact form (RFC 7515), with the algorithms of RFC 7518.
//!
//! This uses ring, which is linked for TLS already. The crate jsonwebtoken would need aws-lc-rs, which
//! needs a C toolchain, or RustCrypto, whose `rsa` has the advisory RUSTSEC-2023-0071.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use ring::{
    hmac,
    signature::{
        ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
        UnparsedPublicKey,
    },
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::json;

/// The most bytes of a token.
const MAX_TOKEN: usize = 16 * 1024;

/// A parsed token. Nothing in it can be trusted until [`Token::claims`] has verified it.
pub struct Token<'t> {
    pub header: Header,
    claims: Vec<u8>,
    signed: &'t str,
    signature: Vec<u8>,
}

#[derive(Deserialize)]
pub struct Header {
    alg: String,
    /// The id of the key that signed the token.
    pub kid: Option<String>,
    /// The kind of token (RFC 7515 section 4.1.9).
    #[serde(default, deserialize_with = "present")]
    typ: Option<String>,
    /// Extensions that the verifier must understand. This one supports none.
    #[serde(default, deserialize_with = "present")]
    crit: Option<Value>,
}

impl Header {
    /// Returns whether the token is a JWT (RFC 7519 section 5.1) or an access token (RFC 9068 section
    /// 2.1), or does not say. Others, such as logout tokens and security events, are signed by the
    /// same key for another purpose (RFC 8725 section 3.11).
    fn is_bearer_token(&self) -> bool {
        const TYPES: [&str; 2] = ["jwt", "at+jwt"];
        self.typ.as_ref().is_none_or(|typ| {
            let typ = typ.to_ascii_lowercase();
            TYPES.contains(&typ.strip_prefix("application/").unwrap_or(&typ))
        })
    }
}

/// A key that verifies or signs tokens. The key decides the algorithm: a token that names another
/// one is invalid.
pub enum SigningKey {
    Rs256 {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// The point on P-256 in uncompressed form.
    Es256(Vec<u8>),
    Hs256(hmac::Key),
}

impl<'t> Token<'t> {
    /// Parses a token. Returns `None` if it is malformed or too long.
    pub fn parse(text: &'t str) -> Option<Self> {
        if text.len() > MAX_TOKEN {
            return None;
        }
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        Some(Self {
            header: object(&decode(header)?)?,
            claims: decode(claims)?,
            signed,
            signature: decode(signature)?,
        })
    }

    /// Returns the claims, or `None` if the key did not sign the token, it is not a bearer token, or
    /// the claims have another shape than `T`.
    pub fn claims<T: DeserializeOwned>(&self, key: &SigningKey) -> Option<T> {
        let Header { alg, crit, .. } = &self.header;
        if crit.is_some() || alg != key.algorithm() || !self.header.is_bearer_token() {
            return None;
        }
        key.verify(self.signed.as_bytes(), &self.signature)?;
        object(&self.claims)
    }
}

impl SigningKey {
    /// Parses a key of a JWKS (RFC 7517). Returns `None` if it is malformed or not for signatures with
    /// RS256 or ES256.
    pub fn parse(key: &Value) -> Option<Self> {
        let text = |name: &str| key.get(name).and_then(Value::as_str);
        let fits = |name: &str, value: &str| key.get(name).is_none_or(|it| it == value);
        let bytes = |name: &str| decode(text(name)?);
        let verifies = |it: &Value| it.as_array().is_some_and(|it| it.contains(&json!("verify")));
        if !fits("use", "sig") || !key.get("key_ops").is_none_or(verifies) {
            return None;
        }
        match text("kty")? {
            "RSA" if fits("alg", "RS256") => {
                let number = |name| {
                    let bytes: Vec<_> =
                        bytes(name)?.into_iter().skip_while(|it| *it == 0).collect();
                    Some(bytes).filter(|bytes| !bytes.is_empty())
                };
                Some(Self::Rs256 { n: number("n")?, e: number("e")? })
            }
            "EC" if fits("alg", "ES256") && text("crv") == Some("P-256") => {
                let (x, y) = (bytes("x")?, bytes("y")?);
                let whole = x.len() == 32 && y.len() == 32;
                whole.then(|| Self::Es256([vec![4], x, y].concat()))
            }
            _ => None,
        }
    }

    /// Signs a token with these claims. Returns `None` if the key can only verify.
    pub fn sign(&self, claims: &Value) -> Option<String> {
        let Self::Hs256(key) = self else { return None };
        let part = |json: &Value| BASE64.encode(json.to_string());
        let header = json!({ "alg": self.algorithm(), "typ": "JWT" });
        let signed = format!("{}.{}", part(&header), part(claims));
        let signature = BASE64.encode(hmac::sign(key, signed.as_bytes()));
        Some(format!("{signed}.{signature}"))
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Rs256 { .. } => "RS256",
            Self::Es256(_) => "ES256",
            Self::Hs256(_) => "HS256",
        }
    }

    fn verify(&self, signed: &[u8], signature: &[u8]) -> Option<()> {
        let verified = match self {
            Self::Rs256 { n, e } => RsaPublicKeyComponents { n, e }.verify(
                &RSA_PKCS1_2048_8192_SHA256,
                signed,
                signature,
            ),
            Self::Es256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed, signature)
            }
            Self::Hs256(key) => hmac::verify(key, signed, signature),
        };
        verified.ok()
    }
}

/// Parses a JSON object whose names differ and whose values are not nested deeply. Without the check
/// serde would take a list of the fields, too.
fn object<T: DeserializeOwned>(text: &[u8]) -> Option<T> {
    if !text.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    json::from_slice(text).ok()
}

/// Deserializes an optional field that must not be null.
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text).ok()
}
