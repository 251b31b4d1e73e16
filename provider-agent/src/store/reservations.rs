//! What is promised to orders and leases, one row for each order: nothing is counted in memory only.

use redb::{ReadableDatabase, ReadableTable};
use serde::{Deserialize, Serialize};

use super::{Result, Store, RESERVATIONS};
use crate::inventory::Amounts;

/// A bid in a book, or the lease that came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    pub amounts: Amounts,
    /// Total for the term, in the base denom.
    pub price: u128,
    /// Seconds since the epoch; bids are accepted before it, a match is possible from then on.
    pub open_until: u64,
    /// Seconds since the epoch; a match is possible before it.
    pub match_until: u64,
    pub lease: Option<u64>,
    /// A height at which the chain had the bid; none while that is not known.
    pub placed_at: Option<u64>,
}

impl Store {
    pub fn reservations(&self) -> Result<Vec<(u64, Reservation)>> {
        let tx = self.db.begin_read()?;
        let table = tx.open_table(RESERVATIONS)?;
        let mut rows = Vec::new();
        for row in table.iter()? {
            let (order, value) = row?;
            rows.push((order.value(), serde_json::from_slice(value.value())?));
        }
        Ok(rows)
    }

    /// Writes several rows in one commit; `None` removes one.
    pub fn put_reservations(&self, rows: &[(u64, Option<Reservation>)]) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        self.write(|tx| {
            let mut table = tx.open_table(RESERVATIONS)?;
            for (order, row) in rows {
                match row {
                    Some(row) => table.insert(*order, serde_json::to_vec(row)?.as_slice())?,
                    None => table.remove(*order)?,
                };
            }
            Ok(())
        })
    }
}
