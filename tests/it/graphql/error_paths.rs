//! The paths of errors below lists.

use cruddur::{domain::Viewer, error::Error};
use serde_json::{Value, json};

use crate::{
    graphql::fixture::{ADA, SchemaClient, crowd, global_id, people},
    support::{filled, in_memory, recording_store::RecordingStore},
};

/// Returns the path and the code of each error.
fn errors(response: &Value) -> Vec<(Value, &str)> {
    let errors = response["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    errors
        .iter()
        .map(|error| (error["path"].clone(), error["extensions"]["code"].as_str().unwrap()))
        .collect()
}

async fn client(viewer: Viewer) -> SchemaClient {
    SchemaClient::new(filled(in_memory(), &crowd(3)).await, viewer)
}

#[tokio::test]
async fn invalid_arguments_below_lists_have_the_path_of_their_field() {
    let id = global_id("activity 1").unwrap();
    let nodes = format!(
        "{{ nodes(ids: [\"{id}\"]) {{ ... on Activity {{ replies(first: 999) {{ nodes {{ id }} }} }} }} }}"
    );
    for (document, path) in [
        (
            "{ home(first: 1) { edges { node { replies(first: 999) { nodes { id } } } } } }",
            json!(["home", "edges", 0, "node", "replies"]),
        ),
        (
            "{ home(first: 1) { nodes { below: replies(first: 999) { nodes { id } } } } }",
            json!(["home", "nodes", 0, "below"]),
        ),
        (
            "{ search(query: \"words\", first: 1) { nodes { ... on Activity {
                replies(first: 999) { nodes { id } }
            } } } }",
            json!(["search", "nodes", 0, "replies"]),
        ),
        (
            "{ home(first: 1) { nodes { author { followers(first: 999) { nodes { id } } } } } }",
            json!(["home", "nodes", 0, "author", "followers"]),
        ),
        (
            "{ home(first: 1) { nodes { replies(first: 1) { edges { node {
                replies(first: 1) { nodes { likers(last: 0) { nodes { id } } } }
            } } } } } }",
            json!([
                "home", "nodes", 0, "replies", "edges", 0, "node", "replies", "nodes", 0, "likers"
            ]),
        ),
        (&nodes, json!(["nodes", 0, "replies"])),
    ] {
        let response = client(Viewer::Anonymous).await.json(document).await;
        assert_eq!(errors(&response), [(path, "BAD_USER_INPUT")], "{document}");
    }
}

#[tokio::test]
async fn failures_of_the_store_below_lists_have_the_path_and_code_of_their_field() {
    let (recorder, sources) = RecordingStore::wrap(filled(in_memory(), &people()).await);
    recorder.break_method("counts_by_users", Error::Unavailable);
    let client = SchemaClient::new(sources, ADA);
    let document = "{ user(handle: \"ada\") { activities { nodes {
        replies(first: 1) { nodes { author { followersCount } } }
    } } } }";
    let response = client.json(document).await;
    let [(path, code)] = &*errors(&response) else { panic!("one error: {response}") };
    assert_eq!(*code, "SERVICE_UNAVAILABLE");
    let list = path.as_array().unwrap();
    assert_eq!(list[..3], [json!("user"), json!("activities"), json!("nodes")], "{path}");
    assert!(list[3].is_number(), "{path}");
    let end =
        [json!("replies"), json!("nodes"), json!(0), json!("author"), json!("followersCount")];
    assert_eq!(list[4..], end, "{path}");
}

#[tokio::test]
async fn nullable_fields_below_lists_report_each_failed_item() {
    let (recorder, sources) = RecordingStore::wrap(filled(in_memory(), &crowd(2)).await);
    recorder.break_method("activities_by_uuids", Error::Unavailable);
    let client = SchemaClient::new(sources, Viewer::Anonymous);
    let document = "{ home { nodes { replies(first: 2) { edges { node {
        replyTo { id }
    } } } } } }";
    let response = client.json(document).await;
    let mut paths: Vec<_> = errors(&response).into_iter().map(|(path, _)| path).collect();
    paths.sort_by_key(Value::to_string);
    let path =
        |crud, reply| json!(["home", "nodes", crud, "replies", "edges", reply, "node", "replyTo"]);
    assert_eq!(paths, [path(0, 0), path(0, 1), path(1, 0), path(1, 1)]);
    assert_ne!(response["data"], Value::Null);
}

#[tokio::test]
async fn errors_of_events_have_the_path_of_their_field() {
    let client = SchemaClient::of_people(ADA).await;
    let after = global_id("cursor of activity 1").unwrap();
    for (document, path) in [
        (
            format!(
                "subscription {{ activityCreated(after: \"{after}\") {{ node {{
                replies(first: 999) {{ nodes {{ id }} }}
            }} }} }}"
            ),
            json!(["activityCreated", "node", "replies"]),
        ),
        (
            format!(
                "subscription {{ activityCreated(after: \"{after}\") {{ node {{
                author {{ activities {{ nodes {{ replies(first: 999) {{ nodes {{ id }} }} }} }} }}
            }} }} }}"
            ),
            json!(["activityCreated", "node", "author", "activities", "nodes", 0, "replies"]),
        ),
    ] {
        let response = client.json(&*document).await;
        assert_eq!(errors(&response), [(path, "BAD_USER_INPUT")], "{document}");
    }
}
