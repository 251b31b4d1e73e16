//! Gets the manifest of the version on the chain from the other participants, for each lease that lacks it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ::exchange::{Exchange, Fetched, Host, Item, Progress};
use bytes::Bytes;
use gateway_api::{EventKind, Problem};
use market_api::LeaseId;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::ChainHost;
use crate::gateway::GatewayBackend;
use crate::leases::{Backend, Leases};
use crate::plan::Seen;

/// The pause before something that failed here is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// A manifest that is being got; dropping it ends that.
pub struct Fetching {
    version: String,
    progress: watch::Sender<Progress>,
    task: AbortHandle,
}

impl Drop for Fetching {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Fetching {
    /// For its tenant and the operator.
    pub fn view(&self) -> gateway_api::Fetching {
        let progress = self.progress.borrow();
        gateway_api::Fetching {
            version: hex::decode(&self.version).unwrap_or_default().into(),
            participants: progress.participants,
            connected: progress.connected,
            problem: progress.problem.clone(),
        }
    }
}

/// The exchange and what it reads the chain with, as leases use them.
pub struct Sharing {
    pub exchange: Arc<Exchange>,
    pub host: Arc<ChainHost>,
}

impl Leases {
    /// Compares the version on the chain with the manifests that are here: what lacks is got from the others, what
    /// is not wanted any more is not. Called at every look at a lease, so nothing depends on an event.
    pub(crate) fn follow_manifest(self: &Arc<Self>, lease: u64, seen: &Seen, held: &BTreeSet<String>) {
        let Some(sharing) = self.sharing() else { return };
        let wanted = match seen {
            // Nothing was learned, so nothing changes.
            Seen::Unknown => return,
            Seen::Live(desired) => Some(&desired.version).filter(|version| !held.contains(*version)),
            Seen::Over { .. } | Seen::Absent => None,
        };
        self.with(lease, |memory| {
            let under_way = memory.fetching.as_ref().map(|fetching| &fetching.version);
            if under_way == wanted {
                return;
            }
            let deployment = memory.lease.as_ref().map(|lease| lease.deployment.0);
            memory.fetching = wanted.zip(deployment).and_then(|(version, deployment)| {
                let bytes = <[u8; 32]>::try_from(hex::decode(version).ok()?).ok()?;
                let progress = watch::Sender::new(Progress::default());
                let work = get(self.clone(), sharing.clone(), lease, deployment, bytes, progress.clone());
                let task = tokio::spawn(work).abort_handle();
                Some(Fetching { version: version.clone(), progress, task })
            });
        });
    }
}

/// Until the lease has the manifest, or it turns out that it cannot be used.
async fn get(
    leases: Arc<Leases>,
    sharing: Arc<Sharing>,
    lease: u64,
    deployment: u64,
    version: [u8; 32],
    progress: watch::Sender<Progress>,
) {
    let failed = |problem: String| progress.send_modify(|p| p.problem = Some(problem));
    let manifest = loop {
        // Another lease of this provider may have it.
        if let Some(bytes) = sharing.host.manifest(deployment, &version).await {
            break bytes;
        }
        match sharing.exchange.fetch(deployment, Item::Manifest { version }, &progress).await {
            Ok(Fetched::Manifest(bytes)) => break bytes,
            Ok(Fetched::Content(_)) => failed("the exchange brought something else".to_owned()),
            Err(e) => failed(e.to_string()),
        }
        tokio::time::sleep(PAUSE).await;
    };
    hand_over(&leases, lease, manifest, failed).await;
}

/// The same way as a manifest from the tenant: held against the chain and the lease, kept, and run.
async fn hand_over(leases: &Arc<Leases>, lease: u64, manifest: Bytes, failed: impl Fn(String)) {
    leases.note(lease, EventKind::ManifestReceived, None, "from another participant of the deployment");
    let backend = Backend(leases.clone());
    loop {
        match backend.submit_manifest(LeaseId(lease), manifest.clone()).await {
            Ok(_) => return,
            Err(problem @ (Problem::Unavailable { .. } | Problem::Internal { .. })) => {
                failed(problem.to_string());
                tokio::time::sleep(PAUSE).await;
            }
            // Everybody has these same bytes: nothing is to be gained by asking again. A new version starts anew.
            Err(problem) => return failed(problem.to_string()),
        }
    }
}
