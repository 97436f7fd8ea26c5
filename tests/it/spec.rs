//! Behaviour of async-graphql that the schema relies on and that differs between its releases.

use async_graphql::{EmptyMutation, EmptySubscription, Object, Result, Schema, SimpleObject};
use serde_json::{Value, json};

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
