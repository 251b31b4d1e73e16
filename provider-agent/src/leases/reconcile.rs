//! One lease brought in line: look at chain, engine and database, plan, act, and look again while that helps.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use gateway_api::EventKind;
use manifest::{Manifest, ManifestGroup};
use market_api::{ExecuteMsg, Lease, LeaseId, LeasePhase};
use tokio::time::Instant;

use super::{LeaseError, Leases};
use crate::carried::NoParts;
use crate::overlay;
use crate::plan::{plan, Action, Desired, Local, Observed, Replica, ReplicaState, Rules, Seen, Stage};
use crate::queue::{Key, Outcome};
use crate::runtime::{ContainerState, ObservedLease, RuntimeError};
use crate::store::{LeaseRow, StoreError};
use crate::workload;

/// Plans that one turn carries out at most, so that a lease that never comes to rest does not hold a worker.
const ROUNDS: usize = 6;
const PAUSE: Duration = Duration::from_millis(250);
/// The longest reason that the market takes.
const MAX_REASON_BYTES: usize = market_api::limits::MAX_REASON_BYTES;
/// Gas of a withdrawal, for weighing what it brings against what it costs.
pub const WITHDRAW_GAS: u64 = 250_000;

type Result<T> = std::result::Result<T, LeaseError>;

impl Leases {
    pub async fn reconcile(self: &Arc<Self>, lease: u64) -> Result<Outcome> {
        for _ in 0..ROUNDS {
            let height = self.core.height();
            let seen = self.see(lease, height).await?;
            let observed = self.look(lease).await;
            let row = self.core.store.lease_row(lease)?.unwrap_or_default();
            let manifests: BTreeSet<String> = self.core.store.manifest_versions(lease)?.into_iter().collect();
            self.follow_manifest(lease, &seen, &manifests);
            let lacks = match seen {
                Seen::Live(_) => self.lacks(lease, &manifests).await?,
                _ => BTreeMap::new(),
            };
            self.follow_contents(lease, &seen, lacks.values());
            let (observed, mut local) = self.remember(lease, observed, &row, manifests)?;
            local.lacks = lacks;
            let rules = Rules { decline_margin: self.core.config.leases.decline_margin.0.as_secs() };
            let plan = plan(&seen, &observed, &local, rules, height, self.core.head().time);
            self.enter(lease, &plan.stage);
            let mut again = false;
            for action in &plan.actions {
                again |= self.act(lease, action, height).await?;
            }
            if plan.actions.is_empty() && !local.seen_live && matches!(plan.stage, Stage::Ended { .. }) {
                // Somebody asked for a lease that was over long ago.
                self.core.mine.drop_lease(lease);
                self.memories().remove(&lease);
                return Ok(Outcome::Settled);
            }
            if plan.actions.contains(&Action::Forget) {
                return Ok(Outcome::Settled);
            }
            if matches!(plan.stage, Stage::Ending { .. }) {
                self.core.look_at_next_block(lease);
            }
            if !again {
                let (restart, retry) = self.with(lease, |memory| {
                    let now = Instant::now();
                    let restart =
                        memory.observed.as_ref().and_then(|observed| memory.restart_in(observed, now));
                    (restart, memory.retry_in(now))
                });
                let next = [plan.again, restart, retry].into_iter().flatten().min();
                return Ok(next.map_or(Outcome::Settled, |after| Outcome::Again(after.max(PAUSE / 5))));
            }
        }
        Ok(Outcome::Again(PAUSE))
    }

    // ---- looking

    async fn see(&self, id: u64, height: u64) -> Result<Seen> {
        if !self.core.may_act() {
            return Ok(Seen::Unknown);
        }
        let chain = &self.core.chain;
        let lease = match chain.lease(height, LeaseId(id)).await {
            Ok(Some(lease)) => lease,
            Ok(None) => return Ok(Seen::Absent),
            Err(e) => {
                tracing::debug!(lease = id, error = %e, "the chain did not say");
                return Ok(Seen::Unknown);
            }
        };
        if lease.provider.as_str() != chain.provider() {
            return Ok(Seen::Absent);
        }
        self.seen_live(&lease)?;
        let seen = match lease.phase {
            LeasePhase::Pending | LeasePhase::Active => {
                let deployment = match chain.deployment(height, lease.deployment).await {
                    Ok(deployment) => deployment,
                    Err(_) => return Ok(Seen::Unknown),
                };
                let version = deployment.version.to_hex();
                self.with(id, |memory| memory.version = Some(version.clone()));
                Seen::Live(Desired {
                    active: lease.phase == LeasePhase::Active,
                    version,
                    matched_version: lease.matched_version.to_hex(),
                    activate_until: lease.activate_until,
                })
            }
            LeasePhase::Overdue => Seen::Over { reason: "activation_expired".into(), settled: false },
            LeasePhase::Due => {
                let reason = if lease.notice_until.is_some() { "provider_notice" } else { "funds_exhausted" };
                Seen::Over { reason: reason.into(), settled: false }
            }
            LeasePhase::Ended => Seen::Over { reason: end_reason(&lease), settled: true },
        };
        if matches!(seen, Seen::Live(_)) && self.with(id, |memory| memory.group.is_none()) {
            if let Ok(order) = chain.order(height, lease.order).await {
                self.with(id, |memory| memory.group = Some(order.spec.group));
            }
        }
        self.with(id, |memory| memory.lease = Some(lease));
        Ok(seen)
    }

    fn seen_live(&self, lease: &Lease) -> Result<()> {
        let id = lease.id.0;
        if !self.core.mine.has_lease(id) {
            self.core.mine.set_lease(id, lease.deployment.0);
        }
        let known = self.core.store.lease_row(id)?.is_some_and(|row| row.seen_live);
        if !known && lease.phase != LeasePhase::Ended {
            self.core.store.update_lease(id, |row| {
                row.seen_live = true;
                row.order = lease.order.0;
            })?;
            self.note(id, EventKind::Won, None, format!("won order {} at {}", lease.order, lease.price));
        }
        Ok(())
    }

    async fn look(&self, lease: u64) -> std::result::Result<Option<ObservedLease>, RuntimeError> {
        let observed = self.runtime.observe_lease(LeaseId(lease)).await;
        self.core.health.engine(observed.as_ref().err().map(ToString::to_string));
        observed
    }

    /// Takes a fresh look into the memory and makes of both what the plan needs.
    fn remember(
        &self,
        lease: u64,
        observed: std::result::Result<Option<ObservedLease>, RuntimeError>,
        row: &LeaseRow,
        manifests: BTreeSet<String>,
    ) -> Result<(Observed, Local)> {
        let observed = match observed {
            Ok(observed) => observed,
            Err(_) => {
                return Ok((Observed::Unknown, self.local(lease, row, manifests, BTreeSet::new())));
            }
        };
        let (crashes, mut may_restart) = self.with(lease, |memory| {
            let crashes = match &observed {
                Some(observed) => memory.count_crashes(observed, &self.core.config.leases, Instant::now()),
                None => Vec::new(),
            };
            memory.observed = observed.clone();
            (crashes, memory.may_restart(Instant::now()).collect::<BTreeSet<_>>())
        });
        for (service, replica, text) in crashes {
            self.note(lease, EventKind::Crashed, Some((&service, replica)), text);
        }
        let Some(observed) = observed else {
            return Ok((Observed::Nothing, self.local(lease, row, manifests, may_restart)));
        };
        if !observed.containers.is_empty() {
            let held: Vec<_> = observed.ports().map(|port| workload::port_row(lease, port)).collect();
            self.core.store.adopt_ports(&held)?;
        }
        let version = running_version(&observed, row);
        let held = manifests.contains(&version);
        let whole = self.is_whole(lease, &observed, &version, held)?;
        let replicas = observed
            .containers
            .iter()
            .map(|container| {
                let state = match container.state {
                    ContainerState::Running => ReplicaState::Running,
                    ContainerState::Created if held => ReplicaState::Starting,
                    ContainerState::Created => {
                        // Nobody can say again how to make it, but it can be started.
                        may_restart.insert((container.service.clone(), container.replica));
                        ReplicaState::Ended
                    }
                    ContainerState::Paused => ReplicaState::Paused,
                    ContainerState::Exited { .. } | ContainerState::Dead => ReplicaState::Ended,
                };
                Replica { service: container.service.clone(), replica: container.replica, state }
            })
            .collect();
        Ok((Observed::Something { version, replicas, whole }, self.local(lease, row, manifests, may_restart)))
    }

    /// Whether all parts of a version are there, started at least once.
    fn is_whole(&self, lease: u64, observed: &ObservedLease, version: &str, held: bool) -> Result<bool> {
        let broken = |state: &ContainerState| matches!(state, ContainerState::Dead);
        if observed.containers.iter().any(|container| broken(&container.state)) {
            return Ok(false);
        }
        let there: BTreeSet<(&str, u32)> =
            observed.containers.iter().map(|c| (c.service.as_str(), c.replica)).collect();
        if held {
            if observed.containers.iter().any(|container| container.state == ContainerState::Created) {
                return Ok(false);
            }
            if let Some(group) = self.group_of(lease, version)? {
                let wanted: BTreeSet<(&str, u32)> = group
                    .services
                    .iter()
                    .flat_map(|service| (0..service.count).map(|n| (service.name.as_str(), n)))
                    .collect();
                return Ok(there == wanted);
            }
        }
        // Without the manifest, the order at least says how many there are.
        let sold = self.with(lease, |memory| {
            memory.group.as_ref().map(|group| group.resources.iter().map(|r| u64::from(r.count)).sum::<u64>())
        });
        Ok(sold.is_none_or(|count| there.len() as u64 == count))
    }

    fn local(
        &self,
        lease: u64,
        row: &LeaseRow,
        manifests: BTreeSet<String>,
        may_restart: BTreeSet<(String, u32)>,
    ) -> Local {
        self.with(lease, |memory| Local {
            manifests,
            lacks: BTreeMap::new(),
            over_at: row.ended_at_height,
            seen_live: row.seen_live,
            removed: row.removed,
            failed: memory.failure(Instant::now()),
            may_restart,
            answering: memory.answering,
            paid_out: memory.lease.as_ref().is_none_or(|lease| self.is_paid_out(lease)),
        })
    }

    /// Whether nothing is left to take that is worth the transaction.
    fn is_paid_out(&self, lease: &Lease) -> bool {
        match lease.phase {
            LeasePhase::Pending | LeasePhase::Overdue => true,
            LeasePhase::Active => false,
            // The withdrawal also writes the end into the record.
            LeasePhase::Due => false,
            LeasePhase::Ended => {
                let unpaid = lease.earned.saturating_sub(lease.withdrawn);
                let cost = self.core.chain.fee(WITHDRAW_GAS);
                let too_little = self.core.config.money.fee_multiple > 0
                    && cost.denom == lease.price.denom
                    && unpaid <= cost.amount;
                unpaid.is_zero() || too_little
            }
        }
    }

    /// The lease's group in a manifest that is held.
    pub(crate) fn group_of(
        &self,
        lease: u64,
        version: &str,
    ) -> std::result::Result<Option<ManifestGroup>, StoreError> {
        let Some(manifest) = self.manifest_of(lease, version)? else { return Ok(None) };
        let name = self.with(lease, |memory| memory.lease.as_ref().map(|lease| lease.group.clone()));
        Ok(name.and_then(|name| manifest.group(&name).cloned()))
    }

    pub(super) fn manifest_of(
        &self,
        lease: u64,
        version: &str,
    ) -> std::result::Result<Option<Manifest>, StoreError> {
        let bytes = self.core.store.manifest(lease, version)?;
        Ok(bytes.and_then(|bytes| Manifest::from_canonical_json(&bytes).ok()))
    }

    fn enter(&self, lease: u64, stage: &Stage) {
        let news = self.with(lease, |memory| {
            let unknown = *stage == Stage::Unknown && memory.stage.is_some();
            let news = !unknown && memory.stage.as_ref() != Some(stage);
            if news {
                memory.stage = Some(stage.clone());
            }
            news
        });
        if !news {
            return;
        }
        match stage {
            Stage::Failed(failure) => self.note(lease, EventKind::Failed, None, failure.message.clone()),
            Stage::Ending { reason } => {
                self.note(lease, EventKind::Ended, None, format!("the lease is over: {reason}"));
            }
            stage => tracing::debug!(lease, ?stage, "stage"),
        }
    }

    // ---- acting

    /// Whether another look may find more to do at once.
    async fn act(self: &Arc<Self>, lease: u64, action: &Action, height: u64) -> Result<bool> {
        match action {
            Action::Apply { version } => self.apply(lease, version).await,
            Action::Start { replicas, .. } => self.start(lease, replicas).await,
            Action::Activate { version } => {
                let Ok(bytes) = hex::decode(version) else { return Ok(false) };
                let msg = ExecuteMsg::Activate { lease: LeaseId(lease), version: bytes.into() };
                self.answer(lease, format!("activate/{lease}/{version}"), msg);
                Ok(false)
            }
            Action::Decline { reason } => {
                let reason = cut(reason, MAX_REASON_BYTES);
                self.core.metrics.declined(&self.decline_code(lease));
                self.note(lease, EventKind::GaveUp, None, format!("declined: {reason}"));
                let msg = ExecuteMsg::Decline { lease: LeaseId(lease), reason };
                self.answer(lease, format!("decline/{lease}"), msg);
                Ok(false)
            }
            Action::RememberOver => {
                self.core.store.update_lease(lease, |row| row.ended_at_height = Some(height))?;
                Ok(false)
            }
            Action::ForgetOver => {
                self.core.store.update_lease(lease, |row| row.ended_at_height = None)?;
                Ok(false)
            }
            Action::Remove => self.remove(lease).await,
            Action::Collect => {
                self.collect(lease);
                Ok(false)
            }
            Action::Forget => {
                self.core.store.forget_lease(lease)?;
                self.core.mine.drop_lease(lease);
                self.memories().remove(&lease);
                Ok(false)
            }
            Action::Alarm { message } => {
                tracing::error!(alarm = "lease", lease, message);
                Ok(false)
            }
        }
    }

    fn decline_code(&self, lease: u64) -> String {
        self.with(lease, |memory| {
            memory.failure(Instant::now()).map_or("no_manifest".to_owned(), |failure| failure.code)
        })
    }

    async fn apply(&self, lease: u64, version: &str) -> Result<bool> {
        let before = self.core.store.lease_row(lease)?.and_then(|row| row.applied);
        let kind = if before.is_some() { EventKind::Updated } else { EventKind::Starting };
        let fresh = before.as_deref() != Some(version);
        if fresh && self.with(lease, |memory| memory.failure(Instant::now()).is_none()) {
            self.note(lease, kind, None, format!("bringing up version {version}"));
        }
        match self.try_apply(lease, version).await {
            Ok(observed) => {
                self.core.store.update_lease(lease, |row| {
                    row.applied = Some(version.to_owned());
                    row.removed = false;
                })?;
                self.with(lease, |memory| {
                    memory.succeeded();
                    if fresh {
                        memory.forget_crashes();
                    }
                    memory.observed = Some(observed);
                });
                if fresh {
                    self.note(lease, EventKind::Started, None, format!("version {version} is up"));
                }
                let keep: Vec<String> = self.with(lease, |memory| {
                    let matched = memory.lease.as_ref().map(|lease| lease.matched_version.to_hex());
                    [Some(version.to_owned()), memory.version.clone(), matched]
                        .into_iter()
                        .flatten()
                        .collect()
                });
                let keep: Vec<&str> = keep.iter().map(String::as_str).collect();
                self.core.store.keep_manifests(lease, &keep)?;
                Ok(true)
            }
            Err(Attempt::Store(e)) => Err(e.into()),
            Err(Attempt::Content(e)) => Err(e.into()),
            Err(Attempt::Lacking) => Ok(true),
            Err(Attempt::Impossible(message)) => {
                self.failed(
                    lease,
                    version,
                    "workload_impossible",
                    message,
                    "correct the manifest and set its version on the chain",
                );
                Ok(false)
            }
            Err(Attempt::Runtime(e)) => {
                if let RuntimeError::PortInUse { port, .. } = &e {
                    self.core.store.release_port(*port)?;
                }
                self.failed(lease, version, e.code(), e.to_string(), advice(&e));
                Ok(false)
            }
        }
    }

    fn failed(&self, lease: u64, version: &str, code: &str, message: String, what_to_do: &str) {
        let stage = self.with(lease, |memory| {
            let now = Instant::now();
            memory.failed(version, code, message, what_to_do, now);
            memory.failure(now).map(Stage::Failed)
        });
        if let Some(stage) = stage {
            self.enter(lease, &stage);
        }
    }

    async fn try_apply(&self, lease: u64, version: &str) -> std::result::Result<ObservedLease, Attempt> {
        let group = self
            .group_of(lease, version)?
            .ok_or_else(|| Attempt::Impossible("the manifest has no group of this lease".to_owned()))?;
        if let Some(sold) = self.with(lease, |memory| memory.group.clone()) {
            manifest::check_fits(&group, &sold).map_err(Attempt::Impossible)?;
            let carried = self.core.config.runtime.carried.0;
            crate::carried::check(&group, &sold, carried).map_err(Attempt::Impossible)?;
        }
        let wanted = workload::publications(lease, &group);
        let pool = (self.core.config.ports.from, self.core.config.ports.to);
        let ports = self.core.store.assign_ports(lease, &wanted, pool, |port| is_busy(self.host_ip, port))?;
        let mut workload =
            workload::workload(lease, version, &group, &ports, self.host_ip).map_err(Attempt::Impossible)?;
        self.parts(&group).await?.put_into(&mut workload, &group, &self.vault);
        let deployment = self.with(lease, |memory| memory.lease.as_ref().map(|lease| lease.deployment.0));
        if let Some((manifest, deployment)) = self.manifest_of(lease, version)?.zip(deployment) {
            overlay::name_hosts(&mut workload, deployment, &manifest, &group);
        }
        Ok(self.runtime.apply(&workload).await?)
    }

    async fn start(&self, lease: u64, replicas: &[(String, u32)]) -> Result<bool> {
        let observed = self.with(lease, |memory| memory.observed.clone());
        let containers = observed.map(|observed| observed.containers).unwrap_or_default();
        for container in containers {
            let key = (container.service.clone(), container.replica);
            if !replicas.contains(&key) {
                continue;
            }
            match self.runtime.restart(&container.container).await {
                Ok(()) => {
                    self.core.metrics.restarts.inc();
                    self.note(lease, EventKind::Restarted, Some((&key.0, key.1)), "started again");
                }
                // The next look finds it as it is, or gone and makes it anew.
                Err(e) => {
                    self.with(lease, |memory| memory.start_refused(&key.0, key.1, Instant::now()));
                    self.note(lease, EventKind::Failed, Some((&key.0, key.1)), e.to_string());
                }
            }
        }
        Ok(true)
    }

    /// Sends an activation or a decline, and looks again when its outcome is known.
    fn answer(self: &Arc<Self>, lease: u64, key: String, msg: ExecuteMsg) {
        self.with(lease, |memory| memory.answering = true);
        let activates = matches!(msg, ExecuteMsg::Activate { .. });
        let this = self.clone();
        self.core.tasks.spawn(async move {
            let result = this.core.execute(key, &msg, vec![]).await;
            this.with(lease, |memory| memory.answering = false);
            match result {
                Ok(done) => {
                    if activates {
                        this.core.metrics.activations.inc();
                        this.note(
                            lease,
                            EventKind::Activated,
                            None,
                            format!("paid time runs since height {}", done.height),
                        );
                    }
                    this.core.queue.push(Key::Lease(lease));
                }
                Err(e) => {
                    tracing::warn!(lease, error = %e, "the chain did not take the answer");
                    this.core.queue.push_after(Key::Lease(lease), Duration::from_secs(1));
                }
            }
        });
    }

    async fn remove(&self, lease: u64) -> Result<bool> {
        self.runtime.remove(LeaseId(lease)).await?;
        self.vault.forget(lease)?;
        let row = self.core.store.lease_row(lease)?;
        let order = row.as_ref().map(|row| row.order);
        let known = row.is_some_and(|row| row.removed);
        self.core.store.release_ports(lease)?;
        let held = self.core.reservations.with_lease();
        let order = held.iter().find(|(_, of)| *of == lease).map(|(order, _)| *order).or(order);
        if let Some(order) = order {
            self.core.reservations.release(order)?;
        }
        self.core.store.update_lease(lease, |row| {
            row.removed = true;
            row.applied = None;
        })?;
        if !known {
            self.core.metrics.removals.inc();
            self.note(lease, EventKind::Removed, None, "nothing of it is left in the engine");
            // What other leases carry as well stays; what cannot be removed now is found again at the next resync.
            if let Err(e) = self.drop_unused_contents().await {
                tracing::warn!(lease, error = %e, "what it carried is not removed yet");
            }
        }
        Ok(!known)
    }

    /// Takes what an ended lease has earned, which also writes its end where it is only due.
    fn collect(self: &Arc<Self>, lease: u64) {
        let due = self.with(lease, |memory| {
            let lease = memory.lease.clone()?;
            (!std::mem::replace(&mut memory.collecting, true)).then_some(lease)
        });
        let Some(chain_lease) = due else { return };
        let nothing = chain_lease.earned <= chain_lease.withdrawn;
        let (key, msg) = if nothing {
            (format!("settle/{lease}"), ExecuteMsg::Settle { lease: LeaseId(lease) })
        } else {
            (format!("withdraw/{lease}"), ExecuteMsg::Withdraw { lease: LeaseId(lease) })
        };
        let this = self.clone();
        self.core.tasks.spawn(async move {
            let result = this.core.execute(key, &msg, vec![]).await;
            this.with(lease, |memory| memory.collecting = false);
            let pause = match result {
                Ok(_) => {
                    this.core.metrics.withdrawals.inc();
                    this.core.health.withdrawn();
                    Duration::ZERO
                }
                Err(_) => Duration::from_secs(10),
            };
            this.core.queue.push_after(Key::Lease(lease), pause);
        });
    }
}

enum Attempt {
    Store(StoreError),
    Runtime(RuntimeError),
    Impossible(String),
    Content(content::StoreError),
    /// Something that it carries has gone since it was looked at.
    Lacking,
}

impl From<NoParts> for Attempt {
    fn from(e: NoParts) -> Self {
        match e {
            NoParts::Lacking => Self::Lacking,
            NoParts::Store(e) => Self::Content(e),
            NoParts::Runtime(e) => Self::Runtime(e),
        }
    }
}

impl From<StoreError> for Attempt {
    fn from(e: StoreError) -> Self {
        match e {
            StoreError::NoFreePort { .. } => Self::Impossible(e.to_string()),
            e => Self::Store(e),
        }
    }
}

impl From<RuntimeError> for Attempt {
    fn from(e: RuntimeError) -> Self {
        Self::Runtime(e)
    }
}

fn running_version(observed: &ObservedLease, row: &LeaseRow) -> String {
    if observed.containers.is_empty() {
        return String::new();
    }
    if let Some(applied) = &row.applied {
        return applied.clone();
    }
    // Later versions may have kept some containers: the newest one tells the version.
    let newest = observed.containers.iter().max_by_key(|container| container.created_at);
    observed.version().map(str::to_owned).or_else(|| newest.map(|c| c.version.clone())).unwrap_or_default()
}

fn end_reason(lease: &Lease) -> String {
    let word = lease.end_reason.and_then(|reason| serde_json::to_value(reason).ok());
    word.and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_else(|| "ended".to_owned())
}

fn advice(error: &RuntimeError) -> &'static str {
    match error {
        RuntimeError::ImageMissing { .. } => {
            "use an image that the provider has, or ask the provider to load it; it is tried again until the activation window ends"
        }
        RuntimeError::CannotStart { .. }
        | RuntimeError::Workload { .. }
        | RuntimeError::BadArchive { .. } => {
            "correct the manifest and set its version on the chain"
        }
        _ => "wait: the provider tries again",
    }
}

/// Whether something else on this machine holds a port.
fn is_busy(host: std::net::IpAddr, port: u16) -> bool {
    std::net::TcpListener::bind((host, port)).is_err() || std::net::UdpSocket::bind((host, port)).is_err()
}

/// At most so many bytes of a text, whole characters only.
fn cut(text: &str, bytes: usize) -> String {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}
