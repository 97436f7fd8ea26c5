//! Idempotency keys.

use sqlx::FromRow;
use uuid::Uuid;

use super::{
    dialect::{Dialect, Row},
    pool::WriteTx,
    query::sql,
};
use crate::{
    error::{Error, Result},
    sources::{Idempotency, Inserted},
};

/// The use of an idempotency key.
#[derive(FromRow)]
struct IdempotencyRow {
    input_hash: Vec<u8>,
    #[sqlx(rename = "made_uuid")]
    result_uuid: Uuid,
}

/// Claims the key for a row that is about to be inserted with the uuid `result_uuid`. Waits for
/// another transaction that is claiming the same key.
///
/// Returns `None` if the insert is to go on: without a key, or if the key was not claimed after
/// [`Idempotency::since`]. Otherwise it returns the answer; the statement `select` finds the
/// earlier row by its uuid. [`Error::Unavailable`] if the earlier claim
/// is deleted in between.
pub async fn claim_key<DB: Dialect, T: Row>(
    tx: &mut WriteTx<'_, DB>,
    key: Option<&Idempotency>,
    result_uuid: Uuid,
    select: &str,
) -> Result<Option<Inserted<T>>> {
    let Some(Idempotency { user_uuid, key, input_hash, created_at, since }) = key else {
        return Ok(None);
    };
    sql("DELETE FROM idempotency_keys WHERE user_uuid = $1 AND created_at <= $2")
        .bind(*user_uuid)
        .bind(*since)
        .run(tx)
        .await?;
    let claimed =
        sql("INSERT INTO idempotency_keys (user_uuid, key, input_hash, made_uuid, created_at) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING")
        .bind(*user_uuid)
        .bind(key.clone())
        .bind(input_hash.clone())
        .bind(result_uuid)
        .bind(*created_at)
        .run(tx)
        .await?;
    if claimed > 0 {
        return Ok(None);
    }
    let earlier: IdempotencyRow =
        sql("SELECT input_hash, made_uuid FROM idempotency_keys WHERE user_uuid = $1 AND key = $2")
            .bind(*user_uuid)
            .bind(key.clone())
            .first(tx)
            .await?
            .ok_or(Error::Unavailable)?;
    if earlier.input_hash != *input_hash {
        return Ok(Some(Inserted::KeyReused));
    }
    let replayed = sql(select).bind(earlier.result_uuid).first(tx).await?;
    Ok(Some(replayed.map_or(Inserted::TargetMissing, Inserted::Replayed)))
}
