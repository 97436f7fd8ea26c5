//! The address of the client that sent a request, which may be behind proxies.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{extract::Request, http::HeaderMap};
use ipnet::IpNet;
use tracing::warn;

use crate::http::server::connection::Connection;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// Finds the addresses of clients. A clone shares the state of the warning.
#[derive(Clone)]
pub struct ClientAddresses {
    /// The networks whose `X-Forwarded-For` is trusted.
    proxies: Arc<[IpNet]>,
    has_warned: Arc<AtomicBool>,
}

impl ClientAddresses {
    pub fn new(proxies: &[IpNet]) -> Self {
        Self { proxies: proxies.into(), has_warned: Arc::default() }
    }

    /// Returns the client's address: the last hop that is not a trusted proxy. A malformed hop counts
    /// as the proxy that reports it. Without a server the peer is `0.0.0.0`.
    ///
    /// Warns once if an untrusted peer reports other addresses, because all clients of a proxy that is
    /// not trusted have the proxy's address.
    pub fn of(&self, request: &Request) -> IpAddr {
        let connection = request.extensions().get::<Connection>();
        let peer = connection.and_then(Connection::peer).unwrap_or(Ipv4Addr::UNSPECIFIED.into());
        if !self.is_proxy(peer) {
            if request.headers().contains_key(FORWARDED_FOR)
                && !self.has_warned.swap(true, Ordering::Relaxed)
            {
                warn!(
                    %peer,
                    "ignored X-Forwarded-For of an untrusted peer; if the peer is your proxy, add it \
                     to TRUSTED_PROXIES, or all its clients share one rate limit"
                );
            }
            return peer;
        }
        let mut address = peer;
        for hop in forwarded_for(request.headers()).rev() {
            match hop {
                Some(hop) if self.is_proxy(hop) => address = hop,
                Some(hop) => return hop,
                None => break,
            }
        }
        address
    }

    fn is_proxy(&self, address: IpAddr) -> bool {
        self.proxies.iter().any(|network| network.contains(&address))
    }
}

/// Returns the addresses of `X-Forwarded-For`, with `None` for each malformed one.
fn forwarded_for(headers: &HeaderMap) -> impl DoubleEndedIterator<Item = Option<IpAddr>> {
    let values = headers.get_all(FORWARDED_FOR).iter();
    let hops = values.flat_map(|value| value.to_str().unwrap_or("?").split(','));
    hops.map(|it| hop(it.trim()))
}

/// Parses a hop: an address, in brackets or not, or an address and a port. An IPv6 address with a port
/// has brackets (RFC 3986 section 3.2.2).
fn hop(text: &str) -> Option<IpAddr> {
    let without_brackets = text.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let address = match without_brackets {
        Some(address) => address.parse().ok().filter(IpAddr::is_ipv6),
        None => text.parse().ok(),
    };
    let with_port = || text.parse().ok().map(|it: SocketAddr| it.ip());
    address.or_else(with_port).map(|it| it.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hops_are_addresses_with_or_without_ports() {
        for (text, expected) in [
            ("192.0.2.1", "192.0.2.1"),
            ("192.0.2.1:443", "192.0.2.1"),
            ("192.0.2.1:0", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("[::ffff:192.0.2.1]:443", "192.0.2.1"),
        ] {
            let expected = expected.parse().expect("an address");
            assert_eq!(hop(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn malformed_hops_have_no_address() {
        for text in [
            "",
            "unknown",
            "192.0.2",
            "192.0.2.1:",
            "192.0.2.1:65536",
            "192.0.2.1:https",
            "192.0.2.1:443:443",
            "[192.0.2.1]",
            "[192.0.2.1]:443",
            "[2001:db8::1",
            "[2001:db8::1]443",
            "[[2001:db8::1]]",
            "2001:db8::1]:443",
        ] {
            assert_eq!(hop(text), None, "{text}");
        }
    }
}
