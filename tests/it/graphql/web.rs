//! The operations of the web's clients, run as they are sent. A change of the schema that the web
//! app or a tab of GraphiQL would feel fails here.

use std::{collections::BTreeMap, fs, path::PathBuf};

use async_graphql::{
    Request, Variables,
    parser::{parse_query, types::DocumentOperations},
};
use cruddur::{
    domain::Viewer,
    graphql::{self, SchemaOptions, TrustedDocuments},
    service::Recipient,
    sources::{self, SourceUrl},
};
use serde_json::{Value, json};

use crate::{
    graphql::fixture::{self, ADA, SchemaClient, resolve_ids},
    support::{
        filled,
        stores::{PostgresDatabase, SqliteFile},
    },
};

/// The operations of the web app and of GraphiQL's tabs that ada runs, in this order. Every operation
/// has a case; the case of a subscription is its first event. `user 1` stands for that user's global
/// id, `cursor of message 1` for that message's cursor.
fn cases() -> Vec<(&'static str, Value)> {
    vec![
        ("Bootstrap", json!({})),
        ("CurrentViewer", json!({})),
        // Ada is registered already: without an identity provider every viewer is a user.
        ("Register", json!({ "input": { "handle": "ada", "displayName": "Ada" } })),
        ("HomeFeed", json!({ "first": 2 })),
        ("FollowingFeed", json!({ "first": 2 })),
        ("Thread", json!({ "id": "activity 11", "first": 20 })),
        ("Profile", json!({ "handle": "grace", "first": 1 })),
        ("Followers", json!({ "handle": "ada", "first": 2 })),
        ("Following", json!({ "handle": "ada", "first": 20 })),
        ("Search", json!({ "query": "a", "first": 20 })),
        ("Notifications", json!({ "first": 20 })),
        ("Conversations", json!({ "first": 20 })),
        ("Conversation", json!({ "handle": "grace", "last": 2 })),
        ("NewCruds", json!({ "after": "cursor of activity 5" })),
        ("NewNotifications", json!({ "after": "cursor of notification 4" })),
        ("NewMessages", json!({ "after": "cursor of message 3" })),
        (
            "PostCrud",
            json!({ "input": { "message": "From the web #app", "ttl": "ONE_DAY", "idempotencyKey": "1" } }),
        ),
        (
            "PostReply",
            json!({ "input": { "activityId": "activity 3", "message": "Yes, @alan", "idempotencyKey": "2" } }),
        ),
        ("LikeCrud", json!({ "input": { "activityId": "activity 3" } })),
        ("UnlikeCrud", json!({ "input": { "activityId": "activity 2" } })),
        ("RepostCrud", json!({ "input": { "activityId": "activity 3" } })),
        ("UndoRepost", json!({ "input": { "activityId": "activity 3" } })),
        ("DeleteCrud", json!({ "input": { "activityId": "activity 13" } })),
        ("FollowPerson", json!({ "input": { "userId": "user 4" } })),
        ("UnfollowPerson", json!({ "input": { "userId": "user 2" } })),
        ("EditProfile", json!({ "input": { "displayName": "Countess", "bio": null } })),
        ("MarkNotificationsRead", json!({ "input": { "upToId": "notification 4" } })),
        (
            "SendMessage",
            json!({ "input": { "toHandle": "edsger", "message": "Go to?", "idempotencyKey": "3" } }),
        ),
        ("MarkMessagesRead", json!({ "input": { "upToId": "message 3" } })),
        ("graphiql HomeFeed", json!({ "first": 2 })),
        ("graphiql Thread", json!({ "id": "activity 1" })),
        (
            "graphiql Post",
            json!({ "crud": { "message": "Hello from GraphiQL!", "ttl": "ONE_DAY" } }),
        ),
        (
            "graphiql Reply",
            json!({ "reply": { "activityId": "activity 3", "message": "Well said." } }),
        ),
        ("graphiql Notifications", json!({ "after": "cursor of notification 4" })),
        ("CrudUpdates", json!({ "ids": ["activity 5"] })),
    ]
}

fn web() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("web/src")
}

/// The manifest that the build of the app writes.
fn manifest() -> PathBuf {
    web().join("app/gen/persisted-documents.json")
}

/// Returns the document of every operation by the operation's name. The names of GraphiQL's
/// operations have a prefix.
fn documents() -> BTreeMap<String, String> {
    // What the app sends, with the fragments that the files share.
    let file = fs::read(manifest()).unwrap();
    let manifest: BTreeMap<String, String> = serde_json::from_slice(&file).unwrap();
    let mut documents = BTreeMap::new();
    for text in manifest.into_values() {
        documents.extend(operations(&text).into_iter().map(|name| (name, text.clone())));
    }
    for file in fs::read_dir(web().join("graphiql/tabs")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let named = operations(&text).into_iter().map(|name| format!("graphiql {name}"));
        documents.extend(named.map(|name| (name, text.clone())));
    }
    documents
}

fn operations(text: &str) -> Vec<String> {
    match parse_query(text).unwrap().operations {
        DocumentOperations::Single(_) => panic!("an operation without a name: {text}"),
        DocumentOperations::Multiple(named) => named.keys().map(ToString::to_string).collect(),
    }
}

fn request(name: &str, text: &str, mut variables: Value) -> Request {
    resolve_ids(&mut variables);
    let operation = name.trim_start_matches("graphiql ");
    Request::new(text).operation_name(operation).variables(Variables::from_json(variables))
}

#[test]
fn every_operation_of_the_web_is_checked() {
    let cases = cases();
    let mut names: Vec<_> = cases.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    assert_eq!(names, documents().keys().collect::<Vec<_>>());
}

#[tokio::test]
async fn the_web_gets_the_same_answers_from_every_source() {
    let documents = documents();
    let (file, database) = (SqliteFile::new(), PostgresDatabase::new("web").await);
    for sources in [sources::open(&SourceUrl::Mock, 1), file.open(), database.open()] {
        let client = SchemaClient::new(filled(sources, &fixture::people()).await, ADA);
        for (name, variables) in cases() {
            let request = request(name, &documents[name], variables);
            let answer = match name {
                "NewMessages" => after_a_message(&client, request).await,
                _ => client.json(request).await,
            };
            assert_eq!(answer.get("errors"), None, "{name}");
            insta::with_settings!({
                snapshot_path => "web",
                prepend_module_to_snapshot => false,
                omit_expression => true,
                description => "The same from every source.",
            }, {
                let answer = fixture::without_positions(&answer);
                insta::assert_snapshot!(name.replace(' ', "_"), answer);
            });
        }
    }
}

/// Returns the event of the first message that ada receives. The messages of the fixture caused no
/// notifications.
async fn after_a_message(client: &SchemaClient, arrivals: Request) -> Value {
    let grace = Viewer::User(fixture::user_uuid(2));
    let to = Recipient::Handle(Some("ada"));
    client.service.send_message(grace, to, Some("Are you there?"), None).await.unwrap();
    client.json(arrivals).await
}

/// To the web it is all the same whether the schema loses a name or the web asks for one that the
/// schema never had.
#[tokio::test]
async fn a_name_that_the_schema_loses_is_missed() {
    let documents = documents();
    let client = SchemaClient::of_people(ADA).await;
    for (kept, lost) in [
        ("viewerHasLiked", "viewerLikes"),
        ("unreadNotificationsCount", "unread"),
        ("withHandle:", "handle:"),
        ("(first: $first", "(limit: $first"),
        ("$input: CreateActivityInput!", "$input: NewActivityInput!"),
        ("$id: ID!", "$id: String!"),
        ("on UserError", "on Refusal"),
        ("... on Activity", "... on Notification"),
        ("markMessagesRead", "readMessages"),
    ] {
        let mut missed = 0;
        for (name, variables) in cases() {
            if !documents[name].contains(kept) {
                continue;
            }
            let changed = documents[name].replace(kept, lost);
            let answer = client.json(request(name, &changed, variables)).await;
            let code = &answer["errors"][0]["extensions"]["code"];
            assert_eq!(code, "GRAPHQL_VALIDATION_FAILED", "{name} without {kept}: {answer}");
            missed += 1;
        }
        assert_ne!(missed, 0, "no operation has {kept}");
    }
}

#[tokio::test]
async fn the_app_gets_by_where_only_its_own_documents_are_trusted() {
    let mut client = SchemaClient::of_people(ADA).await;
    let trusted = TrustedDocuments::open(&manifest(), true).unwrap();
    client.schema = graphql::schema(SchemaOptions { trusted, ..SchemaOptions::default() });
    let documents = documents();
    for (name, variables) in cases() {
        let admitted = client.schema.prepare(request(name, &documents[name], variables));
        let refused = admitted.map_err(|refused| serde_json::to_value(*refused).unwrap());
        let code = refused.as_ref().err().map(|it| &it["errors"][0]["extensions"]["code"]);
        let expected = json!("PERSISTED_QUERY_NOT_IN_LIST");
        assert_eq!(code, name.starts_with("graphiql ").then_some(&expected), "{name}");
    }
}
