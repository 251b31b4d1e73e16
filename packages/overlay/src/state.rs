//! What this end knows of one tunnel.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use identity::{Endpoint, Identity, Side, TunnelEnd};
use ring::hmac;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ServerConfig};
use tokio::sync::{Notify, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::pool::Pool;
use crate::{State, TunnelId, TunnelSpec, TunnelStatus, ALPN};

/// A count that never falls.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub fn raise(&self, to: u64) {
        self.0.fetch_max(to, Ordering::Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub streams: Count,
    pub resets: Count,
    pub failed: Count,
    pub sent: Count,
    pub received: Count,
    pub dropped: Count,
    pub handshakes: Count,
    pub last_handshake: Count,
}

/// A transport protocol, as connections name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Tcp,
    Udp,
}

pub(crate) struct Tunnel {
    pub id: TunnelId,
    pub end: Arc<TunnelEnd>,
    pub protocol: Protocol,
    pub client: Arc<ClientConfig>,
    pub server: Arc<ServerConfig>,
    pub pool: Pool,
    pub counters: Counters,
    /// Incoming handshakes that may be under way.
    pub handshakes: Arc<Semaphore>,
    /// Cancelled when the tunnel is no more. Carriers have children of it.
    pub closed: CancellationToken,
    /// Wakes whoever dials: somebody waits, a carrier has gone, an endpoint has changed.
    pub wake: Notify,
    /// Whether the endpoints have changed since they were dialled last.
    pub moved: AtomicBool,
    /// Whether a carrier was asked for yet.
    asked: AtomicBool,
    started: Instant,
    /// Milliseconds from `started` to when the peer was heard last, over any carrier.
    heard: AtomicU64,
    reach: Mutex<Reach>,
    last_error: Mutex<Option<(u64, String)>>,
}

/// How the peer is found, and finds this end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reach {
    pub endpoints: Vec<Endpoint>,
    pub label: String,
}

impl Tunnel {
    pub fn new(
        identity: &Arc<Identity>,
        spec: TunnelSpec,
        max_handshakes: usize,
    ) -> Result<Arc<Self>, rustls::Error> {
        let TunnelSpec { id, endpoints, secret } = spec;
        let end =
            Arc::new(TunnelEnd::new(identity.clone(), id.deployment, &id.connection, id.side, &id.peer));
        let protocol = if id.connection.ends_with(".udp") { Protocol::Udp } else { Protocol::Tcp };
        let tunnel = Self {
            client: Arc::new(end.client_config(ALPN)?),
            server: Arc::new(end.server_config(ALPN)?),
            protocol,
            pool: Pool::new(),
            counters: Counters::default(),
            handshakes: Arc::new(Semaphore::new(max_handshakes)),
            closed: CancellationToken::new(),
            wake: Notify::new(),
            moved: AtomicBool::new(false),
            asked: AtomicBool::new(false),
            started: Instant::now(),
            heard: AtomicU64::new(0),
            reach: Mutex::new(Reach { endpoints, label: label(&end, &secret) }),
            last_error: Mutex::default(),
            end,
            id,
        };
        if let Err(error) = tunnel.end.renew() {
            tunnel.failed(&error);
        }
        Ok(Arc::new(tunnel))
    }

    pub fn reach(&self) -> Reach {
        lock(&self.reach).clone()
    }

    /// Takes over what may change in a tunnel that lives on.
    pub fn update(&self, spec: &TunnelSpec) {
        let new = Reach { endpoints: spec.endpoints.clone(), label: label(&self.end, &spec.secret) };
        let mut reach = lock(&self.reach);
        if *reach != new {
            *reach = new;
            drop(reach);
            self.moved.store(true, Ordering::Relaxed);
            self.wake.notify_one();
        }
    }

    pub fn server_name(&self) -> Result<ServerName<'static>, rustls::Error> {
        ServerName::try_from(self.reach().label).map_err(|_| rustls::Error::General("label".to_owned()))
    }

    pub fn asked(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    pub fn hear(&self) {
        let millis = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.heard.store(millis, Ordering::Relaxed);
    }

    /// For how long nothing has come from the peer.
    pub fn silence(&self) -> Duration {
        self.started.elapsed().saturating_sub(Duration::from_millis(self.heard.load(Ordering::Relaxed)))
    }

    /// Keeps why something failed, for [`TunnelStatus::last_error`].
    pub fn failed(&self, error: &dyn fmt::Display) {
        let text = error.to_string();
        tracing::debug!(tunnel = %self.id, error = text, "tunnel");
        *lock(&self.last_error) = Some((unix_now(), text));
    }

    pub fn close(&self) {
        self.pool.close();
        self.closed.cancel();
    }

    pub fn status(&self) -> TunnelStatus {
        let census = self.pool.census();
        let counters = &self.counters;
        let idle = census.idle.min(census.all);
        let state = if census.all > 0 {
            State::Up
        } else if self.asked.load(Ordering::Relaxed) {
            State::Connecting
        } else {
            State::New
        };
        TunnelStatus {
            id: self.id.clone(),
            state,
            idle: idle as u64,
            busy: (census.all - idle) as u64,
            streams: counters.streams.get(),
            resets: counters.resets.get(),
            failed: counters.failed.get(),
            sent: counters.sent.get(),
            received: counters.received.get(),
            dropped: counters.dropped.get(),
            handshakes: counters.handshakes.get(),
            last_handshake: Some(counters.last_handshake.get()).filter(|at| *at > 0),
            last_error: lock(&self.last_error).clone(),
            leaf_expires: self.end.leaf_expires(),
        }
    }
}

/// What the ClientHello says instead of a host's name: the same at both ends, and nothing to whoever has not the
/// secret.
fn label(end: &TunnelEnd, secret: &[u8; 32]) -> String {
    let (ours, theirs) = (end.name().to_uri(), end.peer_name().to_uri());
    let (from, to) = match end.name().side {
        Side::From => (ours, theirs),
        Side::To => (theirs, ours),
    };
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let mut context = hmac::Context::with_key(&key);
    for part in [ALPN, from.as_bytes(), to.as_bytes()] {
        context.update(part);
        context.update(b"\n");
    }
    // A letter first: a name that is all digits could be taken for an address.
    format!("t{}", hex::encode(&context.sign().as_ref()[..16]))
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Seconds since the epoch.
pub(crate) fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
