use cloud_std::storage::{Single, Table};
use cloud_std::Sorted;
use cosmwasm_std::{Addr, Order as Direction, StdResult, Storage, Uint128};
use market_api::DeploymentId;
use serde::{Deserialize, Serialize};

use super::{deployments, grants, keys};
use crate::error::ContractError;

/// What the contract owes in one denom, by what for. The sum is covered by its bank balance at every height.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Locked in orders.
    #[serde(rename = "o")]
    pub orders: Uint128,
    /// Bid deposits.
    #[serde(rename = "d")]
    pub deposits: Uint128,
    /// In leases that have not ended: their funds less what was withdrawn.
    #[serde(rename = "l")]
    pub live: Uint128,
    /// In leases that have ended: earned and not withdrawn.
    #[serde(rename = "e")]
    pub earned: Uint128,
    /// Budgets of delegates that are not spent.
    #[serde(rename = "g", default, skip_serializing_if = "Uint128::is_zero")]
    pub grants: Uint128,
    /// Ever earned by providers. Nothing that is owed.
    #[serde(rename = "t", default, skip_serializing_if = "Uint128::is_zero")]
    pub earned_in_all: Uint128,
}

/// Counts of `market_api::Totals` that every message writes.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    #[serde(rename = "d")]
    pub deployments: u64,
    #[serde(rename = "dl")]
    pub deployments_live: u64,
    #[serde(rename = "o")]
    pub orders: u64,
    #[serde(rename = "oo")]
    pub orders_open: u64,
    #[serde(rename = "b")]
    pub bids: u64,
    #[serde(rename = "l")]
    pub leases: u64,
    #[serde(rename = "lp")]
    pub leases_pending: u64,
    #[serde(rename = "la")]
    pub leases_active: u64,
}

const COUNTS: Single<Counts> = Single::new(keys::TOTALS);
const LEDGERS: Table<&str, Ledger> = Table::new(keys::LEDGERS);

pub fn counts(storage: &dyn Storage) -> StdResult<Counts> {
    COUNTS.load(storage)
}

pub fn initialise(storage: &mut dyn Storage) -> StdResult<()> {
    COUNTS.save(storage, &Counts::default())
}

/// The ledgers of the denoms that the market ever held, at most `limit`.
pub fn ledgers(storage: &dyn Storage, limit: usize) -> StdResult<Vec<(String, Ledger)>> {
    LEDGERS.range(storage, None, None, Direction::Ascending).take(limit).collect()
}

/// What one message changes in counters that many things share: read at most once and written at most once, because
/// writes are what gas is spent on.
#[derive(Default)]
pub struct Changes {
    counts: Option<(Counts, Counts)>,
    ledgers: Sorted<String, (Ledger, Ledger)>,
    live: Sorted<DeploymentId, (u32, u32)>,
    /// By deployment, delegate and group.
    delegated: Sorted<(DeploymentId, Addr, String), (u32, u32)>,
}

impl Changes {
    pub fn counts(&mut self, storage: &dyn Storage) -> StdResult<&mut Counts> {
        let (_, counts) = match &mut self.counts {
            Some(read) => read,
            unread => {
                let stored = COUNTS.load(storage)?;
                unread.insert((stored, stored))
            }
        };
        Ok(counts)
    }

    pub fn ledger(&mut self, storage: &dyn Storage, denom: &str) -> StdResult<&mut Ledger> {
        let stored = || LEDGERS.may_load(storage, denom).map(Option::unwrap_or_default);
        Ok(&mut self.ledgers.entry(denom.to_owned(), || twice(stored()))?.1)
    }

    /// Open orders and live leases of a deployment, together.
    pub fn live(&mut self, storage: &dyn Storage, id: DeploymentId) -> StdResult<&mut u32> {
        Ok(&mut self.live.entry(id, || twice(deployments::live_count(storage, id)))?.1)
    }

    /// Open orders of a delegate for one group, and live leases that came of them.
    pub fn delegated(
        &mut self,
        storage: &dyn Storage,
        deployment: DeploymentId,
        delegate: &Addr,
        group: &str,
    ) -> StdResult<&mut u32> {
        let key = (deployment, delegate.clone(), group.to_owned());
        let stored = || grants::live_count(storage, deployment, delegate, group);
        Ok(&mut self.delegated.entry(key, || twice(stored()))?.1)
    }

    /// Writes what differs from what is stored.
    pub fn flush(self, storage: &mut dyn Storage) -> StdResult<()> {
        if let Some((before, after)) = self.counts {
            if before != after {
                COUNTS.save(storage, &after)?;
            }
        }
        for (denom, (before, after)) in self.ledgers {
            if before != after {
                LEDGERS.save(storage, &denom, &after)?;
            }
        }
        for (id, (before, after)) in self.live {
            if before != after {
                deployments::save_live_count(storage, id, after)?;
            }
        }
        for ((deployment, delegate, group), (before, after)) in self.delegated {
            if before != after {
                grants::save_live_count(storage, deployment, &delegate, &group, after)?;
            }
        }
        Ok(())
    }
}

/// What is stored, and what it becomes.
fn twice<T: Copy>(stored: StdResult<T>) -> StdResult<(T, T)> {
    stored.map(|stored| (stored, stored))
}

/// Adds to a counter or an amount, and says which one when it cannot.
pub fn grow<T>(what: &'static str, value: &mut T, amount: T) -> Result<(), ContractError>
where
    T: Copy + Into<u128> + TryFrom<u128>,
{
    let (from, by) = ((*value).into(), amount.into());
    let overflow = || ContractError::Overflow { what, from, amount: by };
    let sum: u128 = from.checked_add(by).ok_or_else(overflow)?;
    *value = T::try_from(sum).map_err(|_| overflow())?;
    Ok(())
}

/// Takes from a counter or an amount, and says which one when there is not enough.
pub fn shrink<T>(what: &'static str, value: &mut T, amount: T) -> Result<(), ContractError>
where
    T: Copy + Into<u128> + TryFrom<u128>,
{
    let (from, by) = ((*value).into(), amount.into());
    let underflow = || ContractError::Underflow { what, from, amount: by };
    let rest: u128 = from.checked_sub(by).ok_or_else(underflow)?;
    *value = T::try_from(rest).map_err(|_| underflow())?;
    Ok(())
}
