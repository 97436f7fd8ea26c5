//! PostgreSQL's LISTEN and NOTIFY as a line between gateways.

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream, StreamExt};
use sqlx::{
    PgPool,
    postgres::{PgListener, PgPoolOptions},
};

use super::{ACQUIRE_TIMEOUT, failed};
use crate::{error::Result, sources::Line};

/// The name of the channel.
const CHANNEL: &str = "cruddur_events";

/// A line over connections of its own, so that no request waits for it, nor it for requests.
pub struct Notify {
    telling: PgPool,
    listening: PgPool,
}

impl Notify {
    /// A line through the database of `pool`.
    pub fn beside(pool: &PgPool) -> Self {
        let one = || {
            PgPoolOptions::new()
                .max_connections(1)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .connect_lazy_with(pool.connect_options().as_ref().clone())
        };
        Self { telling: one(), listening: one() }
    }
}

#[async_trait]
impl Line for Notify {
    async fn tell(&self, text: &str) -> Result<()> {
        let notify = sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(text);
        notify.execute(&self.telling).await.map(drop).map_err(failed)
    }

    async fn listen(&self) -> Result<BoxStream<'static, String>> {
        let mut listener = PgListener::connect_with(&self.listening).await.map_err(failed)?;
        listener.eager_reconnect(false);
        // The connection is the listener's alone, and is closed with it.
        listener.ignore_pool_close_event(true);
        listener.listen(CHANNEL).await.map_err(failed)?;
        let texts = stream::unfold(listener, |mut listener| async {
            match listener.try_recv().await {
                Ok(told) => Some((told?.payload().to_owned(), listener)),
                Err(error) => {
                    tracing::warn!(%error, "the events' connection to the database is lost");
                    None
                }
            }
        });
        Ok(texts.boxed())
    }
}
