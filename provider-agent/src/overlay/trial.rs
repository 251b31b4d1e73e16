//! Tries the connections of a lease, when its tenant asks.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ::overlay::{Overlay, Side, State, TunnelId, TunnelStatus, Way};
use cosmwasm_std::Addr;
use futures::StreamExt;
use gateway_api::{Direction, Outcome, Protocol, Trial};
use manifest::{Connection, Manifest, ManifestGroup};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{timeout, timeout_at, Instant};

use super::address::runs;
use crate::workload::protocol;

/// For a replica here to take a connection.
const REPLICA: Duration = Duration::from_secs(3);
/// For all of a lease, so that the one who asked still hears.
const ALL: Duration = Duration::from_secs(25);
/// Tried at the same time.
const PARALLEL: usize = 64;

/// What is to be tried of a lease.
pub struct Tried<'a> {
    pub deployment: u64,
    pub manifest: &'a Manifest,
    pub group: &'a ManifestGroup,
    /// Running replicas at this provider, of all of its leases of the deployment: their services and addresses.
    pub replicas: &'a BTreeSet<(String, Ipv4Addr)>,
}

enum Attempt {
    /// To the replicas here; one that answers is enough for a caller, each must for whoever is called.
    Replicas(Vec<SocketAddr>, Need),
    Tunnel(TunnelStatus),
    Nowhere,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    One,
    Each,
}

struct Planned {
    name: String,
    protocol: Protocol,
    direction: Direction,
    peer: Option<Addr>,
    attempt: Attempt,
}

/// Tries everything, each for a bounded time. What is tried sees a connection that says nothing and ends.
pub async fn attempt(overlay: &Overlay, tried: Tried<'_>) -> Vec<Trial> {
    let until = Instant::now() + ALL;
    let planned = tried.plan(&overlay.status());
    let trials: Vec<_> = planned.into_iter().map(|planned| one(overlay, planned, until)).collect();
    futures::stream::iter(trials).buffered(PARALLEL).collect().await
}

async fn one(overlay: &Overlay, planned: Planned, until: Instant) -> Trial {
    let Planned { name, protocol, direction, peer, attempt } = planned;
    let tried = async {
        match attempt {
            Attempt::Nowhere => {
                Outcome::Fails { reason: "no lease that runs the service is known here yet".to_owned() }
            }
            Attempt::Replicas(replicas, need) => to_replicas(&replicas, protocol, need).await,
            Attempt::Tunnel(status) => through(overlay, status, protocol).await,
        }
    };
    let outcome = timeout_at(until, tried).await.unwrap_or_else(|_| Outcome::Fails {
        reason: "there was no time left to try it; ask again".to_owned(),
    });
    Trial { name, direction, peer, outcome }
}

impl Tried<'_> {
    fn plan(&self, tunnels: &[TunnelStatus]) -> Vec<Planned> {
        let mut planned = Vec::new();
        for connection in self.manifest.connections() {
            let (calls, called) = (runs(self.group, &connection.from), runs(self.group, &connection.to));
            let name = connection.name();
            let replicas = self.replicas(&connection);
            let mut add = |direction, peer: Option<&str>, attempt| {
                planned.push(Planned {
                    name: name.clone(),
                    protocol: protocol(connection.proto),
                    direction,
                    peer: peer.map(Addr::unchecked),
                    attempt,
                });
            };
            // Services of one group do without the overlay.
            if calls && !called {
                let ours = |status: &&TunnelStatus| {
                    status.id.deployment == self.deployment
                        && status.id.connection == name
                        && status.id.side == Side::From
                };
                let through: Vec<&TunnelStatus> = tunnels.iter().filter(ours).collect();
                if replicas.is_empty() && through.is_empty() {
                    add(Direction::Outgoing, None, Attempt::Nowhere);
                }
                if !replicas.is_empty() {
                    add(Direction::Outgoing, None, Attempt::Replicas(replicas, Need::One));
                }
                for status in through {
                    add(Direction::Outgoing, Some(&status.id.peer), Attempt::Tunnel(status.clone()));
                }
            } else if called && !calls {
                add(Direction::Incoming, None, Attempt::Replicas(replicas, Need::Each));
            }
        }
        planned
    }

    fn replicas(&self, connection: &Connection) -> Vec<SocketAddr> {
        let called = self.replicas.iter().filter(|(service, _)| *service == connection.to);
        called.map(|(_, address)| SocketAddr::from((*address, connection.target_port))).collect()
    }
}

async fn to_replicas(replicas: &[SocketAddr], protocol: Protocol, need: Need) -> Outcome {
    if replicas.is_empty() {
        return Outcome::Fails { reason: "no replica of the service runs".to_owned() };
    }
    if protocol == Protocol::Udp {
        return Outcome::Plausible { detail: format!("{} replicas run", replicas.len()) };
    }
    let tries: Vec<_> = replicas.iter().copied().map(reach).collect();
    let outcomes: Vec<Result<(), String>> = futures::stream::iter(tries).buffered(PARALLEL).collect().await;
    let failures: Vec<&String> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
    let bearable = match need {
        Need::One => outcomes.len() - 1,
        Need::Each => 0,
    };
    match failures.first() {
        Some(first) if failures.len() > bearable => {
            Outcome::Fails { reason: format!("{} of {}: {first}", failures.len(), outcomes.len()) }
        }
        _ => Outcome::Works,
    }
}

async fn reach(replica: SocketAddr) -> Result<(), String> {
    let port = replica.port();
    match timeout(REPLICA, TcpStream::connect(replica)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(e)) => Err(format!("a replica takes no connection at port {port}: {e}")),
        Err(_) => Err(format!("a replica takes no connection at port {port} for {} s", REPLICA.as_secs())),
    }
}

/// The way that the workload's own connections take, from the listener on.
async fn through(overlay: &Overlay, before: TunnelStatus, protocol: Protocol) -> Outcome {
    let id = before.id.clone();
    if protocol == Protocol::Udp {
        return match (before.state, before.last_error) {
            (State::Up, _) => Outcome::Plausible { detail: "the tunnel is up".to_owned() },
            (_, Some((_, reason))) => Outcome::Fails { reason: format!("the tunnel is not up: {reason}") },
            (_, None) => Outcome::Fails { reason: "the tunnel is not up".to_owned() },
        };
    }
    match open(overlay, &id).await {
        Ok(()) => Outcome::Works,
        Err(cause) => {
            let now = overlay.status().into_iter().find(|status| status.id == id);
            let error =
                now.and_then(|now| now.last_error).filter(|now| before.last_error.as_ref() != Some(now));
            let reason = match error {
                Some((_, error)) => format!("{cause}: {error}"),
                None => format!("{cause}: no replica at the other end took the connection"),
            };
            Outcome::Fails { reason }
        }
    }
}

/// Opens a stream and says at once that nothing more will come. A service that ends its side as well has been
/// reached, and so has one that says something; when nobody takes the stream it is reset.
async fn open(overlay: &Overlay, id: &TunnelId) -> Result<(), String> {
    let said = |what: &'static str| move |e: std::io::Error| format!("{what}: {e}");
    let local = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let socket = TcpSocket::new_v4().map_err(said("no socket"))?;
    socket.bind(local).map_err(said("no socket"))?;
    let own = socket.local_addr().map_err(said("no socket"))?;
    let way = Way::Tunnel(id.clone());
    // Nobody else on this machine gets anywhere by it.
    let route = move |source: SocketAddr| if source == own { vec![way.clone()] } else { Vec::new() };
    let listening = overlay.listen_tcp(local, Arc::new(route)).map_err(said("no listener"))?;
    let mut stream = socket.connect(listening.local_addr()).await.map_err(said("no way in"))?;
    stream.shutdown().await.map_err(said("it was cut off"))?;
    // A stream that nobody has taken by then has been reset.
    let config = ::overlay::Config::default();
    let mut byte = [0];
    match timeout(config.open_wait + config.open_timeout, stream.read(&mut byte)).await {
        Ok(Ok(_)) | Err(_) => Ok(()),
        Ok(Err(e)) => Err(format!("it was cut off ({e})")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::manifest;
    use super::*;
    use tokio::net::TcpListener;

    fn plan(group: &str, replicas: &[(&str, [u8; 4])], tunnels: &[TunnelStatus]) -> Vec<Planned> {
        let manifest = manifest(&[("web", "db", 5432), ("web", "cache", 6379)]);
        let replicas = replicas.iter().map(|(name, ip)| ((*name).to_owned(), Ipv4Addr::from(*ip))).collect();
        let group = manifest.group(group).unwrap();
        Tried { deployment: 5, manifest: &manifest, group, replicas: &replicas }.plan(tunnels)
    }

    fn tunnel(deployment: u64, side: Side) -> TunnelStatus {
        let id = TunnelId { deployment, connection: "web.db.5432.tcp".into(), side, peer: "peer".into() };
        TunnelStatus {
            id,
            state: State::Up,
            idle: 0,
            busy: 0,
            streams: 0,
            resets: 0,
            failed: 0,
            sent: 0,
            received: 0,
            dropped: 0,
            handshakes: 0,
            last_handshake: None,
            last_error: None,
            leaf_expires: 0,
        }
    }

    #[test]
    fn a_caller_tries_its_own_tunnels_and_the_replicas_next_to_it() {
        let tunnels = [tunnel(5, Side::From), tunnel(5, Side::To), tunnel(6, Side::From)];
        let planned = plan("west", &[("db", [172, 18, 0, 2])], &tunnels);
        // Not the one to cache, which is in the same group.
        assert!(planned.iter().all(|p| p.name == "web.db.5432.tcp" && p.direction == Direction::Outgoing));
        let peers: Vec<Option<&str>> = planned.iter().map(|p| p.peer.as_ref().map(Addr::as_str)).collect();
        assert_eq!(peers, [None, Some("peer")]);
        let nowhere = plan("west", &[], &tunnels[1..]);
        assert!(matches!(nowhere[..], [Planned { attempt: Attempt::Nowhere, .. }]));
    }

    #[test]
    fn where_a_service_is_called_its_replicas_are_tried() {
        let planned = plan("east", &[("db", [172, 18, 0, 2]), ("web", [172, 18, 0, 3])], &[]);
        let [Planned { direction: Direction::Incoming, attempt: Attempt::Replicas(replicas, _), .. }] =
            &planned[..]
        else {
            panic!("one trial")
        };
        assert_eq!(replicas, &[SocketAddr::from(([172, 18, 0, 2], 5432))]);
    }

    #[tokio::test]
    async fn one_replica_that_answers_serves_a_caller_but_each_has_to() {
        let up = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let down = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let replicas = [up.local_addr().unwrap(), down.local_addr().unwrap()];
        drop(down);
        assert_eq!(to_replicas(&replicas, Protocol::Tcp, Need::One).await, Outcome::Works);
        let each = to_replicas(&replicas, Protocol::Tcp, Need::Each).await;
        assert!(each.to_string().starts_with("fails: 1 of 2: a replica takes no connection"), "{each}");
        assert!(to_replicas(&replicas[1..], Protocol::Tcp, Need::One).await.fails());
        assert!(to_replicas(&[], Protocol::Tcp, Need::One).await.fails());
        let udp = to_replicas(&replicas, Protocol::Udp, Need::Each).await;
        assert!(matches!(udp, Outcome::Plausible { .. }));
    }
}
