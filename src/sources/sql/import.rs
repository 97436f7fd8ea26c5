//! Whole data sets.

use std::collections::HashMap;

use uuid::Uuid;

use super::{
    Sql,
    activities::USER,
    dialect::Dialect,
    messages::insert_message,
    statement::{Statement, insert},
    users::bind_user,
    writes::{insert_activities, insert_notifications},
};
use crate::{
    domain::{Timestamp, page::forever},
    error::Result,
    sources::Dataset,
};

/// Adds a data set in one transaction.
pub async fn import<DB: Dialect>(source: &Sql<DB>, dataset: &Dataset) -> Result<()> {
    let mut write = source.write().await?;
    let transaction = &mut *write.transaction;
    let into = format!("users ({USER}, words)");
    insert::<DB, _>(transaction, &into, &dataset.users, bind_user).await?;

    // A trigger finds out until when each is visible.
    let activities: Vec<_> = dataset.activities.iter().map(|activity| (activity, None)).collect();
    insert_activities::<DB>(transaction, &activities).await?;

    let into = "reactions (kind, activity_uuid, user_uuid, created_at)";
    insert::<DB, _>(transaction, into, &dataset.reactions, |statement, reaction| {
        statement
            .bind(reaction.kind)
            .bind(reaction.activity_uuid)
            .bind(reaction.user_uuid)
            .bind(reaction.created_at)
    })
    .await?;
    let into = "follows (follower_uuid, followed_uuid, created_at)";
    insert::<DB, _>(transaction, into, &dataset.follows, |statement, follow| {
        statement.bind(follow.follower_uuid).bind(follow.followed_uuid).bind(follow.created_at)
    })
    .await?;
    let about: Vec<_> = dataset.notifications.iter().filter_map(|it| it.activity_uuid).collect();
    let found = DB::in_uuids("$1");
    let sql = format!(
        "SELECT uuid, visible_until FROM activities WHERE uuid {found} AND visible_until IS NOT NULL"
    );
    let visible: Vec<(Uuid, Timestamp)> =
        Statement::<DB>::new(sql).bind_uuids(&about).all(transaction).await?;
    let visible: HashMap<_, _> = visible.into_iter().collect();
    let notifications: Vec<_> = dataset
        .notifications
        .iter()
        .filter_map(|told| {
            let until = match told.activity_uuid {
                None => Some(forever()),
                Some(activity) => visible.get(&activity).copied(),
            };
            Some((told, until?))
        })
        .collect();
    insert_notifications::<DB>(transaction, &notifications).await?;
    for message in &dataset.messages {
        insert_message::<DB>(transaction, message).await?;
    }
    write.commit().await
}
