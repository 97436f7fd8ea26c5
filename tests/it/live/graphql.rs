//! The subscription fields of the schema.

use std::pin::pin;

use async_graphql::{Request, Response};
use cruddur::{
    domain::{HasCursor, ReactionKind, Viewer},
    graphql::{self, SchemaOptions},
    service::Recipient,
};
use futures_util::{Stream, StreamExt, stream::BoxStream};
use serde_json::{Value, json};

use crate::{
    live::fixture::{ANDREW, WORF, gateway, next},
    support::{TestApp, in_memory},
};

/// Executes a document as a viewer. Returns the responses.
pub fn subscribe(app: &TestApp, viewer: Viewer, document: &str) -> BoxStream<'static, Response> {
    let schema = graphql::schema(SchemaOptions::default());
    let admitted = schema.prepare(Request::new(document));
    let admitted = admitted.unwrap_or_else(|refused| panic!("{refused:?}"));
    schema.stream(&app.service, viewer, admitted)
}

pub async fn json(responses: impl Stream<Item = Response>) -> Value {
    serde_json::to_value(next(responses).await).expect("a response is JSON")
}

/// Starts a subscription: a stream does nothing until it is first polled. Asserts that it is pending.
async fn started(mut responses: BoxStream<'static, Response>) -> BoxStream<'static, Response> {
    let first = futures_util::poll!(responses.next());
    assert!(first.is_pending(), "{first:?}");
    responses
}

#[tokio::test]
async fn each_event_reads_the_current_data() {
    let app = gateway(in_memory()).await;
    let document =
        "subscription { activityCreated { cursor node { message author { displayName } } } }";
    let mut live = started(subscribe(&app, Viewer::Anonymous, document)).await;
    for name in ["Andrew", "Andrew Brown"] {
        app.service.update_profile(ANDREW, Some(name), None).await.expect("the viewer is a user");
        let crud = app.post(ANDREW, "Hello!").await;
        let event = json(&mut live).await;
        let edge = &event["data"]["activityCreated"];
        let node = json!({ "message": "Hello!", "author": { "displayName": name } });
        assert_eq!(edge["node"], node, "{event}");
        assert!(edge["cursor"].as_str().unwrap().starts_with(&crud.cursor().encode()));
    }
}

#[tokio::test]
async fn an_event_cursor_resumes_subscriptions_and_pages() {
    let app = gateway(in_memory()).await;
    let mut live =
        subscribe(&app, Viewer::Anonymous, "subscription { activityCreated { cursor } }");
    live = started(live).await;
    for text in ["one", "two", "three"] {
        app.post(ANDREW, text).await;
    }
    let cursor = json(&mut live).await["data"]["activityCreated"]["cursor"].clone();
    drop(live);
    let document =
        format!("subscription {{ activityCreated(after: {cursor}) {{ node {{ message }} }} }}");
    let mut live = pin!(subscribe(&app, Viewer::Anonymous, &document));
    for text in ["two", "three"] {
        let event = json(&mut live).await;
        assert_eq!(event["data"]["activityCreated"]["node"]["message"], text);
    }
    let document = format!("{{ home(before: {cursor}, last: 5) {{ nodes {{ message }} }} }}");
    let page = json(subscribe(&app, Viewer::Anonymous, &document)).await;
    let nodes = json!([{ "message": "three" }, { "message": "two" }]);
    assert_eq!(page["data"]["home"]["nodes"], nodes);
}

#[tokio::test]
async fn rejected_subscriptions_get_one_error_with_a_code() {
    let app = gateway(in_memory()).await;
    for (document, code) in [
        ("subscription { activityCreated(after: \"x\") { cursor } }", "BAD_USER_INPUT"),
        ("subscription { notificationReceived { cursor } }", "UNAUTHENTICATED"),
        ("subscription { messageReceived { cursor } }", "UNAUTHENTICATED"),
        ("subscription { activityUpdated(id: \"x\") { likesCount } }", "NOT_FOUND"),
        (
            &format!(
                "subscription {{ activitiesUpdated(ids: {:?}) {{ likesCount }} }}",
                ["x"; 101]
            ),
            "BAD_USER_INPUT",
        ),
    ] {
        let mut responses = subscribe(&app, Viewer::Anonymous, document);
        let response = json(&mut responses).await;
        assert_eq!(response["errors"][0]["extensions"]["code"], code, "{response}");
        assert!(responses.next().await.is_none(), "{document}");
    }
}

#[tokio::test]
async fn users_receive_their_notifications_messages_and_updates() {
    let app = gateway(in_memory()).await;
    let crud = app.post(ANDREW, "Hello!").await;
    let notifications = "subscription { notificationReceived { cursor node { kind actor { handle } \
                activity { message } } } }";
    let messages = "subscription { messageReceived { cursor node { message sender { handle } \
                   group { unreadCount } } } }";
    let id = subscribe(&app, Viewer::Anonymous, "{ home { nodes { id } } }");
    let id = json(id).await["data"]["home"]["nodes"][0]["id"].clone();
    let counts =
        format!("subscription {{ activityUpdated(id: {id}) {{ likesCount viewerHasLiked }} }}");
    let mut notifications = started(subscribe(&app, ANDREW, notifications)).await;
    let mut messages = started(subscribe(&app, ANDREW, messages)).await;
    let mut counts = started(subscribe(&app, WORF, &counts)).await;
    app.service.react(WORF, ReactionKind::Like, Some(crud.uuid)).await.expect("the crud exists");
    let to = Recipient::Handle(Some("andrewbrown"));
    app.service.send_message(WORF, to, Some("Qapla'"), None).await.expect("the message is valid");

    let event = json(&mut notifications).await;
    let like = json!({ "kind": "LIKE", "actor": { "handle": "worf" }, "activity": { "message": "Hello!" } });
    assert_eq!(event["data"]["notificationReceived"]["node"], like, "{event}");
    let event = json(&mut messages).await;
    let message = json!({ "message": "Qapla'", "sender": { "handle": "worf" }, "group": { "unreadCount": 1 } });
    assert_eq!(event["data"]["messageReceived"]["node"], message, "{event}");
    let event = json(&mut counts).await;
    let count = json!({ "likesCount": 1, "viewerHasLiked": true });
    assert_eq!(event["data"]["activityUpdated"], count, "{event}");
    app.service.delete_activity(ANDREW, Some(crud.uuid)).await.expect("the viewer is the author");
    assert!(counts.next().await.is_none());
}

#[tokio::test]
async fn activities_are_sent_as_they_are_and_then_as_they_become() {
    let app = gateway(in_memory()).await;
    let cruds = [app.post(ANDREW, "First").await, app.post(ANDREW, "Second").await];
    app.service.react(WORF, ReactionKind::Like, Some(cruds[0].uuid)).await.expect("it exists");
    let home = json(&mut subscribe(&app, Viewer::Anonymous, "{ home { nodes { id } } }")).await;
    let mut ids: Vec<_> = home["data"]["home"]["nodes"].as_array().expect("a list").clone();
    ids.push(json!({ "id": "x" }));
    let ids: Vec<_> = ids.iter().map(|it| it["id"].to_string()).collect();
    let document = format!(
        "subscription {{ activitiesUpdated(ids: [{}]) {{ message likesCount }} }}",
        ids.join(", ")
    );
    let mut events = subscribe(&app, Viewer::Anonymous, &document);
    let mut states = [json(&mut events).await, json(&mut events).await]
        .map(|it| it["data"]["activitiesUpdated"].clone());
    states.sort_by_key(|it| it["message"].to_string());
    let first = |likes| json!({ "message": "First", "likesCount": likes });
    assert_eq!(states, [first(1), json!({ "message": "Second", "likesCount": 0 })]);
    app.service.react(ANDREW, ReactionKind::Like, Some(cruds[0].uuid)).await.expect("it exists");
    assert_eq!(json(&mut events).await["data"]["activitiesUpdated"], first(2));
    for crud in cruds {
        let deleted = app.service.delete_activity(ANDREW, Some(crud.uuid)).await;
        deleted.expect("the viewer is the author");
    }
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn a_subscription_has_one_root_field_after_its_fragments_are_expanded() {
    let app = gateway(in_memory()).await;
    let document = "subscription { ...F ...G } \
                    fragment F on Subscription { activityCreated { node { message } } } \
                    fragment G on Subscription { activityCreated { cursor } }";
    let mut live = started(subscribe(&app, Viewer::Anonymous, document)).await;
    app.post(ANDREW, "Hello!").await;
    let event = json(&mut live).await;
    let edge = &event["data"]["activityCreated"];
    assert!(edge["node"]["message"] == "Hello!" && edge["cursor"].is_string(), "{event}");
    let schema = graphql::schema(SchemaOptions::default());
    for document in [
        "subscription { a: activityCreated { cursor } b: activityCreated { cursor } }",
        "subscription { activityCreated { cursor } ...F } \
         fragment F on Subscription { messageReceived { cursor } }",
        "subscription { __typename }",
        "subscription { nothing }",
    ] {
        let refused = schema.prepare(Request::new(document)).err().expect(document);
        let refused = serde_json::to_value(*refused).expect("a response is JSON");
        let code = &refused["errors"][0]["extensions"]["code"];
        assert_eq!(code, "GRAPHQL_VALIDATION_FAILED", "{document}");
    }
}
