//! Keys that ring does not generate or sign with, by the openssl program.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A private key in a file.
pub struct OpensslKey(TempDir);

fn openssl(args: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new("openssl")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("openssl runs");
    child.stdin.take().expect("a pipe").write_all(input).expect("openssl reads");
    let output = child.wait_with_output().expect("openssl ends");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

impl OpensslKey {
    /// Generates an RSA key.
    pub fn rsa(bits: u32, exponent: u32) -> Self {
        let (bits, exponent) =
            (format!("rsa_keygen_bits:{bits}"), format!("rsa_keygen_pubexp:{exponent}"));
        Self::generate("RSA", &["-pkeyopt", &bits, "-pkeyopt", &exponent])
    }

    /// Generates a key on an elliptic curve.
    pub fn ec(curve: &str) -> Self {
        let curve = format!("ec_paramgen_curve:{curve}");
        Self::generate("EC", &["-pkeyopt", &curve, "-pkeyopt", "ec_param_enc:named_curve"])
    }

    fn generate(algorithm: &str, options: &[&str]) -> Self {
        let key = Self(tempfile::tempdir().expect("a folder"));
        let path = key.path();
        openssl(&[&["genpkey", "-algorithm", algorithm, "-out", &path], options].concat(), b"");
        key
    }

    fn path(&self) -> String {
        self.0.path().join("key.pem").display().to_string()
    }

    /// Returns the public key in the form `PEM` or `DER`.
    pub fn public(&self, form: &str) -> Vec<u8> {
        openssl(&["pkey", "-in", &self.path(), "-pubout", "-outform", form], b"")
    }

    /// Returns the JWK of an RSA key without `kid` and `alg`.
    pub fn rsa_jwk(&self, exponent: u32) -> Value {
        let modulus = openssl(&["rsa", "-in", &self.path(), "-noout", "-modulus"], b"");
        let modulus = String::from_utf8(modulus).expect("ASCII");
        let modulus = modulus.trim().trim_start_matches("Modulus=");
        let n = BASE64.encode(hex::decode(modulus).expect("hexadecimal"));
        let e = exponent.to_be_bytes().into_iter().skip_while(|byte| *byte == 0);
        json!({ "kty": "RSA", "n": n, "e": BASE64.encode(e.collect::<Vec<u8>>()) })
    }

    /// Returns the JWK of an elliptic key with coordinates of `size` bytes, under any curve's name.
    pub fn ec_jwk(&self, curve: &str, size: usize) -> Value {
        let der = self.public("DER");
        let (x, y) = der[der.len() - 2 * size..].split_at(size);
        json!({ "kty": "EC", "crv": curve, "x": BASE64.encode(x), "y": BASE64.encode(y) })
    }

    /// Signs a token's header and claims. `hash` is such as `sha256`.
    pub fn sign(&self, text: &str, hash: &str, options: &[&str]) -> Vec<u8> {
        let (hash, path) = (format!("-{hash}"), self.path());
        openssl(&[&["dgst", &hash, "-sign", &path], options].concat(), text.as_bytes())
    }
}

/// Converts a signature of ECDSA from DER to the form of JWS: r and s, of `size` bytes each.
pub fn jws_signature(der: &[u8], size: usize) -> Vec<u8> {
    // SEQUENCE { INTEGER r, INTEGER s }, all with lengths of one byte.
    let integer = |at: usize| {
        let length = usize::from(der[at + 1]);
        (&der[at + 2..at + 2 + length], at + 2 + length)
    };
    let (r, next) = integer(2);
    let (s, _) = integer(next);
    let padded = |number: &[u8]| {
        let number: Vec<_> = number.iter().skip_while(|byte| **byte == 0).copied().collect();
        [vec![0; size - number.len()], number].concat()
    };
    [padded(r), padded(s)].concat()
}
