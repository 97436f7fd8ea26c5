//! Variables are checked against their definitions and against the places that use them.

use serde_json::{Value, json};

use crate::support::{Client, TestApp};

/// Returns the code of the first error, or `None` if there are no errors.
async fn code(client: &Client, query: &str, variables: Value) -> Option<String> {
    let json = client.graphql(query, variables).await.json();
    let errors = json.get("errors")?;
    assert!(json.get("data").is_none(), "{query}: {json}");
    errors[0]["extensions"]["code"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn required_variables_must_have_a_value() {
    let client = TestApp::new().await.anon();
    let query = "query($handle: String!) { user(handle: $handle) { id } }";
    let bad = Some("BAD_USER_INPUT".to_owned());
    assert_eq!(code(&client, query, json!({})).await, bad);
    assert_eq!(code(&client, query, json!({ "handle": null })).await, bad);
    assert_eq!(code(&client, query, json!({ "handle": 1 })).await, bad);
    assert_eq!(code(&client, query, json!({ "handle": "worf" })).await, None);
    let message = client.graphql(query, json!({})).await.json()["errors"][0].clone();
    assert_eq!(message["message"], "The variable `$handle` of type `String!` is missing.");
    assert_eq!(message["locations"], json!([{ "line": 1, "column": 7 }]));

    let defaulted = "query($handle: String! = \"worf\") { user(handle: $handle) { id } }";
    assert_eq!(code(&client, defaulted, json!({})).await, None);
    assert_eq!(code(&client, defaulted, json!({ "handle": null })).await, bad);

    // Only the variables of the executed operation are checked.
    let two = format!("{} query B {{ __typename }}", query.replace("query", "query A"));
    let body = |name: &str| json!({ "query": two, "operationName": name });
    let json = client.post("/graphql", body("B")).await.json();
    assert_eq!(json, json!({ "data": { "__typename": "Query" } }));
    let json = client.post("/graphql", body("A")).await.json();
    assert_eq!(json["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
}

#[tokio::test]
async fn variables_are_allowed_only_where_their_type_fits() {
    let client = TestApp::new().await.anon();
    let ids = json!({ "x": [] });
    for (query, variables) in [
        ("query($x: String) { user(handle: $x) { id } }", json!({ "x": "worf" })),
        ("query($x: ID!) { user(handle: $x) { id } }", json!({ "x": "worf" })),
        ("query($x: [String!]!) { user(handle: $x) { id } }", json!({ "x": ["worf"] })),
        ("query($x: [ID]!) { nodes(ids: $x) { id } }", ids.clone()),
        ("query($x: ID) { nodes(ids: [$x]) { id } }", json!({ "x": "a" })),
        ("query($x: ID!) { nodes(ids: $x) { id } }", json!({ "x": "a" })),
        ("query($x: Boolean) { home @skip(if: $x) { __typename } }", json!({ "x": true })),
        (
            "query($x: String) { ...F } fragment F on Query { user(handle: $x) { id } }",
            json!({ "x": "a" }),
        ),
        ("query($x: String) { ... on Query { user(handle: $x) { id } } }", json!({ "x": "a" })),
        (
            "mutation($x: String) { createActivity(input: { message: $x, ttl: ONE_DAY }) { \
             activity { id } } }",
            json!({ "x": "a" }),
        ),
        (
            "query($x: String) { home { nodes { replies(first: $x) { __typename } } } }",
            json!({ "x": "a" }),
        ),
    ] {
        let code = code(&client, query, variables).await;
        assert_eq!(code.as_deref(), Some("GRAPHQL_VALIDATION_FAILED"), "{query}");
    }
    for (query, variables) in [
        ("query($x: String = \"worf\") { user(handle: $x) { id } }", json!({})),
        ("query($x: [ID!]!) { nodes(ids: $x) { id } }", ids),
        ("query($x: ID!) { nodes(ids: [$x]) { id } }", json!({ "x": "a" })),
        ("query($x: Int!) { home(first: $x) { __typename } }", json!({ "x": 1 })),
        ("query($x: Int) { home(first: $x) { __typename } }", json!({})),
        ("query($x: Boolean!) { home @skip(if: $x) { __typename } }", json!({ "x": true })),
    ] {
        let json = client.graphql(query, variables).await.json();
        assert!(json["data"].is_object(), "{query}: {json}");
    }
}

#[tokio::test]
async fn variable_values_are_checked_for_cached_documents_too() {
    let client = TestApp::new().await.anon();
    let home = "query($x: Int) { home(first: $x) { __typename } }";
    let nodes = "query($x: [ID!]!) { nodes(ids: $x) { id } }";
    let ttl = "mutation($x: CreateActivityInput!) { createActivity(input: $x) { __typename } }";
    let input = |ttl: &str| json!({ "x": { "message": "Hi", "ttl": ttl } });
    for (query, valid, invalid) in [
        (home, json!({ "x": 1 }), json!({ "x": "1" })),
        (home, json!({ "x": null }), json!({ "x": 2_147_483_648_u32 })),
        (home, json!({}), json!({ "x": 1.5 })),
        (nodes, json!({ "x": ["a", 1] }), json!({ "x": ["a", null] })),
        (nodes, json!({ "x": "a" }), json!({ "x": { "id": "a" } })),
        (ttl, input("ONE_DAY"), input("TWO_DAYS")),
        (ttl, input("ONE_DAY"), json!({ "x": { "message": "Hi" } })),
        (ttl, input("ONE_DAY"), json!({ "x": { "message": "Hi", "ttl": "ONE_DAY", "y": 1 } })),
        (ttl, input("ONE_DAY"), json!({ "x": { "message": 1, "ttl": "ONE_DAY" } })),
        (ttl, input("ONE_DAY"), json!({ "x": "Hi" })),
    ] {
        let first = client.graphql(query, valid.clone()).await.json();
        assert!(first.get("data").is_some(), "{query}: {first}");
        assert_eq!(client.graphql(query, valid).await.json().get("data"), first.get("data"));
        let code = code(&client, query, invalid.clone()).await;
        assert_eq!(code.as_deref(), Some("BAD_USER_INPUT"), "{query}: {invalid}");
    }
}
