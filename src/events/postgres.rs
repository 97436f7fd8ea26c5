//! PostgreSQL's LISTEN and NOTIFY as the event bus.

use std::{str::FromStr, time::Duration};

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream, StreamExt};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};

use super::{BusError, EventBus};
use crate::secret_url::SecretUrl;

/// The name of the channel.
const CHANNEL: &str = "cruddur_events";
/// How long to wait for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long PostgreSQL works on one statement.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(5);

/// The event bus in a PostgreSQL database.
///
/// It has two connections of its own, so that requests and events never wait for each other. They
/// open at the first use.
pub struct Postgres {
    publisher: PgPool,
    subscriber: PgPool,
}

impl Postgres {
    /// A bus in the database at `url`, a valid `postgres://` URL.
    pub fn new(url: &SecretUrl) -> Self {
        let options = PgConnectOptions::from_str(url.expose_secret())
            .unwrap_or_default()
            .application_name("cruddur")
            .options([("statement_timeout", STATEMENT_TIMEOUT.as_millis().to_string().as_str())]);
        let one_connection = || {
            PgPoolOptions::new()
                .max_connections(1)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .connect_lazy_with(options.clone())
        };
        Self { publisher: one_connection(), subscriber: one_connection() }
    }
}

#[async_trait]
impl EventBus for Postgres {
    async fn publish(&self, message: &str) -> Result<(), BusError> {
        let notify = sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(message);
        notify.execute(&self.publisher).await?;
        Ok(())
    }

    async fn subscribe(&self) -> Result<BoxStream<'static, String>, BusError> {
        let mut listener = PgListener::connect_with(&self.subscriber).await?;
        // A silent reconnect would hide lost messages.
        listener.eager_reconnect(false);
        // Only this listener uses the connection, which closes with it.
        listener.ignore_pool_close_event(true);
        listener.listen(CHANNEL).await?;
        let messages = stream::unfold(listener, |mut listener| async {
            match listener.try_recv().await {
                Ok(notification) => Some((notification?.payload().to_owned(), listener)),
                Err(error) => {
                    tracing::warn!(%error, "lost the database connection that receives events");
                    None
                }
            }
        });
        Ok(messages.boxed())
    }
}
