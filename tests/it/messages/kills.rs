//! Gateways that are killed under load neither lose nor duplicate messages.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use cruddur::{
    domain::Pagination,
    sources::{self, Sources},
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::{
    messages::fixture::all_messages,
    support::dynamodb::{self, endpoint},
    support::gateway::Gateway,
    support::stores::{PostgresDatabase, SqliteFile},
};

const SENDERS: usize = 32;
const MESSAGES: usize = 2_000;
const KILLS: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn kills_neither_lose_nor_duplicate_messages_on_sqlite() {
    let file = SqliteFile::new();
    send_during_kills(&["--database-url", &file.text()], file.open()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_neither_lose_nor_duplicate_messages_on_postgres() {
    let database = PostgresDatabase::new("messages_kills").await;
    send_during_kills(&["--database-url", &database.url], database.open()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_neither_lose_nor_duplicate_messages_on_dynamodb() {
    let file = SqliteFile::new();
    let url = file.text();
    let table = dynamodb::table("kills");
    let messages = format!("dynamodb:{}", table.name);
    let args =
        ["--database-url", &url, "--messages-url", &messages, "--aws-endpoint-url", &endpoint()];
    send_during_kills(&args, sources::open(&file.url(), 2).with_messages(&table)).await;
}

/// Runs two gateways, one per user, and kills them in turn while 32 senders send. Asserts that each
/// message exists once and that both users see the same conversation.
async fn send_during_kills(store: &[&str], sources: Sources) {
    let start = |viewer: &str| {
        let gateway = Gateway::start(&[store, &["--viewer", viewer]].concat());
        gateway.wait_until_ready();
        gateway
    };
    let people = ["londo", "worf"];
    let mut gateways = people.map(start);
    let ports = Arc::new(Mutex::new([0, 1].map(|n: usize| gateways[n].port().to_owned())));
    let (next, acknowledged) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| {
            let (ports, next) = (ports.clone(), next.clone());
            let acknowledged = acknowledged.clone();
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= MESSAGES {
                        return;
                    }
                    let side = sender % 2;
                    loop {
                        let port = ports.lock().unwrap()[side].clone();
                        if send(&port, side, number).await {
                            break;
                        }
                        sleep(Duration::from_millis(20)).await;
                    }
                    acknowledged.lock().unwrap().push(number);
                }
            })
        })
        .collect();
    for kill in 0..KILLS {
        // The kills are spread evenly over the messages.
        while acknowledged.lock().unwrap().len() < (kill + 1) * MESSAGES / (KILLS + 2) {
            sleep(Duration::from_millis(5)).await;
        }
        let side = kill % 2;
        gateways[side].kill();
        gateways[side] = start(people[side]);
        ports.lock().unwrap()[side] = gateways[side].port().to_owned();
    }
    for sender in senders {
        sender.await.expect("no sender panics");
    }
    drop(gateways);

    let store = &*sources.messages;
    let handles = people.map(str::to_owned);
    let users = sources.store.users_by_handles(&handles).await.expect("users");
    let [one, other] = [0, 1].map(|n: usize| users[n].uuid);
    let group = store.message_groups_by_others(one, &[other]).await.expect("groups").remove(0);
    let messages = all_messages(store, group.uuid).await;
    let texts: Vec<usize> =
        messages.iter().map(|it| it.message.parse().expect("a number")).collect();
    assert_eq!(texts.len(), MESSAGES, "each message exists once");
    assert_eq!(texts.into_iter().collect::<BTreeSet<_>>().len(), MESSAGES);
    let last = messages.last().expect("a last message");
    for (user, with) in [(one, other), (other, one)] {
        let groups = store.message_groups(user, &Pagination::first(100)).await.expect("groups");
        let both: Vec<_> = groups.nodes().filter(|group| group.other_uuid == with).collect();
        assert_eq!(both.len(), 1);
        assert_eq!(both[0].uuid, group.uuid);
        assert_eq!(
            (&both[0].last_message, both[0].last_message_at),
            (&last.message, last.created_at)
        );
        let unread = store.unread_by_groups(user, &[group.uuid]).await.expect("a count");
        let uuids: Vec<_> = groups.nodes().map(|group| group.uuid).collect();
        let each = store.unread_by_groups(user, &uuids).await.expect("counts");
        assert_eq!(store.unread_messages(user).await, Ok(each.iter().sum::<i64>()));
        let theirs = messages.iter().filter(|it| it.user_uuid == with).count();
        assert_eq!(unread, [i64::try_from(theirs).expect("a number")]);
    }
}

/// Sends a message with its number as idempotency key. Returns whether it was acknowledged.
async fn send(port: &str, side: usize, number: usize) -> bool {
    let to = ["worf", "londo"][side];
    let body = json!({ "message": number.to_string(), "user_receiver_handle": to }).to_string();
    let request = format!(
        "POST /api/messages HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n\
         idempotency-key: {number}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let exchange = async {
        let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut response = String::new();
        stream.read_to_string(&mut response).await?;
        std::io::Result::Ok(response)
    };
    let response = timeout(Duration::from_secs(30), exchange).await;
    let response = response.expect("a response or a closed connection in time").unwrap_or_default();
    let acknowledged = response.starts_with("HTTP/1.1 200 ");
    let rejected = response.starts_with("HTTP/1.1 4");
    assert!(!rejected, "{response}");
    acknowledged
}
