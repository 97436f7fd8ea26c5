//! The number of store calls per request, which does not grow with the size of the response.

use std::sync::Arc;

use async_graphql::{Request, Variables};
use cruddur::{domain::Viewer, error::Error};
use serde_json::{Value, json};

use crate::{
    graphql::fixture::{self, ADA, SchemaClient, crowd, global_id, people, talkers},
    support::{filled, in_memory, recording_store::RecordingStore},
};

const PAGE_SIZES: [i32; 3] = [1, 20, 100];

async fn recorded(
    dataset: &cruddur::sources::Dataset,
    viewer: Viewer,
) -> (Arc<RecordingStore>, SchemaClient) {
    let (recorder, sources) = RecordingStore::wrap(filled(in_memory(), dataset).await);
    (recorder, SchemaClient::new(sources, viewer))
}

/// Executes a document with the variables `$first` and `$ids`. Returns its data; panics on errors.
async fn data(client: &SchemaClient, document: &str, first: i32) -> Value {
    let ids: Vec<_> = (1..=30)
        .flat_map(|number| ["user", "activity", "notification"].map(|kind| (kind, number)))
        .map(|(kind, number)| global_id(&format!("{kind} {number}")).unwrap())
        .collect();
    let variables = Variables::from_json(json!({"first": first, "ids": ids}));
    let response = client.json(Request::new(document).variables(variables)).await;
    assert_eq!(response.get("errors"), None, "{document}");
    response["data"].clone()
}

#[tokio::test]
async fn the_home_feed_with_authors_and_replies_takes_three_calls() {
    let (recorder, client) = recorded(&crowd(120), Viewer::Anonymous).await;
    let document = "query($first: Int) { home(first: $first) { nodes {
        message author { handle } replies(first: 3) { nodes { message author { handle } } }
    } } }";
    for first in PAGE_SIZES {
        let data = data(&client, document, first).await;
        assert_eq!(recorder.calls(), ["home", "replies_by_parents", "users_by_uuids"], "{first}");
        let nodes = data["home"]["nodes"].as_array().unwrap();
        assert_eq!(nodes.len(), usize::try_from(first).unwrap());
        assert!(nodes.iter().all(|node| node["replies"]["nodes"].as_array().unwrap().len() == 3));
    }
}

#[tokio::test]
async fn edges_aliases_and_fragments_take_no_additional_calls() {
    let (recorder, client) = recorded(&crowd(30), Viewer::Anonymous).await;
    let document = "query($first: Int) {
        home(first: $first) { edges { node { ...Shown } } nodes { by: author { displayName } } }
    }
    fragment Shown on Activity { ... on Node { id } ... { by: author { handle } } ...Below }
    fragment Below on Activity { below: replies(first: $first) { edges { node { ...Replied } } } }
    fragment Replied on Activity { author { handle } }";
    data(&client, document, 20).await;
    assert_eq!(recorder.calls(), ["home", "replies_by_parents", "users_by_uuids"]);
}

#[tokio::test]
async fn a_third_level_takes_one_more_call() {
    let (recorder, client) = recorded(&crowd(120), Viewer::Anonymous).await;
    let document = "query($first: Int) { home(first: $first) { nodes { author { handle }
        replies(first: 2) { nodes { author { handle }
            replies(first: 2) { nodes { author { handle } } }
        } }
    } } }";
    for first in PAGE_SIZES {
        data(&client, document, first).await;
        let expected = ["home", "replies_by_parents", "replies_by_parents", "users_by_uuids"];
        assert_eq!(recorder.calls(), expected, "{first}");
    }
}

#[tokio::test]
async fn each_different_page_of_replies_takes_a_call() {
    let (recorder, client) = recorded(&crowd(30), Viewer::Anonymous).await;
    let document = "{ home { nodes {
        a: replies(first: 2) { nodes { author { handle } } }
        b: replies(first: 2) { nodes { message } }
        c: replies(last: 2) { nodes { author { handle } } }
    } } }";
    data(&client, document, 0).await;
    let expected = ["home", "replies_by_parents", "replies_by_parents", "users_by_uuids"];
    assert_eq!(recorder.calls(), expected);
}

#[tokio::test]
async fn the_viewers_reactions_take_one_call_for_all_levels() {
    let (recorder, client) = recorded(&crowd(120), ADA).await;
    let document = "query($first: Int) { home(first: $first) { nodes {
        viewerHasLiked viewerHasReposted viewerCanDelete author { handle }
        replies(first: 3) { nodes { viewerHasLiked author { handle } } }
    } } }";
    for first in PAGE_SIZES {
        data(&client, document, first).await;
        let expected = ["home", "replies_by_parents", "users_by_uuids", "reactions_by_user"];
        assert_eq!(recorder.calls(), expected, "{first}");
    }
}

#[tokio::test]
async fn anonymous_reaction_flags_need_no_query() {
    let (recorder, client) = recorded(&crowd(5), Viewer::Anonymous).await;
    data(&client, "{ home { nodes { viewerHasLiked author { viewerIsFollowing } } } }", 0).await;
    assert_eq!(recorder.calls(), ["home", "users_by_uuids"]);
}

#[tokio::test]
async fn nodes_of_several_kinds_take_one_call_per_kind() {
    let (recorder, client) = recorded(&people(), ADA).await;
    let document = "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Activity {
        author { handle } replies { nodes { author { handle } } }
    } } }";
    data(&client, document, 0).await;
    let mut calls = recorder.calls();
    calls.sort_unstable();
    // No second call for users: authors who were not requested by id do not exist.
    let expected =
        ["activities_by_uuids", "notifications_by_uuids", "replies_by_parents", "users_by_uuids"];
    assert_eq!(calls, expected);
}

#[tokio::test]
async fn the_parents_of_several_replies_take_one_call() {
    let (recorder, client) = recorded(&crowd(120), Viewer::Anonymous).await;
    let document = "query($first: Int) { search(query: \"words\", first: $first) { nodes {
        ... on Activity { replyTo { author { handle } replyTo { author { handle } } } }
    } } }";
    data(&client, document, 100).await;
    // The second `replyTo` leads to cruds that the first one has loaded.
    let expected =
        ["activities_matching", "users_matching", "activities_by_uuids", "users_by_uuids"];
    assert_eq!(recorder.calls(), expected);
}

#[tokio::test]
async fn lists_of_users_take_one_call_per_relation() {
    let (recorder, client) = recorded(&people(), ADA).await;
    let document = "{ user(handle: \"ada\") { followers { nodes {
        followersCount followingCount activitiesCount viewerIsFollowing
        followers { nodes { handle } }
        activities(first: 2) { nodes { author { handle } replies { nodes { author { handle } } } } }
    } } } }";
    data(&client, document, 0).await;
    let mut calls = recorder.calls();
    calls.sort_unstable();
    let expected = [
        "activities_by_users",
        "counts_by_users",
        "followed_among",
        "replies_by_parents",
        "users_by_handles",
        "users_by_relation",
        "users_by_relation",
        "users_by_uuids",
    ];
    assert_eq!(calls, expected);
}

#[tokio::test]
async fn notifications_take_one_call_each_for_activities_actors_and_authors() {
    let (recorder, client) = recorded(&people(), ADA).await;
    let document = "{ viewer { notifications {
        unreadCount nodes { actor { handle } activity { message author { handle } } }
    } } }";
    data(&client, document, 0).await;
    let mut calls = recorder.calls();
    calls.sort_unstable();
    let expected = [
        "activities_by_uuids",
        "notifications",
        "unread_notifications",
        "users_by_uuids",
        "users_by_uuids",
    ];
    assert_eq!(calls, expected);
}

#[tokio::test]
async fn conversations_take_a_fixed_number_of_calls() {
    let (recorder, client) = recorded(&talkers(120), ADA).await;
    let document = "query($first: Int) { viewer { messageGroups(first: $first) { nodes {
        updatedAt unreadCount person { handle } lastMessage { message sender { handle } }
        messages(last: 2) { nodes { message sender { handle } group { id } } }
    } } } }";
    for first in PAGE_SIZES {
        let data = data(&client, document, first).await;
        let mut calls = recorder.calls();
        calls.sort_unstable();
        let expected = [
            "message_groups",
            // Checks that the viewer is in the conversations whose messages are requested.
            "message_groups_by_uuids",
            "message_groups_by_uuids",
            "messages_by_groups",
            "messages_by_groups",
            "unread_by_groups",
            "users_by_uuids",
        ];
        assert_eq!(calls, expected, "{first}");
        let nodes = data["viewer"]["messageGroups"]["nodes"].as_array().unwrap();
        assert_eq!(nodes.len(), usize::try_from(first).unwrap());
        assert!(nodes.iter().all(|node| node["unreadCount"] == 2));
        assert!(nodes.iter().all(|node| node["messages"]["nodes"].as_array().unwrap().len() == 2));
    }
}

#[tokio::test]
async fn a_message_notifies_its_receiver_once() {
    let (_, client) = recorded(&people(), ADA).await;
    let send = "mutation { sendMessage(input: {
        toHandle: \"grace\", message: \"Psst\", idempotencyKey: \"psst\"
    }) { message { uuid } } }";
    let first = data(&client, send, 0).await;
    assert_eq!(data(&client, send, 0).await, first);
    let grace = SchemaClient { viewer: Viewer::User(fixture::user_uuid(2)), ..client };
    let document = "{ viewer { notifications(first: 2) {
        unreadCount nodes { kind actor { handle } activity { id } messageGroup { unreadCount } }
    } } }";
    let notifications = &data(&grace, document, 0).await["viewer"]["notifications"];
    assert_eq!(notifications["unreadCount"], 2);
    let message = json!({
        "kind": "MESSAGE", "actor": {"handle": "ada"}, "activity": null,
        "messageGroup": {"unreadCount": 3},
    });
    assert_eq!(notifications["nodes"][0], message);
    assert_eq!(notifications["nodes"][1]["messageGroup"], Value::Null);
}

#[tokio::test]
async fn a_retry_creates_the_notification_that_failed_with_the_message() {
    let (recorder, client) = recorded(&people(), ADA).await;
    let send = "mutation { sendMessage(input: {
        toHandle: \"grace\", message: \"Psst\", idempotencyKey: \"psst\"
    }) { message { uuid } } }";
    recorder.break_method("insert_notification", Error::Unavailable);
    let first = data(&client, send, 0).await;
    let count = "{ viewer { unreadNotificationsCount } }";
    let grace = SchemaClient::new(recorder.clone().into(), Viewer::User(fixture::user_uuid(2)));
    assert_eq!(data(&grace, count, 0).await["viewer"]["unreadNotificationsCount"], 1);
    recorder.break_method("nothing", Error::Unavailable);
    assert_eq!(data(&client, send, 0).await, first);
    assert_eq!(data(&grace, count, 0).await["viewer"]["unreadNotificationsCount"], 2);
}

#[tokio::test]
async fn a_mutation_sees_the_changes_of_the_previous_one() {
    let (_, client) = recorded(&people(), ADA).await;
    let id = global_id("activity 5").unwrap();
    let document = format!(
        "mutation {{
            a: likeActivity(input: {{activityId: \"{id}\"}}) {{ activity {{ ...Shown }} }}
            b: unlikeActivity(input: {{activityId: \"{id}\"}}) {{ activity {{ ...Shown }} }}
            c: likeActivity(input: {{activityId: \"{id}\"}}) {{ activity {{ ...Shown }} }}
        }}
        fragment Shown on Activity {{
            likesCount viewerHasLiked likers {{ nodes {{ handle }} }}
        }}"
    );
    let liked = json!({"activity": {
        "likesCount": 1, "viewerHasLiked": true, "likers": {"nodes": [{"handle": "ada"}]},
    }});
    let unliked = json!({"activity": {
        "likesCount": 0, "viewerHasLiked": false, "likers": {"nodes": []},
    }});
    assert_eq!(data(&client, &document, 0).await, json!({"a": liked, "b": unliked, "c": liked}));
}

#[tokio::test]
async fn a_failing_field_does_not_affect_fields_that_share_its_loaders() {
    let (recorder, client) = recorded(&people(), ADA).await;
    recorder.break_method("counts_by_users", Error::Unavailable);
    let response = client
        .json(
            "{
                a: user(handle: \"grace\") { viewerIsFollowing activitiesCount }
                b: user(handle: \"alan\") { viewerIsFollowing }
            }",
        )
        .await;
    assert_eq!(response["data"], json!({"a": null, "b": {"viewerIsFollowing": true}}));
    let started = recorder.calls().iter().filter(|call| **call == "followed_among").count();
    assert_eq!(started, 2, "the first call was cancelled together with field a");
}
