use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::Duration;

use identity::{Identity, Roots};
use tokio::net::TcpStream;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::core::{Core, Threads};
use crate::dial;
use crate::state::Tunnel;
use crate::{
    datagram, listen, socket, Config, Hello, Host, Refusals, Route, TunnelId, TunnelSpec, TunnelStatus,
};

/// This provider's ends of its tunnels, and the threads that carry their data.
pub struct Overlay {
    core: Arc<Core>,
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("a thread of the overlay could not be started: {0}")]
    Thread(#[source] io::Error),
}

/// A carrier from outside that is not taken. The connection was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AcceptError {
    #[error("its label names no tunnel of this provider")]
    Unknown,
    #[error("too many handshakes are under way")]
    Busy,
    #[error("the overlay is stopping")]
    Stopping,
}

/// A listener for a workload's streams or datagrams. Dropping it closes the listener; streams that are open go on.
#[derive(Debug)]
pub struct Listening {
    address: SocketAddr,
    _close: DropGuard,
}

impl Listening {
    /// Where it listens, with the port that was chosen when 0 was asked for.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }
}

impl Overlay {
    /// Starts the threads. Leaves of tunnels are issued in memory under the identity's root. `roots` says whether the
    /// chain vouches for a peer's root; give it a cache ([`identity::CachedRoots`]), it is asked often.
    pub fn start(
        config: Config,
        identity: Arc<Identity>,
        roots: Arc<dyn Roots>,
        host: Arc<dyn Host>,
    ) -> Result<Self, StartError> {
        let threads = Threads::start(config.threads).map_err(StartError::Thread)?;
        let core = Arc::new(Core::new(config, identity, roots, host, threads));
        core.threads.spawn(0, dial::recheck(core.clone()));
        Ok(Self { core })
    }

    /// The account whose ends these are.
    pub fn account(&self) -> &str {
        self.core.identity.account()
    }

    /// Which tunnels there are from now on: all of them, in any order. New ones are dialled; of known ones the
    /// endpoints and the secret are taken over while their streams go on; the others are closed, and their streams
    /// reset, before this returns or soon after. Call it whenever the chain, a manifest or an endpoint has changed, and
    /// as often as you like.
    pub fn set(&self, tunnels: Vec<TunnelSpec>) {
        let mut known = self.core.tunnels_mut();
        let kept: BTreeSet<TunnelId> = tunnels.iter().map(|spec| spec.id.clone()).collect();
        known.by_id.retain(|id, tunnel| {
            let keep = kept.contains(id);
            if !keep {
                tunnel.close();
            }
            keep
        });
        for spec in tunnels {
            if let Some(tunnel) = known.by_id.get(&spec.id) {
                tunnel.update(&spec);
                continue;
            }
            let id = spec.id.clone();
            match Tunnel::new(&self.core.identity, spec, self.core.config.max_handshakes_per_tunnel) {
                Ok(tunnel) => {
                    let thread = self.core.threads.pick();
                    self.core.threads.spawn(thread, dial::keep(self.core.clone(), tunnel.clone()));
                    known.by_id.insert(id, tunnel);
                }
                Err(error) => tracing::error!(tunnel = %id, %error, "a tunnel cannot be set up"),
            }
        }
        known.by_label = known.by_id.values().map(|tunnel| (tunnel.reach().label, tunnel.clone())).collect();
    }

    /// Asks the chain at once whether it still vouches for the peers' roots, as after an event that names one.
    pub fn recheck(&self) {
        self.core.recheck.notify_one();
    }

    /// Takes over an incoming carrier, whose [`Hello::is_tunnel`] says that it is one. Returns at once; handshake,
    /// checks and everything after them happen on the overlay's threads, and what is refused there is counted and
    /// logged. Places in the caller's own limits can be given back when this returns.
    pub fn accept(&self, stream: TcpStream, hello: Hello, from: SocketAddr) -> Result<(), AcceptError> {
        let core = &self.core;
        let refuse = |count: &AtomicU64, error: AcceptError| {
            count.fetch_add(1, Ordering::Relaxed);
            tracing::debug!(%from, %error, "a carrier is refused");
            Err(error)
        };
        if core.draining.is_cancelled() || core.threads.is_stopped() {
            return Err(AcceptError::Stopping);
        }
        let label = hello.server_name.as_deref().unwrap_or_default();
        let Some(tunnel) = core.tunnels().by_label.get(label).cloned() else {
            return refuse(&core.refused.unknown, AcceptError::Unknown);
        };
        let (Ok(place), Ok(place_of_tunnel)) =
            (core.handshakes.clone().try_acquire_owned(), tunnel.handshakes.clone().try_acquire_owned())
        else {
            return refuse(&core.refused.busy, AcceptError::Busy);
        };
        if tunnel.pool.census().all >= core.config.max_carriers {
            return refuse(&core.refused.busy, AcceptError::Busy);
        }
        let Ok(stream) = stream.into_std() else {
            return refuse(&core.refused.handshake, AcceptError::Stopping);
        };
        let thread = core.threads.pick();
        let places = [place, place_of_tunnel];
        let answer = dial::answer(core.clone(), tunnel, thread, stream, hello.bytes, places);
        core.threads.spawn(thread, answer);
        Ok(())
    }

    /// Listens for streams of local workloads, on every thread. Port 0 chooses one.
    pub fn listen_tcp(&self, address: SocketAddr, route: Arc<dyn Route>) -> io::Result<Listening> {
        let first = socket::listener(address)?;
        let address = first.local_addr()?;
        let mut sockets = vec![first];
        for _ in 1..self.core.threads.count() {
            sockets.push(socket::listener(address)?);
        }
        let closed = CancellationToken::new();
        let listener = listen::Listener::new(&self.core, route);
        for (thread, socket) in sockets.into_iter().enumerate() {
            let accept = listen::accept(self.core.clone(), thread, socket, listener.clone(), closed.clone());
            self.core.threads.spawn(thread, accept);
        }
        Ok(Listening { address, _close: closed.drop_guard() })
    }

    /// Listens for datagrams of local workloads. Each source address is a flow of its own, with a way of its own.
    pub fn listen_udp(&self, address: SocketAddr, route: Arc<dyn Route>) -> io::Result<Listening> {
        let socket = std::net::UdpSocket::bind(address)?;
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        let closed = CancellationToken::new();
        let thread = self.core.threads.pick();
        let listen = datagram::listen(self.core.clone(), thread, socket, route, closed.clone());
        self.core.threads.spawn(thread, listen);
        Ok(Listening { address, _close: closed.drop_guard() })
    }

    /// All tunnels, in the order of their ids.
    pub fn status(&self) -> Vec<TunnelStatus> {
        self.core.tunnels().by_id.values().map(|tunnel| tunnel.status()).collect()
    }

    /// Carriers from outside that were refused.
    pub fn refusals(&self) -> Refusals {
        self.core.refused.read()
    }

    /// Closes the listeners, takes no new stream, tells the peers to open none, and returns when the last stream has
    /// ended or the time is over. [`Overlay::stop`] afterwards ends the rest.
    pub async fn drain(&self, limit: Duration) {
        self.core.draining.cancel();
        let mut open = self.core.open.subscribe();
        let _ = tokio::time::timeout(limit, open.wait_for(|open| *open == 0)).await;
    }

    /// Resets what is still open and ends the threads. Dropping the overlay does the same.
    pub fn stop(&self) {
        self.core.draining.cancel();
        self.core.threads.stop();
    }
}

impl Drop for Overlay {
    fn drop(&mut self) {
        self.stop();
    }
}
