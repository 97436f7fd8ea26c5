//! Signed tokens: JSON Web Signatures in compact form (RFC 7515), with the algorithms of RFC 7518.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use ring::{
    hmac,
    signature::{
        ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
        UnparsedPublicKey,
    },
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// The most bytes of a token.
const MAX_TOKEN: usize = 16 * 1024;

/// A token that has been read. Nothing in it is to be believed before [`Token::claims`].
pub struct Token<'t> {
    pub header: Header,
    claims: Vec<u8>,
    signed: &'t str,
    signature: Vec<u8>,
}

#[derive(Deserialize)]
pub struct Header {
    alg: String,
    /// The name of the key.
    pub kid: Option<String>,
    /// Extensions that a reader must understand. This one knows none.
    crit: Option<Value>,
}

/// What a token is signed with. Its algorithm is a matter of the key: what the token says about it
/// can only agree.
pub enum Key {
    Rs256 {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// The point in uncompressed form.
    Es256(Vec<u8>),
    Hs256(hmac::Key),
}

impl<'t> Token<'t> {
    /// Reads a token; none where the text is none.
    pub fn read(text: &'t str) -> Option<Self> {
        if text.len() > MAX_TOKEN {
            return None;
        }
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        Some(Self {
            header: serde_json::from_slice(&decoded(header)?).ok()?,
            claims: decoded(claims)?,
            signed,
            signature: decoded(signature)?,
        })
    }

    /// What the token says, if the key has signed it and it is an object of the right shape.
    pub fn claims<T: DeserializeOwned>(&self, key: &Key) -> Option<T> {
        if self.header.crit.is_some() || self.header.alg != key.algorithm() {
            return None;
        }
        key.verify(self.signed.as_bytes(), &self.signature)?;
        serde_json::from_slice(&self.claims).ok()
    }
}

impl Key {
    /// Reads a key of a JWKS (RFC 7517); none where it is not for signatures that are known here.
    pub fn read(key: &Value) -> Option<Self> {
        let text = |name: &str| key.get(name).and_then(Value::as_str);
        let fits = |name: &str, value: &str| key.get(name).is_none_or(|it| it == value);
        let bytes = |name: &str| decoded(text(name)?);
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

    /// A token with these claims; none where the key is not for signing.
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

fn decoded(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text).ok()
}
