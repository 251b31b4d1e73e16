//! Who takes part in a deployment, read from the chain, and what this agent holds of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::exchange::{Host, Participant, Participants, Unknown};
use async_trait::async_trait;
use bytes::Bytes;
use chain_client::QueryError;
use content::ContentRef;
use identity::{Endpoint, Role};
use manifest::Manifest;
use market_api::{DeploymentId, Lease, LeasePhase};
use tokio::time::Instant;

use crate::chain::Answer;
use crate::core::Core;

/// How long an answer of the chain is used. Who leaves is served no longer than this and the exchange's recheck.
const FRESH: Duration = Duration::from_secs(2);
/// Deployments whose participants are remembered.
const REMEMBERED: usize = 1024;
/// Leases of one deployment that are read; more than anyone can have live.
const MAX_LEASES: usize = 10_000;

/// The agent as the exchange asks it.
pub struct ChainHost {
    core: Arc<Core>,
    seen: Mutex<HashMap<u64, (Instant, Participants)>>,
}

impl ChainHost {
    pub fn new(core: Arc<Core>) -> Self {
        Self { core, seen: Mutex::default() }
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<u64, (Instant, Participants)>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tenant and the providers with a live lease; nobody when this provider has none.
    async fn read(&self, deployment: u64) -> Answer<Participants> {
        let (chain, height) = (&self.core.chain, self.core.height());
        let live = self.live_leases(height, deployment).await?;
        let Some(first) = live.iter().find(|lease| lease.provider.as_str() == chain.provider()) else {
            return Ok(Vec::new());
        };
        let tenant =
            Participant { account: first.tenant.to_string(), role: Role::Tenant, endpoints: Vec::new() };
        let mut providers: Vec<String> = live.iter().map(|lease| lease.provider.to_string()).collect();
        providers.sort_unstable();
        providers.dedup();
        let mut all = vec![tenant];
        for account in providers {
            let endpoints = self.endpoints(height, &account).await?;
            all.push(Participant { account, role: Role::Provider, endpoints });
        }
        Ok(all)
    }

    /// The height to read the chain at.
    pub(crate) fn height(&self) -> u64 {
        self.core.height()
    }

    /// Where a provider's gateways answer; nowhere when it has left the registry.
    pub(crate) async fn endpoints(&self, height: u64, provider: &str) -> Answer<Vec<Endpoint>> {
        match self.core.chain.endpoints(height, provider).await {
            // An endpoint that cannot be read is as good as none.
            Ok(texts) => Ok(texts.iter().filter_map(|text| text.parse().ok()).collect()),
            Err(QueryError::NotFound { .. }) => Ok(Vec::new()),
            Err(e) => Err(e),
        }
    }

    /// Everybody's pending and active leases of a deployment.
    pub(crate) async fn live_leases(&self, height: u64, deployment: u64) -> Answer<Vec<Lease>> {
        let mut live = Vec::new();
        let mut read = 0;
        let mut cursor = None;
        loop {
            let page = self.core.chain.leases_of(height, DeploymentId(deployment), cursor).await?;
            read += page.items.len();
            live.extend(
                page.items
                    .into_iter()
                    .filter(|lease| matches!(lease.phase, LeasePhase::Pending | LeasePhase::Active)),
            );
            match page.next {
                Some(next) if read < MAX_LEASES => cursor = Some(next),
                _ => return Ok(live),
            }
        }
    }
}

#[async_trait]
impl Host for ChainHost {
    async fn participants(&self, deployment: u64) -> Result<Participants, Unknown> {
        let known = self.seen().get(&deployment).cloned();
        if let Some((_, all)) = known.filter(|(at, _)| at.elapsed() < FRESH) {
            return Ok(all);
        }
        let all = self.read(deployment).await.map_err(|e| Unknown { cause: e.to_string() })?;
        let mut seen = self.seen();
        if seen.len() >= REMEMBERED {
            seen.retain(|_, (at, _)| at.elapsed() < FRESH);
        }
        // Strangers that ask for many deployments in a moment are asked about on the chain each time.
        if seen.len() < REMEMBERED || seen.contains_key(&deployment) {
            seen.insert(deployment, (Instant::now(), all.clone()));
        }
        Ok(all)
    }

    async fn manifest(&self, deployment: u64, version: &[u8; 32]) -> Option<Bytes> {
        let version = hex::encode(version);
        for lease in self.core.mine.leases_of(deployment) {
            match self.core.store.manifest(lease, &version) {
                Ok(Some(bytes)) => return Some(bytes.into()),
                Ok(None) => {}
                Err(e) => tracing::error!(lease, error = %e, "a manifest cannot be read"),
            }
        }
        None
    }

    /// By the manifests of the deployment's leases that are here.
    async fn carries(&self, deployment: u64, content: &ContentRef) -> bool {
        let named = || -> Result<bool, crate::store::StoreError> {
            for lease in self.core.mine.leases_of(deployment) {
                for version in self.core.store.manifest_versions(lease)? {
                    let bytes = self.core.store.manifest(lease, &version)?.unwrap_or_default();
                    let manifest = Manifest::from_canonical_json(&bytes);
                    if manifest.is_ok_and(|manifest| manifest.contents().contains(content)) {
                        return Ok(true);
                    }
                }
            }
            Ok(false)
        };
        named().unwrap_or_else(|error| {
            tracing::error!(deployment, %error, "manifests cannot be read");
            false
        })
    }
}
