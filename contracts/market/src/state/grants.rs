use cloud_std::storage::Table;
use cloud_std::Money;
use cosmwasm_std::{Addr, Empty, Order as Direction, StdResult, Storage, Uint128};
use cw_storage_plus::{Bound, Map};
use market_api::{DeploymentId, Grant, Rights};
use serde::{Deserialize, Serialize};

use super::keys;
use crate::error::ContractError;

#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct StoredGrant {
    #[serde(rename = "r")]
    pub rights: Rights,
    /// What is left; its denom stays when nothing is.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Money>,
    #[serde(rename = "s")]
    pub spent: Uint128,
    #[serde(rename = "a")]
    pub granted_at: u64,
}

impl StoredGrant {
    fn view(self, deployment: DeploymentId, delegate: Addr) -> Grant {
        let Self { rights, budget, spent, granted_at } = self;
        Grant { deployment, delegate, rights, budget, spent, granted_at }
    }
}

const GRANTS: Table<(DeploymentId, &Addr), StoredGrant> = Table::new(keys::GRANTS);
const BY_DELEGATE: Map<(&Addr, DeploymentId), Empty> = Map::new(keys::GRANTS_BY_DELEGATE);
/// Open orders of a delegate and live leases that came of them, by group.
const LIVE_COUNT: Map<(DeploymentId, &Addr, &str), u32> = Map::new(keys::GRANT_LIVE_COUNT);

pub fn may_load(
    storage: &dyn Storage,
    deployment: DeploymentId,
    delegate: &Addr,
) -> StdResult<Option<StoredGrant>> {
    GRANTS.may_load(storage, (deployment, delegate))
}

pub fn load(
    storage: &dyn Storage,
    deployment: DeploymentId,
    delegate: &Addr,
) -> Result<StoredGrant, ContractError> {
    may_load(storage, deployment, delegate)?
        .ok_or_else(|| ContractError::NoGrant { deployment, delegate: delegate.clone() })
}

pub fn save(
    storage: &mut dyn Storage,
    deployment: DeploymentId,
    delegate: &Addr,
    grant: &StoredGrant,
) -> StdResult<()> {
    GRANTS.save(storage, (deployment, delegate), grant)?;
    BY_DELEGATE.save(storage, (delegate, deployment), &Empty {})
}

pub fn remove(storage: &mut dyn Storage, deployment: DeploymentId, delegate: &Addr) {
    GRANTS.remove(storage, (deployment, delegate));
    BY_DELEGATE.remove(storage, (delegate, deployment));
}

/// All delegates of a deployment; at most `MAX_GRANTS_PER_DEPLOYMENT`.
pub fn delegates(storage: &dyn Storage, deployment: DeploymentId) -> StdResult<Vec<Addr>> {
    GRANTS.prefix(deployment).keys(storage, None, None, Direction::Ascending).collect()
}

pub(super) fn live_count(
    storage: &dyn Storage,
    deployment: DeploymentId,
    delegate: &Addr,
    group: &str,
) -> StdResult<u32> {
    Ok(LIVE_COUNT.may_load(storage, (deployment, delegate, group))?.unwrap_or_default())
}

pub(super) fn save_live_count(
    storage: &mut dyn Storage,
    deployment: DeploymentId,
    delegate: &Addr,
    group: &str,
    count: u32,
) -> StdResult<()> {
    let key = (deployment, delegate, group);
    if count == 0 {
        LIVE_COUNT.remove(storage, key);
        return Ok(());
    }
    LIVE_COUNT.save(storage, key, &count)
}

pub fn view(storage: &dyn Storage, deployment: DeploymentId, delegate: Addr) -> Result<Grant, ContractError> {
    Ok(load(storage, deployment, &delegate)?.view(deployment, delegate))
}

/// Grants on a deployment after the cursor, by delegate.
pub fn of_deployment<'a>(
    storage: &'a dyn Storage,
    deployment: DeploymentId,
    after: Option<&'a Addr>,
) -> impl Iterator<Item = StdResult<Grant>> + 'a {
    GRANTS.prefix(deployment).range(storage, after.map(Bound::exclusive), None, Direction::Ascending).map(
        move |entry| {
            let (delegate, grant) = entry?;
            Ok(grant.view(deployment, delegate))
        },
    )
}

/// Deployments that a delegate acts for after the cursor, ascending.
pub fn deployments_of<'a>(
    storage: &'a dyn Storage,
    delegate: &'a Addr,
    after: Option<DeploymentId>,
) -> impl Iterator<Item = StdResult<DeploymentId>> + 'a {
    BY_DELEGATE.prefix(delegate).keys(storage, after.map(Bound::exclusive), None, Direction::Ascending)
}
