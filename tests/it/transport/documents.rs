//! Persisted queries and trusted documents.

use std::{fs, path::PathBuf};

use axum::http::{Method, StatusCode};
use cruddur::http::Timeouts;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::support::{Answer, Client, TestApp, server::TestServer};

const QUERY: &str = "{__typename}";

fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn persisted_query(hash: &str) -> Value {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } })
}

fn code(answer: &Answer) -> Value {
    answer.json()["errors"][0]["extensions"]["code"].clone()
}

fn expected() -> Value {
    json!({ "data": { "__typename": "Query" } })
}

async fn by_hash(client: &Client, hash: &str) -> Answer {
    client.post("/graphql", json!({ "extensions": persisted_query(hash) })).await
}

#[tokio::test]
async fn a_persisted_query_can_be_run_by_hash_once_registered() {
    let client = TestApp::new().await.anon();
    let hash = sha256(QUERY);
    let unknown = by_hash(&client, &hash).await;
    assert_eq!(
        (unknown.status, code(&unknown)),
        (StatusCode::OK, json!("PERSISTED_QUERY_NOT_FOUND"))
    );
    assert_eq!(unknown.json()["errors"][0]["message"], "PersistedQueryNotFound");
    let full = client
        .post("/graphql", json!({ "query": QUERY, "extensions": persisted_query(&hash) }))
        .await;
    assert_eq!(full.json(), expected());
    assert_eq!(by_hash(&client, &hash).await.json(), expected());
    assert_eq!(by_hash(&client, &hash.to_uppercase()).await.json(), expected());
}

#[tokio::test]
async fn persisted_queries_work_over_get() {
    let client = TestApp::new().await.anon();
    let hash = sha256(QUERY);
    let extensions =
        format!("%7B%22persistedQuery%22:%7B%22version%22:1,%22sha256Hash%22:%22{hash}%22%7D%7D");
    let short = format!("/graphql?extensions={extensions}");
    let unknown = client.get(&short).await;
    assert_eq!(code(&unknown), "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(unknown.header("cache-control"), "private, no-store");
    let full = format!("{short}&query=%7B__typename%7D");
    assert_eq!(client.get(&full).await.json(), expected());
    assert_eq!(client.get(&short).await.json(), expected());
}

#[tokio::test]
async fn persisted_mutations_need_post() {
    let client = TestApp::new().await.anon();
    let mutation = "mutation{__typename}";
    let hash = sha256(mutation);
    // An anonymous client's text is kept when it comes for the second time.
    for _ in 0..2 {
        let body = json!({ "query": mutation, "extensions": persisted_query(&hash) });
        client.post("/graphql", body).await;
    }
    let extensions =
        format!("%7B%22persistedQuery%22:%7B%22version%22:1,%22sha256Hash%22:%22{hash}%22%7D%7D");
    let get = client.get(&format!("/graphql?extensions={extensions}")).await;
    assert_eq!(get.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(get.header("allow"), "POST");
}

#[tokio::test]
async fn wrong_hashes_and_rejected_documents_are_not_registered() {
    let client = TestApp::new().await.anon();
    let wrong = json!({ "query": QUERY, "extensions": persisted_query(&sha256("other")) });
    let answer = client.post("/graphql", wrong).await;
    assert_eq!(code(&answer), "PERSISTED_QUERY_HASH_MISMATCH");
    assert_eq!(code(&by_hash(&client, &sha256("other")).await), "PERSISTED_QUERY_NOT_FOUND");
    let bad = format!("{{{}}}", "a:a ".repeat(31));
    let bad_hash = sha256(&bad);
    let refused = json!({ "query": bad, "extensions": persisted_query(&bad_hash) });
    assert_eq!(code(&client.post("/graphql", refused).await), "GRAPHQL_VALIDATION_FAILED");
    assert_eq!(code(&by_hash(&client, &bad_hash).await), "PERSISTED_QUERY_NOT_FOUND");
    for extension in [
        json!({}),
        json!({ "version": 2, "sha256Hash": sha256(QUERY) }),
        json!({ "version": 1, "sha256Hash": "abc" }),
        json!({ "version": 1 }),
        json!("x"),
    ] {
        let body = json!({ "query": QUERY, "extensions": { "persistedQuery": extension } });
        assert_eq!(code(&client.post("/graphql", body).await), "BAD_REQUEST", "{extension}");
    }
}

#[tokio::test]
async fn a_registered_query_can_be_run_by_document_id() {
    let client = TestApp::new().await.anon();
    let hash = sha256(QUERY);
    let prefixed = format!("sha256:{hash}");
    let by_id = async |id: &str| client.post("/graphql", json!({ "documentId": id })).await;
    let unknown = by_id(&prefixed).await;
    assert_eq!(unknown.json()["errors"].as_array().map(Vec::len), Some(1));
    assert_eq!(code(&unknown), "PERSISTED_QUERY_NOT_FOUND");
    let body = json!({ "query": QUERY, "extensions": persisted_query(&prefixed) });
    assert_eq!(client.post("/graphql", body).await.json(), expected());
    assert_eq!(by_id(&prefixed).await.json(), expected());
    assert_eq!(by_hash(&client, &prefixed).await.json(), expected());
    assert_eq!(by_hash(&client, &hash).await.json(), expected());
    // Without the prefix, it is an id of the manifest.
    assert_eq!(code(&by_id(&hash).await), "PERSISTED_QUERY_NOT_FOUND");
}

#[tokio::test]
async fn requests_with_contradicting_documents_get_400() {
    let client = TestApp::new().await.anon();
    for (body, message) in [
        (
            json!({ "query": QUERY, "documentId": format!("sha256:{}", sha256(QUERY)) }),
            "Send either `query` or `documentId`, not both.",
        ),
        (
            json!({ "query": QUERY, "doc_id": "x" }),
            "Send either `query` or `documentId`, not both.",
        ),
        (
            json!({ "documentId": "x", "doc_id": "y" }),
            "`documentId`, `doc_id` and `sha256Hash` must name the same document.",
        ),
        (
            json!({ "documentId": "x", "extensions": persisted_query(&sha256(QUERY)) }),
            "`documentId`, `doc_id` and `sha256Hash` must name the same document.",
        ),
        (json!({ "query": QUERY, "documentId": 7 }), "`documentId` and `doc_id` must be strings."),
        (json!({ "documentId": "" }), "`query` is missing."),
    ] {
        let answer = client.post("/graphql", body.clone()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.json()["errors"][0]["message"], message, "{body}");
        assert_eq!(code(&answer), "BAD_REQUEST", "{body}");
    }
    for query in
        ["query=%7Ba%7D&documentId=x", "documentId=x&doc_id=y", "documentId=x&documentId=x"]
    {
        let answer = client.get(&format!("/graphql?{query}")).await;
        assert_eq!((answer.status, code(&answer)), (StatusCode::BAD_REQUEST, json!("BAD_REQUEST")));
    }
}

/// A manifest of trusted documents in a temporary folder.
struct Manifest(TempDir);

impl Manifest {
    fn new(texts: &[&str]) -> Self {
        let manifest = Self(tempfile::tempdir().expect("a folder"));
        manifest.write(texts);
        manifest
    }

    fn write(&self, texts: &[&str]) {
        let texts: Map<String, Value> =
            texts.iter().map(|text| (sha256(text), json!(text))).collect();
        self.write_json(&texts.into());
    }

    fn write_json(&self, manifest: &Value) {
        fs::write(self.file(), manifest.to_string()).expect("a file");
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("manifest.json")
    }

    /// Returns the flags for the manifest. Leaks the path because `TestApp` takes static flags.
    fn flags(&self, policy: &'static str) -> [&'static str; 4] {
        let file = self.file().to_str().expect("UTF-8").to_owned().leak();
        ["--trusted-documents", policy, "--trusted-documents-file", file]
    }
}

#[tokio::test]
async fn policy_only_runs_only_trusted_documents() {
    let manifest = Manifest::new(&[QUERY]);
    let client = TestApp::new().await.with(&manifest.flags("only")).anon();
    assert_eq!(by_hash(&client, &sha256(QUERY)).await.json(), expected());
    assert_eq!(client.graphql(QUERY, json!({})).await.json(), expected());
    let other = "{ __typename }";
    let refused = client.graphql(other, json!({})).await;
    assert_eq!(code(&refused), "PERSISTED_QUERY_NOT_IN_LIST");
    assert_eq!(code(&by_hash(&client, &sha256(other)).await), "PERSISTED_QUERY_NOT_IN_LIST");
    let body = json!({ "query": other, "extensions": persisted_query(&sha256(other)) });
    assert_eq!(code(&client.post("/graphql", body).await), "PERSISTED_QUERY_NOT_IN_LIST");
    assert_eq!(code(&by_hash(&client, &sha256(other)).await), "PERSISTED_QUERY_NOT_IN_LIST");
}

#[tokio::test]
async fn policy_log_runs_other_documents_too() {
    let manifest = Manifest::new(&[QUERY]);
    let client = TestApp::new().await.with(&manifest.flags("log")).anon();
    assert_eq!(by_hash(&client, &sha256(QUERY)).await.json(), expected());
    assert_eq!(client.graphql("{ __typename }", json!({})).await.json(), expected());
}

#[tokio::test]
async fn the_manifest_can_be_reloaded_and_invalid_ones_are_ignored() {
    let manifest = Manifest::new(&[QUERY]);
    let settings = crate::support::settings(&manifest.flags("only"));
    manifest.write(&[QUERY, "{ __typename }"]);
    assert_eq!(settings.trusted.reload().expect("a manifest").expect("good"), 2);
    let wrong = json!({ sha256("other"): QUERY }).to_string();
    let wrong_prefix = json!({ "sha256:abc": QUERY }).to_string();
    let apollo = json!({ "format": "apollo-persisted-query-manifest", "operations": [{}] });
    for bad in ["", "[]", r#"{"abc":1}"#, &wrong, &wrong_prefix, &apollo.to_string()] {
        fs::write(manifest.file(), bad).expect("a file");
        assert!(settings.trusted.reload().expect("a manifest").is_err(), "{bad}");
    }
}

/// The MD5 hash of `QUERY`, as relay-compiler names documents.
const MD5: &str = "06ee02b54f1547544a9dc3bd97f83a6a";

#[tokio::test]
async fn trusted_documents_can_be_run_by_the_ids_of_the_manifest() {
    let prefixed = format!("sha256:{}", sha256(QUERY));
    for (manifest, id) in [
        (json!({ &prefixed: QUERY }), prefixed.as_str()),
        (json!({ MD5: QUERY }), MD5),
        (json!({ "x-app:home": QUERY }), "x-app:home"),
        (
            json!({
                "format": "apollo-persisted-query-manifest",
                "version": 1,
                "operations": [{ "id": sha256("other"), "name": "A", "type": "query", "body": QUERY }],
            }),
            &sha256("other"),
        ),
    ] {
        let file = Manifest::new(&[]);
        file.write_json(&manifest);
        let app = TestApp::new().await.with(&file.flags("only"));
        let client = app.anon();
        for body in [
            json!({ "documentId": id }),
            json!({ "doc_id": id, "query": null, "variables": {} }),
            json!({ "documentId": id, "extensions": persisted_query(id) }),
            json!({ "extensions": persisted_query(id) }),
            json!({ "query": QUERY, "extensions": persisted_query(id) }),
            json!({ "query": QUERY }),
            json!({ "documentId": prefixed }),
        ] {
            let answer = client.post("/graphql", body.clone()).await;
            assert_eq!(answer.json(), expected(), "{manifest}: {body}");
        }
        for name in ["documentId", "doc_id"] {
            let answer = client.get(&format!("/graphql?{name}={id}&variables=%7B%7D")).await;
            assert_eq!(answer.json(), expected(), "{manifest}");
        }
        let headers = [("accept", "text/event-stream"), ("content-type", "application/json")];
        let body = json!({ "documentId": id }).to_string();
        let stream = client.send(Method::POST, "/graphql", &headers, body).await;
        assert!(stream.text.contains(&expected().to_string()), "{}", stream.text);
        let unknown = client.post("/graphql", json!({ "documentId": "unknown" })).await;
        assert_eq!(code(&unknown), "PERSISTED_QUERY_NOT_IN_LIST");

        let server = TestServer::start(client.0, Timeouts::default()).await;
        let mut socket = server.connect().await;
        for (name, id, kind) in
            [("documentId", id, "next"), ("doc_id", id, "next"), ("documentId", "unknown", "error")]
        {
            let payload = json!({ name: id });
            socket.send(json!({ "type": "subscribe", "id": name, "payload": payload })).await;
            let answer = socket.recv().await;
            assert_eq!(answer["type"], kind, "{answer}");
            if kind == "next" {
                assert_eq!(answer["payload"], expected());
                assert_eq!(socket.recv().await["type"], "complete");
            } else {
                let code = &answer["payload"][0]["extensions"]["code"];
                assert_eq!(code, "PERSISTED_QUERY_NOT_IN_LIST");
            }
        }
        let both = json!({ "query": QUERY, "documentId": id });
        socket.send(json!({ "type": "subscribe", "id": "1", "payload": both })).await;
        let refused = socket.recv().await;
        assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!("1")));
        assert_eq!(refused["payload"][0]["extensions"]["code"], "BAD_REQUEST");
    }
}

#[tokio::test]
async fn persisted_mutations_of_the_manifest_need_post() {
    let file = Manifest::new(&[]);
    file.write_json(&json!({ "x-app:m": "mutation{__typename}" }));
    let client = TestApp::new().await.with(&file.flags("log")).anon();
    let get = client.get("/graphql?documentId=x-app:m").await;
    assert_eq!(get.status, StatusCode::METHOD_NOT_ALLOWED);
    let post = client.post("/graphql", json!({ "documentId": "x-app:m" })).await;
    assert_eq!(post.json(), json!({ "data": { "__typename": "Mutation" } }));
    let unknown = client.post("/graphql", json!({ "documentId": "x-app:n" })).await;
    assert_eq!(code(&unknown), "PERSISTED_QUERY_NOT_FOUND");
}
