use cloud_std::storage::Table;
use cosmwasm_std::{Addr, Empty, HexBinary, Order as Direction, StdResult, Storage};
use cw_storage_plus::{Bound, Map};
use market_api::{Deployment, DeploymentId, DeploymentState, LeaseId, OrderId};
use serde::{Deserialize, Serialize};

use super::keys;
use crate::error::ContractError;

#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct StoredDeployment {
    #[serde(rename = "t")]
    pub tenant: Addr,
    #[serde(rename = "s")]
    pub state: DeploymentState,
    #[serde(rename = "v")]
    pub version: HexBinary,
    #[serde(rename = "r")]
    pub revision: u64,
    #[serde(rename = "c")]
    pub created_at: u64,
    #[serde(rename = "u")]
    pub updated_at: u64,
}

const DEPLOYMENTS: Table<DeploymentId, StoredDeployment> = Table::new(keys::DEPLOYMENTS);
const BY_TENANT: Map<(&Addr, DeploymentId), Empty> = Map::new(keys::DEPLOYMENTS_BY_TENANT);
/// Apart from the record, so that the end of a lease rewrites a few bytes.
const LIVE_COUNT: Map<DeploymentId, u32> = Map::new(keys::DEPLOYMENT_LIVE_COUNT);
/// Open orders (kind 0) and live leases (kind 1), so that closing a deployment meets no ended one.
const LIVE: Map<(DeploymentId, u8, u64), Empty> = Map::new(keys::DEPLOYMENT_LIVE);

const KIND_ORDER: u8 = 0;
const KIND_LEASE: u8 = 1;

/// An open order or a live lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Live {
    Order(OrderId),
    Lease(LeaseId),
}

impl Live {
    fn key(self, deployment: DeploymentId) -> (DeploymentId, u8, u64) {
        match self {
            Self::Order(id) => (deployment, KIND_ORDER, id.0),
            Self::Lease(id) => (deployment, KIND_LEASE, id.0),
        }
    }
}

pub fn load(storage: &dyn Storage, id: DeploymentId) -> Result<StoredDeployment, ContractError> {
    DEPLOYMENTS.may_load(storage, id)?.ok_or(ContractError::NoDeployment(id))
}

pub fn save(storage: &mut dyn Storage, id: DeploymentId, deployment: &StoredDeployment) -> StdResult<()> {
    DEPLOYMENTS.save(storage, id, deployment)
}

pub fn create(storage: &mut dyn Storage, id: DeploymentId, deployment: &StoredDeployment) -> StdResult<()> {
    BY_TENANT.save(storage, (&deployment.tenant, id), &Empty {})?;
    save(storage, id, deployment)
}

pub fn live_count(storage: &dyn Storage, id: DeploymentId) -> StdResult<u32> {
    Ok(LIVE_COUNT.may_load(storage, id)?.unwrap_or_default())
}

pub(super) fn save_live_count(storage: &mut dyn Storage, id: DeploymentId, count: u32) -> StdResult<()> {
    LIVE_COUNT.save(storage, id, &count)
}

pub(super) fn add_live(storage: &mut dyn Storage, deployment: DeploymentId, live: Live) -> StdResult<()> {
    LIVE.save(storage, live.key(deployment), &Empty {})
}

pub(super) fn remove_live(storage: &mut dyn Storage, deployment: DeploymentId, live: Live) {
    LIVE.remove(storage, live.key(deployment));
}

/// Open orders and live leases, at most `limit`.
pub fn live(storage: &dyn Storage, deployment: DeploymentId, limit: usize) -> StdResult<Vec<Live>> {
    LIVE.sub_prefix(deployment)
        .keys(storage, None, None, Direction::Ascending)
        .take(limit)
        .map(|key| {
            let (kind, id) = key?;
            Ok(if kind == KIND_ORDER { Live::Order(OrderId(id)) } else { Live::Lease(LeaseId(id)) })
        })
        .collect()
}

pub fn view(storage: &dyn Storage, id: DeploymentId) -> Result<Deployment, ContractError> {
    let stored = load(storage, id)?;
    Ok(Deployment {
        id,
        tenant: stored.tenant,
        state: stored.state,
        version: stored.version,
        revision: stored.revision,
        live: live_count(storage, id)?,
        created_at: stored.created_at,
        updated_at: stored.updated_at,
    })
}

/// Ids of a tenant's deployments after the cursor, ascending.
pub fn ids_of_tenant<'a>(
    storage: &'a dyn Storage,
    tenant: &'a Addr,
    after: Option<DeploymentId>,
) -> impl Iterator<Item = StdResult<DeploymentId>> + 'a {
    BY_TENANT.prefix(tenant).keys(storage, after.map(Bound::exclusive), None, Direction::Ascending)
}
