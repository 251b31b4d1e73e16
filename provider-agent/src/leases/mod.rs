//! The leases of this provider: each is compared with what runs and brought in line, one at a time per lease,
//! several leases at once.

mod backend;
mod memory;
mod reconcile;
mod resync;
mod view;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use ::overlay::Overlay;
use gateway_api::{EventKind, LeaseEvent};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::core::Core;
use crate::exchange::Sharing;
use crate::queue::{Key, Outcome};
use crate::runtime::{Runtime, RuntimeError};
use crate::store::StoreError;
pub use backend::Backend;
use memory::Memory;
pub use reconcile::WITHDRAW_GAS;

/// Why a lease could not be worked on.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    #[error(transparent)]
    Query(#[from] chain_client::QueryError),
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    #[error(transparent)]
    Content(#[from] content::StoreError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub struct Leases {
    pub core: Arc<Core>,
    pub runtime: Arc<dyn Runtime>,
    /// Where ports are published.
    pub host_ip: IpAddr,
    /// The name under which tenants reach published ports.
    pub host: String,
    memory: Mutex<HashMap<u64, Memory>>,
    sharing: OnceLock<Arc<Sharing>>,
    overlay: OnceLock<Arc<Overlay>>,
    /// Told whenever a lease was looked at.
    looked: Notify,
}

impl Leases {
    pub fn new(core: Arc<Core>, runtime: Arc<dyn Runtime>, host_ip: IpAddr, host: String) -> Self {
        Self {
            core,
            runtime,
            host_ip,
            host,
            memory: Mutex::default(),
            sharing: OnceLock::new(),
            overlay: OnceLock::new(),
            looked: Notify::new(),
        }
    }

    /// From now on manifests also come from other participants, and are told to them. Set once.
    pub fn share(&self, sharing: Sharing) {
        // A second one would be a fault of the caller's that changes nothing.
        let _ = self.sharing.set(Arc::new(sharing));
    }

    /// From now on the status of a lease tells of its connections. Set once.
    pub fn connect(&self, overlay: Arc<Overlay>) {
        let _ = self.overlay.set(overlay);
    }

    pub(crate) fn overlay(&self) -> Option<&Arc<Overlay>> {
        self.overlay.get()
    }

    pub(crate) fn sharing(&self) -> Option<&Arc<Sharing>> {
        self.sharing.get()
    }

    /// Returns when a lease was looked at, also when that was before the call and after the call before.
    pub(crate) async fn looked_anew(&self) {
        self.looked.notified().await;
    }

    fn memories(&self) -> MutexGuard<'_, HashMap<u64, Memory>> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn with<T>(&self, lease: u64, change: impl FnOnce(&mut Memory) -> T) -> T {
        change(self.memories().entry(lease).or_default())
    }

    /// One of several workers; ends when it is cancelled or the database fails.
    pub async fn work(self: Arc<Self>, cancel: CancellationToken) -> anyhow::Result<()> {
        loop {
            let key = tokio::select! {
                () = cancel.cancelled() => return Ok(()),
                key = self.core.queue.next() => key,
            };
            let Key::Lease(lease) = key else {
                self.core.queue.done(key, Outcome::Settled);
                continue;
            };
            let touched = self.core.head().height;
            let reconciled = self.reconcile(lease).await;
            self.looked.notify_one();
            let outcome = match reconciled {
                Ok(outcome) => {
                    self.core.store.settled(&[(key, touched)])?;
                    outcome
                }
                Err(LeaseError::Store(e)) => {
                    self.core.queue.done(key, Outcome::Failed);
                    return Err(e.into());
                }
                Err(e) => {
                    tracing::warn!(lease, error = %e, "not in line yet");
                    Outcome::Failed
                }
            };
            self.core.queue.done(key, outcome);
        }
    }

    pub(crate) fn note(
        &self,
        lease: u64,
        kind: EventKind,
        of: Option<(&str, u32)>,
        message: impl Into<String>,
    ) {
        let event = LeaseEvent {
            at_ms: crate::clock::now_ms(),
            kind,
            service: of.map(|(service, _)| service.to_owned()),
            replica: of.map(|(_, replica)| replica),
            message: message.into(),
        };
        tracing::info!(lease, kind = ?event.kind, service = event.service, message = event.message, "lease");
        if let Err(e) = self.core.store.push_event(lease, &event) {
            tracing::error!(lease, error = %e, "an event could not be kept");
        }
    }
}
