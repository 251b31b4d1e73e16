//! What is known of the deployments that this provider takes part in. A question that was not answered changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use identity::Endpoint;
use manifest::Manifest;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::plan::{Here, Known, Part, Plan};
use crate::chain::Answer;
use crate::exchange::ChainHost;
use crate::leases::Leases;
use crate::runtime::{ContainerState, ObservedLease};
use crate::store::StoreError;

/// How long the chain's word on who takes part is used.
const FRESH: Duration = Duration::from_secs(2);
/// Longest wait for the chain's word on one deployment.
const ASKING: Duration = Duration::from_secs(5);
/// Deployments that are asked about at the same time.
const PARALLEL: usize = 8;

/// A manifest as the plan needs it.
struct Manifested {
    version: String,
    manifest: Manifest,
    secret: [u8; 32],
}

impl Manifested {
    fn read(deployment: u64, version: String, bytes: &[u8]) -> Option<Self> {
        let manifest = Manifest::from_canonical_json(bytes).ok()?;
        let mut hash = Sha256::new();
        // Another hash than the version, which everybody can read on the chain.
        hash.update(b"secret of a deployment's tunnels");
        hash.update(deployment.to_be_bytes());
        hash.update(bytes);
        Some(Self { version, manifest, secret: hash.finalize().into() })
    }
}

/// Who takes part in a deployment.
#[derive(Default)]
struct Parts {
    parts: Vec<Part>,
    endpoints: BTreeMap<String, Vec<Endpoint>>,
}

pub(super) struct Chart {
    leases: Arc<Leases>,
    host: Arc<ChainHost>,
    manifests: BTreeMap<u64, Arc<Manifested>>,
    parts: BTreeMap<u64, (Instant, Parts)>,
    /// By lease, as last seen: a container that is being replaced keeps its lease's listeners.
    gateways: BTreeMap<u64, std::net::Ipv4Addr>,
}

impl Chart {
    pub fn new(leases: Arc<Leases>, host: Arc<ChainHost>) -> Self {
        let (manifests, parts, gateways) = Default::default();
        Self { leases, host, manifests, parts, gateways }
    }

    /// Looks at all deployments again. Answers with what did not answer.
    pub async fn look(&mut self) -> Result<Option<String>, StoreError> {
        let mut joined = BTreeSet::new();
        let mine: BTreeMap<u64, u64> = self.leases.core.mine.leases_with_deployments();
        for (lease, deployment) in &mine {
            self.read_manifest(*lease, *deployment)?;
            let connects = self.manifests.get(lease).is_some_and(|m| !m.manifest.connections().is_empty());
            if connects {
                joined.insert(*deployment);
            }
        }
        // A lease is dropped once the chain has said that it is over and nothing is left of it.
        self.manifests.retain(|lease, _| mine.contains_key(lease));
        self.gateways.retain(|lease, _| mine.contains_key(lease));
        self.parts.retain(|deployment, _| joined.contains(deployment));
        if !self.leases.core.may_act() {
            return Ok(Some("the chain cannot be followed now".to_owned()));
        }
        let due = joined
            .into_iter()
            .filter(|deployment| self.parts.get(deployment).is_none_or(|(at, _)| at.elapsed() >= FRESH));
        let asking: Vec<_> = due
            .map(|deployment| {
                let host = self.host.clone();
                async move {
                    let answer = tokio::time::timeout(ASKING, ask(&host, deployment)).await;
                    (deployment, answer.map_err(|_| "no answer in time".to_owned()))
                }
            })
            .collect();
        let answers: Vec<_> = futures::stream::iter(asking).buffer_unordered(PARALLEL).collect().await;
        let mut silent = None;
        for (deployment, answer) in answers {
            match answer.and_then(|answer| answer.map_err(|e| e.to_string())) {
                Ok(parts) => {
                    self.parts.insert(deployment, (Instant::now(), parts));
                }
                Err(e) => silent = Some(format!("deployment {deployment}: {e}")),
            }
        }
        Ok(silent)
    }

    fn read_manifest(&mut self, lease: u64, deployment: u64) -> Result<(), StoreError> {
        let store = &self.leases.core.store;
        let row = store.lease_row(lease)?.unwrap_or_default();
        let current = self.leases.with(lease, |memory| memory.version.clone());
        // The chain's version as soon as it is here; until then what runs.
        for version in [current, row.applied].into_iter().flatten() {
            if self.manifests.get(&lease).is_some_and(|known| known.version == version) {
                return Ok(());
            }
            let Some(bytes) = store.manifest(lease, &version)? else { continue };
            if let Some(read) = Manifested::read(deployment, version, &bytes) {
                self.manifests.insert(lease, Arc::new(read));
                return Ok(());
            }
        }
        Ok(())
    }

    /// What follows from it all.
    pub fn plan(&mut self) -> Plan {
        let me = self.leases.core.chain.provider().to_owned();
        let mut plan = Plan::default();
        for (deployment, (_, known)) in &self.parts {
            let mine: Vec<u64> =
                known.parts.iter().filter(|part| part.provider == me).map(|part| part.lease).collect();
            let Some(manifested) = mine.iter().find_map(|lease| self.manifests.get(lease)) else { continue };
            let here: BTreeMap<u64, Here> = mine
                .iter()
                .map(|lease| {
                    let observed = self.leases.with(*lease, |memory| memory.observed.clone());
                    let mut here = observed.as_ref().map(running).unwrap_or_default();
                    match here.gateway {
                        Some(gateway) => drop(self.gateways.insert(*lease, gateway)),
                        None => here.gateway = self.gateways.get(lease).copied(),
                    }
                    (*lease, here)
                })
                .collect();
            plan.add(Known {
                deployment: *deployment,
                me: &me,
                manifest: &manifested.manifest,
                secret: manifested.secret,
                parts: &known.parts,
                endpoints: &known.endpoints,
                here: &here,
            });
        }
        plan
    }
}

async fn ask(host: &ChainHost, deployment: u64) -> Answer<Parts> {
    let height = host.height();
    let live = host.live_leases(height, deployment).await?;
    let mut all = Parts::default();
    for lease in live {
        let provider = lease.provider.into_string();
        if !all.endpoints.contains_key(&provider) {
            let endpoints = host.endpoints(height, &provider).await?;
            all.endpoints.insert(provider.clone(), endpoints);
        }
        all.parts.push(Part { lease: lease.id.0, provider, group: lease.group });
    }
    Ok(all)
}

fn running(observed: &ObservedLease) -> Here {
    let containers = observed.containers.iter().filter(|c| c.state == ContainerState::Running);
    let replicas = containers.clone().filter_map(|c| Some((c.service.clone(), c.address?))).collect();
    let gateway = containers.filter_map(|container| container.gateway).next();
    Here { gateway, replicas }
}
