use std::fmt;

use identity::{Endpoint, Side};

/// One tunnel, seen from this end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TunnelId {
    pub deployment: u64,
    /// The connection's name in the manifest, such as `web.db.5432.tcp`.
    pub connection: String,
    /// Which end this provider holds: `From` where the caller runs, `To` where the target runs.
    pub side: Side,
    /// The account of the provider at the other end.
    pub peer: String,
}

impl fmt::Display for TunnelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} {} {}", self.deployment, self.connection, self.side, self.peer)
    }
}

/// A tunnel that is to be.
#[derive(Clone, PartialEq, Eq)]
pub struct TunnelSpec {
    pub id: TunnelId,
    /// Where the peer's gateway answers, tried in turn. Empty when the peer cannot be dialled.
    pub endpoints: Vec<Endpoint>,
    /// What only participants of the deployment know, the same at both ends: derived from the manifest's bytes. It
    /// hides which tunnel a carrier is for from whoever sees the start of its handshake. It authenticates nothing,
    /// and a peer whose manifest is not yet the same is heard once it is.
    pub secret: [u8; 32],
}

impl fmt::Debug for TunnelSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TunnelSpec")
            .field("id", &self.id)
            .field("endpoints", &self.endpoints)
            .finish_non_exhaustive()
    }
}
