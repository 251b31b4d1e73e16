//! Gets what a lease lacks from the other participants of its deployment.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ::exchange::{Item, Progress};
use content::ContentRef;
use futures::{stream, StreamExt};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::exchange::Sharing;
use crate::leases::Leases;
use crate::plan::{Lacks, Seen};
use crate::queue::Key;

/// Contents of one lease that are got at the same time, each from several peers.
const AT_ONCE: usize = 3;
/// The pause before something that failed here is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// Contents that are being got; dropping it ends that. What came stays.
pub struct FetchingContents {
    wanted: BTreeSet<ContentRef>,
    task: AbortHandle,
}

impl Drop for FetchingContents {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Leases {
    /// Compares what is missing with what is being got. Called at every look at a lease, so nothing depends on an
    /// event.
    pub(crate) fn follow_contents<'a>(
        self: &Arc<Self>,
        lease: u64,
        seen: &Seen,
        lacks: impl Iterator<Item = &'a Lacks>,
    ) {
        let Some(sharing) = self.sharing() else { return };
        let wanted: BTreeSet<ContentRef> = match seen {
            // Nothing was learned, so nothing changes.
            Seen::Unknown => return,
            Seen::Live(_) => lacks.flat_map(Lacks::contents).collect(),
            Seen::Over { .. } | Seen::Absent => BTreeSet::new(),
        };
        self.with(lease, |memory| {
            let under_way = memory.fetching_contents.as_ref().map(|fetching| &fetching.wanted);
            if under_way.unwrap_or(&BTreeSet::new()) == &wanted {
                return;
            }
            let deployment = memory.lease.as_ref().map(|lease| lease.deployment.0);
            memory.fetching_contents = deployment.filter(|_| !wanted.is_empty()).map(|deployment| {
                let contents = wanted.iter().copied().collect();
                let work = get(self.clone(), sharing.clone(), lease, deployment, contents);
                FetchingContents { wanted, task: tokio::spawn(work).abort_handle() }
            });
        });
    }
}

async fn get(
    leases: Arc<Leases>,
    sharing: Arc<Sharing>,
    lease: u64,
    deployment: u64,
    contents: Vec<ContentRef>,
) {
    let (leases, sharing) = (&leases, &sharing);
    stream::iter(contents)
        .for_each_concurrent(AT_ONCE, |content| async move {
            let progress = watch::Sender::new(Progress::default());
            while let Err(error) = sharing.exchange.fetch(deployment, Item::Content(content), &progress).await
            {
                tracing::warn!(lease, content = %content.id, %error, "carried content cannot be kept");
                tokio::time::sleep(PAUSE).await;
            }
            leases.core.queue.push(Key::Lease(lease));
        })
        .await;
}
