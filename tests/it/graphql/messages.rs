//! Direct messages and their notifications.

use cruddur::domain::Viewer;
use serde_json::json;

use crate::graphql::fixture::{ADA, SchemaClient, user_uuid};

#[tokio::test]
async fn reading_a_message_reads_its_notification() {
    let ada = SchemaClient::of_people(ADA).await;
    let bob =
        SchemaClient { viewer: Viewer::User(user_uuid(2)), ..SchemaClient::of_people(ADA).await };
    let bob = SchemaClient { service: ada.service.clone(), ..bob };
    let unread = "{ viewer { unreadNotificationsCount unreadMessagesCount } }";
    let before = ada.json(unread).await["data"]["viewer"].clone();
    let send = r#"mutation { sendMessage(input: { toHandle: "ada", message: "Hi" }) {
        message { id } } }"#;
    let sent = bob.json(send).await["data"]["sendMessage"]["message"]["id"].clone();
    let count = |name: &str| before[name].as_i64().unwrap();
    let with_one_more = json!({ "data": { "viewer": {
        "unreadNotificationsCount": count("unreadNotificationsCount") + 1,
        "unreadMessagesCount": count("unreadMessagesCount") + 1,
    } } });
    assert_eq!(ada.json(unread).await, with_one_more);
    let read = format!(
        "mutation {{ markMessagesRead(input: {{ upToId: {sent} }}) {{ userErrors {{ code }} }} }}"
    );
    let done = json!({ "data": { "markMessagesRead": { "userErrors": [] } } });
    assert_eq!(ada.json(read.as_str()).await, done);
    let after = ada.json(unread).await["data"]["viewer"].clone();
    assert_eq!(after["unreadNotificationsCount"], before["unreadNotificationsCount"]);
    // Those of the other conversations are left.
    assert_eq!(after["unreadMessagesCount"], 2);
}
