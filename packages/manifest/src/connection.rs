//! Connections of the extension `x-market`: which service may connect to which, wherever they run.

use std::collections::BTreeSet;
use std::fmt;

use crate::model::{Manifest, Proto};

/// A connection that a service may open, as its service has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Outgoing {
    /// The service that is called; also the host name to call.
    pub to: String,
    /// The port that the caller uses.
    pub port: u16,
    pub proto: Proto,
    /// The port inside the container that is called.
    pub target_port: u16,
}

/// One service may connect to one port of another one, in any placement. One-way: one that goes both ways is two.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Connection {
    /// The service that connects.
    pub from: String,
    /// The service that is called; also the host name to call.
    pub to: String,
    /// The port that the caller uses.
    pub port: u16,
    pub proto: Proto,
    /// The port inside the container that is called.
    pub target_port: u16,
}

impl Connection {
    /// Such as `web.db.5432.tcp`: unique in a manifest, since names of services have no dot.
    pub fn name(&self) -> String {
        let proto = match self.proto {
            Proto::Tcp => "tcp",
            Proto::Udp => "udp",
        };
        format!("{}.{}.{}.{proto}", self.from, self.to, self.port)
    }
}

impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}:{}/{}", self.from, self.to, self.port, self.proto)
    }
}

impl Manifest {
    /// Every connection, sorted, each once however many groups run its services.
    pub fn connections(&self) -> Vec<Connection> {
        let services = self.groups.iter().flat_map(|group| &group.services);
        let connections: BTreeSet<Connection> = services
            .flat_map(|service| {
                service.connections.iter().map(|outgoing| Connection {
                    from: service.name.clone(),
                    to: outgoing.to.clone(),
                    port: outgoing.port,
                    proto: outgoing.proto,
                    target_port: outgoing.target_port,
                })
            })
            .collect();
        connections.into_iter().collect()
    }
}
