//! The close codes of a WebSocket, and their reasons.

use axum::extract::ws::{CloseFrame, Message};

/// The most bytes of a reason. A close frame has no room for more.
const MAX_REASON: usize = 123;

/// The code and the reason that the gateway closes with.
#[derive(Debug)]
pub struct Close {
    pub code: u16,
    pub reason: String,
}

pub const GOING_AWAY: u16 = 1001;
pub const PROTOCOL: u16 = 1002;
pub const NOT_UTF8: u16 = 1007;
pub const TOO_LARGE: u16 = 1009;
/// The client reconnects, and its viewer is authenticated again.
pub const RESTART: u16 = 1012;
pub const TRY_AGAIN: u16 = 1013;
pub const INVALID: u16 = 4400;
pub const UNAUTHORIZED: u16 = 4401;
pub const FORBIDDEN: u16 = 4403;
pub const SUBPROTOCOL: u16 = 4406;
pub const NO_INIT: u16 = 4408;
pub const SUBSCRIBER_EXISTS: u16 = 4409;
/// Not in the protocol: the client did not read fast enough.
pub const TOO_SLOW: u16 = 4413;
/// In the protocol only for a second `connection_init`.
pub const TOO_MANY: u16 = 4429;
/// Not in the protocol, but its clients close with this code for the same reason.
pub const NO_PONG: u16 = 4499;

impl Close {
    pub fn new(code: u16, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into() }
    }

    /// Closes a socket whose client used the id of an operation that is still running.
    pub fn subscriber_exists(id: &str) -> Self {
        let reason = format!("Subscriber for {id} already exists");
        let fits = reason.len() <= MAX_REASON;
        let reason = if fits { reason } else { "Subscriber already exists".to_owned() };
        Self::new(SUBSCRIBER_EXISTS, reason)
    }

    /// Closes a socket whose client did not read fast enough. The client can resume after `cursor`,
    /// the last one that it was sent.
    pub fn too_slow(cursor: Option<&str>) -> Self {
        let reason = cursor.map(|cursor| format!("Too slow; resume after {cursor}"));
        let reason = reason.filter(|reason| reason.len() <= MAX_REASON);
        Self::new(TOO_SLOW, reason.unwrap_or_else(|| "Too slow".to_owned()))
    }

    pub fn message(&self) -> Message {
        let reason = self.reason.as_str().into();
        Message::Close(Some(CloseFrame { code: self.code, reason }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_fit_into_a_close_frame() {
        let id = "x".repeat(200);
        for close in [Close::subscriber_exists(&id), Close::too_slow(Some(&id))] {
            assert!(close.reason.len() <= MAX_REASON, "{close:?}");
        }
        assert_eq!(Close::too_slow(Some("abc")).reason, "Too slow; resume after abc");
    }
}
