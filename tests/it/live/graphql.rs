use std::pin::pin;

use async_graphql::{Request, Response};
use cruddur::{
    domain::{HasCursor, ReactionKind, Viewer},
    graphql::{self, Limits},
    service::Recipient,
};
use futures_util::{Stream, StreamExt, stream::BoxStream};
use serde_json::{Value, json};

use crate::{
    live::fixture::{ANDREW, WORF, gateway, next},
    support::{TestApp, in_memory},
};

/// The responses to a subscription in the name of a viewer.
pub fn follow(world: &TestApp, viewer: Viewer, document: &str) -> BoxStream<'static, Response> {
    let schema = graphql::schema(Limits::default());
    let admitted = schema.admit(Request::new(document));
    let admitted = admitted.unwrap_or_else(|refused| panic!("{refused:?}"));
    schema.stream(&world.service, viewer, admitted)
}

pub async fn json(responses: impl Stream<Item = Response>) -> Value {
    serde_json::to_value(next(responses).await).expect("a response is JSON")
}

/// Begins to follow: a stream does nothing before it is asked for the first time, and then it waits.
async fn waiting(mut responses: BoxStream<'static, Response>) -> BoxStream<'static, Response> {
    let first = futures_util::poll!(responses.next());
    assert!(first.is_pending(), "{first:?}");
    responses
}

#[tokio::test]
async fn each_event_reads_the_current_data() {
    let world = gateway(in_memory()).await;
    let document =
        "subscription { activityCreated { cursor node { message author { displayName } } } }";
    let mut live = waiting(follow(&world, Viewer::Anonymous, document)).await;
    for name in ["Andrew", "Andrew Brown"] {
        world.service.update_profile(ANDREW, Some(name), None).await.expect("it is his");
        let crud = world.post(ANDREW, "Hello!").await;
        let event = json(&mut live).await;
        let edge = &event["data"]["activityCreated"];
        let node = json!({ "message": "Hello!", "author": { "displayName": name } });
        assert_eq!(edge["node"], node, "{event}");
        assert!(edge["cursor"].as_str().unwrap().starts_with(&crud.cursor().encode()));
    }
}

#[tokio::test]
async fn an_event_cursor_resumes_subscriptions_and_pages() {
    let world = gateway(in_memory()).await;
    let mut live = follow(&world, Viewer::Anonymous, "subscription { activityCreated { cursor } }");
    live = waiting(live).await;
    for text in ["one", "two", "three"] {
        world.post(ANDREW, text).await;
    }
    let cursor = json(&mut live).await["data"]["activityCreated"]["cursor"].clone();
    drop(live);
    let document =
        format!("subscription {{ activityCreated(after: {cursor}) {{ node {{ message }} }} }}");
    let mut live = pin!(follow(&world, Viewer::Anonymous, &document));
    for text in ["two", "three"] {
        let event = json(&mut live).await;
        assert_eq!(event["data"]["activityCreated"]["node"]["message"], text);
    }
    let document = format!("{{ home(before: {cursor}, last: 5) {{ nodes {{ message }} }} }}");
    let page = json(follow(&world, Viewer::Anonymous, &document)).await;
    let nodes = json!([{ "message": "three" }, { "message": "two" }]);
    assert_eq!(page["data"]["home"]["nodes"], nodes);
}

#[tokio::test]
async fn rejected_subscriptions_get_one_error_with_a_code() {
    let world = gateway(in_memory()).await;
    for (document, code) in [
        ("subscription { activityCreated(after: \"x\") { cursor } }", "BAD_USER_INPUT"),
        ("subscription { notificationReceived { cursor } }", "UNAUTHENTICATED"),
        ("subscription { messageReceived { cursor } }", "UNAUTHENTICATED"),
        ("subscription { activityUpdated(id: \"x\") { likesCount } }", "NOT_FOUND"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
    ] {
        let mut responses = follow(&world, Viewer::Anonymous, document);
        let response = json(&mut responses).await;
        assert_eq!(response["errors"][0]["extensions"]["code"], code, "{response}");
        assert!(responses.next().await.is_none(), "{document}");
    }
}

#[tokio::test]
async fn users_receive_their_notifications_messages_and_updates() {
    let world = gateway(in_memory()).await;
    let crud = world.post(ANDREW, "Hello!").await;
    let told = "subscription { notificationReceived { cursor node { kind actor { handle } \
                activity { message } } } }";
    let written = "subscription { messageReceived { cursor node { message sender { handle } \
                   group { unreadCount } } } }";
    let id = follow(&world, Viewer::Anonymous, "{ home { nodes { id } } }");
    let id = json(id).await["data"]["home"]["nodes"][0]["id"].clone();
    let counts =
        format!("subscription {{ activityUpdated(id: {id}) {{ likesCount viewerHasLiked }} }}");
    let mut told = waiting(follow(&world, ANDREW, told)).await;
    let mut written = waiting(follow(&world, ANDREW, written)).await;
    let mut counts = waiting(follow(&world, WORF, &counts)).await;
    world.service.react(WORF, ReactionKind::Like, Some(crud.uuid)).await.expect("it is there");
    let to = Recipient::Handle(Some("andrewbrown"));
    world.service.send_message(WORF, to, Some("Qapla'"), None).await.expect("it is sent");

    let event = json(&mut told).await;
    let like = json!({ "kind": "LIKE", "actor": { "handle": "worf" }, "activity": { "message": "Hello!" } });
    assert_eq!(event["data"]["notificationReceived"]["node"], like, "{event}");
    let event = json(&mut written).await;
    let message = json!({ "message": "Qapla'", "sender": { "handle": "worf" }, "group": { "unreadCount": 1 } });
    assert_eq!(event["data"]["messageReceived"]["node"], message, "{event}");
    let event = json(&mut counts).await;
    let count = json!({ "likesCount": 1, "viewerHasLiked": true });
    assert_eq!(event["data"]["activityUpdated"], count, "{event}");
    world.service.delete_activity(ANDREW, Some(crud.uuid)).await.expect("it is his");
    assert!(counts.next().await.is_none());
}
