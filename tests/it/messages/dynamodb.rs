//! Tests for DynamoDB only: the original's layout, creating and refusing tables, failures.

use std::{net::TcpListener, path::Path, process::Command, sync::Arc, time::Duration};

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType,
};
use axum::{Router, http::StatusCode};
use cruddur::{
    domain::{Cursor, MessageKey, Pagination},
    error::{Error, UserErrorCode},
    service::Service,
    sources::{self, Dataset, Inserted, MessageTable, MigrateError, SourceUrl, Sources},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    messages::fixture::{all_messages, keyed, new, send},
    support::{
        clock::ManualClock,
        dynamodb::{endpoint, env, table, with_table},
        fixtures::{ANDREW, BAYKO, WORF, id, people, seconds as at, user},
        gateway::{run, stderr, stdout},
    },
};

/// Runs the script that calls DynamoDB as the original does. Returns its output.
fn original(args: &[&str]) -> Value {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/messages/original.py");
    let (command, args) = args.split_first().expect("a command");
    let mut python = Command::new(target.join("python/bin/python"));
    let python = python.arg(script).arg(command).arg(endpoint()).args(args);
    let output = python.output().expect("target/python exists; `make test` creates it");
    assert!(output.status.success(), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

async fn in_memory() -> Sources {
    let sources = sources::open(&SourceUrl::Mock, 1);
    sources.store.import(&people()).await.expect("the users can be imported");
    sources
}

/// Returns a DynamoDB client outside of the gateway.
async fn client() -> aws_sdk_dynamodb::Client {
    let config = aws_config::defaults(BehaviorVersion::latest()).endpoint_url(endpoint());
    let tls = aws_smithy_http_client::tls::Provider::Rustls(
        aws_smithy_http_client::tls::rustls_provider::CryptoMode::Ring,
    );
    let http = aws_smithy_http_client::Builder::new().tls_provider(tls).build_https();
    aws_sdk_dynamodb::Client::new(&config.http_client(http).load().await)
}

#[tokio::test]
async fn bans_hide_conversations_and_erasures_delete_them() {
    let table = table("erased");
    let sources = in_memory().await.with_messages(&table);
    let store = sources.messages.clone();
    store.migrate().await.expect("the table can be created");
    for number in 0..60 {
        let (from, to) = if number % 2 == 0 { (ANDREW, BAYKO) } else { (BAYKO, ANDREW) };
        send(&*store, &new(number, from, to, "text", at(number as i64))).await;
    }
    send(&*store, &new(100, WORF, BAYKO, "kept", at(100))).await;
    let groups = async || {
        let page = store.message_groups(BAYKO, &Pagination::first(10)).await.expect("a page");
        page.nodes().map(|group| group.other_uuid).collect::<Vec<_>>()
    };
    assert_eq!(groups().await, [WORF, ANDREW]);
    assert_eq!(store.unread_messages(BAYKO).await, Ok(31));

    let service = Service::new(sources.clone(), Arc::new(ManualClock::default()));
    let andrew = service.ban("andrewbrown").await.expect("Andrew exists");
    let from_andrew = store.insert_message(&new(101, ANDREW, BAYKO, "ghost", at(101))).await;
    assert_eq!(from_andrew, Err(UserErrorCode::ViewerUnknown.into()));
    let to_andrew = store.insert_message(&new(102, BAYKO, ANDREW, "ghost", at(102))).await;
    assert_eq!(to_andrew, Ok(Inserted::TargetMissing));
    service.hide_posts(andrew.uuid).await.expect("the posts are hidden");
    assert_eq!(groups().await, [WORF]);
    assert_eq!(store.message_groups_by_others(BAYKO, &[ANDREW]).await, Ok(Vec::new()));
    assert_eq!(store.unread_messages(BAYKO).await, Ok(1));

    let erased = service.erase(&andrew).await.expect("Andrew is erased");
    assert_eq!(erased.conversations, 1);
    assert_eq!(groups().await, [WORF]);
    assert_eq!(store.unread_messages(BAYKO).await, Ok(1));
    let scan = client().await.scan().table_name(&table.name).send().await.expect("the items");
    let andrew = ANDREW.to_string();
    let traces = scan.items().iter().filter(|item| format!("{item:?}").contains(&andrew));
    assert_eq!(traces.count(), 0);
}

#[tokio::test]
async fn original_tables_are_read_completely_and_stay_readable_by_the_original() {
    let table = table("original");
    original(&["fill", &table.name]);
    let sources = in_memory().await.with_messages(&table);
    // A conversation is shown if its other person exists.
    let others = (0..200).map(|n| user(id(0x30000 + n), &format!("other{n}"), "Other"));
    let others = Dataset { users: others.collect(), ..Dataset::default() };
    sources.store.import(&others).await.expect("the users can be imported");
    let store = &*sources.messages;
    assert!(!store.migrate().await.expect("the table is the original's"), "the table is not empty");

    let mut page = Pagination::first(100);
    let mut groups = Vec::new();
    loop {
        let found = store.message_groups(ANDREW, &page).await.expect("a page");
        page.after = found.items.last().map(|(cursor, _)| *cursor);
        let more = found.has_next;
        groups.extend(found.into_nodes());
        if !more {
            break;
        }
    }
    assert_eq!(groups.len(), 151);
    assert!(groups.is_sorted_by(|a, b| a.last_message_at > b.last_message_at));
    let years: std::collections::BTreeSet<_> =
        groups.iter().map(|it| it.last_message_at.format("%Y").to_string()).collect();
    assert_eq!(years.len(), 3, "{years:?}");

    let group = store.message_groups_by_others(ANDREW, &[BAYKO]).await.expect("a group").remove(0);
    let messages = all_messages(store, group.uuid).await;
    let texts: Vec<_> =
        messages.iter().map(|it| it.message.parse::<u32>().expect("a number")).collect();
    assert_eq!(texts, (0..2000).collect::<Vec<_>>());
    assert!(messages.is_sorted_by_key(|it| it.created_at));
    let keys: Vec<_> = messages.iter().step_by(100).map(|it| it.key()).collect();
    assert_eq!(store.messages_by_keys(&keys).await.expect("messages").len(), 20);
    // Messages that the original backend has written count as read.
    assert_eq!(store.unread_by_groups(BAYKO, &[group.uuid]).await, Ok(vec![0]));

    let mut sent = Vec::new();
    for (number, from, to) in [(1, ANDREW, BAYKO), (2, BAYKO, ANDREW), (3, ANDREW, BAYKO)] {
        // The second and the third message have the same time.
        let at = at(i64::try_from(number / 2 * 60).expect("a time"));
        let new = new(number, from, to, &format!("new {number}"), at);
        sent.push(send(store, &new).await);
    }
    assert!(sent.iter().all(|message| message.group_uuid == group.uuid));
    assert_eq!(store.unread_by_groups(BAYKO, &[group.uuid]).await, Ok(vec![2]));
    assert_eq!(store.unread_by_groups(ANDREW, &[group.uuid]).await, Ok(vec![1]));
    assert_eq!(store.unread_messages(BAYKO).await, Ok(2));
    assert_eq!(store.unread_messages(ANDREW).await, Ok(1));

    let (name, uuid) = (table.name.as_str(), group.uuid.to_string());
    let read = original(&["messages", name, &uuid, "2026"]);
    let texts: Vec<_> = read.as_array().expect("a list").iter().map(|it| &it["message"]).collect();
    assert_eq!(texts, ["new 1", "new 2", "new 3"]);
    assert_eq!(read[0]["created_at"], "2026-01-01T00:00:00.000000+00:00");
    assert_eq!((&read[0]["handle"], &read[1]["handle"]), (&json!("andrewbrown"), &json!("bayko")));
    for (user, handle) in [(ANDREW, "bayko"), (BAYKO, "andrewbrown")] {
        let read = original(&["groups", name, &user.to_string(), "2026"]);
        let expected = json!([{
            "uuid": uuid, "display_name": handle.to_uppercase(), "handle": handle,
            "message": "new 3", "created_at": "2026-01-01T00:01:00.000000+00:00",
        }]);
        assert_eq!(read, expected);
    }
    // The conversation has no item left under its old sort key.
    let read = original(&["groups", name, &BAYKO.to_string(), "2025"]);
    assert_eq!(read, json!([]));
}

#[tokio::test]
async fn messages_with_equal_timestamps_are_all_kept() {
    let sources = with_table(in_memory().await, "ties").await;
    let store = &*sources.messages;
    for number in 0..8 {
        let to = if number % 2 == 0 { BAYKO } else { WORF };
        let sent = store.insert_message(&new(10 + number, ANDREW, to, "now", at(0))).await;
        assert!(matches!(sent, Ok(Inserted::New(_))), "{sent:?}");
    }
    let groups = store.message_groups(ANDREW, &Pagination::first(10)).await.expect("groups");
    let uuids: Vec<_> = groups.nodes().map(|group| group.uuid).collect();
    assert_eq!(uuids.len(), 2);
    for pages in store.messages_by_groups(&uuids, &Pagination::first(10)).await.expect("pages") {
        assert_eq!(pages.items.len(), 4);
    }
}

#[tokio::test]
async fn messages_with_another_utc_offset_keep_their_key_order() {
    let table = table("offsets");
    let sources = in_memory().await.with_messages(&table);
    let store = &*sources.messages;
    store.migrate().await.expect("a table");
    let first = send(store, &new(1, ANDREW, BAYKO, "a", at(0))).await;
    let attributes = [
        ("pk", format!("MSG#{}", first.group_uuid)),
        ("sk", "2026-01-01T00:00:05.000001-05:00".into()),
        ("message", "b".into()),
        ("message_uuid", id(2).to_string()),
        ("user_uuid", BAYKO.to_string()),
    ];
    let item = attributes.map(|(name, value)| (name.to_owned(), AttributeValue::S(value)));
    let put = client().await.put_item().table_name(&table.name);
    put.set_item(Some(item.into())).send().await.expect("the item can be put");
    let _ = store
        .insert_message(&new(3, ANDREW, BAYKO, "c", at(10)))
        .await
        .expect("the message can be sent");
    let pages =
        store.messages_by_groups(&[first.group_uuid], &Pagination::first(9)).await.expect("pages");
    let texts: Vec<_> = pages[0].nodes().map(|it| it.message.as_str()).collect();
    assert_eq!(texts, ["a", "b", "c"]);
    let second = pages[0].nodes().nth(1).expect("three");
    assert_eq!(second.created_at, at(5 * 3600 + 5) + chrono::TimeDelta::microseconds(1));
    assert_eq!(store.messages_by_keys(&[second.key()]).await, Ok(vec![second.clone()]));
    assert_eq!(store.mark_messages_read(ANDREW, &second.key()).await, Ok(true));
}

#[tokio::test]
async fn the_next_message_restores_a_lost_side_of_the_conversation() {
    let table = table("lost");
    let sources = in_memory().await.with_messages(&table);
    let store = &*sources.messages;
    store.migrate().await.expect("a table");
    let first = send(store, &new(1, ANDREW, BAYKO, "a", at(0))).await;
    let sk = "2026-01-01T00:00:00.000000+00:00";
    for (second, lost) in [(1, &[BAYKO][..]), (2, &[ANDREW, BAYKO])] {
        for user in lost {
            let sk = if second == 1 { sk } else { "2026-01-01T00:00:01.000000+00:00" };
            let delete = client().await.delete_item().table_name(&table.name);
            let delete = delete.key("pk", AttributeValue::S(format!("GRP#{user}")));
            delete
                .key("sk", AttributeValue::S(sk.into()))
                .send()
                .await
                .expect("the item can be deleted");
        }
        let new = new(10 + second, ANDREW, BAYKO, "next", at(i64::try_from(second).unwrap()));
        let next = send(store, &new).await;
        assert_eq!(next.group_uuid, first.group_uuid);
        for user in [ANDREW, BAYKO] {
            let groups = store.message_groups(user, &Pagination::first(9)).await.expect("groups");
            assert_eq!(groups.items.len(), 1);
        }
    }
}

#[tokio::test]
async fn a_table_is_created_once_and_one_with_other_keys_is_refused() {
    let table = table("made");
    let sources = in_memory().await.with_messages(&table);
    let (first, second) = tokio::join!(sources.messages.migrate(), sources.messages.migrate());
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    let described = client().await.describe_table().table_name(&table.name).send().await;
    let described = described.expect("the table exists").table.expect("a description");
    let index = &described.global_secondary_indexes()[0];
    assert_eq!(index.index_name(), Some("message-group-sk-index"));

    let other = self::table("other");
    let attribute = AttributeDefinition::builder()
        .attribute_name("id")
        .attribute_type(ScalarAttributeType::S)
        .build();
    let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash).build();
    let create = client().await.create_table().table_name(&other.name);
    let create = create.attribute_definitions(attribute.unwrap()).key_schema(key.unwrap());
    create.billing_mode(BillingMode::PayPerRequest).send().await.expect("the table can be created");
    let refused = in_memory().await.with_messages(&other).messages.migrate().await;
    let Err(MigrateError::Refused(text)) = refused else { panic!("{refused:?}") };
    assert!(text.contains(&other.name) && text.contains("partition key id"), "{text}");
}

#[test]
fn migrate_creates_the_table_named_by_the_originals_variables() {
    let table = table("program");
    let env = env(&table);
    let mut env: Vec<_> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    env.push(("DATABASE_URL", "mock:"));
    for _ in 0..2 {
        let migrated = run(&["migrate"], &env);
        assert!(migrated.status.success(), "{}", stderr(&migrated));
        let expected = format!("dynamodb:{} at {} is ready.\n", table.name, endpoint());
        assert!(stdout(&migrated).ends_with(&expected), "{}", stdout(&migrated));
    }
    let config = run(&["check-config"], &env);
    assert!(stdout(&config).contains(&format!("MESSAGES_URL=dynamodb:{}\n", table.name)));
    let bad = run(&["check-config", "--messages-url", "dynamo:x"], &[]);
    assert!(stderr(&bad).contains("MESSAGES_URL (--messages-url): \"***\" is not allowed"));
}

/// The permissions that the original backend needs are to read and write items only.
#[tokio::test]
async fn a_table_without_describe_permission_is_assumed_to_exist() {
    let forbid = async || {
        let r#type = "com.amazon.coral.service#AccessDeniedException";
        let error = json!({ "__type": r#type, "Message": "not authorized to perform it" });
        (
            StatusCode::BAD_REQUEST,
            [("content-type", "application/x-amz-json-1.0")],
            error.to_string(),
        )
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let endpoint = listener.local_addr().expect("an address");
    let endpoint = Some(format!("http://{endpoint}").as_str().into());
    tokio::spawn(axum::serve(listener, Router::new().fallback(forbid)).into_future());
    let table = MessageTable { name: "theirs".into(), endpoint };
    let sources = in_memory().await.with_messages(&table);
    let migrated = sources.messages.migrate().await;
    assert!(matches!(migrated, Ok(false)), "{migrated:?}");
    assert_eq!(sources.messages.ping().await, Err(Error::Internal));
}

#[tokio::test]
async fn a_ping_recreates_a_lost_table() {
    let table = table("lost");
    let sources = in_memory().await.with_messages(&table);
    sources.store.import(&people()).await.expect("the users can be imported");
    let store = &*sources.messages;
    store.migrate().await.expect("the table can be created");
    client()
        .await
        .delete_table()
        .table_name(&table.name)
        .send()
        .await
        .expect("the table can be deleted");
    let page = Pagination::first(1);
    assert_eq!(store.message_groups(ANDREW, &page).await.unwrap_err(), Error::Unavailable);
    assert_eq!(store.ping().await, Ok(()));
    assert_eq!(store.message_groups(ANDREW, &page).await.expect("a page").items, []);
}

#[tokio::test]
async fn an_unreachable_or_silent_dynamodb_makes_the_service_unavailable() {
    let closed = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    for (address, seconds) in [(closed, 5), (silent.local_addr().unwrap(), 25)] {
        let endpoint = Some(format!("http://{address}").as_str().into());
        let table = MessageTable { name: "nowhere".into(), endpoint };
        let sources = in_memory().await.with_messages(&table);
        let store = &*sources.messages;
        let page = Pagination::first(1);
        let outcomes = tokio::time::timeout(Duration::from_secs(seconds), async {
            tokio::join!(store.message_groups(ANDREW, &page), store.ping())
        });
        let (groups, ping) = outcomes.await.expect("both fail in time");
        assert_eq!(groups.unwrap_err(), Error::Unavailable);
        assert_eq!(ping, Err(Error::Unavailable));
        assert!(matches!(store.migrate().await, Err(MigrateError::Unreachable(_))));
    }
}

#[tokio::test]
async fn retrying_after_an_unknown_outcome_sends_a_message_once() {
    let sources = with_table(in_memory().await, "again").await;
    let store = &*sources.messages;
    let plain = new(1, ANDREW, BAYKO, "plain", at(0));
    let with_key = keyed(new(2, ANDREW, BAYKO, "with a key", at(1)), "key", "input");
    for new in [plain, with_key] {
        let first = store.insert_message(&new).await;
        assert!(matches!(first, Ok(Inserted::New(_))), "{first:?}");
        assert_eq!(store.insert_message(&new).await, first);
    }
    let group = store.message_groups_by_others(ANDREW, &[BAYKO]).await.expect("a group").remove(0);
    let pages =
        store.messages_by_groups(&[group.uuid], &Pagination::first(9)).await.expect("pages");
    assert_eq!(pages[0].items.len(), 2);
    let unknown = MessageKey { group_uuid: Uuid::nil(), at: Cursor::min() };
    assert_eq!(store.mark_messages_read(ANDREW, &unknown).await, Ok(false));
}
