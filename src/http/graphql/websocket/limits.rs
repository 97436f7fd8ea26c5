//! How much a client can send over a WebSocket.

use std::{net::IpAddr, num::NonZeroU32};

use async_graphql::ServerError;

use super::{
    super::response::request_error,
    close::{self, Close},
};
use crate::{
    auth::Identity,
    config::Rate,
    http::middleware::rate_limit::{Budget, RateLimits, whole_seconds},
};

/// The most bytes of a ping's payload, which the gateway sends back.
pub const MAX_PING_PAYLOAD: usize = 1024;

/// The messages that belong to no operation: pings, pongs, and the `complete` of an operation that has
/// ended. A socket's operations can all end at once, while the client completes them.
const CONTROL_MESSAGES: Rate = rate(10, 50);
/// The operations over the rate limit. A client that waits as long as the error says has none.
const REJECTED_OPERATIONS: Rate = rate(1, 100);
/// A message counts once more for each of these many bytes, because all of it is parsed.
const BYTES_PER_TOKEN: usize = 10_000;

const fn rate(per_second: u32, burst: u32) -> Rate {
    Rate {
        per_second: NonZeroU32::new(per_second).expect("the rate is not zero"),
        burst: NonZeroU32::new(burst).expect("the burst is not zero"),
    }
}

/// The limits of one WebSocket.
pub struct SocketLimits {
    limits: RateLimits,
    address: IpAddr,
    control: Budget,
    rejected: Budget,
}

/// An operation over a rate limit.
pub enum OverLimit {
    /// The operation fails with this error.
    Error(ServerError),
    /// The client does not heed such errors.
    Close(Close),
}

impl SocketLimits {
    /// `address` is the client's.
    pub fn new(limits: &RateLimits, address: IpAddr) -> Self {
        Self {
            limits: limits.clone(),
            address,
            control: limits.budget(CONTROL_MESSAGES),
            rejected: limits.budget(REJECTED_OPERATIONS),
        }
    }

    /// Charges an operation to the client's address and to the viewer. `bytes` is the length of its
    /// message.
    pub fn charge_operation(&self, identity: &Identity, bytes: usize) -> Result<(), OverLimit> {
        let Err(wait) = self.limits.charge(self.address, identity) else { return Ok(()) };
        if !self.rejected.spend(tokens(bytes)) {
            let close = Close::new(close::TOO_MANY, "Too many requests");
            return Err(OverLimit::Close(close));
        }
        let mut error = request_error("Too Many Requests", "TOO_MANY_REQUESTS");
        let extensions = error.extensions.get_or_insert_default();
        extensions.set("retryAfter", whole_seconds(wait));
        Err(OverLimit::Error(error))
    }

    /// Charges a message that belongs to no operation. `bytes` is its length.
    pub fn charge_control(&self, bytes: usize) -> Result<(), Close> {
        let fits = self.control.spend(tokens(bytes));
        fits.then_some(()).ok_or_else(|| Close::new(close::TOO_MANY, "Too many messages"))
    }
}

fn tokens(bytes: usize) -> NonZeroU32 {
    let more = u32::try_from(bytes / BYTES_PER_TOKEN).unwrap_or(u32::MAX);
    NonZeroU32::MIN.saturating_add(more)
}
