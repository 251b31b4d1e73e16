//! What is promised, in memory and in the database alike: the database first.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::inventory::{self, Amounts};
use crate::mine::Mine;
use crate::store::{Reservation, Store, StoreError};

pub struct Reservations {
    store: Store,
    mine: Arc<Mine>,
    rows: Mutex<BTreeMap<u64, Reservation>>,
}

impl Reservations {
    pub fn load(store: Store, mine: Arc<Mine>) -> Result<Self, StoreError> {
        let rows: BTreeMap<u64, Reservation> = store.reservations()?.into_iter().collect();
        for order in rows.keys() {
            mine.set_order(*order);
        }
        Ok(Self { store, mine, rows: Mutex::new(rows) })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Reservation>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn get(&self, order: u64) -> Option<Reservation> {
        self.lock().get(&order).cloned()
    }

    pub fn len(&self) -> usize {
        self.lock().len()
    }

    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    pub fn reserved(&self) -> Amounts {
        inventory::sum(self.lock().values().map(|row| &row.amounts))
    }

    /// Writes and removes rows in one commit.
    pub fn put(&self, changes: Vec<(u64, Option<Reservation>)>) -> Result<(), StoreError> {
        // Held over the commit, so that memory and database change in the same order.
        let mut rows = self.lock();
        self.store.put_reservations(&changes)?;
        for (order, row) in changes {
            match row {
                Some(row) => {
                    rows.insert(order, row);
                    self.mine.set_order(order);
                }
                None => {
                    rows.remove(&order);
                    self.mine.drop_order(order);
                }
            }
        }
        Ok(())
    }

    /// Changes one row, if it is there and the change changes it.
    pub fn update(&self, order: u64, change: impl FnOnce(&mut Reservation)) -> Result<(), StoreError> {
        let Some(before) = self.get(order) else { return Ok(()) };
        let mut row = before.clone();
        change(&mut row);
        if row != before {
            self.put(vec![(order, Some(row))])?;
        }
        Ok(())
    }

    pub fn release(&self, order: u64) -> Result<(), StoreError> {
        if self.get(order).is_some() {
            self.put(vec![(order, None)])?;
        }
        Ok(())
    }

    /// Orders whose bidding is over at this time and that no lease of ours came of yet.
    pub fn due(&self, now: u64) -> Vec<(u64, Reservation)> {
        let rows = self.lock();
        let due =
            rows.iter().filter(|(_, r)| r.placed_at.is_some() && r.lease.is_none() && r.open_until <= now);
        due.map(|(order, row)| (*order, row.clone())).collect()
    }

    /// Orders that no lease of ours came of, with the height at which the bid was known.
    pub fn without_lease(&self) -> Vec<(u64, Option<u64>)> {
        let rows = self.lock();
        rows.iter().filter(|(_, r)| r.lease.is_none()).map(|(order, row)| (*order, row.placed_at)).collect()
    }

    /// Bids in books and leases that are reserved for.
    pub fn with_lease(&self) -> Vec<(u64, u64)> {
        self.lock().iter().filter_map(|(order, row)| row.lease.map(|lease| (*order, lease))).collect()
    }
}
