//! What clients are told when something goes wrong.

use async_graphql::{Request, Variables};
use cruddur::{domain::Viewer, error::Error};
use serde_json::{Value, json};

use crate::{
    graphql::fixture::{ADA, SchemaClient, people},
    support::{filled, in_memory, recording_store::RecordingStore},
};

/// The answer to a document with variables.
async fn answer(client: &SchemaClient, document: &str, variables: Value) -> Value {
    client.json(Request::new(document).variables(Variables::from_json(variables))).await
}

/// The codes of an answer's errors.
fn codes(answer: &Value) -> Vec<&str> {
    let errors = answer["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    errors.iter().map(|error| error["extensions"]["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_document_that_is_no_graphql_is_not_parsed() {
    let client = SchemaClient::of_people(ADA).await;
    for document in ["", "{", "{ home(first: ) { nodes { id } } }", "query {{}}", "\u{0}"] {
        let answer = client.json(document).await;
        assert_eq!(codes(&answer), ["GRAPHQL_PARSE_FAILED"], "{document:?}");
        assert!(answer["errors"][0]["message"].as_str().unwrap().starts_with("Syntax error"));
        assert_eq!(answer["data"], Value::Null);
    }
}

#[tokio::test]
async fn a_document_against_the_schema_is_invalid() {
    let client = SchemaClient::of_people(ADA).await;
    for document in [
        "{ nope }",
        "{ home }",
        "{ home(nope: 1) { nodes { id } } }",
        "{ user { handle } }",
        "query($nope: Int) { viewer { user { id } } }",
        "query A { viewer { user { id } } } query B { viewer { user { id } } }",
        "fragment A on Query { ...B } fragment B on Query { ...A } { ...A }",
        "{ home { nodes { ... on User { handle } } } }",
    ] {
        let answer = client.json(document).await;
        assert_eq!(codes(&answer)[0], "GRAPHQL_VALIDATION_FAILED", "{document}: {answer}");
        assert_eq!(answer["data"], Value::Null);
    }
}

#[tokio::test]
async fn a_value_of_the_wrong_type_is_bad_input() {
    let client = SchemaClient::of_people(ADA).await;
    let home = "query($first: Int) { home(first: $first) { nodes { id } } }";
    let user = "query($handle: String!) { user(handle: $handle) { id } }";
    let nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let create = "mutation($input: CreateActivityInput!) {
        createActivity(input: $input) { userErrors { code } }
    }";
    for (document, variables) in [
        (home, json!({"first": "x"})),
        (home, json!({"first": 3_000_000_000_u64})),
        (home, json!({"first": 1.5})),
        (home, json!({"first": 0})),
        (home, json!({"first": 101})),
        (home, json!({"first": -1})),
        (user, json!({})),
        (user, json!({"handle": null})),
        (user, json!({"handle": ["a"]})),
        (nodes, json!({"ids": [null]})),
        (nodes, json!({"ids": vec!["x"; 101]})),
        (create, json!({"input": 7})),
        (create, json!({"input": {"message": "Hi"}})),
        (create, json!({"input": {"message": "Hi", "ttl": "NOPE"}})),
        (create, json!({"input": {"message": "Hi", "ttl": "ONE_DAY", "nope": 1}})),
        (create, json!({"input": {"message": null, "ttl": "ONE_DAY"}})),
        ("{ home(first: \"1\") { nodes { id } } }", json!({})),
        ("{ home(first: 1, last: 1) { nodes { id } } }", json!({})),
        ("{ home(after: \"nope\") { nodes { id } } }", json!({})),
        ("{ search(query: \"\") { nodes { __typename } } }", json!({})),
    ] {
        let answer = answer(&client, document, variables.clone()).await;
        assert_eq!(codes(&answer)[0], "BAD_USER_INPUT", "{document} {variables}: {answer}");
        assert_eq!(answer["data"], Value::Null);
    }
}

#[tokio::test]
async fn what_is_nested_too_deep_or_asks_for_too_much_is_refused() {
    let deep = format!("{{ home(first: 1) {{ nodes {{ {} }} }} }}", nested(7));
    let wide = "{ home(first: 100) { nodes { replies(first: 100) { nodes { id } } } } }";
    for (document, message) in [
        (&*deep, "The document has 17 levels of fields; the limit is 15."),
        (wide, "The document requests 10100 nodes; the limit is 10000."),
    ] {
        let answer = SchemaClient::of_people(ADA).await.json(document).await;
        assert_eq!(codes(&answer), ["GRAPHQL_VALIDATION_FAILED"]);
        assert_eq!(answer["errors"][0]["message"], message);
    }
    let client = SchemaClient::of_people(ADA).await;
    let deep = format!("{{ home(first: 1) {{ nodes {{ {} }} }} }}", nested(6));
    let fair = "{ home(first: 100) { nodes { author { handle } replies(first: 3) { nodes {
        message author { handle } } } } } }";
    for document in [&*deep, fair] {
        assert_eq!(codes(&client.json(document).await), [""; 0]);
    }
}

/// Replies in replies, which lie two fields deeper each.
fn nested(levels: usize) -> String {
    format!("{} id {}", "replies(first: 1) { nodes { ".repeat(levels), "} }".repeat(levels))
}

#[tokio::test]
async fn a_document_that_is_nested_without_end_is_refused() {
    let client = SchemaClient::of_people(ADA).await;
    for document in [
        "{a".repeat(50_000),
        format!("{}{}", "{a".repeat(50_000), "}".repeat(50_000)),
        format!("{{ user(handle: {}1{}) {{ id }} }}", "[".repeat(50_000), "]".repeat(50_000)),
        format!("{{ user(handle: {}1{}) {{ id }} }}", "{a:".repeat(50_000), "}".repeat(50_000)),
        format!("query($a: {}Int{}) {{ viewer }}", "[".repeat(50_000), "]".repeat(50_000)),
        format!("{{ {} id {} }}", "... {".repeat(50_000), "}".repeat(50_000)),
    ] {
        assert_ne!(codes(&client.json(&*document).await), [""; 0], "{}", &document[..30]);
    }
}

#[tokio::test]
async fn errors_are_few() {
    let client = SchemaClient::of_people(ADA).await;
    let fields: String =
        (0..30).map(|number| format!("a{number}: user(handle: \"\") {{ id }} ")).collect();
    assert_eq!(codes(&client.json(format!("{{ {fields} }}")).await), ["BAD_USER_INPUT"; 5]);
}

#[tokio::test]
async fn who_has_no_user_yet_reads_as_nobody_and_writes_nothing() {
    let client = SchemaClient::of_people(Viewer::Unregistered).await;
    let answer = client
        .json("{ viewer { user { id } } home(first: 1) { nodes { viewerCanDelete } } }")
        .await;
    assert_eq!(
        answer,
        json!({"data": {"viewer": null, "home": {"nodes": [{"viewerCanDelete": false}]}}})
    );
    let answer = client
        .json(
            "mutation { createActivity(input: {message: \"Hi\", ttl: ONE_DAY}) {
                activity { id } userErrors { code message path }
            } }",
        )
        .await;
    assert_eq!(
        answer["data"]["createActivity"],
        json!({"activity": null, "userErrors": [{
            "code": "VIEWER_UNKNOWN",
            "message": "Your account is not registered with Cruddur yet.",
            "path": [],
        }]})
    );
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_told_where_it_is_missed() {
    let (counting, sources) = RecordingStore::wrap(filled(in_memory(), &people()).await);
    let client = SchemaClient::new(sources, ADA);
    let document = "{ viewer { unreadNotificationsCount } user(handle: \"ada\") { handle } }";
    counting.break_method("users_by_handles", Error::Unavailable);
    let answer = client.json(document).await;
    assert_eq!(
        answer,
        json!({
            "errors": [{
                "message": "The service is busy or starting. Try again in a moment.",
                "locations": [{"line": 1, "column": 39}],
                "path": ["user"],
                "extensions": {"code": "SERVICE_UNAVAILABLE"},
            }],
            "data": {"viewer": {"unreadNotificationsCount": 3}, "user": null},
        })
    );
    counting.break_method("unread_notifications", Error::Internal);
    let answer = client.json(document).await;
    assert_eq!(codes(&answer), ["INTERNAL_SERVER_ERROR"]);
    assert_eq!(answer["data"], json!({"viewer": null, "user": {"handle": "ada"}}));
}

#[tokio::test]
async fn a_relation_that_fails_nulls_its_nearest_nullable_field() {
    let (counting, sources) = RecordingStore::wrap(filled(in_memory(), &people()).await);
    let client = SchemaClient::new(sources, ADA);
    counting.break_method("replies_by_parents", Error::Unavailable);
    let answer = client
        .json(
            "{ user(handle: \"ada\") { activities { nodes {
                message author { handle } replies { nodes { id } }
            } } } }",
        )
        .await;
    assert_eq!(answer["data"], json!({"user": null}));
    assert_eq!(codes(&answer), ["SERVICE_UNAVAILABLE"]);
    assert_eq!(counting.calls().iter().filter(|it| **it == "replies_by_parents").count(), 1);
}
