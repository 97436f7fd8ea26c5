//! Lines on which the gateways of one store tell each other what has happened.

use async_trait::async_trait;
use futures_util::stream::BoxStream;

use crate::error::Result;

/// A line between gateways. What is told may get lost: the store is the truth, a line only says when
/// to look at it.
#[async_trait]
pub trait Line: Send + Sync + 'static {
    /// Tells all gateways that listen, this one too. A text has at most 7,000 bytes.
    async fn tell(&self, text: &str) -> Result<()>;

    /// What is told from now on. The stream ends when something may have been missed.
    async fn listen(&self) -> Result<BoxStream<'static, String>>;
}
