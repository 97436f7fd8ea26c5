//! A NATS server as the event bus.

use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event, ServerAddr};
use async_trait::async_trait;
use futures_util::stream::{self, BoxStream, StreamExt};
use tokio::{
    sync::{OnceCell, watch},
    time::timeout,
};

use super::{BusError, EventBus};
use crate::secret_url::{Credentials, SecretUrl};

/// The subject on which all gateways publish and subscribe.
const SUBJECT: &str = "cruddur.events";
/// How long the server has to receive everything that was sent to it.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(3);

/// The event bus on a NATS server. The client connects at the first use, and reconnects by itself.
pub struct Nats {
    url: SecretUrl,
    client: OnceCell<Client>,
    /// Counts the times that the connection was lost or messages were dropped.
    losses: watch::Sender<u64>,
}

impl Nats {
    /// A bus on the server at `url`, for which [`Nats::is_url`] returns true.
    pub fn new(url: SecretUrl) -> Self {
        Self { url, client: OnceCell::new(), losses: watch::Sender::new(0) }
    }

    /// Returns whether this is the URL of a NATS server.
    pub fn is_url(url: &SecretUrl) -> bool {
        ["nats", "tls"].contains(&url.scheme())
            && url.has_host()
            && !url.is_ambiguous()
            && url.without_credentials().parse::<ServerAddr>().is_ok()
    }

    /// Returns the client, which the first call creates.
    async fn client(&self) -> Result<&Client, BusError> {
        let connect = async || {
            let losses = self.losses.clone();
            // async-nats does not read the credentials in a URL, but logs them. A user without a
            // password is a token.
            let options = match self.url.credentials() {
                Some(Credentials { user, password: Some(password) }) => {
                    ConnectOptions::with_user_and_password(user, password)
                }
                Some(Credentials { user, password: None }) => ConnectOptions::with_token(user),
                None => ConnectOptions::new(),
            };
            options
                .name("cruddur")
                .retry_on_initial_connect()
                .event_callback(move |event| {
                    if matches!(event, Event::Disconnected | Event::SlowConsumer(_)) {
                        losses.send_modify(|losses| *losses += 1);
                    }
                    tracing::info!(%event, "NATS connection event");
                    std::future::ready(())
                })
                .connect(self.url.without_credentials())
                .await
        };
        Ok(self.client.get_or_try_init(connect).await?)
    }

    /// Waits until the server has received everything that was sent to it.
    async fn flush(client: &Client) -> Result<(), BusError> {
        timeout(FLUSH_TIMEOUT, client.flush()).await??;
        Ok(())
    }
}

#[async_trait]
impl EventBus for Nats {
    async fn publish(&self, message: &str) -> Result<(), BusError> {
        let client = self.client().await?;
        client.publish(SUBJECT, message.to_owned().into()).await?;
        Self::flush(client).await
    }

    async fn subscribe(&self) -> Result<BoxStream<'static, String>, BusError> {
        let client = self.client().await?;
        let mut losses = self.losses.subscribe();
        let messages = client.subscribe(SUBJECT).await?;
        Self::flush(client).await?;
        losses.mark_unchanged();
        let texts = stream::unfold((messages, losses), |(mut messages, mut losses)| async {
            tokio::select! {
                message = messages.next() => {
                    let text = String::from_utf8_lossy(&message?.payload).into_owned();
                    Some((text, (messages, losses)))
                }
                _ = losses.changed() => None,
            }
        });
        Ok(texts.boxed())
    }
}
