//! What the tunnels do, for tenants and for the operator.

use std::collections::BTreeMap;

use ::overlay::{Overlay, Refusals, Side, State, TunnelId, TunnelStatus};
use cosmwasm_std::Addr;
use gateway_api::{ConnectionError, ConnectionStatus, Direction, TunnelState};
use manifest::ManifestGroup;

use crate::ops::{Metrics, Reason, TunnelLabel};

/// The tunnels of a lease: those of its deployment whose end here is a service of its group.
pub fn connections(overlay: &Overlay, deployment: u64, group: &ManifestGroup) -> Vec<ConnectionStatus> {
    let all = overlay.status().into_iter();
    all.filter(|status| status.id.deployment == deployment && ends_in(group, &status.id)).map(view).collect()
}

fn ends_in(group: &ManifestGroup, id: &TunnelId) -> bool {
    let mut services = id.connection.split('.');
    let (from, to) = (services.next(), services.next());
    let here = match id.side {
        Side::From => from,
        Side::To => to,
    };
    here.is_some_and(|service| group.service(service).is_some())
}

fn view(status: TunnelStatus) -> ConnectionStatus {
    ConnectionStatus {
        name: status.id.connection,
        direction: match status.id.side {
            Side::From => Direction::Outgoing,
            Side::To => Direction::Incoming,
        },
        peer: Addr::unchecked(status.id.peer),
        state: match status.state {
            State::New => TunnelState::New,
            State::Connecting => TunnelState::Connecting,
            State::Up => TunnelState::Up,
        },
        open: status.busy,
        streams: status.streams,
        failed: status.failed.saturating_add(status.resets),
        sent: status.sent,
        received: status.received,
        last_handshake: status.last_handshake,
        last_error: status.last_error.map(|(at, message)| ConnectionError { at, message }),
    }
}

/// What was counted last, so that counters grow by what is new: a tunnel's own counts go with it.
#[derive(Default)]
pub(super) struct Counted {
    tunnels: BTreeMap<TunnelId, TunnelStatus>,
    refusals: Refusals,
}

impl Counted {
    pub fn count(&mut self, overlay: &Overlay, metrics: &Metrics) {
        let now = overlay.status();
        for state in [State::New, State::Connecting, State::Up] {
            let count = now.iter().filter(|status| status.state == state).count();
            metrics.tunnels.get_or_create(&TunnelLabel { state: state.as_str() }).set(count as u64);
        }
        metrics.tunnel_streams.set(now.iter().map(|status| status.busy).sum());
        for status in &now {
            let before = self.tunnels.get(&status.id);
            let grown = |count: fn(&TunnelStatus) -> u64| {
                let (now, before) = (count(status), before.map_or(0, count));
                // A tunnel that was set anew counts from nothing.
                now.checked_sub(before).unwrap_or(now)
            };
            metrics.tunnel_sent.inc_by(grown(|s| s.sent));
            metrics.tunnel_received.inc_by(grown(|s| s.received));
            metrics.tunnel_failures.inc_by(grown(|s| s.failed.saturating_add(s.resets)));
        }
        self.tunnels = now.into_iter().map(|status| (status.id.clone(), status)).collect();
        let refusals = overlay.refusals();
        let was = std::mem::replace(&mut self.refusals, refusals);
        for (reason, now, before) in [
            ("unknown", refusals.unknown, was.unknown),
            ("busy", refusals.busy, was.busy),
            ("handshake", refusals.handshake, was.handshake),
            ("certificate", refusals.certificate, was.certificate),
            ("root", refusals.root, was.root),
        ] {
            let label = Reason { reason: reason.to_owned() };
            metrics.tunnel_refusals.get_or_create(&label).inc_by(now.saturating_sub(before));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::manifest;
    use super::*;

    #[test]
    fn a_lease_has_the_connections_whose_end_here_it_runs() {
        let manifest = manifest(&[("web", "db", 5432)]);
        let group = manifest.group("west").unwrap();
        let id = |side| TunnelId {
            deployment: 1,
            connection: "web.db.5432.tcp".into(),
            side,
            peer: "peer".into(),
        };
        assert!(ends_in(group, &id(Side::From)));
        assert!(!ends_in(group, &id(Side::To)), "db runs elsewhere");
    }
}
