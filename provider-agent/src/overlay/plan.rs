//! What must listen, which tunnels there are and where streams go, from what is known. Nothing here asks or acts.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};

use ::overlay::{Side, TunnelId, TunnelSpec};
use gateway_api::Protocol;
use identity::Endpoint;
use manifest::{Connection, Manifest};

use super::address::{addresses, runs};
use crate::workload::protocol;

/// A live lease of the deployment, of whichever provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub lease: u64,
    pub provider: String,
    /// The manifest's group that it runs.
    pub group: String,
}

/// What runs of a lease of this provider's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Here {
    /// This machine's address in the lease's network. None before that is there.
    pub gateway: Option<Ipv4Addr>,
    /// Running replicas: their services and addresses.
    pub replicas: Vec<(String, Ipv4Addr)>,
}

/// All that is known of one deployment.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    pub deployment: u64,
    /// This provider.
    pub me: &'a str,
    pub manifest: &'a Manifest,
    /// See [`TunnelSpec::secret`].
    pub secret: [u8; 32],
    pub parts: &'a [Part],
    /// Where the gateways of the other providers answer.
    pub endpoints: &'a BTreeMap<String, Vec<Endpoint>>,
    /// By lease.
    pub here: &'a BTreeMap<u64, Here>,
}

/// One for each lease and connection: the bridges of two leases are two networks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListenerId {
    pub lease: u64,
    /// The connection's name.
    pub connection: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    pub protocol: Protocol,
    /// What the lease's replicas connect to.
    pub address: Ipv4Addr,
    pub port: u16,
    /// Where to listen, on a port of the agent's choice.
    pub gateway: Ipv4Addr,
    pub ways: Ways,
}

/// Where streams of a listener may go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    /// Replicas of other leases at this provider. They go first: nothing is nearer.
    pub local: Vec<SocketAddr>,
    pub tunnels: Vec<TunnelId>,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Plan {
    pub listeners: BTreeMap<ListenerId, Listener>,
    pub tunnels: BTreeMap<TunnelId, TunnelSpec>,
    /// Where streams go that come out of a tunnel. One entry for each tunnel whose side here is `To`.
    pub targets: BTreeMap<TunnelId, Vec<SocketAddr>>,
}

impl Plan {
    /// Adds what one deployment needs.
    pub fn add(&mut self, known: Known<'_>) {
        let addresses = addresses(known.deployment, known.manifest);
        for connection in known.manifest.connections() {
            let Some(address) = addresses.get(&connection.to) else { continue };
            self.add_calls(known, &connection, *address);
            self.add_target(known, &connection);
        }
    }

    /// The end of a connection where the caller runs.
    fn add_calls(&mut self, known: Known<'_>, connection: &Connection, address: Ipv4Addr) {
        let callers: Vec<&Part> =
            known.parts.iter().filter(|part| known.is_mine(part) && known.calls(part, connection)).collect();
        if callers.is_empty() {
            return;
        }
        let mut tunnels = Vec::new();
        for peer in known.peers(|part| known.has(part, &connection.to)) {
            let id = known.tunnel(connection, Side::From, peer);
            self.tunnels.insert(id.clone(), known.spec(&id));
            tunnels.push(id);
        }
        let ways = Ways { local: known.replicas(connection), tunnels };
        for caller in callers {
            let Some(gateway) = known.here.get(&caller.lease).and_then(|here| here.gateway) else { continue };
            let id = ListenerId { lease: caller.lease, connection: connection.name() };
            let listener = Listener {
                protocol: protocol(connection.proto),
                address,
                port: connection.port,
                gateway,
                ways: ways.clone(),
            };
            self.listeners.insert(id, listener);
        }
    }

    /// The end of a connection where the target runs.
    fn add_target(&mut self, known: Known<'_>, connection: &Connection) {
        let held = known.parts.iter().any(|part| known.is_mine(part) && known.has(part, &connection.to));
        if !held {
            return;
        }
        for peer in known.peers(|part| known.calls(part, connection)) {
            let id = known.tunnel(connection, Side::To, peer);
            self.tunnels.insert(id.clone(), known.spec(&id));
            self.targets.insert(id, known.replicas(connection));
        }
    }
}

impl<'a> Known<'a> {
    fn is_mine(&self, part: &Part) -> bool {
        part.provider == self.me
    }

    fn has(&self, part: &Part, service: &str) -> bool {
        self.manifest.group(&part.group).is_some_and(|group| runs(group, service))
    }

    /// Whether the part's workload uses the connection by way of the overlay: in one group the lease's own network
    /// joins the two.
    fn calls(&self, part: &Part, connection: &Connection) -> bool {
        self.has(part, &connection.from) && !self.has(part, &connection.to)
    }

    /// The other providers with such a part, each once.
    fn peers(&self, with: impl Fn(&Part) -> bool) -> BTreeSet<&'a str> {
        let others = self.parts.iter().filter(|part| !self.is_mine(part));
        others.filter(|part| with(part)).map(|part| part.provider.as_str()).collect()
    }

    fn tunnel(&self, connection: &Connection, side: Side, peer: &str) -> TunnelId {
        TunnelId { deployment: self.deployment, connection: connection.name(), side, peer: peer.to_owned() }
    }

    fn spec(&self, id: &TunnelId) -> TunnelSpec {
        let endpoints = self.endpoints.get(&id.peer).cloned().unwrap_or_default();
        TunnelSpec { id: id.clone(), endpoints, secret: self.secret }
    }

    /// Running replicas here of the service that a connection leads to, at the target's port. Sorted.
    fn replicas(&self, connection: &Connection) -> Vec<SocketAddr> {
        let mine = self.parts.iter().filter(|part| self.is_mine(part));
        let replicas = mine.filter_map(|part| self.here.get(&part.lease)).flat_map(|here| &here.replicas);
        let called = replicas.filter(|(service, _)| *service == connection.to);
        let targets: BTreeSet<SocketAddr> =
            called.map(|(_, address)| SocketAddr::from((*address, connection.target_port))).collect();
        targets.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::manifest;
    use super::*;

    const WEST: Ipv4Addr = Ipv4Addr::new(172, 18, 0, 1);
    const DB: Ipv4Addr = Ipv4Addr::new(172, 19, 0, 2);

    fn part(lease: u64, provider: &str, group: &str) -> Part {
        Part { lease, provider: provider.into(), group: group.into() }
    }

    fn endpoints() -> BTreeMap<String, Vec<Endpoint>> {
        ["a", "b"].map(|peer| (peer.to_owned(), vec![format!("https://{peer}:8443").parse().unwrap()])).into()
    }

    /// As provider `me` sees it: web and cache run in the group west, db in the group east.
    fn plan(me: &str, parts: &[Part], connections: &[(&str, &str, u16)]) -> Plan {
        let here = parts.iter().filter(|part| part.provider == me).map(|part| {
            let west = part.group == "west";
            let replicas = match west {
                true => vec![("web".to_owned(), Ipv4Addr::new(172, 18, 0, 2))],
                false => vec![("db".to_owned(), DB)],
            };
            let gateway = if west { WEST } else { Ipv4Addr::new(172, 19, 0, 1) };
            (part.lease, Here { gateway: Some(gateway), replicas })
        });
        let mut plan = Plan::default();
        plan.add(Known {
            deployment: 5,
            me,
            manifest: &manifest(connections),
            secret: [1; 32],
            parts,
            endpoints: &endpoints(),
            here: &here.collect(),
        });
        plan
    }

    fn id(side: Side, peer: &str) -> TunnelId {
        TunnelId { deployment: 5, connection: "web.db.5432.tcp".into(), side, peer: peer.into() }
    }

    #[test]
    fn the_two_ends_of_a_connection_agree_on_its_tunnel() {
        let parts = [part(1, "a", "west"), part(2, "b", "east")];
        let caller = plan("a", &parts, &[("web", "db", 5432)]);
        assert_eq!(caller.tunnels.keys().collect::<Vec<_>>(), [&id(Side::From, "b")]);
        assert_eq!(caller.tunnels[&id(Side::From, "b")].endpoints[0].host, "b");
        let listener = &caller.listeners[&ListenerId { lease: 1, connection: "web.db.5432.tcp".into() }];
        assert_eq!((listener.gateway, listener.port), (WEST, 5432));
        assert_eq!(listener.ways, Ways { local: vec![], tunnels: vec![id(Side::From, "b")] });
        assert!(caller.targets.is_empty(), "nothing comes back the other way");

        let target = plan("b", &parts, &[("web", "db", 5432)]);
        assert!(target.listeners.is_empty(), "a target calls nobody");
        assert_eq!(target.tunnels.keys().collect::<Vec<_>>(), [&id(Side::To, "a")]);
        assert_eq!(target.targets[&id(Side::To, "a")], [SocketAddr::from((DB, 5432))]);
    }

    #[test]
    fn leases_of_one_provider_are_joined_without_a_tunnel() {
        let parts = [part(1, "a", "west"), part(2, "a", "east")];
        let plan = plan("a", &parts, &[("web", "db", 5432)]);
        assert!(plan.tunnels.is_empty());
        let ways = &plan.listeners.values().next().unwrap().ways;
        assert_eq!(*ways, Ways { local: vec![SocketAddr::from((DB, 5432))], tunnels: vec![] });
    }

    #[test]
    fn services_of_one_group_need_nothing() {
        let parts = [part(1, "a", "west"), part(2, "b", "east")];
        for me in ["a", "b"] {
            assert_eq!(plan(me, &parts, &[("web", "cache", 6379)]), Plan::default());
        }
    }

    #[test]
    fn a_lease_that_is_over_takes_its_tunnels_and_listeners_along() {
        let connections = [("web", "db", 5432)];
        let gone = plan("a", &[part(1, "a", "west")], &connections);
        assert!(gone.tunnels.is_empty());
        // Its name still leads to the listener: the workload is refused at once, and heard when the peer is back.
        assert!(gone.listeners.values().all(|listener| listener.ways == Ways::default()));
        assert_eq!(plan("a", &[part(2, "b", "east")], &connections), Plan::default());
    }

    #[test]
    fn a_stranger_to_the_deployment_gets_nothing() {
        let parts = [part(1, "a", "west"), part(2, "b", "east")];
        assert_eq!(plan("c", &parts, &[("web", "db", 5432)]), Plan::default());
    }

    #[test]
    fn a_workload_that_is_not_up_yet_has_no_listener_but_its_tunnel() {
        let parts = [part(1, "a", "west"), part(2, "b", "east")];
        let mut plan = Plan::default();
        plan.add(Known {
            deployment: 5,
            me: "a",
            manifest: &manifest(&[("web", "db", 5432)]),
            secret: [1; 32],
            parts: &parts,
            endpoints: &endpoints(),
            here: &BTreeMap::new(),
        });
        assert!(plan.listeners.is_empty());
        assert_eq!(plan.tunnels.len(), 1);
    }
}
