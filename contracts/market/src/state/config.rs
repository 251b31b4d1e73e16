use cloud_std::storage::Single;
use cloud_std::OwnershipStore;
use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, StdResult, Storage};
use market_api::Params;

use super::keys;

/// The contracts that this one works with.
#[cw_serde]
pub struct Suite {
    pub registry: Addr,
    pub staking: Addr,
}

const SUITE: Single<Suite> = Single::new(keys::CONFIG);
const PARAMS: Single<Params> = Single::new(keys::PARAMS);
pub const OWNERSHIP: OwnershipStore = OwnershipStore::new(keys::OWNERSHIP);

pub fn suite(storage: &dyn Storage) -> StdResult<Suite> {
    SUITE.load(storage)
}

pub fn save_suite(storage: &mut dyn Storage, suite: &Suite) -> StdResult<()> {
    SUITE.save(storage, suite)
}

pub fn params(storage: &dyn Storage) -> StdResult<Params> {
    PARAMS.load(storage)
}

pub fn save_params(storage: &mut dyn Storage, params: &Params) -> StdResult<()> {
    PARAMS.save(storage, params)
}
