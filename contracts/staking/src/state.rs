//! Everything that the contract stores, under one roof, so that no two namespaces meet.

use cloud_std::storage::{Single, Table};
use cloud_std::OwnershipStore;
use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, Order, StdResult, Storage, Uint128};
use cw_storage_plus::Item;
use staking_api::{raw, Params, Unbonding};

pub const OWNERSHIP: OwnershipStore = OwnershipStore::new("ownership");
const PARAMS: Single<Params> = Single::new("params");
const MARKET: Item<Addr> = Item::new("market");
const BOOKS: Single<Books> = Single::new("books");
const ACCOUNTS: Table<&Addr, Account> = Table::new("accounts");
const UNBONDINGS: Table<(&Addr, u64), Unbonding> = Table::new("unbondings");
const UNBONDING_ID: Item<u64> = Item::new("unbonding_id");

#[cfg(test)]
const NAMESPACES: [&str; 14] = [
    "ownership",
    "params",
    "market",
    "books",
    "accounts",
    "unbondings",
    "unbonding_id",
    "contract_info",
    "members",
    "members__checkpoints",
    "members__changelog",
    "total",
    "total__checkpoints",
    "total__changelog",
];

/// Sums over all accounts, beside the bonded total.
#[cw_serde]
#[derive(Default)]
pub struct Books {
    pub unbonding: Uint128,
    pub compensation: Uint128,
    pub burned: Uint128,
    pub to_treasury: Uint128,
    pub to_tenants: Uint128,
}

/// What the contract keeps of an account beside its stake.
#[cw_serde]
#[derive(Default)]
pub struct Account {
    pub compensation: Uint128,
    pub slashed: Uint128,
}

pub fn params(storage: &dyn Storage) -> StdResult<Params> {
    PARAMS.load(storage)
}

pub fn save_params(storage: &mut dyn Storage, params: &Params) -> StdResult<()> {
    PARAMS.save(storage, params)
}

pub fn market(storage: &dyn Storage) -> StdResult<Option<Addr>> {
    MARKET.may_load(storage)
}

pub fn save_market(storage: &mut dyn Storage, market: &Addr) -> StdResult<()> {
    MARKET.save(storage, market)
}

pub fn books(storage: &dyn Storage) -> StdResult<Books> {
    Ok(BOOKS.may_load(storage)?.unwrap_or_default())
}

pub fn save_books(storage: &mut dyn Storage, books: &Books) -> StdResult<()> {
    BOOKS.save(storage, books)
}

pub fn account(storage: &dyn Storage, address: &Addr) -> StdResult<Account> {
    Ok(ACCOUNTS.may_load(storage, address)?.unwrap_or_default())
}

pub fn save_account(storage: &mut dyn Storage, address: &Addr, account: &Account) -> StdResult<()> {
    ACCOUNTS.save(storage, address, account)
}

pub fn bonded(storage: &dyn Storage, address: &Addr) -> StdResult<u64> {
    Ok(raw::MEMBERS.may_load(storage, address)?.unwrap_or_default())
}

pub fn total_bonded(storage: &dyn Storage) -> StdResult<u64> {
    Ok(raw::TOTAL.may_load(storage)?.unwrap_or_default())
}

/// Writes a new stake of one account and of all, as of `height`. An account without stake has no entry.
pub fn save_bonded(
    storage: &mut dyn Storage,
    address: &Addr,
    bonded: u64,
    total: u64,
    height: u64,
) -> StdResult<()> {
    if bonded == 0 {
        raw::MEMBERS.remove(storage, address, height)?;
    } else {
        raw::MEMBERS.save(storage, address, &bonded, height)?;
    }
    raw::TOTAL.save(storage, &total, height)
}

/// All unbondings of an account, oldest first; at most `MAX_UNBONDINGS`.
pub fn unbondings(storage: &dyn Storage, address: &Addr) -> StdResult<Vec<Unbonding>> {
    UNBONDINGS
        .prefix(address)
        .range(storage, None, None, Order::Ascending)
        .map(|entry| entry.map(|(_, unbonding)| unbonding))
        .collect()
}

pub fn next_unbonding_id(storage: &mut dyn Storage) -> StdResult<u64> {
    let id = UNBONDING_ID.may_load(storage)?.unwrap_or_default() + 1;
    UNBONDING_ID.save(storage, &id)?;
    Ok(id)
}

pub fn save_unbonding(storage: &mut dyn Storage, address: &Addr, unbonding: &Unbonding) -> StdResult<()> {
    UNBONDINGS.save(storage, (address, unbonding.id), unbonding)
}

pub fn remove_unbonding(storage: &mut dyn Storage, address: &Addr, id: u64) {
    UNBONDINGS.remove(storage, (address, id));
}

#[cfg(test)]
mod tests {
    use super::*;
    use cosmwasm_std::testing::MockStorage;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_namespaces_are_the_same() {
        let distinct: BTreeSet<_> = NAMESPACES.iter().collect();
        assert_eq!(distinct.len(), NAMESPACES.len());
    }

    #[test]
    fn every_map_writes_under_a_listed_namespace() {
        let mut storage = MockStorage::new();
        let who = Addr::unchecked("who");
        let api = cosmwasm_std::testing::MockApi::default();
        OWNERSHIP.initialise(&mut storage, &api, api.addr_make("o").as_str()).unwrap();
        let params = Params {
            denom: "uakash".into(),
            unbonding_seconds: 1,
            treasury: "t".into(),
            on_activation_expired: staking_api::Destination::Burn,
            on_lease_broken: staking_api::Destination::Burn,
            on_governance: staking_api::Destination::Burn,
        };
        save_params(&mut storage, &params).unwrap();
        save_market(&mut storage, &who).unwrap();
        save_books(&mut storage, &Books::default()).unwrap();
        save_account(&mut storage, &who, &Account::default()).unwrap();
        save_bonded(&mut storage, &who, 1, 1, 1).unwrap();
        let id = next_unbonding_id(&mut storage).unwrap();
        let unbonding = Unbonding { id, amount: Uint128::one(), started_at: 1, matures_at: 2 };
        save_unbonding(&mut storage, &who, &unbonding).unwrap();
        cw2::set_contract_version(&mut storage, "c", "0.1.0").unwrap();

        for (key, _) in storage.range(None, None, Order::Ascending) {
            let is_item = NAMESPACES.iter().any(|name| key == name.as_bytes());
            let is_map = NAMESPACES.iter().any(|name| {
                let mut prefix = (name.len() as u16).to_be_bytes().to_vec();
                prefix.extend_from_slice(name.as_bytes());
                key.starts_with(&prefix)
            });
            assert!(is_item || is_map, "{} is not listed", String::from_utf8_lossy(&key));
        }
    }
}
