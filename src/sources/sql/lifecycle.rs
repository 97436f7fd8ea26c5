//! Preparing, filling, checking and cleaning a database.

use async_trait::async_trait;

use super::{
    import::insert_dataset,
    pool::Sql,
    query::sql,
    schema::{Migrate, migrate},
};
use crate::{
    domain::Timestamp,
    error::Result,
    sources::{Connections, Dataset, Lifecycle, MigrateError, Migrated},
};

#[async_trait]
impl<DB: Migrate> Lifecycle for Sql<DB> {
    async fn migrate(&self) -> std::result::Result<Migrated, MigrateError> {
        migrate(self).await
    }

    async fn ping(&self) -> Result<()> {
        self.all::<(i64,)>(sql("SELECT CAST(1 AS BIGINT)")).await.map(drop)
    }

    fn connections(&self) -> Option<Connections> {
        let idle = self.pool.num_idle().try_into().unwrap_or(u32::MAX);
        Some(Connections { open: self.pool.size(), idle })
    }

    async fn delete_idempotency_keys(&self, until: Timestamp, limit: u32) -> Result<u64> {
        let mut tx = self.write().await?;
        let deleted = sql(format!(
            "DELETE FROM idempotency_keys WHERE (user_uuid, key) IN \
             (SELECT user_uuid, key FROM idempotency_keys WHERE created_at <= $1 \
             ORDER BY created_at LIMIT {limit} {})",
            DB::FOR_UPDATE_SKIP_LOCKED
        ))
        .bind(until)
        .run(&mut tx)
        .await?;
        tx.commit().await?;
        Ok(deleted)
    }

    async fn import(&self, dataset: &Dataset) -> Result<()> {
        let mut tx = self.write().await?;
        insert_dataset(&mut tx, dataset).await?;
        tx.commit().await
    }
}
