use cloud_std::storage::Table;
use cosmwasm_std::{Addr, Empty, Order as Direction, StdResult, Storage};
use cw_storage_plus::{Bound, Map};
use market_api::LeaseId;
use serde::{Deserialize, Serialize};

use super::keys;

/// What the fault of an ended lease has still to cost its provider. Fault and extent are those of the lease's terms.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Due {
    #[serde(rename = "s", default)]
    pub slash: bool,
    #[serde(rename = "j", default)]
    pub jail: bool,
}

const DUE: Table<LeaseId, Due> = Table::new(keys::PUNISHMENTS);
const BY_PROVIDER: Map<(&Addr, LeaseId), Empty> = Map::new(keys::PUNISHMENTS_BY_PROVIDER);

pub fn due(storage: &dyn Storage, lease: LeaseId) -> StdResult<Option<Due>> {
    DUE.may_load(storage, lease)
}

/// Nothing due removes the entry.
pub fn save(storage: &mut dyn Storage, lease: LeaseId, provider: &Addr, due: Due) -> StdResult<()> {
    if due == Due::default() {
        DUE.remove(storage, lease);
        BY_PROVIDER.remove(storage, (provider, lease));
        return Ok(());
    }
    DUE.save(storage, lease, &due)?;
    BY_PROVIDER.save(storage, (provider, lease), &Empty {})
}

/// The first lease of a provider with a punishment due.
pub fn first_of(storage: &dyn Storage, provider: &Addr) -> StdResult<Option<LeaseId>> {
    BY_PROVIDER.prefix(provider).keys(storage, None, None, Direction::Ascending).next().transpose()
}

/// Ascending by lease.
pub fn after(
    storage: &dyn Storage,
    lease: Option<LeaseId>,
) -> impl Iterator<Item = StdResult<(LeaseId, Due)>> + '_ {
    DUE.range(storage, lease.map(Bound::exclusive), None, Direction::Ascending)
}
