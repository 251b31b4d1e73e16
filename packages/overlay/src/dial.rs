//! Makes carriers: dials the peer while there are too few, and answers those that dial.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::Duration;

use identity::{Endpoint, RootError, Side};
use rand::Rng;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, OwnedSemaphorePermit};
use tokio::time::{timeout, Instant};

use crate::core::Core;
use crate::handshake::{self, HandshakeError};
use crate::life::{Carrier, Refused};
use crate::pool::Census;
use crate::socket;
use crate::state::Tunnel;
use crate::Config;

/// Idle carriers beyond `min_idle` that `To` makes for a busy tunnel, as it cannot see who waits at `From`.
const SPARE: usize = 64;

/// Keeps a tunnel in carriers until it is closed.
pub(crate) async fn keep(core: Arc<Core>, tunnel: Arc<Tunnel>) {
    let stop = tunnel.closed.clone();
    let draining = core.draining.clone();
    tokio::select! {
        () = stop.cancelled() => {}
        () = draining.cancelled() => {}
        () = dial_when_needed(&core, &tunnel) => {}
    }
}

async fn dial_when_needed(core: &Arc<Core>, tunnel: &Arc<Tunnel>) {
    // The peer takes so many at once, and others may dial it too.
    let parallel = (core.config.max_handshakes_per_tunnel / 2).max(1);
    let (report, mut reports) = mpsc::channel(parallel);
    let mut under_way = 0;
    let mut pause = Pause::default();
    loop {
        if tunnel.moved.swap(false, Ordering::Relaxed) {
            pause = Pause::default();
        }
        let census = tunnel.pool.census();
        let missing = missing(&core.config, tunnel.id.side, &census, under_way);
        let at_once = if pause.failures > 0 { 1 } else { parallel };
        let now = Instant::now();
        let from = begins(&core.config, tunnel.id.side, &census).max(pause.until);
        let wanted = missing.min(at_once.saturating_sub(under_way));
        if wanted > 0 && from.is_none_or(|from| from <= now) {
            tunnel.asked();
            for _ in 0..wanted {
                under_way += 1;
                let thread = core.threads.pick();
                let reporter = Reporter { report: report.clone(), up: false };
                core.threads.spawn(thread, dial(core.clone(), tunnel.clone(), thread, reporter));
            }
        }
        let later = from.filter(|from| *from > now && missing > 0);
        let sleep = async {
            match later {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = tunnel.wake.notified() => {}
            Some(up) = reports.recv() => {
                under_way = under_way.saturating_sub(1);
                if up { pause = Pause::default() } else { pause.fail(&core.config) }
            }
            () = sleep => {}
        }
    }
}

/// How many carriers are to be dialled besides those that are.
fn missing(config: &Config, side: Side, census: &Census, under_way: usize) -> usize {
    let spare = match side {
        Side::From => census.waiting,
        Side::To => (census.all / 2).min(SPARE),
    };
    let wanted = config.min_idle.saturating_add(spare);
    let room = config.max_carriers.saturating_sub(census.all + under_way);
    wanted.saturating_sub(census.idle + under_way).min(room)
}

/// From when on this end dials at all; none: at once. `To` leaves it to `From` while that one comes through.
fn begins(config: &Config, side: Side, census: &Census) -> Option<Instant> {
    match (side, census.alone_since) {
        (Side::From, _) => None,
        (Side::To, Some(since)) => Some(since + config.to_dials_after),
        // A carrier that leaves wakes the dialler, which looks again.
        (Side::To, None) => Some(Instant::now() + config.to_dials_after),
    }
}

/// When a peer that did not answer is dialled again.
#[derive(Default)]
struct Pause {
    failures: u32,
    until: Option<Instant>,
}

impl Pause {
    fn fail(&mut self, config: &Config) {
        let now = Instant::now();
        // Attempts that were under way together fail together, and count once.
        if self.until.is_some_and(|until| until > now) {
            return;
        }
        let (first, longest) = config.backoff;
        let pause = first.saturating_mul(1 << self.failures.min(16)).min(longest);
        self.failures = self.failures.saturating_add(1);
        // Between half of it and one and a half, so that peers do not come all at once.
        let pause = pause.mul_f64(rand::rng().random_range(0.5..1.5));
        self.until = Some(now + pause.max(Duration::from_millis(1)));
    }
}

/// Says how an attempt went, whatever becomes of its task.
struct Reporter {
    report: mpsc::Sender<bool>,
    up: bool,
}

impl Drop for Reporter {
    fn drop(&mut self) {
        // There is a place for each that is under way.
        let _ = self.report.try_send(self.up);
    }
}

#[derive(Debug, thiserror::Error)]
enum DialError {
    #[error("the peer has no endpoint that could be dialled")]
    NoEndpoint,
    #[error("{endpoint} cannot be reached: {cause}")]
    Unreachable { endpoint: Endpoint, cause: String },
    #[error("{endpoint}: {refused}")]
    Refused { endpoint: Endpoint, refused: Refused },
    #[error("no leaf can be issued: {0}")]
    Leaf(#[from] RootError),
}

async fn dial(core: Arc<Core>, tunnel: Arc<Tunnel>, thread: usize, mut reporter: Reporter) {
    let closed = tunnel.closed.clone();
    match closed.run_until_cancelled(connect(&core, &tunnel, thread)).await {
        Some(Ok(carrier)) => {
            reporter.up = true;
            // A task of its own, without the room that the handshake took.
            tokio::spawn(Box::new(carrier).run());
        }
        Some(Err(error)) => tunnel.failed(&error),
        None => {}
    }
}

/// The first endpoint that answers as the peer.
async fn connect(core: &Arc<Core>, tunnel: &Arc<Tunnel>, thread: usize) -> Result<Carrier, DialError> {
    tunnel.end.renew()?;
    let mut last = DialError::NoEndpoint;
    for endpoint in tunnel.reach().endpoints {
        match connect_to(core, tunnel, thread, &endpoint).await {
            Ok(carrier) => return Ok(carrier),
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn connect_to(
    core: &Arc<Core>,
    tunnel: &Arc<Tunnel>,
    thread: usize,
    endpoint: &Endpoint,
) -> Result<Carrier, DialError> {
    let limit = core.config.handshake_timeout;
    let unreachable = |cause: String| DialError::Unreachable { endpoint: endpoint.clone(), cause };
    let socket = match timeout(limit, TcpStream::connect((endpoint.host.as_str(), endpoint.port))).await {
        Ok(Ok(socket)) => socket,
        Ok(Err(error)) => return Err(unreachable(error.to_string())),
        Err(_) => return Err(unreachable(format!("no answer within {} s", limit.as_secs()))),
    };
    let shake = async {
        socket::prepare_carrier(&socket, core.config.ping_every).map_err(HandshakeError::Io)?;
        let label = tunnel.server_name().map_err(HandshakeError::Tls)?;
        let secured = handshake::dial(socket, tunnel.client.clone(), label, &tunnel.end).await?;
        Carrier::establish(core.clone(), tunnel.clone(), thread, true, secured).await
    };
    match timeout(limit, shake).await {
        Ok(Ok(carrier)) => Ok(carrier),
        Ok(Err(refused)) => Err(DialError::Refused { endpoint: endpoint.clone(), refused }),
        Err(_) => {
            Err(DialError::Refused { endpoint: endpoint.clone(), refused: HandshakeError::Timeout.into() })
        }
    }
}

/// Places among the handshakes under way, of all tunnels and of one, held while one is.
pub(crate) type Places = [OwnedSemaphorePermit; 2];

/// Answers a connection whose label names this tunnel.
pub(crate) async fn answer(
    core: Arc<Core>,
    tunnel: Arc<Tunnel>,
    thread: usize,
    stream: std::net::TcpStream,
    hello: Vec<u8>,
    places: Places,
) {
    let limit = core.config.handshake_timeout;
    let closed = tunnel.closed.clone();
    let accepting = closed.run_until_cancelled(timeout(limit, accept(&core, &tunnel, thread, stream, hello)));
    let refused = match accepting.await {
        Some(Ok(Ok(carrier))) => {
            drop(places);
            tokio::spawn(Box::new(carrier).run());
            return;
        }
        Some(Ok(Err(refused))) => refused,
        Some(Err(_)) => HandshakeError::Timeout.into(),
        None => return,
    };
    let count: &AtomicU64 = match &refused {
        Refused::Handshake(HandshakeError::Certificate(_)) => &core.refused.certificate,
        Refused::Handshake(_) | Refused::NotReady(_) => &core.refused.handshake,
        Refused::Root(_) => &core.refused.root,
        Refused::TooMany => &core.refused.busy,
    };
    count.fetch_add(1, Ordering::Relaxed);
    tunnel.failed(&refused);
}

async fn accept(
    core: &Arc<Core>,
    tunnel: &Arc<Tunnel>,
    thread: usize,
    stream: std::net::TcpStream,
    hello: Vec<u8>,
) -> Result<Carrier, Refused> {
    if let Err(error) = tunnel.end.renew() {
        return Err(HandshakeError::Tls(rustls::Error::General(error.to_string())).into());
    }
    let socket = TcpStream::from_std(stream).map_err(HandshakeError::Io)?;
    socket::prepare_carrier(&socket, core.config.ping_every).map_err(HandshakeError::Io)?;
    let secured = handshake::answer(socket, hello, tunnel.server.clone(), &tunnel.end).await?;
    Carrier::establish(core.clone(), tunnel.clone(), thread, false, secured).await
}

/// Asks the chain again and again whether it still vouches for the roots behind the carriers, and closes those for
/// which it says that it does not. A silent chain closes nothing.
pub(crate) async fn recheck(core: Arc<Core>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(core.config.recheck) => {}
            () = core.recheck.notified() => {}
        }
        let tunnels: Vec<_> = core.tunnels().by_id.values().cloned().collect();
        let carriers: Vec<_> = tunnels.iter().flat_map(|tunnel| tunnel.pool.carriers()).collect();
        let mut roots: Vec<_> =
            carriers.iter().map(|carrier| (carrier.tunnel.id.peer.clone(), carrier.root)).collect();
        roots.sort_unstable();
        roots.dedup();
        for (account, root) in roots {
            let asking = core.roots.root(&account, &root);
            let Ok(Ok(status)) = timeout(core.config.handshake_timeout, asking).await else { continue };
            if status == identity::RootStatus::Active {
                continue;
            }
            for carrier in &carriers {
                if carrier.root == root && carrier.tunnel.id.peer == account {
                    carrier.tunnel.failed(&"the chain no longer vouches for the peer's root");
                    carrier.close.cancel();
                }
            }
        }
    }
}
