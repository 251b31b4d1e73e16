use cloud_std::storage::Table;
use cloud_std::{Bps, Money};
use cosmwasm_std::{Addr, Empty, HexBinary, Order as Direction, StdResult, Storage, Uint128};
use cw_storage_plus::{Bound, Map};
use lease_math::{earned, ends_at, funded_seconds};
use market_api::msg::LeaseFilter;
use market_api::msg::TimeCursor;
use market_api::{DeploymentId, EndReason, Lease, LeaseId, LeasePhase, LeaseState, OrderId};
use serde::{Deserialize, Serialize};

use super::changes::{grow, shrink, Changes};
use super::deployments::{self, Live};
use super::keys;
use super::orders::Ids;
use crate::error::ContractError;

/// What never changes of a lease. Parameters are those at the match, so that a live lease keeps its terms.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct LeaseTerms {
    #[serde(rename = "i")]
    pub deployment: DeploymentId,
    #[serde(rename = "o")]
    pub order: OrderId,
    #[serde(rename = "g")]
    pub group: String,
    #[serde(rename = "t")]
    pub tenant: Addr,
    #[serde(rename = "p")]
    pub provider: Addr,
    #[serde(rename = "d")]
    pub denom: String,
    #[serde(rename = "a")]
    pub price: Uint128,
    /// Seconds.
    #[serde(rename = "n")]
    pub term: u64,
    #[serde(rename = "v")]
    pub matched_version: HexBinary,
    #[serde(rename = "m")]
    pub matched_at: u64,
    #[serde(rename = "u")]
    pub activate_until: u64,
    /// Seconds.
    #[serde(rename = "w")]
    pub notice_window: u64,
    #[serde(rename = "es")]
    pub expiry_slash: Bps,
    /// Seconds.
    #[serde(rename = "ej")]
    pub expiry_jail: u64,
    #[serde(rename = "bs")]
    pub break_slash: Bps,
    #[serde(rename = "bp")]
    pub break_penalty: Bps,
    /// Who opened the order for the tenant.
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    pub delegate: Option<Addr>,
}

/// What changes of a lease.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct LeaseStatus {
    #[serde(rename = "s")]
    pub state: LeaseState,
    #[serde(rename = "f")]
    pub funds: Uint128,
    #[serde(rename = "w")]
    pub withdrawn: Uint128,
    /// Seconds that the provider's record already counts.
    #[serde(rename = "c", default, skip_serializing_if = "is_zero")]
    pub counted_seconds: u64,
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<u64>,
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub notice_until: Option<u64>,
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    pub end: Option<LeaseEnd>,
}

/// How a lease ended.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct LeaseEnd {
    #[serde(rename = "t")]
    pub at: u64,
    #[serde(rename = "r")]
    pub reason: EndReason,
    /// Less a penalty.
    #[serde(rename = "e")]
    pub earned: Uint128,
    #[serde(rename = "b")]
    pub refunded: Uint128,
}

fn is_zero(value: &u64) -> bool {
    *value == 0
}

/// What the indexes know of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Indexed {
    state: LeaseState,
    /// The end of an active lease.
    end: Option<u64>,
}

/// A lease in memory.
#[derive(Clone, Debug)]
pub struct LeaseRow {
    pub id: LeaseId,
    pub terms: LeaseTerms,
    pub status: LeaseStatus,
    indexed: Option<Indexed>,
}

impl LeaseRow {
    pub fn new(id: LeaseId, terms: LeaseTerms, status: LeaseStatus) -> Self {
        Self { id, terms, status, indexed: None }
    }

    pub fn funded_seconds(&self) -> Result<u64, ContractError> {
        Ok(funded_seconds(self.status.funds.u128(), self.terms.term, self.terms.price.u128())?)
    }

    /// When an active lease ends if nobody acts; `None` for one that is not active.
    pub fn natural_end(&self) -> Result<Option<u64>, ContractError> {
        match (self.status.state, self.status.started_at) {
            (LeaseState::Active, Some(started)) => {
                Ok(Some(ends_at(started, self.funded_seconds()?, self.status.notice_until)))
            }
            _ => Ok(None),
        }
    }

    /// Seconds that an active or ended lease has served at `now`.
    pub fn served_at(&self, now: u64) -> Result<u64, ContractError> {
        let Some(started) = self.status.started_at else { return Ok(0) };
        let until = match (&self.status.end, self.natural_end()?) {
            (Some(end), _) => end.at,
            (None, Some(end)) => end.min(now),
            (None, None) => started,
        };
        Ok(until.saturating_sub(started))
    }

    /// What an active lease has earned at `now`, or an ended one in all.
    pub fn earned_at(&self, now: u64) -> Result<Uint128, ContractError> {
        if let Some(end) = &self.status.end {
            return Ok(end.earned);
        }
        let served = self.served_at(now)?;
        let total = earned(self.terms.price.u128(), served, self.funded_seconds()?, self.terms.term)?;
        Ok(Uint128::new(total))
    }

    pub fn phase(&self, now: u64) -> Result<LeasePhase, ContractError> {
        Ok(match self.status.state {
            LeaseState::Pending if now <= self.terms.activate_until => LeasePhase::Pending,
            LeaseState::Pending => LeasePhase::Overdue,
            LeaseState::Active if self.natural_end()?.is_some_and(|end| now >= end) => LeasePhase::Due,
            LeaseState::Active => LeasePhase::Active,
            LeaseState::Ended => LeasePhase::Ended,
        })
    }

    /// An error for an action that the lease does not allow now.
    pub fn wrong_phase(&self, now: u64, expected: &'static str) -> ContractError {
        match self.phase(now) {
            Ok(phase) => ContractError::WrongLeasePhase { lease: self.id, phase, expected },
            Err(error) => error,
        }
    }
}

const TERMS: Table<LeaseId, LeaseTerms> = Table::new(keys::LEASE_TERMS);
const LEASES: Table<LeaseId, LeaseStatus> = Table::new(keys::LEASES);
const BY_STATE: Map<(u8, LeaseId), Empty> = Map::new(keys::LEASES_BY_STATE);
const BY_TENANT: Map<(&Addr, LeaseId), Empty> = Map::new(keys::LEASES_BY_TENANT);
const BY_PROVIDER: Map<(&Addr, LeaseId), Empty> = Map::new(keys::LEASES_BY_PROVIDER);
const LIVE_BY_PROVIDER: Map<(&Addr, LeaseId), Empty> = Map::new(keys::LEASES_LIVE_BY_PROVIDER);
const BY_DEPLOYMENT: Map<(DeploymentId, LeaseId), Empty> = Map::new(keys::LEASES_BY_DEPLOYMENT);
/// Active leases by their end.
const BY_END: Map<(u64, LeaseId), Empty> = Map::new(keys::LEASES_BY_END);

pub fn load(storage: &dyn Storage, id: LeaseId) -> Result<LeaseRow, ContractError> {
    let terms = TERMS.may_load(storage, id)?.ok_or(ContractError::NoLease(id))?;
    let status = LEASES.load(storage, id)?;
    let mut row = LeaseRow { id, terms, status, indexed: None };
    row.indexed = Some(Indexed { state: row.status.state, end: row.natural_end()? });
    Ok(row)
}

/// Whose lease it is.
pub fn provider(storage: &dyn Storage, id: LeaseId) -> Result<Addr, ContractError> {
    Ok(TERMS.may_load(storage, id)?.ok_or(ContractError::NoLease(id))?.provider)
}

/// The state of a lease without its record.
pub fn state(storage: &dyn Storage, id: LeaseId) -> StdResult<LeaseState> {
    Ok(LEASES.load(storage, id)?.state)
}

/// Writes what never changes of a new lease; [`save`] follows.
pub fn create(storage: &mut dyn Storage, row: &LeaseRow) -> StdResult<()> {
    TERMS.save(storage, row.id, &row.terms)?;
    BY_TENANT.save(storage, (&row.terms.tenant, row.id), &Empty {})?;
    BY_PROVIDER.save(storage, (&row.terms.provider, row.id), &Empty {})?;
    BY_DEPLOYMENT.save(storage, (row.terms.deployment, row.id), &Empty {})
}

/// Writes what changes, and moves the lease in indexes and counters as its state and its end changed.
pub fn save(
    storage: &mut dyn Storage,
    changes: &mut Changes,
    row: &mut LeaseRow,
) -> Result<(), ContractError> {
    LEASES.save(storage, row.id, &row.status)?;
    let new = Indexed { state: row.status.state, end: row.natural_end()? };
    let old = row.indexed.replace(new);
    move_end(storage, row.id, old.and_then(|indexed| indexed.end), new.end)?;
    if old.map(|indexed| indexed.state) == Some(new.state) {
        return Ok(());
    }
    let (deployment, live) = (row.terms.deployment, Live::Lease(row.id));
    if let Some(old) = old {
        BY_STATE.remove(storage, (old.state as u8, row.id));
        let counts = changes.counts(storage)?;
        match old.state {
            LeaseState::Pending => shrink("pending leases", &mut counts.leases_pending, 1)?,
            LeaseState::Active => shrink("active leases", &mut counts.leases_active, 1)?,
            LeaseState::Ended => {}
        }
    } else {
        LIVE_BY_PROVIDER.save(storage, (&row.terms.provider, row.id), &Empty {})?;
        deployments::add_live(storage, deployment, live)?;
        grow("live count", changes.live(storage, deployment)?, 1)?;
        if let Some(delegate) = &row.terms.delegate {
            let live = changes.delegated(storage, deployment, delegate, &row.terms.group)?;
            grow("live count of a delegate", live, 1)?;
        }
    }
    BY_STATE.save(storage, (new.state as u8, row.id), &Empty {})?;
    let counts = changes.counts(storage)?;
    match new.state {
        LeaseState::Pending => grow("pending leases", &mut counts.leases_pending, 1)?,
        LeaseState::Active => grow("active leases", &mut counts.leases_active, 1)?,
        LeaseState::Ended => {
            LIVE_BY_PROVIDER.remove(storage, (&row.terms.provider, row.id));
            deployments::remove_live(storage, deployment, live);
            shrink("live count", changes.live(storage, deployment)?, 1)?;
            if let Some(delegate) = &row.terms.delegate {
                let live = changes.delegated(storage, deployment, delegate, &row.terms.group)?;
                shrink("live count of a delegate", live, 1)?;
            }
        }
    }
    Ok(())
}

fn move_end(storage: &mut dyn Storage, id: LeaseId, old: Option<u64>, new: Option<u64>) -> StdResult<()> {
    if old == new {
        return Ok(());
    }
    if let Some(at) = old {
        BY_END.remove(storage, (at, id));
    }
    if let Some(at) = new {
        BY_END.save(storage, (at, id), &Empty {})?;
    }
    Ok(())
}

/// The lease as queries answer it.
pub fn view(row: LeaseRow, now: u64) -> Result<Lease, ContractError> {
    let phase = row.phase(now)?;
    let funded_seconds = row.funded_seconds()?;
    let earned = row.earned_at(now)?;
    let ends_at = match (&row.status.end, row.natural_end()?) {
        (Some(end), _) => end.at,
        (None, Some(end)) => end,
        (None, None) => row.terms.activate_until,
    };
    let LeaseRow { id, terms, status, .. } = row;
    Ok(Lease {
        id,
        deployment: terms.deployment,
        order: terms.order,
        group: terms.group,
        tenant: terms.tenant,
        provider: terms.provider,
        state: status.state,
        phase,
        price: Money::new(terms.denom, terms.price),
        term: terms.term,
        matched_version: terms.matched_version,
        funds: status.funds,
        funded_seconds,
        earned,
        withdrawn: status.withdrawn,
        refunded: status.end.as_ref().map(|end| end.refunded).unwrap_or_default(),
        matched_at: terms.matched_at,
        activate_until: terms.activate_until,
        started_at: status.started_at,
        notice_until: status.notice_until,
        ends_at,
        end_reason: status.end.map(|end| end.reason),
    })
}

/// Which index to read, with its addresses validated.
pub enum LeaseIndex {
    State(LeaseState),
    Tenant(Addr),
    Provider(Addr),
    LiveOfProvider(Addr),
    Deployment(DeploymentId),
}

impl LeaseIndex {
    pub fn new(filter: LeaseFilter, validate: impl FnOnce(&str) -> StdResult<Addr>) -> StdResult<Self> {
        Ok(match filter {
            LeaseFilter::State { state } => Self::State(state),
            LeaseFilter::Tenant { tenant } => Self::Tenant(validate(&tenant)?),
            LeaseFilter::Provider { provider } => Self::Provider(validate(&provider)?),
            LeaseFilter::LiveOfProvider { provider } => Self::LiveOfProvider(validate(&provider)?),
            LeaseFilter::Deployment { deployment } => Self::Deployment(deployment),
        })
    }
}

/// Ids after the cursor, ascending.
pub fn ids<'a>(storage: &'a dyn Storage, index: &'a LeaseIndex, after: Option<LeaseId>) -> Ids<'a, LeaseId> {
    let (min, up) = (after.map(Bound::exclusive), Direction::Ascending);
    match index {
        LeaseIndex::State(state) => Box::new(BY_STATE.prefix(*state as u8).keys(storage, min, None, up)),
        LeaseIndex::Tenant(tenant) => Box::new(BY_TENANT.prefix(tenant).keys(storage, min, None, up)),
        LeaseIndex::Provider(provider) => Box::new(BY_PROVIDER.prefix(provider).keys(storage, min, None, up)),
        LeaseIndex::LiveOfProvider(provider) => {
            Box::new(LIVE_BY_PROVIDER.prefix(provider).keys(storage, min, None, up))
        }
        LeaseIndex::Deployment(id) => Box::new(BY_DEPLOYMENT.prefix(*id).keys(storage, min, None, up)),
    }
}

/// Active leases by their end, soonest first.
pub fn ids_by_end(storage: &dyn Storage, after: Option<TimeCursor>) -> Ids<'_, LeaseId> {
    let min = after.map(|cursor| Bound::exclusive((cursor.at, LeaseId(cursor.id))));
    Box::new(BY_END.keys(storage, min, None, Direction::Ascending).map(|key| Ok(key?.1)))
}
