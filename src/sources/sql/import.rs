//! Whole data sets.

use std::collections::HashMap;

use super::{
    Sql,
    activities::{USER, user_words},
    dialect::Dialect,
    messages::insert_message,
    statement::insert,
    writes::{insert_activities, insert_notifications},
};
use crate::{domain::page::forever, error::Result, sources::Dataset};

/// Adds a data set in one transaction.
pub async fn import<DB: Dialect>(source: &Sql<DB>, dataset: &Dataset) -> Result<()> {
    let mut write = source.write().await?;
    let transaction = &mut *write.transaction;
    let into = format!("users ({USER}, words)");
    insert::<DB, _>(transaction, &into, &dataset.users, |statement, user| {
        statement
            .bind(user.uuid)
            .bind(user.handle.clone())
            .bind(user.display_name.clone())
            .bind(user.bio.clone())
            .bind(user.email.clone())
            .bind(user.cognito_user_id.clone())
            .bind(user.created_at)
            .bind(user_words(&user.handle, &user.display_name))
    })
    .await?;

    let mut visible_until = HashMap::new();
    for activity in &dataset.activities {
        let until = match activity.reply_to_activity_uuid {
            None => Some(activity.expires_at.unwrap_or(forever())),
            Some(parent) => visible_until.get(&parent).copied().flatten(),
        };
        visible_until.insert(activity.uuid, until);
    }
    let activities: Vec<_> = dataset
        .activities
        .iter()
        .map(|activity| (activity, visible_until.get(&activity.uuid).copied().flatten()))
        .collect();
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
    let notifications: Vec<_> = dataset
        .notifications
        .iter()
        .filter_map(|told| {
            let until = match told.activity_uuid {
                None => Some(forever()),
                Some(activity) => visible_until.get(&activity).copied().flatten(),
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
