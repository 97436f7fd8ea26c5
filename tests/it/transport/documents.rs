//! Persisted queries and trusted documents.

use std::{fs, path::PathBuf};

use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::support::{Answer, Client, TestApp};

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
    assert_eq!(unknown.header("cache-control"), "no-store");
    let full = format!("{short}&query=%7B__typename%7D");
    assert_eq!(client.get(&full).await.json(), expected());
    assert_eq!(client.get(&short).await.json(), expected());
}

#[tokio::test]
async fn persisted_mutations_need_post() {
    let client = TestApp::new().await.anon();
    let mutation = "mutation{__typename}";
    let hash = sha256(mutation);
    client
        .post("/graphql", json!({ "query": mutation, "extensions": persisted_query(&hash) }))
        .await;
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
        fs::write(self.file(), Value::from(texts).to_string()).expect("a file");
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
    for bad in ["", "[]", r#"{"abc":"{__typename}"}"#, &wrong] {
        fs::write(manifest.file(), bad).expect("a file");
        assert!(settings.trusted.reload().expect("a manifest").is_err(), "{bad}");
    }
}
