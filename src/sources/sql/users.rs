//! Users who join.

use uuid::Uuid;

use super::{
    Sql,
    activities::{USER, user_words},
    dialect::Dialect,
    statement::Statement,
};
use crate::{domain::User, error::Result, sources::InsertUserOutcome};

/// Binds a user's columns, those of [`USER`] and the words.
pub fn bind_user<DB: Dialect>(statement: Statement<DB>, user: &User) -> Statement<DB> {
    statement
        .bind(user.uuid)
        .bind(user.handle.clone())
        .bind(user.display_name.clone())
        .bind(user.bio.clone())
        .bind(user.email.clone())
        .bind(user.cognito_user_id.clone())
        .bind(user.created_at)
        .bind(user_words(&user.handle, &user.display_name))
}

/// The same `sub` has the same uuid, so that of two who join at once with one `sub` one meets the
/// other's primary key.
pub async fn insert_user<DB: Dialect>(source: &Sql<DB>, user: &User) -> Result<InsertUserOutcome> {
    let mut write = source.write().await?;
    let transaction = &mut *write.transaction;
    let taken = "SELECT uuid FROM users WHERE cognito_user_id = $1 LIMIT 1";
    let taken = || Statement::<DB>::new(taken).bind(user.cognito_user_id.clone());
    if taken().first::<(Uuid,)>(transaction).await?.is_some() {
        return Ok(InsertUserOutcome::SubjectTaken);
    }
    let statement = Statement::<DB>::new(format!(
        "INSERT INTO users ({USER}, words) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT DO NOTHING"
    ));
    if bind_user(statement, user).run(transaction).await? > 0 {
        write.commit().await?;
        return Ok(InsertUserOutcome::Added);
    }
    // The other one may have come in between.
    Ok(match taken().first::<(Uuid,)>(transaction).await? {
        Some(_) => InsertUserOutcome::SubjectTaken,
        None => InsertUserOutcome::HandleTaken,
    })
}
