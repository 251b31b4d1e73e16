//! A lease as its tenant and the operator see it.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use gateway_api::{Control, LeaseStatus, Problem, ReplicaState, ReplicaStatus, ServiceStatus};
use market_api::{Lease, LeasePhase};

use super::memory::Memory;
use super::Leases;
use crate::exchange::Fetching;
use crate::ops::LeaseLine;
use crate::overlay::connections;
use crate::plan::{Lacks, Stage};
use crate::runtime::{ContainerState, ObservedContainer};
use crate::workload;

/// The stage in the words of the gateway.
pub fn control(stage: Option<&Stage>, phase: LeasePhase) -> Control {
    let version = |hex: &str| hex::decode(hex).unwrap_or_default().into();
    match stage {
        None | Some(Stage::Unknown) if phase == LeasePhase::Active => Control::Active,
        None | Some(Stage::Unknown) => Control::Verifying,
        Some(Stage::AwaitingManifest { version: v }) => Control::AwaitingManifest { version: version(v) },
        Some(Stage::Lacking { lacks: Lacks::Contents(missing), .. }) => {
            Control::AwaitingContent { missing: missing.clone() }
        }
        Some(Stage::Lacking { lacks: Lacks::Secrets(names), .. }) => {
            Control::AwaitingSecrets { names: names.clone() }
        }
        Some(Stage::Starting { .. }) => Control::Starting,
        Some(Stage::Updating { version: v }) => Control::Updating { version: version(v) },
        Some(Stage::Activating) => Control::Activating,
        Some(Stage::Active) => Control::Active,
        Some(Stage::Ending { reason }) => Control::Ending { reason: reason.clone() },
        Some(Stage::Ended { reason }) => Control::Ended { reason: reason.clone() },
        Some(Stage::Failed(failure)) => Control::Failed {
            code: failure.code.clone(),
            message: failure.message.clone(),
            what_to_do: failure.what_to_do.clone(),
        },
    }
}

impl Leases {
    /// From memory and a fresh look at the engine when it answers soon.
    pub(super) fn view(&self, lease: &Lease) -> Result<LeaseStatus, Problem> {
        let id = lease.id.0;
        let internal = |e: crate::store::StoreError| Problem::Internal { detail: e.to_string() };
        let applied = self.core.store.lease_row(id).map_err(internal)?.and_then(|row| row.applied);
        let group = match &applied {
            Some(version) => self.group_of(id, version).map_err(internal)?,
            None => None,
        };
        let (control, containers, version, fetching) = self.with(id, |memory| {
            let containers = memory.observed.as_ref().map(|o| o.containers.clone()).unwrap_or_default();
            let version = applied.clone().or_else(|| memory.observed.as_ref()?.version().map(str::to_owned));
            let fetching = memory.fetching.as_ref().map(Fetching::view);
            (control(memory.stage.as_ref(), lease.phase), containers, version, fetching)
        });
        let mut names: Vec<String> = match &group {
            Some(group) => group.services.iter().map(|service| service.name.clone()).collect(),
            None => containers.iter().map(|container| container.service.clone()).collect(),
        };
        names.dedup();
        let services = names
            .into_iter()
            .map(|name| {
                let of: Vec<&ObservedContainer> = containers.iter().filter(|c| c.service == name).collect();
                let service = group.as_ref().and_then(|group| group.service(&name));
                let desired = service.map_or(of.len() as u32, |service| service.count);
                let replicas = (0..desired.max(of.len() as u32))
                    .map(|n| self.with(id, |memory| replica(memory, &name, n, &of)))
                    .collect();
                ServiceStatus {
                    image: service
                        .map(|s| s.image.clone())
                        .or_else(|| of.first().map(|c| c.image.clone()))
                        .unwrap_or_default(),
                    desired,
                    running: of.iter().filter(|c| c.state == ContainerState::Running).count() as u32,
                    replicas,
                    urls: of
                        .iter()
                        .flat_map(|container| &container.ports)
                        .map(|port| workload::url(port, &self.host, service))
                        .collect(),
                    name,
                }
            })
            .collect();
        let connections = match (self.overlay(), &group) {
            (Some(overlay), Some(group)) => connections(overlay, lease.deployment.0, group),
            _ => Vec::new(),
        };
        Ok(LeaseStatus {
            lease: lease.id,
            provider: lease.provider.clone(),
            tenant: lease.tenant.clone(),
            phase: lease.phase,
            control,
            version: version.and_then(|hex| hex::decode(hex).ok()).map(Into::into),
            services,
            fetching,
            connections,
            height: self.core.head().height,
        })
    }

    /// Running replicas of all leases of a deployment here: their services and addresses, as last seen.
    pub(super) fn replicas_of(&self, deployment: u64) -> BTreeSet<(String, Ipv4Addr)> {
        let leases = self.core.mine.leases_of(deployment).into_iter();
        let observed = leases.filter_map(|lease| self.with(lease, |memory| memory.observed.clone()));
        let containers = observed.flat_map(|observed| observed.containers);
        let running = containers.filter(|container| container.state == ContainerState::Running);
        running.filter_map(|container| Some((container.service, container.address?))).collect()
    }

    /// For the operator's status, from memory alone.
    pub fn lines(&self) -> Vec<LeaseLine> {
        let mut lines: Vec<LeaseLine> = self
            .memories()
            .iter()
            .filter_map(|(id, memory)| {
                let lease = memory.lease.as_ref()?;
                let containers =
                    memory.observed.as_ref().map(|o| o.containers.as_slice()).unwrap_or_default();
                let sold = memory.group.as_ref().map(|g| g.resources.iter().map(|r| r.count).sum());
                Some(LeaseLine {
                    lease: *id,
                    deployment: lease.deployment.0,
                    phase: format!("{:?}", lease.phase).to_lowercase(),
                    control: control(memory.stage.as_ref(), lease.phase),
                    version: memory.observed.as_ref().and_then(|o| o.version().map(str::to_owned)),
                    running: containers.iter().filter(|c| c.state == ContainerState::Running).count() as u32,
                    desired: sold.unwrap_or(containers.len() as u32),
                    fetching: memory.fetching.as_ref().map(Fetching::view),
                    unpaid: lease.earned.saturating_sub(lease.withdrawn).to_string(),
                })
            })
            .collect();
        lines.sort_by_key(|line| line.lease);
        lines
    }
}

fn replica(memory: &Memory, service: &str, number: u32, of: &[&ObservedContainer]) -> ReplicaStatus {
    let container = of.iter().find(|container| container.replica == number);
    let (restarts, last_error) = memory.crashes_of(service, number);
    ReplicaStatus {
        replica: number,
        state: match container.map(|container| &container.state) {
            None => ReplicaState::Absent,
            Some(ContainerState::Created) => ReplicaState::Created,
            Some(ContainerState::Running) => ReplicaState::Running,
            Some(ContainerState::Paused) => ReplicaState::Paused,
            Some(ContainerState::Exited { .. } | ContainerState::Dead) => ReplicaState::BackingOff,
        },
        restarts,
        started_at: container.and_then(|container| container.started_at),
        last_error,
    }
}
