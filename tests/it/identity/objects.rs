//! What belongs to one viewer is not there for another, object by object, over the real binary.

use serde_json::{Value, json};

use crate::support::gateway::{Gateway, run, stdout};

fn ask(gateway: &Gateway, token: Option<&str>, query: &str, variables: Value) -> Value {
    let body = json!({ "query": query, "variables": variables }).to_string();
    let mut args = vec!["-H", "Content-Type: application/json", "-d", &body];
    let bearer = token.map(|token| format!("Authorization: Bearer {token}"));
    if let Some(bearer) = &bearer {
        args.extend(["-H", bearer]);
    }
    gateway.curl("/graphql", &args).1
}

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
    let own = &ask(&gateway, Some(&andrew), own, json!({}))["data"]["viewer"];
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
        let there = json!({ "data": { "node": { "__typename": kind, "id": id } } });
        let nothing = json!({ "data": { "node": null } });
        assert_eq!(ask(&gateway, Some(&andrew), node, variables.clone()), there);
        assert_eq!(ask(&gateway, Some(&alt), node, variables.clone()), nothing, "{kind}");
        assert_eq!(ask(&gateway, None, node, variables.clone()), nothing, "{kind}");
        let other = ask(&gateway, Some(&bayko), node, variables);
        assert_eq!(other, if shared { there } else { nothing }, "{kind}");
    }
    let errors =
        |answer: Value, field: &str| answer["data"][field]["userErrors"][0]["code"].clone();
    let mark = "mutation($id: ID!) { markNotificationsRead(input: { upToId: $id }) { userErrors { code } } }";
    let marked = ask(&gateway, Some(&alt), mark, json!({ "id": notification }));
    assert_eq!(errors(marked, "markNotificationsRead"), "NOTIFICATION_NOT_FOUND");
    let read =
        "mutation($id: ID!) { markMessagesRead(input: { upToId: $id }) { userErrors { code } } }";
    let marked = ask(&gateway, Some(&alt), read, json!({ "id": message }));
    assert_eq!(errors(marked, "markMessagesRead"), "MESSAGE_NOT_FOUND");
    let send = "mutation($id: ID!) { sendMessage(input: { groupId: $id, message: \"Psst\" }) { userErrors { code } } }";
    let sent = ask(&gateway, Some(&alt), send, json!({ "id": group }));
    assert_eq!(errors(sent, "sendMessage"), "MESSAGE_GROUP_NOT_FOUND");
    let anonymous = ask(&gateway, None, "{ viewer { user { handle } } }", json!({}));
    assert_eq!(anonymous, json!({ "data": { "viewer": null } }));
}
