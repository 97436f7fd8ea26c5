//! Object-level authorisation: no viewer can read or change what belongs to another user.

use serde_json::{Value, json};

use crate::support::gateway::{Gateway, run, stdout};

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
