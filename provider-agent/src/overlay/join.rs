//! Brings listeners, tunnels and redirections in line with the plan, again and again.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::time::Duration;

use ::overlay::{Listening, Overlay};
use gateway_api::Protocol;
use market_api::LeaseId;
use tokio_util::sync::CancellationToken;

use super::known::Chart;
use super::plan::{Listener, ListenerId, Plan};
use super::report::Counted;
use super::route::{Targets, Turning};
use crate::exchange::ChainHost;
use crate::leases::Leases;
use crate::runtime::Redirect;

/// Between two looks at least, so that a burst of changes is one look.
const PAUSE: Duration = Duration::from_millis(100);
/// Between two looks at most.
const AT_LATEST: Duration = Duration::from_secs(5);

/// Asks the chain again for an account's root, as [`identity::CachedRoots::refresh`].
pub type Refresh = Box<dyn Fn(&str) + Send + Sync>;

/// Keeps this provider's part of every deployment's connections.
pub struct Joiner {
    pub leases: Arc<Leases>,
    pub host: Arc<ChainHost>,
    pub overlay: Arc<Overlay>,
    /// The same that the overlay was started with.
    pub targets: Arc<Targets>,
    pub refresh: Refresh,
    /// How long open streams may go on when the agent stops.
    pub drain: Duration,
}

struct Open {
    protocol: Protocol,
    gateway: Ipv4Addr,
    listening: Listening,
    route: Arc<Turning>,
}

/// What is open, and what was said last about what is wrong.
#[derive(Default)]
struct Held {
    listeners: BTreeMap<ListenerId, Open>,
    told: Option<String>,
    counted: Counted,
}

impl Joiner {
    /// Until it is cancelled or the database fails; then streams that are open get their time to end.
    pub async fn run(self, cancel: CancellationToken) -> anyhow::Result<()> {
        let mut chart = Chart::new(self.leases.clone(), self.host.clone());
        let mut held = Held::default();
        let mut head = self.leases.core.watch_head();
        let ended = loop {
            head.borrow_and_update();
            let silent = match chart.look().await {
                Ok(silent) => silent,
                Err(e) => break Err(e.into()),
            };
            let plan = chart.plan();
            let wrong = self.carry_out(plan, &mut held).await.err().or(silent);
            held.tell(wrong);
            held.counted.count(&self.overlay, &self.leases.core.metrics);
            let changed = async {
                tokio::select! {
                    _ = head.changed() => {}
                    () = self.leases.looked_anew() => {}
                    () = tokio::time::sleep(AT_LATEST) => {}
                }
                tokio::time::sleep(PAUSE).await;
            };
            tokio::select! {
                () = cancel.cancelled() => break Ok(()),
                () = changed => {}
            }
        };
        self.overlay.drain(self.drain).await;
        self.overlay.stop();
        ended
    }

    /// All of it, whatever part of it fails. Answers with the last failure.
    async fn carry_out(&self, plan: Plan, held: &mut Held) -> Result<(), String> {
        let mut outcome = Ok(());
        self.targets.set(plan.targets);
        let mut peer = None;
        for id in plan.tunnels.keys() {
            // Once for each of a run of tunnels to the same peer is enough.
            if peer.replace(&id.peer) != Some(&id.peer) {
                (self.refresh)(&id.peer);
            }
        }
        self.overlay.set(plan.tunnels.into_values().collect());
        self.overlay.recheck();
        held.listeners.retain(|id, open| {
            plan.listeners
                .get(id)
                .is_some_and(|wanted| (wanted.protocol, wanted.gateway) == (open.protocol, open.gateway))
        });
        let mut redirects = Vec::new();
        for (id, wanted) in plan.listeners {
            let lease = id.lease;
            let Listener { protocol, address, port, gateway, ways } = wanted;
            if !held.listeners.contains_key(&id) {
                match self.listen(protocol, gateway) {
                    Ok(open) => drop(held.listeners.insert(id.clone(), open)),
                    Err(e) => {
                        outcome =
                            Err(format!("lease {lease}: listening on {gateway} for {}: {e}", id.connection))
                    }
                }
            }
            let Some(open) = held.listeners.get(&id) else { continue };
            open.route.set(ways);
            redirects.push(Redirect {
                lease: LeaseId(lease),
                protocol,
                address,
                port,
                listener: SocketAddrV4::new(gateway, open.listening.local_addr().port()),
            });
        }
        if let Err(e) = self.leases.runtime.redirect(redirects).await {
            outcome = Err(e.to_string());
        }
        outcome
    }

    fn listen(&self, protocol: Protocol, gateway: Ipv4Addr) -> std::io::Result<Open> {
        let (address, route) = (SocketAddr::from((gateway, 0)), Arc::new(Turning::default()));
        let listening = match protocol {
            Protocol::Tcp => self.overlay.listen_tcp(address, route.clone())?,
            Protocol::Udp => self.overlay.listen_udp(address, route.clone())?,
        };
        Ok(Open { protocol, gateway, listening, route })
    }
}

impl Held {
    /// Once for each change.
    fn tell(&mut self, wrong: Option<String>) {
        if self.told == wrong {
            return;
        }
        match &wrong {
            Some(reason) => tracing::warn!(reason, "connections of workloads are not all in line"),
            None => tracing::info!("connections of workloads are in line again"),
        }
        self.told = wrong;
    }
}
