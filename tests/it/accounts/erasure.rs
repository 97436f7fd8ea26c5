//! Erasure while requests go on. The program erases from another process, as an operator does.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use cruddur::{
    domain::{Activity, NotificationKind, Pagination, Reaction, ReactionKind},
    sources::{Dataset, Sources},
};
use serde_json::json;
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};

use super::Stores;
use crate::support::{
    TestApp, fixtures,
    fixtures::{ANDREW, BAYKO, LONDO, WORF, id, minutes},
    gateway::{run, stderr, stdout},
    stores::{PostgresDatabase, SqliteFile},
};

const HOME: &str = "{ home(first: 20) { nodes { message likesCount author { handle } \
                    replies(first: 3) { nodes { author { handle } } } } } }";

/// Fills a store with cruds of Worf, to every tenth of which Bayko replies, and with what else Worf has
/// done.
async fn fill(sources: &Sources, cruds: u32) {
    sources.store.import(&fixtures::people()).await.expect("the people can be imported");
    for first in (0..cruds).step_by(5_000) {
        let mut activities = Vec::new();
        let mut replies = Vec::new();
        for number in first..cruds.min(first + 5_000) {
            let uuid = id(0x1_0000_0000 + u128::from(number));
            let at = minutes(i64::from(number));
            let replies_count = i32::from(number % 10 == 0);
            let crud = fixtures::crud(uuid, WORF, &format!("crud {number}"), at);
            activities.push(Activity { replies_count, ..crud });
            if number % 10 == 0 {
                let reply = fixtures::crud(id(0x2_0000_0000 + u128::from(number)), BAYKO, "re", at);
                replies.push(Activity { reply_to_activity_uuid: Some(uuid), ..reply });
            }
        }
        activities.append(&mut replies);
        let dataset = Dataset { activities, ..Dataset::default() };
        sources.import(&dataset).await.expect("the cruds can be imported");
    }
    let others = (0..50_u32).map(|number| {
        let crud = fixtures::crud(
            id(0x3_0000_0000 + u128::from(number)),
            ANDREW,
            &format!("other {number}"),
            minutes(i64::from(number)),
        );
        Activity { likes_count: 2, replies_count: 1, ..crud }
    });
    let others: Vec<_> = others.collect();
    let replies = others.iter().map(|crud| Activity {
        reply_to_activity_uuid: Some(crud.uuid),
        ..fixtures::crud(id(crud.uuid.as_u128() + 1_000), WORF, "Worf's", crud.created_at)
    });
    let reactions = others.iter().flat_map(|crud| {
        [WORF, LONDO].map(|user_uuid| Reaction {
            kind: ReactionKind::Like,
            activity_uuid: crud.uuid,
            user_uuid,
            created_at: crud.created_at,
        })
    });
    let dataset = Dataset {
        reactions: reactions.collect(),
        notifications: vec![fixtures::notification(
            id(0x4_0000_0000),
            ANDREW,
            WORF,
            NotificationKind::Like,
            Some(others[0].uuid),
            minutes(1),
        )],
        activities: others.iter().cloned().chain(replies).collect(),
        ..Dataset::default()
    };
    sources.import(&dataset).await.expect("the data can be imported");
}

/// Erases Worf while a gateway answers 50 requests a second, a third of which write. Asserts that none
/// fails, and that nothing of Worf is left.
async fn check_erasure(sources: Sources, url: &str, cruds: u32) {
    let app = TestApp::over(sources);
    fill(&app.sources, cruds).await;
    let clients = [app.as_user("bayko"), app.as_user("londo"), app.as_user("andrewbrown")];
    let (has_ended, sent) = (AtomicBool::new(false), AtomicUsize::new(0));
    let requests = async {
        let mut running = JoinSet::new();
        let mut ticks = interval(Duration::from_millis(20));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        while !has_ended.load(Ordering::SeqCst) {
            ticks.tick().await;
            let number = sent.fetch_add(1, Ordering::SeqCst);
            let client = clients[number % clients.len()].clone();
            running.spawn(async move {
                let started = Instant::now();
                let answer = match number % 3 {
                    0 => client.graphql(HOME, json!({})).await,
                    1 => client.get("/api/activities/home").await,
                    _ => {
                        let body =
                            json!({ "message": format!("meanwhile {number}"), "ttl": "1-day" });
                        client.post("/api/activities", body).await
                    }
                };
                let has_errors = answer.json().get("errors").is_some();
                let failed = answer.status != 200 || has_errors;
                (started.elapsed(), failed.then(|| format!("{number}: {answer}")))
            });
        }
        let (times, failures): (Vec<_>, Vec<_>) = running.join_all().await.into_iter().unzip();
        (times.into_iter().max().unwrap_or_default(), failures.into_iter().flatten().collect())
    };
    let started = Instant::now();
    let erase = async {
        let env = [("DATABASE_URL".to_owned(), url.to_owned())];
        let erased = tokio::task::spawn_blocking(move || {
            run(
                &["users", "erase", "--handle", "worf"],
                &env.each_ref().map(|(name, value)| (name.as_str(), value.as_str())),
            )
        });
        let erased = erased.await.expect("without a panic");
        has_ended.store(true, Ordering::SeqCst);
        erased
    };
    let ((slowest, failures), erased): ((_, Vec<_>), _) = tokio::join!(requests, erase);
    println!(
        "erased {cruds} cruds in {:?} beside {} requests, the slowest in {slowest:?}",
        started.elapsed(),
        sent.load(Ordering::SeqCst)
    );
    assert!(failures.is_empty(), "{} failed: {:?}", failures.len(), &failures[..1]);
    assert!(erased.status.success(), "{}", stderr(&erased));
    let replies = cruds.div_ceil(10);
    assert_eq!(
        stdout(&erased),
        format!("@worf is erased, with {} activities and 0 conversations.\n", cruds + replies + 50)
    );
    let accounts = app.sources.store.accounts_by_uuids(&[WORF]).await;
    assert_eq!(accounts, Ok(Vec::new()));
    let others: Vec<_> = (0..50).map(|number| id(0x3_0000_0000 + number)).collect();
    let others = app.service.activities_by_uuids(&others).await.expect("the store answers");
    assert_eq!(others.len(), 50);
    assert!(others.iter().all(|it| (it.likes_count, it.replies_count) == (1, 0)), "{others:?}");
    let again = run(&["users", "erase", "--handle", "worf"], &[("DATABASE_URL", url)]);
    assert_eq!(again.status.code(), Some(1));
    assert_eq!(
        stderr(&again).lines().last(),
        Some("cruddur: there is no user with the handle \"worf\"")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_answers_while_a_user_is_erased() {
    let database = PostgresDatabase::new("accounts_erase").await;
    let sources = database.open();
    sources.migrate().await.expect("the store can be migrated");
    check_erasure(sources, &database.url, 2_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_answers_while_a_user_is_erased() {
    let file = SqliteFile::new();
    let sources = file.open();
    sources.migrate().await.expect("the store can be migrated");
    check_erasure(sources, &file.text(), 2_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: run it by name to measure the erasure of 100,000 cruds"]
async fn postgres_answers_while_a_hundred_thousand_cruds_are_erased() {
    let database = PostgresDatabase::new("accounts_erase_many").await;
    let sources = database.open();
    sources.migrate().await.expect("the store can be migrated");
    check_erasure(sources, &database.url, 100_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: run it by name to measure the erasure of 100,000 cruds"]
async fn sqlite_answers_while_a_hundred_thousand_cruds_are_erased() {
    let file = SqliteFile::new();
    let sources = file.open();
    sources.migrate().await.expect("the store can be migrated");
    check_erasure(sources, &file.text(), 100_000).await;
}

#[tokio::test]
async fn an_erasure_that_was_cut_off_is_completed_by_the_next_one() {
    for (store, sources) in Stores::new("accounts_cut").await.all {
        sources.store.migrate().await.expect("the store can be migrated");
        let app = TestApp::over(sources);
        fill(&app.sources, 700).await;
        let account = app.service.ban("worf").await.expect("worf exists");
        // Each time it gets a little further, and is cut off anywhere.
        for millis in [1, 5, 20, 40] {
            let limit = Duration::from_millis(millis);
            let _ = tokio::time::timeout(limit, app.service.erase(&account)).await;
        }
        app.service.erase(&account).await.expect("the erasure is completed");
        let home = app.service.home(&Pagination::first(100)).await.expect("a page").value;
        assert_eq!(home.nodes().count(), 50, "{store}");
        assert!(home.nodes().all(|it| it.likes_count == 1 && it.replies_count == 0), "{store}");
        assert_eq!(app.sources.store.accounts_by_uuids(&[WORF]).await, Ok(Vec::new()), "{store}");
    }
}
