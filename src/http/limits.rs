//! How often requests are answered: so many a second for each viewer, and for each address.

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
    response::Response,
};
use governor::{
    Quota, RateLimiter,
    clock::Clock,
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{InMemoryState, NotKeyed},
};
use ipnet::IpNet;
use moka::{policy::EvictionPolicy, sync::Cache};
use uuid::Uuid;

use super::{connection::Connection, failure};
use crate::{
    auth::{Auth, Identified, Identity},
    config::{Rate, Settings},
    domain::{Timestamp, Viewer},
    service::Service,
};

/// How many viewers, and how many addresses, are kept count of. Whoever has been silent for longest
/// is forgotten first.
const MAX_KEYS: u64 = 100_000;

/// Looks at who asks, and how often, before anything else does.
#[derive(Clone)]
pub struct Gate {
    pub auth: Auth,
    pub limits: Limits,
    /// Whose `X-Forwarded-For` is believed.
    proxies: Arc<[IpNet]>,
}

/// How often each may ask.
#[derive(Clone)]
pub struct Limits {
    viewers: Option<Limit<Who>>,
    addresses: Option<Limit<IpAddr>>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Who {
    Member(Uuid),
    UnregisteredIdentity(String),
}

#[derive(Clone)]
struct Limit<K: Hash + Eq + Send + Sync + 'static> {
    quota: Quota,
    clock: Ticks,
    counts: Cache<K, Arc<Count>>,
}

type Count = RateLimiter<NotKeyed, InMemoryState, Ticks, NoOpMiddleware<Nanos>>;

/// The service's clock, as the counts read it.
#[derive(Clone)]
struct Ticks {
    service: Service,
    start: Timestamp,
}

impl Clock for Ticks {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        (self.service.now() - self.start).to_std().unwrap_or_default().into()
    }
}

impl<K: Hash + Eq + Send + Sync + 'static> Limit<K> {
    fn new(rate: Rate, service: &Service) -> Self {
        Self {
            quota: Quota::per_second(rate.per_second).allow_burst(rate.burst),
            clock: Ticks { service: service.clone(), start: service.now() },
            counts: Cache::builder()
                .max_capacity(MAX_KEYS)
                .eviction_policy(EvictionPolicy::lru())
                .build(),
        }
    }

    /// Counts one request; how long to wait where it is one too many.
    fn check(&self, key: K) -> Result<(), Duration> {
        let count = || Arc::new(Count::direct_with_clock(self.quota, self.clock.clone()));
        let checked = self.counts.get_with(key, count).check();
        checked.map_err(|until| until.wait_time_from(self.clock.now()))
    }
}

impl Limits {
    /// Counts one request of a viewer; how long to wait where it is one too many.
    pub fn check(&self, identity: &Identity) -> Result<(), Duration> {
        let who = match (identity.viewer, &identity.newcomer) {
            (Viewer::User(uuid), _) => Who::Member(uuid),
            (_, Some(newcomer)) => Who::UnregisteredIdentity(newcomer.subject.clone()),
            (_, None) => return Ok(()),
        };
        self.viewers.as_ref().map_or(Ok(()), |limit| limit.check(who))
    }
}

impl Gate {
    pub fn new(settings: &Settings, service: &Service, auth: Auth) -> Self {
        let limits = Limits {
            viewers: settings.rates.viewer.map(|rate| Limit::new(rate, service)),
            addresses: settings.rates.address.map(|rate| Limit::new(rate, service)),
        };
        Self { auth, limits, proxies: settings.rates.trusted_proxies.clone().into() }
    }

    /// Whose request it is: the last address on its way that is no proxy of ours.
    fn address(&self, request: &Request) -> IpAddr {
        let connection = request.extensions().get::<Connection>();
        let peer = connection.and_then(Connection::peer).unwrap_or(Ipv4Addr::UNSPECIFIED.into());
        let is_proxy = |ip: &IpAddr| self.proxies.iter().any(|network| network.contains(ip));
        let mut address = peer;
        for hop in hops(request.headers()).rev() {
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

/// The addresses of `X-Forwarded-For`; none in the place of what is no address.
fn hops(headers: &HeaderMap) -> impl DoubleEndedIterator<Item = Option<IpAddr>> {
    let values = headers.get_all("x-forwarded-for").iter();
    let hops = values.flat_map(|value| value.to_str().unwrap_or("?").split(','));
    hops.map(|hop| hop.trim().parse().ok().map(|ip: IpAddr| ip.to_canonical()))
}

/// One address for all that belongs to one customer: an IPv6 network of 64 bits.
fn neighbourhood(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(ip) => ip.into(),
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
    }
}

/// Lets a request through with who has sent it, unless there are too many of them.
pub async fn gate(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    if let Some(limit) = &gate.limits.addresses
        && let Err(wait) = limit.check(neighbourhood(gate.address(&request)))
    {
        return too_many(&path, wait);
    }
    let identity = gate.auth.of(request.headers()).await;
    if let Ok(identity) = &identity
        && let Err(wait) = gate.limits.check(identity)
    {
        return too_many(&path, wait);
    }
    request.extensions_mut().insert(Identified(identity));
    next.run(request).await
}

fn too_many(path: &str, wait: Duration) -> Response {
    let mut response = failure::of(path, StatusCode::TOO_MANY_REQUESTS);
    let seconds = HeaderValue::from(wait.as_secs_f64().ceil().max(1.0) as u64);
    response.headers_mut().insert(header::RETRY_AFTER, seconds);
    response
}
