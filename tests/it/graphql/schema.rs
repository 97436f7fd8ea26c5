//! The schema as it is published.

use cruddur::graphql;
use serde_json::Value;

use crate::graphql::fixture::{ADA, SchemaClient};

/// What GraphiQL and most other tools ask for when they introspect a schema.
const INTROSPECTION: &str = include_str!("introspection.graphql");

#[test]
fn the_published_schema_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql");
    let published = std::fs::read_to_string(path).unwrap();
    assert!(published == graphql::sdl(), "run `cruddur schema > schema.graphql`");
}

#[tokio::test]
async fn every_type_field_and_argument_has_a_description() {
    let answer = SchemaClient::of_people(ADA).await.json(INTROSPECTION).await;
    let mut bare = Vec::new();
    for kind in answer["data"]["__schema"]["types"].as_array().unwrap() {
        let name = kind["name"].as_str().unwrap();
        // Those of GraphQL itself need none.
        if name.starts_with("__") || name == "ID" {
            continue;
        }
        describe(kind, name, &mut bare);
        for list in ["fields", "inputFields", "enumValues"] {
            for member in items(&kind[list]) {
                let path = format!("{name}.{}", member["name"].as_str().unwrap());
                describe(member, &path, &mut bare);
                for argument in items(&member["args"]) {
                    let name = argument["name"].as_str().unwrap();
                    describe(argument, &format!("{path}({name})"), &mut bare);
                }
            }
        }
    }
    assert_eq!(bare, [""; 0]);
}

#[tokio::test]
async fn tools_can_introspect_the_schema() {
    let answer = SchemaClient::of_people(ADA).await.json(INTROSPECTION).await;
    assert_eq!(answer.get("errors"), None);
    assert_eq!(answer["data"]["__schema"]["queryType"]["name"], "Query");
    assert_eq!(answer["data"]["__schema"]["mutationType"]["name"], "Mutation");
}

fn items(list: &Value) -> &[Value] {
    list.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn describe(member: &Value, path: &str, bare: &mut Vec<String>) {
    let text = member["description"].as_str().unwrap_or_default();
    // The words of Rust have no place in it.
    if text.trim().is_empty() || text.contains("::") || text.contains('[') && text.contains("`]") {
        bare.push(path.to_owned());
    }
}
