//! Which orders and leases concern this provider, for telling its events from everybody's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{PoisonError, RwLock};

#[derive(Default)]
struct Inner {
    /// Orders with a bid of ours.
    orders: BTreeSet<u64>,
    /// Leases to their deployments.
    leases: BTreeMap<u64, u64>,
}

#[derive(Default)]
pub struct Mine(RwLock<Inner>);

impl Mine {
    fn read<T>(&self, ask: impl FnOnce(&Inner) -> T) -> T {
        ask(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn has_order(&self, order: u64) -> bool {
        self.read(|inner| inner.orders.contains(&order))
    }

    pub fn set_order(&self, order: u64) {
        self.write(|inner| inner.orders.insert(order));
    }

    pub fn drop_order(&self, order: u64) {
        self.write(|inner| inner.orders.remove(&order));
    }

    pub fn has_lease(&self, lease: u64) -> bool {
        self.read(|inner| inner.leases.contains_key(&lease))
    }

    pub fn set_lease(&self, lease: u64, deployment: u64) {
        self.write(|inner| inner.leases.insert(lease, deployment));
    }

    pub fn drop_lease(&self, lease: u64) {
        self.write(|inner| inner.leases.remove(&lease));
    }

    pub fn leases(&self) -> Vec<u64> {
        self.read(|inner| inner.leases.keys().copied().collect())
    }

    /// With their deployments.
    pub fn leases_with_deployments(&self) -> BTreeMap<u64, u64> {
        self.read(|inner| inner.leases.clone())
    }

    pub fn leases_of(&self, deployment: u64) -> Vec<u64> {
        self.read(|inner| {
            inner.leases.iter().filter(|(_, of)| **of == deployment).map(|(id, _)| *id).collect()
        })
    }
}
