//! Handles that look alike.

use cruddur::{
    domain::User,
    sources::{self, Dataset, InsertUserOutcome, SourceUrl, Sources},
};

use crate::{
    sources::fixture::{id, user},
    support::stores::{PostgresDatabase, SqliteFile},
};

fn registering(number: u32, handle: &str) -> User {
    User { cognito_user_id: format!("sub {number}"), ..user(id(number), handle, "Name") }
}

/// Imports users whose handles look alike, and registers others.
async fn check(sources: Sources) {
    let store = sources.store;
    store.migrate().await.expect("a fresh store");
    let long = format!("w{}", "m".repeat(1_000));
    let users = ["worf", "w0rf", "Londo.M", &long].into_iter().zip(1..);
    let users = users.map(|(handle, number)| registering(number, handle)).collect();
    store.import(&Dataset { users, ..Dataset::default() }).await.expect("alike handles are kept");
    store.migrate().await.expect("the store is current");

    let handles = ["worf".to_owned(), "w0rf".to_owned()];
    assert_eq!(store.users_by_handles(&handles).await.expect("users").len(), 2);
    for handle in ["Worf", "W0RF", "vvorf", "Iondo.rn", "1ond0.m"] {
        let outcome = store.insert_user(&registering(9, handle)).await.expect("an outcome");
        assert_eq!(outcome, InsertUserOutcome::HandleTaken, "{handle}");
    }
    let outcome = store.insert_user(&registering(10, "lore")).await.expect("an outcome");
    assert_eq!(outcome, InsertUserOutcome::Added);
    let outcome = store.insert_user(&registering(11, "1ore")).await.expect("an outcome");
    assert_eq!(outcome, InsertUserOutcome::HandleTaken);
}

#[tokio::test]
async fn new_handles_must_not_look_like_existing_ones() {
    check(sources::open(&SourceUrl::Mock, 1)).await;
    let file = SqliteFile::new();
    check(file.open()).await;
    let database = PostgresDatabase::new("handles").await;
    check(database.open()).await;
}
