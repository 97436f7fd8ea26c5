//! Whole data sets.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::{
    activities::insert_activities,
    dialect::Dialect,
    follows::{FOLLOWS, bind_follow},
    handle_skeletons::index_handles,
    messages::{add_unread, send},
    notifications::insert_notifications,
    pool::WriteTx,
    query::{insert, sql},
    reactions::{REACTIONS, bind_reaction},
    users::{bind_user, users_table},
};
use crate::{
    domain::{Timestamp, forever},
    error::Result,
    sources::Dataset,
};

/// Inserts a data set in a transaction.
pub async fn insert_dataset<DB: Dialect>(
    tx: &mut WriteTx<'_, DB>,
    dataset: &Dataset,
) -> Result<()> {
    insert(tx, &users_table(), &dataset.users, bind_user).await?;
    index_handles(tx).await?;
    let activities: Vec<_> = dataset.activities.iter().map(|activity| (activity, None)).collect();
    insert_activities(tx, &activities).await?;
    insert(tx, REACTIONS, &dataset.reactions, bind_reaction).await?;
    insert(tx, FOLLOWS, &dataset.follows, bind_follow).await?;

    let about: Vec<_> = dataset.notifications.iter().filter_map(|it| it.activity_uuid).collect();
    let among = DB::in_uuids("$1");
    let visible: Vec<(Uuid, Timestamp)> = sql(format!(
        "SELECT uuid, visible_until FROM activities \
         WHERE uuid {among} AND visible_until IS NOT NULL"
    ))
    .bind_uuids(&about)
    .all(tx)
    .await?;
    let visible_until: HashMap<_, _> = visible.into_iter().collect();
    let notifications: Vec<_> = dataset
        .notifications
        .iter()
        .filter_map(|notification| {
            let until = match notification.activity_uuid {
                None => Some(forever()),
                Some(activity) => visible_until.get(&activity).copied(),
            };
            Some((notification, until?))
        })
        .collect();
    insert_notifications(tx, &notifications).await?;
    let mut unread = BTreeMap::new();
    for message in &dataset.messages {
        let (_, is_unread) = send(tx, message).await?;
        *unread.entry(message.receiver_uuid).or_default() += i64::from(is_unread);
    }
    for (user, messages) in unread {
        add_unread(tx, user, messages).await?;
    }
    Ok(())
}
