use cloud_std::storage::Table;
use cloud_std::{Money, MAX_PAGE_LIMIT};
use cosmwasm_std::{Addr, Empty, Order as Direction, StdResult, Storage, Uint128};
use cw_storage_plus::Map;
use lease_math::Fulfilment;
use market_api::{ProviderRecord, Record};
use serde::{Deserialize, Serialize};

use super::changes::grow;
use super::keys;
use crate::error::ContractError;

/// The counts of a provider's [`Record`].
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    #[serde(rename = "w")]
    pub won: u64,
    #[serde(rename = "a")]
    pub activated: u64,
    #[serde(rename = "d")]
    pub declined: u64,
    #[serde(rename = "e")]
    pub expired: u64,
    #[serde(rename = "c")]
    pub completed: u64,
    #[serde(rename = "b")]
    pub broken: u64,
    #[serde(rename = "l")]
    pub live: u64,
    #[serde(rename = "t")]
    pub tenants: u64,
}

/// What a provider served and earned in one denom; apart from the tally, so that a withdrawal writes only this.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Service {
    #[serde(rename = "s")]
    seconds: u64,
    #[serde(rename = "e")]
    earned: Uint128,
}

const TALLIES: Table<&Addr, Tally> = Table::new(keys::RECORDS);
const SERVICES: Table<(&Addr, &str), Service> = Table::new(keys::SERVICES);
const TENANTS: Map<(&Addr, &Addr), Empty> = Map::new(keys::TENANTS_OF_PROVIDER);

/// Changes a provider's tally.
pub fn update(
    storage: &mut dyn Storage,
    provider: &Addr,
    change: impl FnOnce(&mut Tally) -> Result<(), ContractError>,
) -> Result<(), ContractError> {
    let mut tally = TALLIES.may_load(storage, provider)?.unwrap_or_default();
    change(&mut tally)?;
    TALLIES.save(storage, provider, &tally)?;
    Ok(())
}

/// Notes that a provider served a tenant; says whether it is the first time.
pub fn meets(storage: &mut dyn Storage, provider: &Addr, tenant: &Addr) -> StdResult<bool> {
    let first = !TENANTS.has(storage, (provider, tenant));
    if first {
        TENANTS.save(storage, (provider, tenant), &Empty {})?;
    }
    Ok(first)
}

/// Counts time served and money earned.
pub fn serve(
    storage: &mut dyn Storage,
    provider: &Addr,
    denom: &str,
    seconds: u64,
    amount: Uint128,
) -> Result<(), ContractError> {
    if seconds == 0 && amount.is_zero() {
        return Ok(());
    }
    let mut service = SERVICES.may_load(storage, (provider, denom))?.unwrap_or_default();
    grow("seconds served", &mut service.seconds, seconds)?;
    grow("amount earned", &mut service.earned, amount)?;
    SERVICES.save(storage, (provider, denom), &service)?;
    Ok(())
}

/// What reputation counts of a provider's record.
pub fn fulfilment(storage: &dyn Storage, provider: &Addr) -> Result<Fulfilment, ContractError> {
    let tally = TALLIES.may_load(storage, provider)?.unwrap_or_default();
    let mut seconds_served = 0;
    let services = SERVICES.prefix(provider).range(storage, None, None, Direction::Ascending);
    for entry in services.take(MAX_PAGE_LIMIT as usize) {
        grow("seconds served", &mut seconds_served, entry?.1.seconds)?;
    }
    Ok(Fulfilment {
        seconds_served,
        distinct_tenants: tally.tenants,
        declined: tally.declined,
        expired: tally.expired,
        broken: tally.broken,
    })
}

pub fn view(storage: &dyn Storage, provider: Addr) -> Result<ProviderRecord, ContractError> {
    let tally = TALLIES.may_load(storage, &provider)?.unwrap_or_default();
    let mut record = Record {
        leases_won: tally.won,
        leases_activated: tally.activated,
        leases_declined: tally.declined,
        leases_expired: tally.expired,
        leases_completed: tally.completed,
        leases_broken: tally.broken,
        leases_live: tally.live,
        seconds_served: 0,
        distinct_tenants: tally.tenants,
    };
    let mut earned = Vec::new();
    let services = SERVICES.prefix(&provider).range(storage, None, None, Direction::Ascending);
    for entry in services.take(MAX_PAGE_LIMIT as usize) {
        let (denom, service) = entry?;
        grow("seconds served", &mut record.seconds_served, service.seconds)?;
        earned.push(Money::new(denom, service.earned));
    }
    Ok(ProviderRecord { provider, record, earned })
}
