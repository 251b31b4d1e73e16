//! Looks at everything without any event: leases by the chain's list, containers by the engine's.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{LeaseError, Leases};
use crate::inventory::Amounts;
use crate::queue::Key;
use crate::runtime::ContainerState;

/// The database's note that leases from before it were looked for, with the height.
const SCANNED: &str = "leases scanned";

impl Leases {
    /// Queues every lease now and then, and whenever blocks were skipped, until it is cancelled.
    pub async fn resync(self: Arc<Self>, cancel: CancellationToken) -> anyhow::Result<()> {
        let mut head = self.core.watch_head();
        let mut snapshot = None;
        for (key, _) in self.core.store.dirty()? {
            self.core.queue.push(key);
        }
        loop {
            let seen = *head.borrow_and_update();
            if seen.height > 0 {
                match self.queue_all().await {
                    Ok(()) => snapshot = Some(seen.snapshot),
                    Err(LeaseError::Store(e)) => return Err(e.into()),
                    // What runs is looked at all the same, so that a silent chain keeps no crashed service down.
                    Err(e) => {
                        tracing::warn!(error = %e, "leases cannot be listed now");
                        self.queue_known()?;
                    }
                }
            }
            let rest = tokio::time::sleep(self.core.config.leases.resync.0);
            tokio::pin!(rest);
            loop {
                tokio::select! {
                    () = cancel.cancelled() => return Ok(()),
                    () = &mut rest => break,
                    changed = head.changed() => {
                        changed?;
                        if snapshot != Some(head.borrow().snapshot) {
                            break;
                        }
                    }
                }
            }
        }
    }

    async fn queue_all(&self) -> Result<(), LeaseError> {
        self.refresh_capacity().await;
        match self.drop_unused_contents().await {
            Err(LeaseError::Store(e)) => return Err(e.into()),
            Err(e) => tracing::warn!(error = %e, "content that nobody names is not removed yet"),
            Ok(()) => {}
        }
        if self.core.store.meta::<u64>(SCANNED)?.is_none() {
            self.adopt_ended().await?;
        }
        let mut keys: BTreeSet<u64> =
            self.core.store.lease_rows()?.into_iter().map(|(lease, _)| lease).collect();
        keys.extend(self.core.mine.leases());
        keys.extend(self.core.reservations.with_lease().into_iter().map(|(_, lease)| lease));
        for observed in self.runtime.observe().await.unwrap_or_default() {
            keys.insert(observed.lease.0);
        }
        let listed = self.live_leases().await;
        if let Ok(listed) = &listed {
            self.core.metrics.leases.set(listed.len() as u64);
            keys.extend(listed);
        }
        for lease in keys {
            self.core.queue.push(Key::Lease(lease));
        }
        listed.map(|_| ())
    }

    /// With a new database: leases that ended and were never paid out are taken up again.
    async fn adopt_ended(&self) -> Result<(), LeaseError> {
        let height = self.core.height();
        let mut cursor = None;
        loop {
            let page = self.core.chain.all_leases(height, cursor).await?;
            for lease in page.items.iter().filter(|lease| lease.earned > lease.withdrawn) {
                self.core.store.update_lease(lease.id.0, |row| {
                    row.seen_live = true;
                    row.order = lease.order.0;
                })?;
            }
            match page.next {
                Some(next) => cursor = Some(next),
                None => return Ok(self.core.store.set_meta(SCANNED, &height)?),
            }
        }
    }

    /// Ids of live leases, each with its inventory reserved.
    async fn live_leases(&self) -> Result<Vec<u64>, LeaseError> {
        let height = self.core.height();
        let mut ids = Vec::new();
        let mut cursor = None;
        loop {
            let page = self.core.chain.live_leases(height, cursor).await?;
            for lease in &page.items {
                ids.push(lease.id.0);
                self.core.mine.set_lease(lease.id.0, lease.deployment.0);
                let order = lease.order.0;
                match self.core.reservations.get(order) {
                    Some(_) => self.core.reservations.update(order, |row| row.lease = Some(lease.id.0))?,
                    None => self.reserve_for(lease, height).await?,
                }
            }
            match page.next {
                Some(next) => cursor = Some(next),
                None => return Ok(ids),
            }
        }
    }

    /// A live lease that nothing is reserved for, such as after the database was lost.
    async fn reserve_for(&self, lease: &market_api::Lease, height: u64) -> Result<(), LeaseError> {
        let order = self.core.chain.order(height, lease.order).await?;
        let row = crate::store::Reservation {
            amounts: Amounts::of(&order.spec.group).unwrap_or_default(),
            price: lease.price.amount.u128(),
            open_until: order.open_until,
            match_until: order.match_until,
            lease: Some(lease.id.0),
            placed_at: Some(height),
        };
        Ok(self.core.reservations.put(vec![(lease.order.0, Some(row))])?)
    }

    fn queue_known(&self) -> Result<(), crate::store::StoreError> {
        for lease in self.core.mine.leases() {
            self.core.queue.push(Key::Lease(lease));
        }
        Ok(())
    }

    /// What the engine has, less what is kept back, unless the configuration says what is for sale.
    pub async fn refresh_capacity(&self) {
        let config = &self.core.config.inventory;
        let isolated = self.runtime.isolate().await;
        self.core.health.isolation(isolated.as_ref().err().map(ToString::to_string));
        if isolated.is_err() {
            // Nothing is for sale until it can be run as it should.
            self.core.set_capacity(Amounts::default());
            return;
        }
        let engine = match self.runtime.capacity().await {
            Ok(capacity) => {
                self.core.health.engine(None);
                capacity
            }
            Err(e) => {
                self.core.health.engine(Some(e.to_string()));
                return;
            }
        };
        let or = |set: u64, has: u64, keep: u64| if set > 0 { set } else { has.saturating_sub(keep) };
        let ports = &self.core.config.ports;
        let capacity = Amounts {
            cpu: or(config.cpu, engine.cpu_millis, config.keep_cpu),
            memory: or(config.memory.0, engine.memory, config.keep_memory.0),
            storage: or(config.storage.0, engine.storage, config.keep_storage.0),
            endpoints: u64::from(ports.to.saturating_sub(ports.from)) + 1,
        };
        self.core.set_capacity(capacity);
        for (resource, has, used) in [
            ("cpu", capacity.cpu, self.core.reservations.reserved().cpu),
            ("memory", capacity.memory, self.core.reservations.reserved().memory),
            ("storage", capacity.storage, self.core.reservations.reserved().storage),
            ("endpoints", capacity.endpoints, self.core.reservations.reserved().endpoints),
        ] {
            let label = crate::ops::Resource { resource };
            self.core.metrics.capacity.get_or_create(&label).set(has);
            self.core.metrics.reserved.get_or_create(&label).set(used);
        }
        self.core.metrics.reservations.set(self.core.reservations.len() as u64);
        self.core.metrics.queue.set(self.core.queue.len() as u64);
        self.core.metrics.tx_depth.set(self.core.chain.depth() as u64);
    }

    /// Queues leases of which a container does not run, until it is cancelled. One question for all of them.
    pub async fn watch(self: Arc<Self>, cancel: CancellationToken) -> anyhow::Result<()> {
        let pause = self.core.config.leases.watch.0;
        loop {
            tokio::select! {
                () = cancel.cancelled() => return Ok(()),
                () = tokio::time::sleep(pause) => {}
            }
            match self.runtime.observe().await {
                Ok(observed) => {
                    self.core.health.engine(None);
                    self.queue_down(&observed);
                }
                Err(e) => {
                    self.core.health.engine(Some(e.to_string()));
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
            }
        }
    }

    fn queue_down(&self, observed: &[crate::runtime::ObservedLease]) {
        for lease in observed {
            let id = lease.lease.0;
            let runs = !lease.containers.is_empty()
                && lease.containers.iter().all(|container| container.state == ContainerState::Running);
            let gone = self.with_known(id, |memory| {
                memory.observed.as_ref().is_some_and(|was| was.containers.len() != lease.containers.len())
            });
            if !runs || gone {
                self.core.queue.push(Key::Lease(id));
            }
        }
        // Containers that vanished with their network are in no list.
        let there: BTreeSet<u64> = observed.iter().map(|lease| lease.lease.0).collect();
        let vanished: Vec<u64> = self
            .memories()
            .iter()
            .filter(|(id, memory)| memory.observed.is_some() && !there.contains(id))
            .map(|(id, _)| *id)
            .collect();
        for id in vanished {
            self.core.queue.push(Key::Lease(id));
        }
    }

    fn with_known(&self, lease: u64, ask: impl FnOnce(&super::memory::Memory) -> bool) -> bool {
        self.memories().get(&lease).is_some_and(ask)
    }
}
