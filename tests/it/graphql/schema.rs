//! The published schema and its introspection.

use cruddur::graphql::{self, SchemaOptions};
use serde_json::{Value, json};

use crate::graphql::fixture::{ADA, SchemaClient};

/// The introspection query of GraphiQL and most other tools.
const INTROSPECTION: &str = include_str!("introspection.graphql");

#[test]
fn the_published_schema_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql");
    let published = std::fs::read_to_string(path).unwrap();
    assert!(published == graphql::sdl(), "run `cruddur schema > schema.graphql`");
}

#[tokio::test]
async fn every_type_field_and_argument_has_a_description() {
    let response = SchemaClient::of_people(ADA).await.json(INTROSPECTION).await;
    let mut undescribed = Vec::new();
    for kind in response["data"]["__schema"]["types"].as_array().unwrap() {
        let name = kind["name"].as_str().unwrap();
        // The types of GraphQL itself are described by its specification.
        if name.starts_with("__") || name == "ID" {
            continue;
        }
        describe(kind, name, &mut undescribed);
        for list in ["fields", "inputFields", "enumValues"] {
            for member in items(&kind[list]) {
                let path = format!("{name}.{}", member["name"].as_str().unwrap());
                describe(member, &path, &mut undescribed);
                for argument in items(&member["args"]) {
                    let name = argument["name"].as_str().unwrap();
                    describe(argument, &format!("{path}({name})"), &mut undescribed);
                }
            }
        }
    }
    assert_eq!(undescribed, [""; 0]);
}

#[tokio::test]
async fn introspection_follows_the_specification() {
    let client = SchemaClient::of_people(ADA).await;
    for (selection, expected) in [
        ("node: __type(name: \"Node\") { interfaces { name } }", json!({ "interfaces": [] })),
        ("input: __type(name: \"SendMessageInput\") { isOneOf }", json!({ "isOneOf": false })),
        (
            "uuid: __type(name: \"UUID\") { specifiedByURL }",
            json!({ "specifiedByURL": "http://tools.ietf.org/html/rfc4122" }),
        ),
        ("none: __type(name: \"Nope\") { name }", Value::Null),
    ] {
        let response = client.json(&*format!("{{ {selection} }}")).await;
        let (key, _) = selection.split_once(':').unwrap();
        assert_eq!(response["data"][key], expected, "{response}");
    }
    let response = client.json("{ __schema { description } home(first: 1) { __typename } }").await;
    let description = response["data"]["__schema"]["description"].as_str().unwrap_or_default();
    assert!(description.starts_with("Cruddur is"), "{response}");
    let text = serde_json::to_string(&response["data"]).unwrap();
    assert!(text.find("__schema") < text.find("home"), "{text}");
}

#[tokio::test]
async fn introspection_can_be_off() {
    let mut client = SchemaClient::of_people(ADA).await;
    let options = SchemaOptions { introspection: false, ..SchemaOptions::default() };
    client.schema = graphql::schema(options);
    for document in [
        "{ __schema { description } }",
        "{ ...F } fragment F on Query { __type(name: \"User\") { name } }",
    ] {
        let response = client.json(document).await;
        assert_eq!(response["errors"][0]["message"], "Introspection is off on this server.");
        assert_eq!(response["errors"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED");
    }
    let response = client.json("{ __typename hom { id } }").await;
    let message = response["errors"][0]["message"].as_str().unwrap();
    assert_eq!(message, "Type `Query` does not have a field `hom`.");
}

#[tokio::test]
async fn tools_can_introspect_the_schema() {
    let response = SchemaClient::of_people(ADA).await.json(INTROSPECTION).await;
    assert_eq!(response.get("errors"), None);
    assert_eq!(response["data"]["__schema"]["queryType"]["name"], "Query");
    assert_eq!(response["data"]["__schema"]["mutationType"]["name"], "Mutation");
}

fn items(list: &Value) -> &[Value] {
    list.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn describe(member: &Value, path: &str, undescribed: &mut Vec<String>) {
    let text = member["description"].as_str().unwrap_or_default();
    // A description must not contain Rust paths or links of rustdoc.
    if text.trim().is_empty() || text.contains("::") || text.contains('[') && text.contains("`]") {
        undescribed.push(path.to_owned());
    }
}
