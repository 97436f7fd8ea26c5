//! The ids of persisted documents, and the hashes of their texts.

use std::any::TypeId;

use async_graphql::Request;
use sha2::{Digest, Sha256};

pub type Hash = [u8; 32];

/// The SHA-256 hash of a document's text.
pub fn hash(text: &str) -> Hash {
    Sha256::digest(text).into()
}

/// Parses a hash from 64 hexadecimal digits in either case. Returns `None` for any other text.
pub fn parse_hash(digits: &str) -> Option<Hash> {
    let mut hash = Hash::default();
    hex::decode_to_slice(digits, &mut hash).ok()?;
    Some(hash)
}

/// Returns the hash that an id is: 64 hexadecimal digits, with or without the prefix `sha256:`.
pub fn hash_of_id(id: &str) -> Option<Hash> {
    parse_hash(id.strip_prefix("sha256:").unwrap_or(id))
}

/// Returns the form that all spellings of an id have in common: the lower-case digits of a hash, and
/// any other id as it is.
pub fn normal_id(id: &str) -> String {
    hash_of_id(id).map_or_else(|| id.to_owned(), hex::encode)
}

/// The id of a persisted document in a request without a text. It is part of [`Request::data`], so
/// that only the gateway sets it.
///
/// An id with the prefix `sha256:` is the hash of a text in the manifest or of one that a client has
/// registered. Any other id is one of the manifest (GraphQL over HTTP, appendix A).
#[derive(Debug, Clone)]
pub struct DocumentId(pub(super) String);

impl DocumentId {
    pub fn new(id: String) -> Self {
        Self(id)
    }

    /// Returns whether two ids are spellings of the same one: with or without the prefix `sha256:`,
    /// and with the digits of a hash in either case.
    pub fn same(one: &str, other: &str) -> bool {
        normal_id(one) == normal_id(other)
    }

    /// Returns the id in a request.
    pub fn of(request: &Request) -> Option<&Self> {
        request.data.get(&TypeId::of::<Self>())?.downcast_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_64_hexadecimal_digits() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hex::encode(hash("")), empty);
        assert_eq!(parse_hash(empty), Some(hash("")));
        assert_eq!(parse_hash(&empty.to_uppercase()), Some(hash("")));
        for wrong in ["", "e3", &empty[1..], &format!("{}g", &empty[1..]), &"é".repeat(32)] {
            assert_eq!(parse_hash(wrong), None, "{wrong}");
        }
    }
}
