//! GraphQL requests as clients write them: in JSON or in a URL, with the text of a document or with
//! the id of a persisted one.

use async_graphql::{Request, Value};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use crate::{graphql::DocumentId, json};

/// Why a request cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidRequest {
    /// A member has a wrong type.
    Malformed,
    /// `documentId` or `doc_id` is not a string.
    IdNotString,
    /// The request has a text and the id of a persisted document.
    TextAndId,
    /// The ids name two documents.
    TwoIds,
}

impl InvalidRequest {
    /// Returns the message for a client, `None` if the request is malformed.
    pub fn message(self) -> Option<&'static str> {
        match self {
            Self::Malformed => None,
            Self::IdNotString => Some("`documentId` and `doc_id` must be strings."),
            Self::TextAndId => Some("Send either `query` or `documentId`, not both."),
            Self::TwoIds => {
                Some("`documentId`, `doc_id` and `sha256Hash` must name the same document.")
            }
        }
    }
}

/// Reads the request in a JSON object. Members that are null count as absent, unknown ones are
/// ignored.
pub fn from_json(mut members: Map<String, Json>) -> Result<Request, InvalidRequest> {
    members.retain(|_, value| !value.is_null());
    let mut id = |name| match members.remove(name) {
        None => Ok(None),
        Some(Json::String(id)) => Ok(Some(id)),
        Some(_) => Err(InvalidRequest::IdNotString),
    };
    let ids = [id("documentId")?, id("doc_id")?];
    let request = serde_json::from_value(Json::Object(members));
    with_id(request.map_err(|_| InvalidRequest::Malformed)?, ids)
}

/// A GraphQL request in a URL: `variables` and `extensions` are JSON.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameters {
    #[serde(default)]
    query: String,
    document_id: Option<String>,
    #[serde(rename = "doc_id")]
    relay_id: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

impl Parameters {
    pub fn request(self) -> Result<Request, InvalidRequest> {
        let mut request = Request::new(self.query);
        request.operation_name = self.operation_name;
        let malformed = |_| InvalidRequest::Malformed;
        if let Some(json) = self.variables.filter(|json| !json.is_empty()) {
            request.variables = json::from_slice(json.as_bytes()).map_err(malformed)?;
        }
        if let Some(json) = self.extensions.filter(|json| !json.is_empty()) {
            request.extensions = json::from_slice(json.as_bytes()).map_err(malformed)?;
        }
        with_id(request, [self.document_id, self.relay_id])
    }
}

/// Adds the id of a persisted document: `documentId` of the appendix "Persisted Documents" of GraphQL
/// over HTTP, or `doc_id` of Relay. An empty id counts as absent.
fn with_id(request: Request, ids: [Option<String>; 2]) -> Result<Request, InvalidRequest> {
    let mut ids = ids.into_iter().flatten().filter(|id| !id.is_empty());
    let Some(id) = ids.next() else { return Ok(request) };
    if !request.query.is_empty() {
        return Err(InvalidRequest::TextAndId);
    }
    let is_other = |other: &str| !DocumentId::same(&id, other);
    if ids.any(|other| is_other(&other)) || hash_of(&request).is_some_and(is_other) {
        return Err(InvalidRequest::TwoIds);
    }
    Ok(request.data(DocumentId::new(id)))
}

/// Returns the id in the extension `persistedQuery`.
fn hash_of(request: &Request) -> Option<&str> {
    let Value::Object(extension) = request.extensions.get("persistedQuery")? else { return None };
    let Value::String(hash) = extension.get("sha256Hash")? else { return None };
    Some(hash)
}

/// Returns true if the request has no document, neither its text nor its id.
pub fn is_empty(request: &Request) -> bool {
    let extension = request.extensions.get("persistedQuery");
    request.query.is_empty()
        && extension.is_none_or(|extension| *extension == Value::Null)
        && DocumentId::of(request).is_none()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(members: Json) -> Result<Request, InvalidRequest> {
        let Json::Object(members) = members else { panic!("an object") };
        from_json(members)
    }

    #[test]
    fn a_document_is_a_text_or_an_id() {
        let hash = "ab".repeat(32);
        let prefixed = format!("sha256:{hash}");
        let extension = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
        for members in [
            json!({ "query": "{a}" }),
            json!({ "query": "{a}", "documentId": null, "doc_id": "" }),
            json!({ "documentId": "x" }),
            json!({ "doc_id": "x", "query": null }),
            json!({ "doc_id": "x", "query": "", "documentId": "x" }),
            json!({ "doc_id": hash, "documentId": prefixed }),
            json!({ "doc_id": hash.to_uppercase(), "extensions": extension }),
            json!({ "extensions": extension }),
        ] {
            let request =
                read(members.clone()).unwrap_or_else(|error| panic!("{members}: {error:?}"));
            assert!(!is_empty(&request), "{members}");
        }
        for members in [
            json!({}),
            json!({ "query": "" }),
            json!({ "documentId": "" }),
            json!({ "extensions": { "persistedQuery": null } }),
        ] {
            assert!(is_empty(&read(members.clone()).expect("readable")), "{members}");
        }
    }

    #[test]
    fn contradicting_documents_are_rejected() {
        let hash = "ab".repeat(32);
        let extension = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
        for (members, expected) in [
            (json!({ "documentId": 7 }), InvalidRequest::IdNotString),
            (json!({ "query": "{a}", "doc_id": ["x"] }), InvalidRequest::IdNotString),
            (json!({ "query": "{a}", "documentId": "x" }), InvalidRequest::TextAndId),
            (json!({ "query": "{a}", "doc_id": "x" }), InvalidRequest::TextAndId),
            (json!({ "documentId": "x", "doc_id": "X" }), InvalidRequest::TwoIds),
            (json!({ "documentId": "x", "extensions": extension }), InvalidRequest::TwoIds),
            (json!({ "query": 1 }), InvalidRequest::Malformed),
        ] {
            assert_eq!(read(members.clone()).err(), Some(expected), "{members}");
        }
    }

    #[test]
    fn extensions_cannot_set_the_id() {
        let members = json!({ "extensions": { "documentId": "x" }, "data": { "documentId": "x" } });
        assert!(is_empty(&read(members).expect("readable")));
    }
}
