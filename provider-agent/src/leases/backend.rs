//! What the gateway asks: whose lease it is, its manifest, its state, and what a bid would be.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use content::{ContentId, ContentRef, Entry};
use cosmwasm_std::{Addr, HexBinary};
use gateway_api::{
    Contents, EventKind, Events, Info, LeaseStatus, ManifestAccepted, NoBidReason, Problem, PutSecrets,
    Quote, QuoteRequest, Secret, SecretState, Secrets, Trials, MAX_SECRET_BYTES,
};
use manifest::Manifest;
use market_api::{Lease, LeaseId, LeasePhase};
use sha2::{Digest, Sha256};

use super::Leases;
use crate::bidding::{offer, Refusal, Wanted};
use crate::carried;
use crate::gateway::GatewayBackend;
use crate::overlay::{self, Tried};
use crate::queue::Key;
use crate::store::StoreError;

/// The longest that a status waits for the engine before it tells what was last seen.
const LOOK: Duration = Duration::from_secs(2);

/// The leases as the gateway's backend.
pub struct Backend(pub Arc<Leases>);

fn unavailable(e: impl std::fmt::Display) -> Problem {
    Problem::Unavailable { cause: e.to_string() }
}

fn internal(e: impl std::fmt::Display) -> Problem {
    Problem::Internal { detail: e.to_string() }
}

impl Backend {
    /// The newest height there is: a client may have seen a block that is not handled here yet.
    async fn newest(&self) -> u64 {
        let core = &self.0.core;
        core.chain.status().await.map_or(0, |status| status.height).max(core.height())
    }

    /// The lease as the chain has it; what was last read when the chain does not answer.
    async fn lease(&self, id: LeaseId) -> Result<Option<Lease>, Problem> {
        let leases = &self.0;
        let chain = &leases.core.chain;
        let mut answer = chain.lease(leases.core.height(), id).await;
        if !matches!(answer, Ok(Some(_))) {
            answer = chain.lease(self.newest().await, id).await;
        }
        match answer {
            Ok(lease) => Ok(lease.filter(|lease| lease.provider.as_str() == chain.provider())),
            Err(e) => match leases.memories().get(&id.0).and_then(|memory| memory.lease.clone()) {
                Some(lease) => Ok(Some(lease)),
                None => Err(Problem::Unavailable { cause: format!("the chain does not answer: {e}") }),
            },
        }
    }

    async fn own_lease(&self, id: LeaseId) -> Result<Lease, Problem> {
        self.lease(id).await?.ok_or(Problem::NotFound)
    }

    /// Holds a manifest against the chain. Nothing is kept or started unless all of it holds.
    async fn check(&self, lease: &Lease, bytes: &[u8]) -> Result<HexBinary, Problem> {
        let core = &self.0.core;
        if matches!(lease.phase, LeasePhase::Ended | LeasePhase::Due | LeasePhase::Overdue) {
            return Err(Problem::LeaseEnded { reason: format!("{:?}", lease.phase).to_lowercase() });
        }
        let height = self.newest().await;
        let unavailable = |e: chain_client::QueryError| Problem::Unavailable { cause: e.to_string() };
        let deployment = core.chain.deployment(height, lease.deployment).await.map_err(unavailable)?;
        let got = HexBinary::from(Sha256::digest(bytes).to_vec());
        let matched = lease.phase == LeasePhase::Pending && got == lease.matched_version;
        if got != deployment.version && !matched {
            return Err(Problem::VersionMismatch { expected: deployment.version, got });
        }
        let invalid = |problem: String| Problem::ManifestInvalid { problems: vec![problem] };
        let manifest = Manifest::from_canonical_json(bytes).map_err(|e| invalid(e.to_string()))?;
        let group = manifest
            .group(&lease.group)
            .ok_or_else(|| invalid(format!("it has no group {:?}, which this lease is for", lease.group)))?;
        let order = core.chain.order(height, lease.order).await.map_err(unavailable)?;
        manifest::check_fits(group, &order.spec.group).map_err(invalid)?;
        crate::carried::check(group, &order.spec.group, core.config.runtime.carried.0).map_err(invalid)?;
        if !carried::secrets_of(group).is_empty() {
            self.0.vault.check().map_err(|e| invalid(format!("this provider cannot hold secrets: {e}")))?;
        }
        crate::workload::connects(group, core.config.runtime.firewall).map_err(invalid)?;
        // Nothing is started by this; it only says early what the runtime could not be told.
        crate::workload::offered(manifest.needs_of(&lease.group)).map_err(invalid)?;
        crate::workload::workload(lease.id.0, &got.to_hex(), group, &[], self.0.host_ip).map_err(invalid)?;
        Ok(got)
    }
}

impl Backend {
    /// Keeps no version of a lease but this one, what runs, and what may still be asked for, so that a tenant who
    /// sends one version after the other fills nothing.
    fn drop_superseded(&self, id: u64, lease: &Lease, newest: &str) -> Result<(), StoreError> {
        let store = &self.0.core.store;
        let applied = store.lease_row(id)?.and_then(|row| row.applied);
        let matched = lease.matched_version.to_hex();
        let current = self.0.with(id, |memory| memory.version.clone());
        let keep: Vec<&str> = [Some(newest), applied.as_deref(), Some(matched.as_str()), current.as_deref()]
            .into_iter()
            .flatten()
            .collect();
        store.keep_manifests(id, &keep)
    }

    /// Secrets of the lease's services in all versions of its manifest that are here.
    fn secret_names(&self, lease: &Lease) -> Result<BTreeSet<String>, Problem> {
        let mut names = BTreeSet::new();
        for version in self.0.core.store.manifest_versions(lease.id.0).map_err(internal)? {
            let group = self.0.group_of(lease.id.0, &version).map_err(internal)?;
            names.extend(group.iter().flat_map(carried::secrets_of));
        }
        Ok(names)
    }

    /// What a lease keeps of all versions of its manifest that are here.
    async fn kept_contents(&self, lease: &Lease) -> Result<Vec<(ContentRef, bool)>, Problem> {
        let core = &self.0.core;
        let known = self.0.with(lease.id.0, |memory| memory.group.clone());
        let sold = match known {
            Some(sold) => sold,
            None => {
                let unavailable = |e: chain_client::QueryError| Problem::Unavailable { cause: e.to_string() };
                core.chain.order(self.newest().await, lease.order).await.map_err(unavailable)?.spec.group
            }
        };
        let limit = carried::limit(&sold, core.config.runtime.carried.0);
        let mut all = BTreeMap::new();
        for version in core.store.manifest_versions(lease.id.0).map_err(internal)? {
            let bytes = core.store.manifest(lease.id.0, &version).map_err(internal)?.unwrap_or_default();
            let Ok(manifest) = Manifest::from_canonical_json(&bytes) else { continue };
            for (content, needed) in carried::kept(&manifest, &lease.group, limit) {
                *all.entry(content).or_default() |= needed;
            }
        }
        let mut all: Vec<(ContentRef, bool)> = all.into_iter().collect();
        all.sort_by_key(|(_, needed)| !needed);
        Ok(all)
    }
}

#[async_trait]
impl GatewayBackend for Backend {
    async fn lease_tenant(&self, lease: LeaseId) -> Result<Option<Addr>, Problem> {
        Ok(self.lease(lease).await?.map(|lease| lease.tenant))
    }

    async fn submit_manifest(&self, id: LeaseId, manifest: Bytes) -> Result<ManifestAccepted, Problem> {
        let leases = &self.0;
        let lease = self.own_lease(id).await?;
        let version = match self.check(&lease, &manifest).await {
            Ok(version) => version,
            Err(problem) => {
                leases.note(id.0, EventKind::ManifestRefused, None, problem.to_string());
                return Err(problem);
            }
        };
        let hex = version.to_hex();
        let already_held = leases.core.store.manifest(id.0, &hex).map_err(internal)?.is_some();
        if !already_held {
            leases.core.store.put_manifest(id.0, &hex, &manifest).map_err(internal)?;
            leases.note(id.0, EventKind::ManifestVerified, None, format!("version {hex}"));
        }
        self.drop_superseded(id.0, &lease, &hex).map_err(internal)?;
        leases.with(id.0, |memory| {
            // A tenant that sends again, such as after an image was loaded, need not wait for the pause.
            memory.succeeded();
            memory.lease = Some(lease.clone());
        });
        leases.core.queue.push(Key::Lease(id.0));
        if let Some(sharing) = leases.sharing() {
            sharing.exchange.announce();
        }
        Ok(ManifestAccepted { lease: id, version, already_held })
    }

    async fn contents(&self, id: LeaseId) -> Result<Contents, Problem> {
        let lease = self.own_lease(id).await?;
        let kept = self.kept_contents(&lease).await?;
        let Some(store) = self.0.contents() else { return Ok(Contents { contents: Vec::new() }) };
        Ok(Contents { contents: carried::states(store.clone(), kept).await.map_err(internal)? })
    }

    async fn secrets(&self, id: LeaseId) -> Result<Secrets, Problem> {
        let lease = self.own_lease(id).await?;
        let held = self.0.vault.held(id.0).map_err(unavailable)?;
        let state = |name: String| SecretState { held: held.contains(&name), name };
        Ok(Secrets { secrets: self.secret_names(&lease)?.into_iter().map(state).collect() })
    }

    async fn put_secrets(&self, id: LeaseId, put: PutSecrets) -> Result<Secrets, Problem> {
        let lease = self.own_lease(id).await?;
        if !matches!(lease.phase, LeasePhase::Pending | LeasePhase::Active) {
            return Err(Problem::LeaseEnded { reason: format!("{:?}", lease.phase).to_lowercase() });
        }
        // All or none of them.
        let names = self.secret_names(&lease)?;
        for Secret { name, value } in &put.secrets {
            if !names.contains(name) {
                let name = name.chars().take(64).collect();
                return Err(Problem::NoSuchSecret { name, names: names.into_iter().collect() });
            }
            if value.len() > MAX_SECRET_BYTES {
                let detail = format!("the value of secret {name} is larger than {MAX_SECRET_BYTES} bytes");
                return Err(Problem::BadRequest { detail });
            }
        }
        for Secret { name, value } in &put.secrets {
            self.0.vault.put(id.0, name, value).map_err(unavailable)?;
        }
        self.0.core.queue.push(Key::Lease(id.0));
        self.secrets(id).await
    }

    async fn open_content(&self, id: LeaseId, content: ContentId) -> Result<Arc<Entry>, Problem> {
        let lease = self.own_lease(id).await?;
        if !matches!(lease.phase, LeasePhase::Pending | LeasePhase::Active) {
            return Err(Problem::LeaseEnded { reason: format!("{:?}", lease.phase).to_lowercase() });
        }
        let kept = self.kept_contents(&lease).await?;
        let found = kept.into_iter().map(|(kept, _)| kept).find(|kept| kept.id == content);
        let (Some(store), Some(content)) = (self.0.contents().cloned(), found) else {
            return Err(Problem::NoSuchContent { id: content.to_string() });
        };
        carried::on_disk(move || store.begin(content)).await.map_err(internal)
    }

    fn content_grew(&self, id: LeaseId, whole: bool) {
        let leases = &self.0;
        if let Some(sharing) = leases.sharing() {
            sharing.exchange.announce();
        }
        let deployment = leases.with(id.0, |memory| memory.lease.as_ref().map(|lease| lease.deployment.0));
        if whole {
            let same = deployment.map(|deployment| leases.core.mine.leases_of(deployment));
            for lease in same.into_iter().flatten().chain([id.0]) {
                leases.core.queue.push(Key::Lease(lease));
            }
        }
    }

    async fn status(&self, id: LeaseId) -> Result<LeaseStatus, Problem> {
        let lease = self.own_lease(id).await?;
        let look = tokio::time::timeout(LOOK, self.0.runtime.observe_lease(id)).await;
        if let Ok(Ok(observed)) = look {
            self.0.with(id.0, |memory| memory.observed = observed);
        }
        self.0.view(&lease)
    }

    async fn try_connections(&self, id: LeaseId) -> Result<Trials, Problem> {
        let lease = self.own_lease(id).await?;
        let leases = &self.0;
        if lease.phase == LeasePhase::Ended {
            return Err(Problem::LeaseEnded { reason: "it is over on the chain".to_owned() });
        }
        let applied = leases.core.store.lease_row(id.0).map_err(internal)?.and_then(|row| row.applied);
        let manifest = match &applied {
            Some(version) => leases.manifest_of(id.0, version).map_err(internal)?,
            None => None,
        };
        let Some((manifest, overlay)) = manifest.zip(leases.overlay()) else {
            return Err(Problem::NotRunning { state: "no manifest was applied yet".to_owned() });
        };
        let Some(group) = manifest.group(&lease.group) else { return Ok(Trials::default()) };
        let replicas = leases.replicas_of(lease.deployment.0);
        let tried = Tried { deployment: lease.deployment.0, manifest: &manifest, group, replicas: &replicas };
        Ok(Trials { trials: overlay::attempt(overlay, tried).await })
    }

    async fn events(&self, id: LeaseId) -> Result<Events, Problem> {
        Ok(Events { events: self.0.core.store.events(id.0).map_err(internal)? })
    }

    async fn quote(&self, _account: &str, request: QuoteRequest) -> Result<Quote, Problem> {
        let core = &self.0.core;
        let unavailable = |e: chain_client::QueryError| Problem::Unavailable { cause: e.to_string() };
        let Some(standing) = core.chain.standing(core.height()).await.map_err(unavailable)? else {
            let cause = "it is not registered".to_owned();
            return Ok(Quote::NoBid { reasons: vec![NoBidReason::NotBidding { cause }] });
        };
        let free = core.capacity().less(&core.reservations.reserved());
        let wanted = Wanted { group: &request.group, term: request.term, max_price: &request.max_price };
        let open = core.reservations.len() as u64;
        Ok(match offer(&wanted, &standing, &core.config, &free, open, core.head().time) {
            Ok((price, _)) => {
                Quote::WouldBid { price: cloud_std::Money::new(&request.max_price.denom, price) }
            }
            Err(refusals) => {
                Quote::NoBid { reasons: refusals.iter().map(|r| reason(r, &core.config)).collect() }
            }
        })
    }

    async fn info(&self) -> Result<Info, Problem> {
        let core = &self.0.core;
        let head = core.head();
        Ok(Info {
            provider: Addr::unchecked(core.chain.provider()),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            chain_id: core.chain_id.clone(),
            height: head.height,
            block_time: head.time,
            bidding: core.config.bidding.enabled && core.may_act(),
        })
    }
}

fn reason(refusal: &Refusal, config: &crate::config::Config) -> NoBidReason {
    let offered = |feature: String| NoBidReason::NotOffered { feature };
    match refusal {
        Refusal::Disabled => NoBidReason::NotBidding { cause: "its operator has paused bidding".into() },
        Refusal::NotBidding { .. } => NoBidReason::NotBidding { cause: "the order takes no bids".into() },
        Refusal::Jailed { until } => NoBidReason::NotBidding { cause: format!("it is jailed until {until}") },
        Refusal::NoValidRoot => NoBidReason::NotBidding { cause: "it has no valid certificate root".into() },
        Refusal::TooManyOpen { limit } => {
            NoBidReason::NotBidding { cause: format!("it has its limit of {limit} bids and leases") }
        }
        Refusal::TenantRefused => {
            NoBidReason::Other { detail: "this provider does not serve this tenant".into() }
        }
        Refusal::Denom { wanted, sold } => {
            NoBidReason::DenomNotAccepted { denom: wanted.clone(), accepted: vec![sold.clone()] }
        }
        Refusal::TermTooShort { term, .. } | Refusal::TermTooLong { term, .. } => {
            NoBidReason::TermOutOfRange {
                term: *term,
                min: config.bidding.min_term.0.as_secs(),
                max: config.bidding.max_term.0.as_secs(),
            }
        }
        Refusal::AttributeMissing { key, value } => {
            NoBidReason::MissingAttribute { key: key.clone(), value: value.clone() }
        }
        Refusal::NotOurKind { key, value } => NoBidReason::Other {
            detail: format!("this provider only serves orders that ask for {key}={value}"),
        },
        Refusal::StakeTooLow { needed, bonded } => NoBidReason::Other {
            detail: format!("a stake of {needed} is asked for and this provider has {bonded}"),
        },
        Refusal::NotEligible { expected, found, .. } => {
            NoBidReason::Other { detail: format!("{expected} is asked for, found {found}") }
        }
        Refusal::NoGpu => offered("a gpu".into()),
        Refusal::NoPersistentStorage => offered("persistent storage".into()),
        Refusal::NoVolumes => offered("volumes that services mount".into()),
        Refusal::StorageClass { class } => offered(format!("storage class {class}")),
        Refusal::NoRoom { what, needed, free } => {
            NoBidReason::NoRoom { resource: (*what).to_owned(), wanted: *needed, free: *free }
        }
        Refusal::AboveMaximum { price, maximum } => {
            NoBidReason::PriceAboveMax { asked: *price, max: *maximum }
        }
        Refusal::Uncountable => NoBidReason::Other { detail: "the order is too large to be counted".into() },
    }
}
