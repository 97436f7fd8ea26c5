//! Object-level authorisation: no viewer can read or change what belongs to another user.

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{
    TestApp,
    gateway::{Gateway, run, stdout},
};

#[test]
fn objects_of_other_users_are_null_and_not_forbidden() {
    let gateway = Gateway::start(&["--viewer", "none"]);
    gateway.wait_until_ready();
    let token = |handle| {
        let made = run(&["token", "--handle", handle], &[("PORT", gateway.port())]);
        stdout(&made).trim().to_owned()
    };
    let (andrew, alt, bayko) = (token("andrewbrown"), token("altbrown"), token("bayko"));
    let own = "{ viewer { notifications(first: 1) { nodes { id } } \
               messageGroup(withHandle: \"bayko\") { id messages(first: 1) { nodes { id } } } } }";
    let own = &gateway.graphql(Some(&andrew), own, json!({}))["data"]["viewer"];
    let notification = &own["notifications"]["nodes"][0]["id"];
    let group = &own["messageGroup"]["id"];
    let message = &own["messageGroup"]["messages"]["nodes"][0]["id"];
    let node = "query($id: ID!) { node(id: $id) { __typename id } }";
    for (id, kind, shared) in [
        (notification, "Notification", false),
        (group, "MessageGroup", true),
        (message, "Message", true),
    ] {
        let variables = json!({ "id": id });
        let visible = json!({ "data": { "node": { "__typename": kind, "id": id } } });
        let hidden = json!({ "data": { "node": null } });
        assert_eq!(gateway.graphql(Some(&andrew), node, variables.clone()), visible);
        assert_eq!(gateway.graphql(Some(&alt), node, variables.clone()), hidden, "{kind}");
        assert_eq!(gateway.graphql(None, node, variables.clone()), hidden, "{kind}");
        let other = gateway.graphql(Some(&bayko), node, variables);
        assert_eq!(other, if shared { visible } else { hidden }, "{kind}");
    }
    let error =
        |response: Value, field: &str| response["data"][field]["userErrors"][0]["code"].clone();
    let mark = "mutation($id: ID!) { markNotificationsRead(input: { upToId: $id }) { userErrors { code } } }";
    let marked = gateway.graphql(Some(&alt), mark, json!({ "id": notification }));
    assert_eq!(error(marked, "markNotificationsRead"), "NOTIFICATION_NOT_FOUND");
    let read =
        "mutation($id: ID!) { markMessagesRead(input: { upToId: $id }) { userErrors { code } } }";
    let marked = gateway.graphql(Some(&alt), read, json!({ "id": message }));
    assert_eq!(error(marked, "markMessagesRead"), "MESSAGE_NOT_FOUND");
    let send = "mutation($id: ID!) { sendMessage(input: { groupId: $id, message: \"Psst\" }) { userErrors { code } } }";
    let sent = gateway.graphql(Some(&alt), send, json!({ "id": group }));
    assert_eq!(error(sent, "sendMessage"), "MESSAGE_GROUP_NOT_FOUND");
    let anonymous = gateway.graphql(None, "{ viewer { user { handle } } }", json!({}));
    assert_eq!(anonymous, json!({ "data": { "viewer": null } }));
}

/// The text of a private message that no other user may find.
const PRIVATE: &str = "the zanzibar rendezvous";

#[tokio::test]
async fn private_objects_look_missing_to_other_users_on_every_route() {
    let app = TestApp::new().await;
    let [andrew, bayko, alt, anonymous] =
        ["andrewbrown", "bayko", "altbrown", "none"].map(|handle| app.as_user(handle));
    let body = json!({ "handle": "bayko", "message": PRIVATE });
    let keyed = [("content-type", "application/json"), ("idempotency-key", "the-key")];
    let sent = andrew.send(Method::POST, "/api/messages", &keyed, body.to_string()).await;
    assert_eq!(sent.status, 200, "{}", sent.text);
    let own = "{ viewer { notifications(first: 1) { edges { cursor node { id } } } \
               messageGroup(withHandle: \"bayko\") { id messages(last: 1) \
               { edges { cursor node { id message } } } } } }";
    let own = andrew.graphql(own, json!({})).await.json()["data"]["viewer"].clone();
    let group = own["messageGroup"]["id"].as_str().expect("an id");
    let message = &own["messageGroup"]["messages"]["edges"][0];
    assert_eq!(message["node"]["message"], PRIVATE);
    let notification = &own["notifications"]["edges"][0];
    let groups = andrew.get("/api/message_groups").await.json();
    let uuid = groups[0]["uuid"].as_str().expect("a uuid").to_owned();
    let crud = "mutation { createActivity(input: { message: \"mine\", ttl: ONE_HOUR }) { activity { id } } }";
    let crud = andrew.graphql(crud, json!({})).await.json();
    let crud = crud["data"]["createActivity"]["activity"]["id"].as_str().expect("an id");

    // Reads: each answer is the one for an object that does not exist.
    let missing = "00000000-0000-4000-8000-0000000000ff";
    for (client, who) in [(&alt, "another user"), (&anonymous, "anonymous")] {
        for id in [group, text(&message["node"]["id"]), text(&notification["node"]["id"])] {
            let node = "query($id: ID!) { node(id: $id) { id } nodes(ids: [$id, $id]) { id } }";
            let answer = client.graphql(node, json!({ "id": id })).await.json();
            let nothing = json!({ "data": { "node": null, "nodes": [null, null] } });
            assert_eq!(answer, nothing, "{who} {id}");
        }
        for path in ["", "?after=", "?before="] {
            let cursor = if path.is_empty() { "" } else { text(&message["cursor"]) };
            let read = client.get(&format!("/api/messages/{uuid}{path}{cursor}")).await;
            let none = client.get(&format!("/api/messages/{missing}{path}{cursor}")).await;
            assert_eq!((read.status, &read.text), (none.status, &none.text), "{who}");
            assert!(!read.text.contains(PRIVATE), "{who}");
        }
        for path in ["/api/message_groups", "/api/messages/@andrewbrown", "/api/messages/@bayko"] {
            assert!(!client.get(path).await.text.contains(PRIVATE), "{who} {path}");
        }
        for term in ["zanzibar", "rendezvous", "f73f4b05-a59e-468b-8a29-a1c39e7a2222", "f73f4b05"] {
            let rest = client.get(&format!("/api/activities/search?term={term}")).await;
            assert_eq!(rest.text, "[]", "{who} {term}");
            let search = "query($q: String!) { search(query: $q) { nodes { __typename } } }";
            let found = client.graphql(search, json!({ "q": term })).await.json();
            assert_eq!(found["data"]["search"]["nodes"], json!([]), "{who} {term}");
        }
        for path in ["/api/users/@andrewbrown/short", "/api/activities/@andrewbrown"] {
            let profile = client.get(path).await;
            assert_eq!(profile.status, 200, "{who}");
            assert!(!profile.text.contains("f73f4b05"), "{who}: {}", profile.text);
        }
    }
    // The cursors of one viewer's lists show another viewer only what is theirs.
    let inbox = "query($after: String) { viewer { notifications(first: 50, after: $after) { nodes { id } } \
                 messageGroups(first: 50, after: $after) { nodes { person { handle } } } } }";
    for cursor in [&message["cursor"], &notification["cursor"]] {
        let answer = alt.graphql(inbox, json!({ "after": cursor })).await;
        assert!(!answer.text.contains("bayko"), "{}", answer.text);
        assert!(!answer.text.contains(text(&notification["node"]["id"])), "{}", answer.text);
    }

    // Writes: each has the code for an object that does not exist, but for cruds, which are public.
    for (mutation, id, code) in [
        ("sendMessage(input: { groupId: $id, message: \"x\" })", group, "MESSAGE_GROUP_NOT_FOUND"),
        ("sendMessage(input: { groupId: $id, message: \"x\" })", crud, "MESSAGE_GROUP_NOT_FOUND"),
        (
            "markMessagesRead(input: { upToId: $id })",
            text(&message["node"]["id"]),
            "MESSAGE_NOT_FOUND",
        ),
        ("markMessagesRead(input: { upToId: $id })", group, "MESSAGE_NOT_FOUND"),
        (
            "markNotificationsRead(input: { upToId: $id })",
            text(&notification["node"]["id"]),
            "NOTIFICATION_NOT_FOUND",
        ),
        ("markNotificationsRead(input: { upToId: $id })", crud, "NOTIFICATION_NOT_FOUND"),
        ("deleteActivity(input: { activityId: $id })", crud, "ACTIVITY_NOT_YOURS"),
        ("deleteActivity(input: { activityId: $id })", group, "ACTIVITY_NOT_FOUND"),
        (
            "deleteActivity(input: { activityId: $id })",
            text(&message["node"]["id"]),
            "ACTIVITY_NOT_FOUND",
        ),
    ] {
        let document =
            format!("mutation($id: ID!) {{ it: {mutation} {{ userErrors {{ code }} }} }}");
        let answer = alt.graphql(&document, json!({ "id": id })).await.json();
        assert_eq!(answer["data"]["it"]["userErrors"][0]["code"], code, "{mutation} {id}");
        let answer = anonymous.graphql(&document, json!({ "id": id })).await.json();
        assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{mutation}");
    }
    let into = json!({ "message_group_uuid": uuid, "message": "x" });
    let refused = alt.post("/api/messages", into.clone()).await;
    assert_eq!(
        (refused.status.as_u16(), refused.text.as_str()),
        (422, r#"["message_group_uuid_blank"]"#)
    );
    assert_eq!(anonymous.post("/api/messages", into).await.status, 401);

    // An idempotency key belongs to its user: another one's request is new, and has no part of the first.
    let keyed_by_alt = alt.send(Method::POST, "/api/messages", &keyed, body.to_string()).await;
    assert_eq!(keyed_by_alt.status, 200);
    assert_ne!(keyed_by_alt.json()["uuid"], sent.json()["uuid"]);
    assert_ne!(keyed_by_alt.json()["message_group_uuid"], json!(uuid));

    // The member of the conversation still has all of it.
    let read = bayko.get(&format!("/api/messages/{uuid}")).await;
    assert!(read.messages().contains(&PRIVATE.to_owned()), "{}", read.text);
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}
