//! The operator's manifest of trusted documents, as the tools that make one write it.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use serde_json::{Map, Value};

use super::document_id::{Hash, hash, normal_id, parse_hash};
use crate::json;

/// The `format` of the manifests that `@apollo/generate-persisted-query-manifest` writes.
const APOLLO: &str = "apollo-persisted-query-manifest";

/// The documents that the operator trusts, and whether others are executed. By default there is no
/// manifest, and all documents are executed.
#[derive(Debug, Clone, Default)]
pub struct TrustedDocuments(Option<Arc<Manifest>>);

#[derive(Debug)]
struct Manifest {
    file: PathBuf,
    /// Whether other documents are rejected. Otherwise they are logged and executed.
    only: bool,
    documents: RwLock<Documents>,
}

impl TrustedDocuments {
    /// Reads a manifest, which is one of two JSON objects:
    ///
    /// * from ids to texts, as GraphQL Code Generator and relay-compiler write it;
    /// * Apollo's, whose `format` is `apollo-persisted-query-manifest`: `operations` is a list of
    ///   objects with an `id` and the text as `body`.
    ///
    /// An id is any text. With the prefix `sha256:` it must be the SHA-256 hash of its document, in
    /// 64 hexadecimal digits; without the prefix, so must 64 digits outside of Apollo's format. With
    /// `only`, other documents are rejected; otherwise they are logged and executed.
    ///
    /// Fails if the file cannot be read, a hash does not match its text, or two documents have the
    /// same id.
    pub fn open(file: &Path, only: bool) -> io::Result<Self> {
        let documents = RwLock::new(Documents::read(file)?);
        Ok(Self(Some(Arc::new(Manifest { file: file.to_owned(), only, documents }))))
    }

    /// Reads the manifest again and returns its number of documents. If it cannot be read, the
    /// previous documents stay in force. Returns `None` if there is no manifest.
    pub fn reload(&self) -> Option<io::Result<usize>> {
        let manifest = self.0.as_ref()?;
        Some(Documents::read(&manifest.file).map(|documents| {
            let count = documents.by_hash.len();
            *manifest.documents.write().unwrap_or_else(PoisonError::into_inner) = documents;
            count
        }))
    }

    /// Returns the file of the manifest, and whether other documents are rejected.
    pub fn setting(&self) -> Option<(&Path, bool)> {
        self.0.as_ref().map(|manifest| (&*manifest.file, manifest.only))
    }

    pub(super) fn exists(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn is_exclusive(&self) -> bool {
        self.0.as_ref().is_some_and(|manifest| manifest.only)
    }

    /// Returns the text of the document with this id or, with or without the prefix `sha256:`, with
    /// this hash.
    pub(super) fn text(&self, id: &str) -> Option<Arc<str>> {
        let manifest = self.0.as_ref()?;
        manifest.documents.read().unwrap_or_else(PoisonError::into_inner).text(id).cloned()
    }

    /// Returns whether the document with this hash may be executed. Logs it if it is not trusted.
    pub(super) fn allows(&self, hash: &Hash) -> bool {
        let Some(manifest) = &self.0 else { return true };
        let documents = manifest.documents.read().unwrap_or_else(PoisonError::into_inner);
        let is_trusted = documents.by_hash.contains_key(hash);
        if !is_trusted && !manifest.only {
            tracing::warn!(sha256 = hex::encode(hash), "executing an untrusted document");
        }
        is_trusted || !manifest.only
    }
}

/// The documents of a manifest.
#[derive(Debug, Default)]
struct Documents {
    /// By the ids of the manifest, in their normal form.
    by_id: HashMap<String, Arc<str>>,
    by_hash: HashMap<Hash, Arc<str>>,
}

impl Documents {
    fn read(file: &Path) -> io::Result<Self> {
        Self::parse(&fs::read(file)?).map_err(io::Error::other)
    }

    /// Returns what is wrong if the manifest is invalid.
    fn parse(manifest: &[u8]) -> Result<Self, String> {
        let members: Map<String, Value> =
            json::from_operator(manifest).map_err(|error| error.to_string())?;
        let mut documents = Self::default();
        if members.get("format").and_then(Value::as_str) == Some(APOLLO)
            && let Some(Value::Array(operations)) = members.get("operations")
        {
            for (index, operation) in operations.iter().enumerate() {
                let text = |name: &str| {
                    operation.get(name).and_then(Value::as_str).ok_or_else(|| {
                        format!("operations[{index}] needs an `id` and a `body`, both strings")
                    })
                };
                let (id, body) = (text("id")?, text("body")?);
                documents
                    .insert(id, body, true)
                    .map_err(|problem| format!("operations[{index}]: {problem}"))?;
            }
            return Ok(documents);
        }
        for (key, text) in &members {
            let Value::String(text) = text else {
                return Err(format!(
                    "the value of {key:?} must be the text of a document; only a manifest with \
                     \"format\": \"{APOLLO}\" and a list of `operations` has other values"
                ));
            };
            documents.insert(key, text, false)?;
        }
        Ok(documents)
    }

    /// Adds a document. Any 64 hexadecimal digits are a valid id if ids are `opaque`.
    fn insert(&mut self, id: &str, text: &str, opaque: bool) -> Result<(), String> {
        let digits = id.strip_prefix("sha256:");
        let named = parse_hash(digits.unwrap_or(id));
        let hash = hash(text);
        if id.is_empty() {
            return Err("an id is empty; give each document an id".to_owned());
        }
        if digits.is_some() && named.is_none() {
            return Err(format!("{id:?} must have 64 hexadecimal digits after `sha256:`"));
        }
        if named.is_some_and(|named| named != hash) && (digits.is_some() || !opaque) {
            return Err(format!(
                "{id:?} is not the SHA-256 hash of its document, which is {}; generate the \
                 manifest again",
                hex::encode(hash)
            ));
        }
        let text = Arc::clone(self.by_hash.entry(hash).or_insert_with(|| text.into()));
        match self.by_id.insert(normal_id(id), Arc::clone(&text)) {
            Some(other) if other != text => {
                Err(format!("{id:?} is the id of two documents; give each an id of its own"))
            }
            _ => Ok(()),
        }
    }

    fn text(&self, id: &str) -> Option<&Arc<str>> {
        if let Some(digits) = id.strip_prefix("sha256:") {
            return self.by_hash.get(&parse_hash(digits)?);
        }
        let by_id = self.by_id.get(&normal_id(id));
        by_id.or_else(|| self.by_hash.get(&parse_hash(id)?))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TEXT: &str = "{ __typename }";
    const OTHER: &str = "{ other: __typename }";

    fn digits(text: &str) -> String {
        hex::encode(hash(text))
    }

    fn parse(manifest: &Value) -> Result<Documents, String> {
        Documents::parse(manifest.to_string().as_bytes())
    }

    fn apollo(operations: &Value) -> Result<Documents, String> {
        parse(&json!({ "format": APOLLO, "version": 1, "operations": operations }))
    }

    fn text(documents: &Documents, id: &str) -> Option<String> {
        documents.text(id).map(ToString::to_string)
    }

    #[test]
    fn hashes_are_found_with_and_without_the_prefix_in_either_case() {
        let digits = digits(TEXT);
        for key in [
            digits.clone(),
            digits.to_uppercase(),
            format!("sha256:{digits}"),
            format!("sha256:{}", digits.to_uppercase()),
        ] {
            let documents = parse(&json!({ key.clone(): TEXT })).expect(&key);
            for id in [&digits, &digits.to_uppercase(), &format!("sha256:{digits}")] {
                assert_eq!(text(&documents, id).as_deref(), Some(TEXT), "{key}: {id}");
            }
            let twice = format!("sha256:sha256:{digits}");
            assert_eq!(text(&documents, &twice), None);
        }
    }

    #[test]
    fn other_ids_are_opaque() {
        let md5 = "d41d8cd98f00b204e9800998ecf8427e";
        for id in [md5, "x-app:42", "Home", "md5:7"] {
            let documents = parse(&json!({ id: TEXT })).expect(id);
            assert_eq!(text(&documents, id).as_deref(), Some(TEXT), "{id}");
            assert_eq!(text(&documents, &digits(TEXT)).as_deref(), Some(TEXT), "{id}");
            for unknown in ["", "x", &id[1..], &format!("sha256:{id}")] {
                assert_eq!(text(&documents, unknown), None, "{id}: {unknown}");
            }
        }
    }

    #[test]
    fn apollos_ids_are_hashes_or_opaque() {
        let ids = json!([
            { "id": digits("elsewhere"), "name": "A", "type": "query", "body": TEXT },
            { "id": format!("sha256:{}", digits(OTHER)), "body": OTHER },
            { "id": format!("sha256:{}", digits(OTHER).to_uppercase()), "body": OTHER },
            { "id": "third", "body": OTHER },
        ]);
        let documents = apollo(&ids).expect("valid");
        for (id, expected) in [
            (digits("elsewhere"), Some(TEXT)),
            (format!("sha256:{}", digits("elsewhere")), None),
            (digits(TEXT), Some(TEXT)),
            (digits(OTHER), Some(OTHER)),
            ("third".to_owned(), Some(OTHER)),
        ] {
            assert_eq!(text(&documents, &id).as_deref(), expected, "{id}");
        }
        assert_eq!(documents.by_hash.len(), 2);
        assert!(apollo(&json!([])).expect("valid").by_hash.is_empty());
    }

    #[test]
    fn an_invalid_manifest_is_rejected_with_the_place_and_the_reason() {
        let (good, wrong) = (digits(TEXT), digits("elsewhere"));
        let mismatch = "is not the SHA-256 hash of its document";
        let twice = "is the id of two documents";
        for (manifest, place, reason) in [
            (json!([]), "", "expected a map"),
            (json!({ "": TEXT }), "", "an id is empty"),
            (json!({ wrong.clone(): TEXT }), &*wrong, mismatch),
            (json!({ format!("sha256:{wrong}"): TEXT }), &*wrong, mismatch),
            (json!({ "sha256:abc": TEXT }), "sha256:abc", "64 hexadecimal digits"),
            (json!({ format!("sha256:sha256:{good}"): TEXT }), &*good, "64 hexadecimal digits"),
            (json!({ "a": TEXT, "b": 1 }), "\"b\"", "must be the text of a document"),
            (json!({ "format": "other", "operations": [] }), "operations", "must be the text"),
            (json!({ "format": APOLLO, "operations": {} }), "operations", "must be the text"),
        ] {
            let error = parse(&manifest).expect_err(reason);
            assert!(error.contains(place) && error.contains(reason), "{manifest}: {error}");
        }
        let id = |id: &str, body: &str| json!({ "id": id, "body": body });
        for (operations, place, reason) in [
            (json!([1]), "operations[0]", "needs an `id` and a `body`"),
            (json!([id("a", TEXT), { "id": "b" }]), "operations[1]", "needs an `id` and a `body`"),
            (json!([{ "id": 1, "body": TEXT }]), "operations[0]", "both strings"),
            (json!([id(&format!("sha256:{wrong}"), TEXT)]), "operations[0]", mismatch),
            (json!([id("a", TEXT), id("a", OTHER)]), "operations[1]: \"a\"", twice),
            (json!([id(&good, OTHER), id(&good.to_uppercase(), TEXT)]), "operations[1]", twice),
            (json!([id(&good, OTHER), id(&format!("sha256:{good}"), TEXT)]), &*good, twice),
        ] {
            let error = apollo(&operations).expect_err(reason);
            assert!(error.contains(place) && error.contains(reason), "{operations}: {error}");
        }
        let duplicate = format!("{{\"a\":{TEXT:?},\"a\":{OTHER:?}}}");
        let error = Documents::parse(duplicate.as_bytes()).expect_err("the same name twice");
        assert!(error.contains("\"a\" twice"), "{error}");
    }
}
