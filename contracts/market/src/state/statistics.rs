//! What dashboards count and no decision needs, apart from the counters that every message writes.

use cloud_std::storage::Single;
use cosmwasm_std::{StdResult, Storage};
use market_api::EndReason;
use serde::{Deserialize, Serialize};

use super::changes::grow;
use super::keys;
use crate::error::ContractError;

#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Leases by the reason of their end, in the order of [`EndReason::ALL`].
    #[serde(rename = "e")]
    pub ends: [u64; EndReason::ALL.len()],
    #[serde(rename = "x")]
    pub orders_expired: u64,
    #[serde(rename = "c")]
    pub orders_closed: u64,
    #[serde(rename = "t")]
    pub tenants: u64,
    #[serde(rename = "p")]
    pub providers: u64,
    /// Seconds since the epoch.
    #[serde(rename = "s")]
    pub since: u64,
}

const STATISTICS: Single<Statistics> = Single::new(keys::STATISTICS);

pub fn load(storage: &dyn Storage) -> StdResult<Statistics> {
    STATISTICS.load(storage)
}

/// Counts from now on, unless it does already.
pub fn begin(storage: &mut dyn Storage, now: u64) -> StdResult<()> {
    match STATISTICS.may_load(storage)? {
        Some(_) => Ok(()),
        None => STATISTICS.save(storage, &Statistics { since: now, ..Statistics::default() }),
    }
}

/// Adds one to a count.
pub fn count(
    storage: &mut dyn Storage,
    which: impl FnOnce(&mut Statistics) -> &mut u64,
) -> Result<(), ContractError> {
    let mut statistics = load(storage)?;
    grow("statistics", which(&mut statistics), 1)?;
    STATISTICS.save(storage, &statistics)?;
    Ok(())
}
