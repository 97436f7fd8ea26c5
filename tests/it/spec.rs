//! Rules of the GraphQL specification: those that async-graphql keeps and that differ between its
//! releases, and those that the pipeline in front of it keeps, above all that a field with one
//! response key is executed once.

use std::collections::HashSet;

use async_graphql::{EmptyMutation, EmptySubscription, Object, Result, Schema, SimpleObject};
use serde_json::{Value, json};

use crate::{
    graphql::fixture::{ADA, SchemaClient, people},
    support::{filled, in_memory, recording_store::RecordingStore},
};

struct Query;

#[derive(SimpleObject)]
#[graphql(complex)]
struct Thing {
    plain: i32,
}

#[async_graphql::ComplexObject]
impl Thing {
    async fn slow(&self) -> i32 {
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        self.plain
    }

    async fn failing(&self) -> Result<i32> {
        Err("failed".into())
    }

    async fn failing_nullable(&self) -> Option<Result<i32>> {
        Some(Err("failed".into()))
    }

    async fn failing_option(&self) -> Result<Option<i32>> {
        Err("failed".into())
    }
}

#[Object]
impl Query {
    async fn thing(&self) -> Option<Thing> {
        Some(Thing { plain: 1 })
    }

    async fn things(&self) -> Option<Vec<Thing>> {
        Some(vec![Thing { plain: 1 }, Thing { plain: 2 }])
    }

    async fn sparse_things(&self) -> Vec<Option<Result<Thing>>> {
        vec![Some(Ok(Thing { plain: 1 })), None, Some(Err("failed".into()))]
    }
}

async fn text(document: &str) -> String {
    let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
    serde_json::to_string(&schema.execute(document).await).unwrap()
}

/// Returns the data and the paths of the errors.
async fn answer(document: &str) -> (Value, Vec<Value>) {
    let answer: Value = serde_json::from_str(&text(document).await).unwrap();
    let errors = answer["errors"].as_array().cloned().unwrap_or_default();
    (answer["data"].clone(), errors.iter().map(|error| error["path"].clone()).collect())
}

#[tokio::test]
async fn response_fields_keep_the_order_of_the_document() {
    assert_eq!(
        text("{ slow: thing { slow plain } plain: thing { plain slow __typename } }").await,
        r#"{"data":{"slow":{"slow":1,"plain":1},"plain":{"plain":1,"slow":1,"__typename":"Thing"}}}"#,
    );
}

#[tokio::test]
async fn a_failing_non_null_field_nulls_the_nearest_nullable_ancestor() {
    let (data, paths) = answer("{ a: thing { plain failing } b: thing { plain } }").await;
    assert_eq!(data, json!({"a": null, "b": {"plain": 1}}));
    assert_eq!(paths, [json!(["a", "failing"])]);
}

#[tokio::test]
async fn a_failing_nullable_field_nulls_only_itself() {
    let (data, paths) = answer("{ thing { plain failingNullable } }").await;
    assert_eq!(data, json!({"thing": {"plain": 1, "failingNullable": null}}));
    assert_eq!(paths, [json!(["thing", "failingNullable"])]);
}

/// This is why nullable fields that can fail return `Option<Result<T>>`. By the specification the
/// field itself should be null; invert this test when the library does so.
#[tokio::test]
async fn a_failing_result_of_an_option_nulls_its_parent() {
    let (data, _) = answer("{ thing { plain failingOption } }").await;
    assert_eq!(data, json!({"thing": null}));
}

#[tokio::test]
async fn a_failing_nullable_list_item_nulls_only_itself() {
    let (data, paths) = answer("{ sparseThings { plain } }").await;
    assert_eq!(data, json!({"sparseThings": [{"plain": 1}, null, null]}));
    assert_eq!(paths, [json!(["sparseThings", 2])]);
}

/// The path should be `["things", 0, "failing"]`. Invert this test when the library says so.
#[tokio::test]
async fn the_path_of_an_error_in_a_list_ends_at_the_index() {
    let (data, paths) = answer("{ things { plain failing } }").await;
    assert_eq!(data, json!({"things": null}));
    assert_eq!(paths, [json!(["things", 0])]);
}

/// A mutation that posts a crud.
const POST: &str = "createActivity(input: { message: \"once\", ttl: ONE_DAY })";

/// Returns the response to a document, and the calls of the store that it took.
async fn executed(document: &str) -> (Value, Vec<&'static str>) {
    let (recorder, sources) = RecordingStore::wrap(filled(in_memory(), &people()).await);
    let response = SchemaClient::new(sources, ADA).json(document).await;
    (response, recorder.calls())
}

#[tokio::test]
async fn a_field_with_one_response_key_is_executed_once() {
    for selections in [
        format!("{POST} {{ activity {{ message }} }} {POST} {{ userErrors {{ code }} }}"),
        format!("...A ... on Mutation {{ {POST} {{ userErrors {{ code }} }} }}"),
        format!("... {{ ...A }} ...A {POST} {{ userErrors {{ code }} }}"),
        format!("...A @include(if: true) {POST} @skip(if: false) {{ userErrors {{ code }} }}"),
    ] {
        let fragment = format!("fragment A on Mutation {{ {POST} {{ activity {{ message }} }} }}");
        let fragment = if selections.contains("...A") { &*fragment } else { "" };
        let (response, calls) = executed(&format!("mutation {{ {selections} }} {fragment}")).await;
        let payload = json!({ "activity": { "message": "once" }, "userErrors": [] });
        assert_eq!(response["data"]["createActivity"], payload, "{selections}: {response}");
        let posts = calls.iter().filter(|call| **call == "insert_activity").count();
        assert_eq!(posts, 1, "{selections}: {calls:?}");
    }
}

#[tokio::test]
async fn two_response_keys_are_two_executions() {
    let document = format!("mutation {{ a: {POST} {{ __typename }} b: {POST} {{ __typename }} }}");
    let (_, calls) = executed(&document).await;
    assert_eq!(calls.iter().filter(|call| **call == "insert_activity").count(), 2, "{calls:?}");
}

#[tokio::test]
async fn a_list_that_is_selected_twice_is_read_once() {
    let document = "{ home { nodes { id author { handle } } } ...F home { edges { cursor } } } \
                    fragment F on Query { home { nodes { other: id author { displayName } } } }";
    let (response, calls) = executed(document).await;
    assert_eq!(calls, ["home", "users_by_uuids"]);
    let nodes = response["data"]["home"]["nodes"].as_array().expect("a page");
    assert!(nodes.len() > 1 && nodes.iter().all(|node| node["id"] == node["other"]), "{response}");
}

#[tokio::test]
async fn fields_that_cannot_be_merged_are_refused() {
    for document in [
        "{ user(handle: \"ada\") { handle } ...F } fragment F on Query { user(handle: \"x\") { id } }",
        "{ user(handle: \"ada\") { x: handle x: displayName } }",
        "{ search(query: \"a\") { nodes { ... on Activity { x: message } \
         ... on User { x: followersCount } } } }",
    ] {
        let (response, calls) = executed(document).await;
        assert_eq!(response["errors"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED");
        assert_eq!(calls, [""; 0], "{document}");
    }
}

#[tokio::test]
async fn the_default_of_a_variable_decides_what_is_skipped() {
    let document =
        format!("mutation($s: Boolean! = true) {{ {POST} @skip(if: $s) {{ __typename }} }}");
    let (response, calls) = executed(&document).await;
    assert_eq!((response, calls), (json!({ "data": {} }), Vec::new()));
}

#[tokio::test]
async fn an_argument_whose_variable_has_no_value_has_its_default() {
    let document = "query($u: Boolean, $n: Int) { viewer { notifications(unreadOnly: $u, first: $n) \
                    { pageInfo { hasNextPage } } } }";
    assert_eq!(executed(document).await.0.get("errors"), None);
}

#[tokio::test]
async fn interfaces_and_unions_select_by_type() {
    let document = "{ search(query: \"a\") { nodes { ... on Node { id } __typename \
                    ... on User { handle id } ...A } } } \
                    fragment A on Activity { message ... on Node { id } }";
    let response = SchemaClient::of_people(ADA).await.execute(document).await;
    let async_graphql::Value::Object(mut data) = response.data else { panic!("no data") };
    let Some(async_graphql::Value::Object(mut page)) = data.swap_remove("search") else {
        panic!("no page")
    };
    let Some(async_graphql::Value::List(nodes)) = page.swap_remove("nodes") else {
        panic!("no nodes")
    };
    let keys = nodes.iter().map(|node| match node {
        async_graphql::Value::Object(node) => node.keys().map(|key| key.as_str()).collect(),
        other => panic!("{other}"),
    });
    let keys: HashSet<Vec<_>> = keys.collect();
    let expected = [vec!["id", "__typename", "handle"], vec!["id", "__typename", "message"]];
    assert_eq!(keys, HashSet::from(expected));
}
