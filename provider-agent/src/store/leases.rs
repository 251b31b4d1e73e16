//! What the agent knows of each lease beyond chain and engine: manifests, published ports, how its end was seen.

use redb::{ReadableDatabase, ReadableTable};
use serde::{Deserialize, Serialize};

use super::{Result, Store, StoreError, EVENTS, LEASES, MANIFESTS, PORTS};

/// A lease that the agent has had to do with and that is not yet settled for good.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseRow {
    pub order: u64,
    /// The height of the first successful read that said this lease has ended.
    pub ended_at_height: Option<u64>,
    /// Its containers, network and volumes are gone.
    pub removed: bool,
    /// The version that the engine was last brought to, in hex.
    pub applied: Option<String>,
    /// The chain had it as one of this provider's.
    pub seen_live: bool,
    /// When money was last withdrawn, in seconds since the epoch.
    pub withdrawn_at: u64,
}

/// A port of the pool and what it is published for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PortRow {
    pub lease: u64,
    pub service: String,
    /// Counts the replicas from 0.
    pub replica: u32,
    pub container_port: u16,
    /// `tcp` or `udp`.
    pub protocol: String,
}

impl Store {
    pub fn lease_row(&self, lease: u64) -> Result<Option<LeaseRow>> {
        let tx = self.db.begin_read()?;
        let table = tx.open_table(LEASES)?;
        let value = table.get(lease)?;
        Ok(value.map(|v| serde_json::from_slice(v.value())).transpose()?)
    }

    pub fn lease_rows(&self) -> Result<Vec<(u64, LeaseRow)>> {
        let tx = self.db.begin_read()?;
        let table = tx.open_table(LEASES)?;
        let mut rows = Vec::new();
        for row in table.iter()? {
            let (id, value) = row?;
            rows.push((id.value(), serde_json::from_slice(value.value())?));
        }
        Ok(rows)
    }

    /// Changes a lease's row, from the default one when there was none; writes only what differs.
    pub fn update_lease(&self, lease: u64, change: impl FnOnce(&mut LeaseRow)) -> Result<LeaseRow> {
        let before = self.lease_row(lease)?;
        let mut row = before.clone().unwrap_or_default();
        change(&mut row);
        if before.as_ref() != Some(&row) {
            let bytes = serde_json::to_vec(&row)?;
            self.write(|tx| {
                tx.open_table(LEASES)?.insert(lease, bytes.as_slice())?;
                Ok(())
            })?;
        }
        Ok(row)
    }

    /// Forgets a lease that is over, with its manifests, ports and events.
    pub fn forget_lease(&self, lease: u64) -> Result<()> {
        self.write(|tx| {
            tx.open_table(LEASES)?.remove(lease)?;
            tx.open_table(MANIFESTS)?.retain(|(of, _), _| of != lease)?;
            tx.open_table(EVENTS)?.retain_in((lease, 0)..=(lease, u64::MAX), |_, _| false)?;
            free_ports(tx, lease, |_| false)?;
            Ok(())
        })
    }

    // ---- manifests

    /// Keeps the canonical manifest of a version.
    pub fn put_manifest(&self, lease: u64, version: &str, canonical: &[u8]) -> Result<()> {
        self.write(|tx| {
            tx.open_table(MANIFESTS)?.insert((lease, version), canonical)?;
            Ok(())
        })
    }

    pub fn manifest(&self, lease: u64, version: &str) -> Result<Option<Vec<u8>>> {
        let tx = self.db.begin_read()?;
        let table = tx.open_table(MANIFESTS)?;
        let value = table.get((lease, version))?;
        Ok(value.map(|v| v.value().to_vec()))
    }

    /// The versions of a lease whose manifest is here.
    pub fn manifest_versions(&self, lease: u64) -> Result<Vec<String>> {
        let tx = self.db.begin_read()?;
        let table = tx.open_table(MANIFESTS)?;
        let mut versions = Vec::new();
        for row in table.range((lease, "")..(lease.saturating_add(1), ""))? {
            versions.push(row?.0.value().1.to_owned());
        }
        Ok(versions)
    }

    /// Shows every manifest that is held, with its lease.
    pub fn each_manifest(&self, mut see: impl FnMut(u64, &[u8])) -> Result<()> {
        let tx = self.db.begin_read()?;
        let table = tx.open_table(MANIFESTS)?;
        for row in table.iter()? {
            let (key, bytes) = row?;
            see(key.value().0, bytes.value());
        }
        Ok(())
    }

    /// Drops all versions of a lease but those named.
    pub fn keep_manifests(&self, lease: u64, keep: &[&str]) -> Result<()> {
        let mut stale = self.manifest_versions(lease)?;
        stale.retain(|version| !keep.contains(&version.as_str()));
        if stale.is_empty() {
            return Ok(());
        }
        self.write(|tx| {
            let mut table = tx.open_table(MANIFESTS)?;
            for version in &stale {
                table.remove((lease, version.as_str()))?;
            }
            Ok(())
        })
    }

    // ---- ports

    /// Ports of a lease with what they are for.
    pub fn ports_of(&self, lease: u64) -> Result<Vec<(u16, PortRow)>> {
        let tx = self.db.begin_read()?;
        let table = tx.open_table(PORTS)?;
        let mut rows = Vec::new();
        for row in table.iter()? {
            let (port, value) = row?;
            let row: PortRow = serde_json::from_slice(value.value())?;
            if row.lease == lease {
                rows.push((port.value(), row));
            }
        }
        Ok(rows)
    }

    /// Ports that are taken, of all leases.
    pub fn ports_taken(&self) -> Result<usize> {
        let tx = self.db.begin_read()?;
        let table = tx.open_table(PORTS)?;
        Ok(table.iter()?.count())
    }

    /// Gives each wanted publication its port, the one that it has already or a free one of the pool, all in one
    /// commit: either every publication has a port or none is taken. Publications of the lease that are not wanted
    /// any more lose theirs. `busy` says whether something else on this machine holds a port.
    pub fn assign_ports(
        &self,
        lease: u64,
        wanted: &[PortRow],
        pool: (u16, u16),
        busy: impl Fn(u16) -> bool,
    ) -> Result<Vec<(u16, PortRow)>> {
        self.write(|tx| {
            free_ports(tx, lease, |row| wanted.contains(row))?;
            let mut table = tx.open_table(PORTS)?;
            let mut taken = std::collections::BTreeMap::new();
            for row in table.iter()? {
                let (port, value) = row?;
                taken.insert(port.value(), serde_json::from_slice::<PortRow>(value.value())?);
            }
            let mut assigned = Vec::new();
            for publication in wanted {
                let held = taken.iter().find(|(_, row)| *row == publication).map(|(port, _)| *port);
                let port = match held {
                    Some(port) => port,
                    None => (pool.0..=pool.1)
                        .find(|port| !taken.contains_key(port) && !busy(*port))
                        .ok_or(StoreError::NoFreePort { from: pool.0, to: pool.1 })?,
                };
                table.insert(port, serde_json::to_vec(publication)?.as_slice())?;
                taken.insert(port, publication.clone());
                assigned.push((port, publication.clone()));
            }
            Ok(assigned)
        })
    }

    /// Records publications that run already, such as after the database was lost.
    pub fn adopt_ports(&self, running: &[(u16, PortRow)]) -> Result<()> {
        let known: Vec<(u16, PortRow)> = {
            let tx = self.db.begin_read()?;
            let table = tx.open_table(PORTS)?;
            let mut known = Vec::new();
            for (port, row) in running {
                if table.get(*port)?.is_none() {
                    known.push((*port, row.clone()));
                }
            }
            known
        };
        if known.is_empty() {
            return Ok(());
        }
        self.write(|tx| {
            let mut table = tx.open_table(PORTS)?;
            for (port, row) in &known {
                table.insert(*port, serde_json::to_vec(row)?.as_slice())?;
            }
            Ok(())
        })
    }

    /// Frees one port, which something else on this machine turned out to hold.
    pub fn release_port(&self, port: u16) -> Result<()> {
        self.write(|tx| {
            tx.open_table(PORTS)?.remove(port)?;
            Ok(())
        })
    }

    /// Frees all ports of a lease.
    pub fn release_ports(&self, lease: u64) -> Result<()> {
        self.write(|tx| free_ports(tx, lease, |_| false))
    }
}

fn free_ports(tx: &redb::WriteTransaction, lease: u64, keep: impl Fn(&PortRow) -> bool) -> Result<()> {
    let mut table = tx.open_table(PORTS)?;
    // A row that cannot be read is kept: its port may be in use.
    table.retain(|_, value| match serde_json::from_slice::<PortRow>(value) {
        Ok(row) => row.lease != lease || keep(&row),
        Err(_) => true,
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(lease: u64, service: &str, container_port: u16) -> PortRow {
        PortRow { lease, service: service.into(), replica: 0, container_port, protocol: "tcp".into() }
    }

    #[test]
    fn a_publication_keeps_its_port_and_frees_what_is_not_wanted() {
        let store = Store::in_memory().unwrap();
        let pool = (100, 102);
        let first =
            store.assign_ports(1, &[port(1, "web", 80), port(1, "api", 81)], pool, |_| false).unwrap();
        let again = store.assign_ports(1, &[port(1, "api", 81)], pool, |_| false).unwrap();
        assert_eq!(again[0].0, first[1].0);
        assert_eq!(store.ports_taken().unwrap(), 1);
    }

    #[test]
    fn a_pool_that_is_too_small_gives_nothing_at_all() {
        let store = Store::in_memory().unwrap();
        let wanted: Vec<_> = (0..3).map(|n| port(1, "web", n)).collect();
        let refused = store.assign_ports(1, &wanted, (100, 101), |_| false);
        assert!(matches!(refused, Err(StoreError::NoFreePort { .. })));
        assert_eq!(store.ports_taken().unwrap(), 0);
    }

    #[test]
    fn ports_in_use_by_others_are_passed_over() {
        let store = Store::in_memory().unwrap();
        store.adopt_ports(&[(101, port(9, "old", 1))]).unwrap();
        let got = store.assign_ports(1, &[port(1, "web", 80)], (100, 102), |p| p == 100).unwrap();
        assert_eq!(got[0].0, 102);
    }

    #[test]
    fn a_forgotten_lease_leaves_nothing_behind() {
        let store = Store::in_memory().unwrap();
        let event = gateway_api::LeaseEvent {
            at_ms: 0,
            kind: gateway_api::EventKind::Won,
            service: None,
            replica: None,
            message: String::new(),
        };
        for lease in [1, 2] {
            store.update_lease(lease, |row| row.order = lease).unwrap();
            store.put_manifest(lease, "aa", b"{}").unwrap();
            store.push_event(lease, &event).unwrap();
            store.assign_ports(lease, &[port(lease, "web", 80)], (100, 110), |_| false).unwrap();
        }
        store.forget_lease(1).unwrap();
        assert_eq!(store.lease_rows().unwrap().len(), 1);
        assert_eq!(store.manifest(1, "aa").unwrap(), None);
        assert_eq!(store.manifest(2, "aa").unwrap(), Some(b"{}".to_vec()));
        assert!(store.events(1).unwrap().is_empty() && store.ports_of(1).unwrap().is_empty());
        assert_eq!(store.ports_of(2).unwrap().len(), 1);
    }

    #[test]
    fn old_versions_of_a_manifest_are_dropped() {
        let store = Store::in_memory().unwrap();
        for version in ["aa", "bb", "cc"] {
            store.put_manifest(4, version, b"{}").unwrap();
        }
        store.keep_manifests(4, &["bb"]).unwrap();
        assert_eq!(store.manifest(4, "aa").unwrap(), None);
        assert!(store.manifest(4, "bb").unwrap().is_some());
    }
}
