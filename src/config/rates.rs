//! How many requests the gateway answers.

use std::{fmt, net::IpAddr, num::NonZeroU32};

use clap::Args;
use ipnet::IpNet;

use super::{error::NotAllowed, parse::Parsed};

/// `None` means no limit.
type RateOrOff = Option<Rate>;
type Networks = Vec<IpNet>;

#[derive(Args)]
#[group(skip)]
pub(super) struct RateOptions {
    /// Rate limit of each signed-in viewer: requests per second and the burst allowed at once, or
    /// `off` [default: `50/500`; `off` in demo mode]
    #[arg(long, env, value_name = "RATE/BURST", value_parser = rate)]
    viewer_rate: Option<RateOrOff>,

    /// Rate limit of each IP address, in the form of `VIEWER_RATE`, for everything but health checks
    /// and metrics. An IPv6 /56 network counts as one address, and a /48 network as 16 [default:
    /// `200/2000`; `off` in demo mode]
    #[arg(long, env, value_name = "RATE/BURST", value_parser = rate)]
    address_rate: Option<RateOrOff>,

    /// Addresses or networks of the proxies whose `X-Forwarded-For` header is trusted, separated by
    /// commas. Required behind a load balancer, or all its clients share one rate limit [default: none]
    #[arg(long, env, value_name = "NETWORKS", value_parser = networks)]
    trusted_proxies: Option<Networks>,
}

impl RateOptions {
    pub fn resolve(self, is_demo: bool) -> Rates {
        let default = |per_second, burst| {
            let rate = NonZeroU32::new(per_second).zip(NonZeroU32::new(burst));
            rate.filter(|_| !is_demo).map(|(per_second, burst)| Rate { per_second, burst })
        };
        Rates {
            viewer: self.viewer_rate.unwrap_or_else(|| default(50, 500)),
            address: self.address_rate.unwrap_or_else(|| default(200, 2000)),
            trusted_proxies: self.trusted_proxies.unwrap_or_default(),
        }
    }
}

/// How often a client may send requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub per_second: NonZeroU32,
    /// How many requests may come at once after a pause.
    pub burst: NonZeroU32,
}

/// The rate limits. `None` means no limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rates {
    /// Of each signed-in viewer.
    pub viewer: Option<Rate>,
    /// Of each IP address.
    pub address: Option<Rate>,
    /// The proxies whose `X-Forwarded-For` header names the client's address.
    pub trusted_proxies: Vec<IpNet>,
}

impl fmt::Display for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let proxies: Vec<_> = self.trusted_proxies.iter().map(ToString::to_string).collect();
        writeln!(f, "VIEWER_RATE={}", rate_or_off(self.viewer))?;
        writeln!(f, "ADDRESS_RATE={}", rate_or_off(self.address))?;
        writeln!(f, "TRUSTED_PROXIES={}", proxies.join(","))
    }
}

fn rate_or_off(rate: RateOrOff) -> String {
    rate.map_or_else(|| "off".to_owned(), |rate| format!("{}/{}", rate.per_second, rate.burst))
}

fn rate(text: &str) -> Parsed<RateOrOff> {
    if text == "off" {
        return Ok(None);
    }
    let number =
        |text: &str| text.parse().ok().filter(|number: &NonZeroU32| number.get() <= 1_000_000);
    let parts = text.split_once('/');
    let rate = parts.and_then(|(per_second, burst)| {
        Some(Rate { per_second: number(per_second)?, burst: number(burst)? })
    });
    let allowed = "RATE/BURST, two numbers from 1 to 1000000 such as 20/100, or off";
    rate.map(Some).ok_or_else(|| NotAllowed::new(allowed))
}

fn networks(list: &str) -> Parsed<Networks> {
    let network =
        |text: &str| text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
    let parts = list.split(',').map(str::trim).filter(|text| !text.is_empty());
    let networks: Option<_> = parts.map(network).collect();
    let allowed = "addresses or networks such as 10.0.0.0/8, separated by commas";
    networks.ok_or_else(|| NotAllowed::new(allowed))
}
