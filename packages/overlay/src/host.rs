use std::net::SocketAddr;

use crate::TunnelId;

/// The program that an overlay runs in. It is asked on the overlay's threads, once for each new stream, and answers
/// from memory: it must not block.
pub trait Host: Send + Sync + 'static {
    /// Where a stream that comes out of this tunnel (whose side here is `To`) may go: the addresses of healthy
    /// replicas of the connection's target with the target's port, best first. They are tried in this order. None: the
    /// stream is refused.
    fn targets(&self, tunnel: &TunnelId) -> Vec<SocketAddr>;

    /// A target did not take a connection.
    fn unreachable(&self, tunnel: &TunnelId, target: SocketAddr) {
        let _ = (tunnel, target);
    }
}

/// One way on for a new stream or flow of a local workload.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// A replica at this provider: straight to its address.
    Local(SocketAddr),
    /// The peer at the other end of a tunnel, whose side here is `From`.
    Tunnel(TunnelId),
}

/// Where the streams of one listener go. Asked on the overlay's threads for each new stream: it must not block.
pub trait Route: Send + Sync + 'static {
    /// All ways on for a stream from `source`, best first; balancing is to turn the order. The first that takes the
    /// stream gets it: a replica that accepts, or a tunnel with a carrier. Tunnels with idle carriers go before those
    /// without, and when none has one the stream waits for [`crate::Config::open_wait`]. None: the stream is reset.
    fn ways(&self, source: SocketAddr) -> Vec<Way>;
}

impl<F: Fn(SocketAddr) -> Vec<Way> + Send + Sync + 'static> Route for F {
    fn ways(&self, source: SocketAddr) -> Vec<Way> {
        self(source)
    }
}
