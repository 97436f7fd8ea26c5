//! Rate limits: so many requests per second for each IP address and for each viewer.

use std::{
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use governor::{
    Quota,
    clock::Clock,
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{InMemoryState, NotKeyed},
};
use moka::{policy::EvictionPolicy, sync::Cache};
use sha2::{Digest, Sha256};
use tower::ServiceExt;
use tower_http::cors::CorsLayer;
use uuid::Uuid;

use super::{body, client_address::ClientAddresses, errors};
use crate::{
    auth::{Auth, AuthResult, Identity},
    config::{Rate, Settings},
    domain::Viewer,
    service::Service,
};

/// The most viewers and the most addresses that are tracked. The least recently active one is dropped
/// first.
const MAX_KEYS: u64 = 100_000;
/// How long an idle bucket is kept if it is full earlier. A full bucket is the same as a new one.
const MIN_IDLE: Duration = Duration::from_secs(60);
/// The part of an IPv6 address that counts as one address: providers give a customer a /56 or longer
/// prefix (RFC 6177 section 2).
const CUSTOMER_PREFIX: u32 = 56;
/// The part of an IPv6 address that a site can have at most, and how many customers it counts as.
const SITE_PREFIX: u32 = 48;
const CUSTOMERS_PER_SITE: NonZeroU32 = NonZeroU32::new(16).expect("16 is not zero");

/// Authenticates and limits requests before anything else sees them.
#[derive(Clone)]
pub struct RateLimiter {
    pub auth: Auth,
    pub limits: RateLimits,
    addresses: ClientAddresses,
}

/// The limits per viewer and per address. `None` is unlimited.
#[derive(Clone)]
pub struct RateLimits {
    viewers: Option<KeyedLimit<Client>>,
    addresses: Option<AddressLimit>,
    clock: ServiceClock,
}

/// The limit per address. IPv6 addresses share the limits of their networks.
#[derive(Clone)]
struct AddressLimit {
    customers: KeyedLimit<IpAddr>,
    sites: KeyedLimit<Ipv6Addr>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Client {
    User(Uuid),
    /// The SHA-256 hash of an unregistered identity's `sub`, which can be of any length.
    Unregistered([u8; 32]),
}

/// One token bucket per key, bounded in number.
#[derive(Clone)]
struct KeyedLimit<K: Hash + Eq + Send + Sync + 'static> {
    quota: Quota,
    clock: ServiceClock,
    buckets: Cache<K, Arc<Bucket>>,
}

type Bucket = governor::RateLimiter<NotKeyed, InMemoryState, ServiceClock, NoOpMiddleware<Nanos>>;

/// The service's monotonic clock, as governor reads it.
#[derive(Clone)]
struct ServiceClock(Service);

impl Clock for ServiceClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.0.elapsed().into()
    }
}

impl<K: Hash + Eq + Send + Sync + 'static> KeyedLimit<K> {
    fn new(rate: Rate, clock: &ServiceClock) -> Self {
        let quota = quota(rate);
        Self {
            quota,
            clock: clock.clone(),
            buckets: Cache::builder()
                .max_capacity(MAX_KEYS)
                .time_to_idle(quota.burst_size_replenished_in().max(MIN_IDLE))
                .eviction_policy(EvictionPolicy::lru())
                .build(),
        }
    }

    /// Charges one request to the key. Fails with the time to wait if the limit is exceeded.
    fn charge(&self, key: K) -> Result<(), Duration> {
        let new_bucket = || Arc::new(Bucket::direct_with_clock(self.quota, self.clock.clone()));
        let checked = self.buckets.get_with(key, new_bucket).check();
        checked.map_err(|until| until.wait_time_from(self.clock.now()))
    }
}

fn quota(rate: Rate) -> Quota {
    Quota::per_second(rate.per_second).allow_burst(rate.burst)
}

impl AddressLimit {
    fn new(rate: Rate, clock: &ServiceClock) -> Self {
        let of_site = Rate {
            per_second: rate.per_second.saturating_mul(CUSTOMERS_PER_SITE),
            burst: rate.burst.saturating_mul(CUSTOMERS_PER_SITE),
        };
        Self { customers: KeyedLimit::new(rate, clock), sites: KeyedLimit::new(of_site, clock) }
    }

    fn charge(&self, address: IpAddr) -> Result<(), Duration> {
        match address {
            IpAddr::V4(_) => self.customers.charge(address),
            IpAddr::V6(address) => {
                self.customers.charge(prefix(address, CUSTOMER_PREFIX).into())?;
                self.sites.charge(prefix(address, SITE_PREFIX))
            }
        }
    }
}

/// Returns the first address of the network with so many bits.
fn prefix(address: Ipv6Addr, bits: u32) -> Ipv6Addr {
    let mask = u128::MAX << (Ipv6Addr::BITS - bits);
    Ipv6Addr::from_bits(address.to_bits() & mask)
}

impl RateLimits {
    fn new(settings: &Settings, service: &Service) -> Self {
        let clock = ServiceClock(service.clone());
        Self {
            viewers: settings.rates.viewer.map(|rate| KeyedLimit::new(rate, &clock)),
            addresses: settings.rates.address.map(|rate| AddressLimit::new(rate, &clock)),
            clock,
        }
    }

    /// Charges one request to the address and then to the viewer. Fails with the time to wait if a
    /// limit is exceeded.
    pub fn charge(&self, address: IpAddr, identity: &Identity) -> Result<(), Duration> {
        self.charge_address(address)?;
        self.charge_viewer(identity)
    }

    fn charge_address(&self, address: IpAddr) -> Result<(), Duration> {
        self.addresses.as_ref().map_or(Ok(()), |limit| limit.charge(address))
    }

    /// Anonymous viewers are limited by their address only.
    fn charge_viewer(&self, identity: &Identity) -> Result<(), Duration> {
        let client = match (identity.viewer, &identity.unregistered) {
            (Viewer::User(uuid), _) => Client::User(uuid),
            (_, Some(unregistered)) => {
                Client::Unregistered(Sha256::digest(&unregistered.subject).into())
            }
            (_, None) => return Ok(()),
        };
        self.viewers.as_ref().map_or(Ok(()), |limit| limit.charge(client))
    }

    /// Returns a budget of its own, which is full.
    pub fn budget(&self, rate: Rate) -> Budget {
        Budget(Bucket::direct_with_clock(quota(rate), self.clock.clone()))
    }
}

/// A token bucket that belongs to one connection.
pub struct Budget(Bucket);

impl Budget {
    /// Takes so many tokens. Returns false and takes none if there are fewer.
    pub fn spend(&self, tokens: NonZeroU32) -> bool {
        matches!(self.0.check_n(tokens), Ok(Ok(())))
    }
}

impl RateLimiter {
    pub fn new(settings: &Settings, service: &Service, auth: Auth) -> Self {
        let addresses = ClientAddresses::new(&settings.rates.trusted_proxies);
        Self { auth, limits: RateLimits::new(settings, service), addresses }
    }
}

/// The address that a request is charged to. Handlers find it in the request's extensions if there is
/// a limit per address.
#[derive(Clone, Copy)]
pub struct ClientAddress(pub IpAddr);

/// Marks a request whose address is over its limit, with the time to wait.
#[derive(Clone, Copy)]
struct OverLimit(Duration);

/// Charges the request to its address. If that is over its limit, [`reject`] answers. Health checks and
/// metrics are free, so that a busy gateway does not look like a broken one. Everything else counts:
/// pages, unknown paths, preflight requests and requests that no handler sees.
pub async fn charge_address(
    State(limiter): State<RateLimiter>,
    mut request: Request,
    next: Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let is_free = route.is_some_and(|it| it.starts_with("/health/") || it == "/metrics");
    if !is_free && let Some(limit) = &limiter.limits.addresses {
        let address = limiter.addresses.of(&request);
        request.extensions_mut().insert(ClientAddress(address));
        if let Err(wait) = limit.charge(address) {
            request.extensions_mut().insert(OverLimit(wait));
        }
    }
    next.run(request).await
}

/// Answers for [`reject`]. Pages of other origins can read the response, and the rest of the body is
/// read, so that the client gets the response.
pub fn rejection(cors: CorsLayer, body_timeout: Duration) -> Router {
    Router::new()
        .fallback(async |request: Request| too_many_requests(&request))
        .layer(from_fn_with_state(body_timeout, body::with_timeout))
        .layer(cors)
}

/// Answers 429 to a request whose address is over its limit.
pub async fn reject(State(rejection): State<Router>, request: Request, next: Next) -> Response {
    if request.extensions().get::<OverLimit>().is_none() {
        return next.run(request).await;
    }
    if request.method() == Method::OPTIONS {
        // The CORS layer would allow it.
        return too_many_requests(&request);
    }
    let Ok(response) = rejection.oneshot(request).await;
    response
}

fn too_many_requests(request: &Request) -> Response {
    let wait = request.extensions().get().map_or(Duration::ZERO, |OverLimit(wait)| *wait);
    let error = errors::for_path(request.uri().path(), StatusCode::TOO_MANY_REQUESTS);
    (retry_after(wait), error).into_response()
}

/// Authenticates the request, then charges it to its viewer. The handlers find the [`AuthResult`] in
/// the request's extensions. Over the limit, the response is 429.
pub async fn authenticate(
    State(limiter): State<RateLimiter>,
    mut request: Request,
    next: Next,
) -> Response {
    let identity = limiter.auth.from_headers(request.headers()).await;
    if let Ok(identity) = &identity
        && let Err(wait) = limiter.limits.charge_viewer(identity)
    {
        return (StatusCode::TOO_MANY_REQUESTS, retry_after(wait)).into_response();
    }
    request.extensions_mut().insert(AuthResult(identity));
    next.run(request).await
}

fn retry_after(wait: Duration) -> [(header::HeaderName, HeaderValue); 1] {
    [(header::RETRY_AFTER, HeaderValue::from(whole_seconds(wait)))]
}

/// Returns a time to wait in whole seconds, at least one.
pub fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs_f64().ceil().max(1.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_keep_so_many_bits() {
        let address = "2001:db8:1:12ff:3::4".parse().expect("an address");
        for (bits, expected) in [(56, "2001:db8:1:1200::"), (48, "2001:db8:1::")] {
            assert_eq!(prefix(address, bits).to_string(), expected);
        }
    }
}
