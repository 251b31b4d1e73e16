//! What the overlay's threads ask for each new stream, answered from memory.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use ::overlay::{Host, Route, TunnelId, Way};

use super::plan::Ways;

/// How long a replica that took no connection comes after the others.
const AVOIDED: Duration = Duration::from_secs(5);
/// Replicas that are remembered as such at once.
const MAX_AVOIDED: usize = 1024;

/// Takes turns: each answer begins one further on.
fn turned<T: Clone>(items: &[T], turn: &AtomicUsize) -> Vec<T> {
    if items.is_empty() {
        return Vec::new();
    }
    let (front, back) = items.split_at(turn.fetch_add(1, Ordering::Relaxed) % items.len());
    [back, front].concat()
}

/// Where the streams of one listener go.
#[derive(Default)]
pub struct Turning {
    ways: RwLock<Ways>,
    turn: AtomicUsize,
}

impl Turning {
    pub fn set(&self, ways: Ways) {
        *self.ways.write().unwrap_or_else(PoisonError::into_inner) = ways;
    }
}

impl Route for Turning {
    fn ways(&self, _source: SocketAddr) -> Vec<Way> {
        let ways = self.ways.read().unwrap_or_else(PoisonError::into_inner);
        let local = turned(&ways.local, &self.turn).into_iter().map(Way::Local);
        let tunnels = turned(&ways.tunnels, &self.turn).into_iter().map(Way::Tunnel);
        local.chain(tunnels).collect()
    }
}

/// Replicas behind the tunnels that end here.
#[derive(Default)]
pub struct Targets {
    by_tunnel: RwLock<BTreeMap<TunnelId, Vec<SocketAddr>>>,
    turn: AtomicUsize,
    avoided: Mutex<HashMap<SocketAddr, Instant>>,
}

impl Targets {
    pub fn set(&self, targets: BTreeMap<TunnelId, Vec<SocketAddr>>) {
        *self.by_tunnel.write().unwrap_or_else(PoisonError::into_inner) = targets;
    }

    fn avoided(&self) -> MutexGuard<'_, HashMap<SocketAddr, Instant>> {
        self.avoided.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Host for Targets {
    fn targets(&self, tunnel: &TunnelId) -> Vec<SocketAddr> {
        let by_tunnel = self.by_tunnel.read().unwrap_or_else(PoisonError::into_inner);
        let known = by_tunnel.get(tunnel).map(Vec::as_slice).unwrap_or_default();
        let mut targets = turned(known, &self.turn);
        drop(by_tunnel);
        let avoided = self.avoided();
        targets.sort_by_key(|target| avoided.get(target).is_some_and(|at| at.elapsed() < AVOIDED));
        targets
    }

    fn unreachable(&self, _tunnel: &TunnelId, target: SocketAddr) {
        let mut avoided = self.avoided();
        if avoided.len() >= MAX_AVOIDED {
            avoided.retain(|_, at| at.elapsed() < AVOIDED);
        }
        // Beyond the bound it is only tried again sooner.
        if avoided.len() < MAX_AVOIDED || avoided.contains_key(&target) {
            avoided.insert(target, Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::overlay::Side;

    fn id(peer: &str) -> TunnelId {
        TunnelId { deployment: 1, connection: "web.db.5432.tcp".into(), side: Side::To, peer: peer.into() }
    }

    fn address(last: u8) -> SocketAddr {
        SocketAddr::from(([172, 18, 0, last], 80))
    }

    #[test]
    fn replicas_take_turns_and_one_that_takes_nothing_comes_last() {
        let targets = Targets::default();
        targets.set([(id("a"), vec![address(1), address(2)])].into());
        let firsts = [targets.targets(&id("a"))[0], targets.targets(&id("a"))[0]];
        assert_ne!(firsts[0], firsts[1]);
        targets.unreachable(&id("a"), address(1));
        for _ in 0..3 {
            assert_eq!(targets.targets(&id("a")), [address(2), address(1)]);
        }
        assert!(targets.targets(&id("b")).is_empty(), "a tunnel that is not known leads nowhere");
    }

    #[test]
    fn a_stream_goes_to_a_replica_here_before_any_tunnel() {
        let route = Turning::default();
        assert!(route.ways(address(9)).is_empty());
        route.set(Ways { local: vec![address(1)], tunnels: vec![id("a"), id("b")] });
        for _ in 0..3 {
            let ways = route.ways(address(9));
            assert_eq!(ways[0], Way::Local(address(1)));
            assert_eq!(ways.len(), 3);
        }
    }
}
