//! A NATS server as a line between gateways.

use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event, ServerAddr};
use async_trait::async_trait;
use futures_util::stream::{self, BoxStream, StreamExt};
use tokio::{
    sync::{OnceCell, watch},
    time::timeout,
};

use crate::{
    error::{Error, Result},
    sources::Line,
};

/// The subject that all gateways publish and hear.
const SUBJECT: &str = "cruddur.events";
/// How long the server has to take what it is told.
const PATIENCE: Duration = Duration::from_secs(3);

/// A line through a NATS server. The client connects at the first use, and again whenever it has to.
pub struct Nats {
    url: String,
    client: OnceCell<Client>,
    /// How often the connection was lost, or messages were.
    losses: watch::Sender<u64>,
}

impl Nats {
    /// A line through the server at a URL; [`Nats::is_url`] says whether it is one.
    pub fn new(url: &str) -> Self {
        Self { url: url.to_owned(), client: OnceCell::new(), losses: watch::Sender::new(0) }
    }

    /// Whether the text names a NATS server.
    pub fn is_url(text: &str) -> bool {
        ["nats://", "tls://"].iter().any(|scheme| text.starts_with(scheme))
            && text.parse::<ServerAddr>().is_ok()
    }

    async fn client(&self) -> Result<&Client> {
        let connect = async || {
            let losses = self.losses.clone();
            ConnectOptions::new()
                .name("cruddur")
                .retry_on_initial_connect()
                .event_callback(move |event| {
                    if matches!(event, Event::Disconnected | Event::SlowConsumer(_)) {
                        losses.send_modify(|losses| *losses += 1);
                    }
                    tracing::info!(%event, "NATS");
                    std::future::ready(())
                })
                .connect(&self.url)
                .await
                .map_err(|error| unavailable(&error))
        };
        self.client.get_or_try_init(connect).await
    }

    /// Waits until the server has all that was sent to it.
    async fn flush(client: &Client) -> Result<()> {
        let flushed = timeout(PATIENCE, client.flush()).await;
        flushed.map_err(|error| unavailable(&error))?.map_err(|error| unavailable(&error))
    }
}

#[async_trait]
impl Line for Nats {
    async fn tell(&self, text: &str) -> Result<()> {
        let client = self.client().await?;
        let published = client.publish(SUBJECT, text.to_owned().into()).await;
        published.map_err(|error| unavailable(&error))?;
        Self::flush(client).await
    }

    async fn listen(&self) -> Result<BoxStream<'static, String>> {
        let client = self.client().await?;
        let mut losses = self.losses.subscribe();
        let messages = client.subscribe(SUBJECT).await.map_err(|error| unavailable(&error))?;
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

fn unavailable(error: &dyn std::error::Error) -> Error {
    tracing::warn!(%error, "NATS did not answer");
    Error::Unavailable
}
