//! Rate limits: so many requests per second for each IP address and for each viewer.

use std::{
    hash::Hash,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use governor::{
    Quota,
    clock::Clock,
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{InMemoryState, NotKeyed},
};
use ipnet::IpNet;
use moka::{policy::EvictionPolicy, sync::Cache};
use uuid::Uuid;

use crate::{
    auth::{Auth, AuthResult, Identity},
    config::{Rate, Settings},
    domain::{Timestamp, Viewer},
    http::server::connection::Connection,
    service::Service,
};

/// The most viewers and the most addresses that are tracked. The least recently active one is dropped
/// first.
const MAX_KEYS: u64 = 100_000;

/// Authenticates and limits requests before anything else sees them.
#[derive(Clone)]
pub struct RateLimiter {
    pub auth: Auth,
    pub limits: RateLimits,
    /// The networks whose `X-Forwarded-For` is trusted.
    proxies: Arc<[IpNet]>,
}

/// The limits per viewer and per address. `None` is unlimited.
#[derive(Clone)]
pub struct RateLimits {
    viewers: Option<KeyedLimit<Client>>,
    addresses: Option<KeyedLimit<IpAddr>>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Client {
    User(Uuid),
    /// The `sub` of an unregistered identity.
    Unregistered(String),
}

/// One token bucket per key, bounded in number.
#[derive(Clone)]
struct KeyedLimit<K: Hash + Eq + Send + Sync + 'static> {
    quota: Quota,
    clock: ServiceClock,
    buckets: Cache<K, Arc<Bucket>>,
}

type Bucket = governor::RateLimiter<NotKeyed, InMemoryState, ServiceClock, NoOpMiddleware<Nanos>>;

/// The service's clock, as governor reads it.
#[derive(Clone)]
struct ServiceClock {
    service: Service,
    start: Timestamp,
}

impl Clock for ServiceClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        (self.service.now() - self.start).to_std().unwrap_or_default().into()
    }
}

impl<K: Hash + Eq + Send + Sync + 'static> KeyedLimit<K> {
    fn new(rate: Rate, service: &Service) -> Self {
        Self {
            quota: Quota::per_second(rate.per_second).allow_burst(rate.burst),
            clock: ServiceClock { service: service.clone(), start: service.now() },
            buckets: Cache::builder()
                .max_capacity(MAX_KEYS)
                .eviction_policy(EvictionPolicy::lru())
                .build(),
        }
    }

    /// Charges one request to the key. Fails with the time to wait if the limit is exceeded.
    fn check(&self, key: K) -> Result<(), Duration> {
        let new_bucket = || Arc::new(Bucket::direct_with_clock(self.quota, self.clock.clone()));
        let checked = self.buckets.get_with(key, new_bucket).check();
        checked.map_err(|until| until.wait_time_from(self.clock.now()))
    }
}

impl RateLimits {
    /// Charges one request to the viewer. Fails with the time to wait if the limit is exceeded.
    /// Anonymous viewers are limited by their address only.
    pub fn check(&self, identity: &Identity) -> Result<(), Duration> {
        let client = match (identity.viewer, &identity.unregistered) {
            (Viewer::User(uuid), _) => Client::User(uuid),
            (_, Some(unregistered)) => Client::Unregistered(unregistered.subject.clone()),
            (_, None) => return Ok(()),
        };
        self.viewers.as_ref().map_or(Ok(()), |limit| limit.check(client))
    }
}

impl RateLimiter {
    pub fn new(settings: &Settings, service: &Service, auth: Auth) -> Self {
        let limits = RateLimits {
            viewers: settings.rates.viewer.map(|rate| KeyedLimit::new(rate, service)),
            addresses: settings.rates.address.map(|rate| KeyedLimit::new(rate, service)),
        };
        Self { auth, limits, proxies: settings.rates.trusted_proxies.clone().into() }
    }

    /// Returns the client's address: the last hop that is not a trusted proxy.
    fn address(&self, request: &Request) -> IpAddr {
        let connection = request.extensions().get::<Connection>();
        let peer = connection.and_then(Connection::peer).unwrap_or(Ipv4Addr::UNSPECIFIED.into());
        let is_proxy = |ip: &IpAddr| self.proxies.iter().any(|network| network.contains(ip));
        let mut address = peer;
        for hop in forwarded_for(request.headers()).rev() {
            if !is_proxy(&address) {
                break;
            }
            match hop {
                Some(hop) => address = hop,
                None => break,
            }
        }
        address
    }
}

/// Returns the addresses of `X-Forwarded-For`, with `None` for each malformed one.
fn forwarded_for(headers: &HeaderMap) -> impl DoubleEndedIterator<Item = Option<IpAddr>> {
    let values = headers.get_all("x-forwarded-for").iter();
    let hops = values.flat_map(|value| value.to_str().unwrap_or("?").split(','));
    hops.map(|hop| hop.trim().parse().ok().map(|ip: IpAddr| ip.to_canonical()))
}

/// Returns the address that a request is charged to. For IPv6 it is the /64 network, because providers
/// usually give one customer a whole /64.
fn rate_limit_prefix(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(ip) => ip.into(),
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
    }
}

/// Charges the request to its address, authenticates it, then charges it to its viewer. The handlers
/// find the [`AuthResult`] in the request's extensions. Over a limit, the response is 429.
pub async fn authenticate(
    State(limiter): State<RateLimiter>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Some(limit) = &limiter.limits.addresses
        && let Err(wait) = limit.check(rate_limit_prefix(limiter.address(&request)))
    {
        return too_many_requests(wait);
    }
    let identity = limiter.auth.from_headers(request.headers()).await;
    if let Ok(identity) = &identity
        && let Err(wait) = limiter.limits.check(identity)
    {
        return too_many_requests(wait);
    }
    request.extensions_mut().insert(AuthResult(identity));
    next.run(request).await
}

fn too_many_requests(wait: Duration) -> Response {
    let seconds = HeaderValue::from(wait.as_secs_f64().ceil().max(1.0) as u64);
    (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, seconds)]).into_response()
}
