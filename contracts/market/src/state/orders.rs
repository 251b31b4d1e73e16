use cloud_std::storage::Table;
use cloud_std::Money;
use cosmwasm_std::{Addr, Empty, Order as Direction, StdResult, Storage, Uint128};
use cw_storage_plus::{Bound, Map};
use market_api::msg::OrderFilter;
use market_api::msg::TimeCursor;
use market_api::{
    DeploymentId, Group, LeaseId, Order, OrderId, OrderPhase, OrderSpec, OrderState, Requirements, Resources,
};
use serde::{Deserialize, Serialize};

use super::changes::{grow, shrink, Changes};
use super::deployments::{self, Live};
use super::keys;
use crate::error::ContractError;

/// What never changes of an order and what bids and matches need.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct OrderTerms {
    #[serde(rename = "p")]
    pub deployment: DeploymentId,
    #[serde(rename = "t")]
    pub tenant: Addr,
    #[serde(rename = "g")]
    pub group: String,
    #[serde(rename = "q")]
    pub requirements: Requirements,
    #[serde(rename = "d")]
    pub denom: String,
    #[serde(rename = "m")]
    pub max_price: Uint128,
    /// Seconds.
    #[serde(rename = "n")]
    pub term: u64,
    /// Seconds.
    #[serde(rename = "b")]
    pub bid_window: u64,
    /// Seconds; the parameter at the order's creation, for a fall-back.
    #[serde(rename = "w")]
    pub match_window: u64,
    #[serde(rename = "f")]
    pub fallback: bool,
    #[serde(rename = "c")]
    pub created_at: u64,
    /// Who opened it for the tenant.
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    pub delegate: Option<Addr>,
}

impl OrderTerms {
    /// Bids are accepted before this second.
    pub fn open_until(&self) -> u64 {
        self.created_at.saturating_add(self.bid_window)
    }
}

/// What changes of an order.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct OrderStatus {
    #[serde(rename = "s")]
    pub state: OrderState,
    #[serde(rename = "u")]
    pub match_until: u64,
    #[serde(rename = "k")]
    pub locked: Uint128,
    /// Bids in the book.
    #[serde(rename = "b")]
    pub bids: u32,
    /// Bids ever placed or lowered: the next bid's place in time.
    #[serde(rename = "n")]
    pub sequence: u64,
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<LeaseId>,
}

/// An order in memory, and the state under which the indexes know it.
#[derive(Clone, Debug)]
pub struct OrderRow {
    pub id: OrderId,
    pub terms: OrderTerms,
    pub status: OrderStatus,
    indexed: Option<OrderState>,
}

impl OrderRow {
    pub fn new(id: OrderId, terms: OrderTerms, status: OrderStatus) -> Self {
        Self { id, terms, status, indexed: None }
    }

    /// Where the order stands now.
    pub fn phase(&self, now: u64) -> OrderPhase {
        match self.status.state {
            OrderState::Open if now < self.terms.open_until() => OrderPhase::Bidding,
            OrderState::Open if now < self.status.match_until => OrderPhase::Matching,
            OrderState::Open => OrderPhase::Lapsed,
            OrderState::Matched => OrderPhase::Matched,
            OrderState::Expired => OrderPhase::Expired,
            OrderState::Closed => OrderPhase::Closed,
        }
    }
}

const TERMS: Table<OrderId, OrderTerms> = Table::new(keys::ORDER_TERMS);
const RESOURCES: Table<OrderId, Vec<Resources>> = Table::new(keys::ORDER_RESOURCES);
const ORDERS: Table<OrderId, OrderStatus> = Table::new(keys::ORDERS);
const BY_STATE: Map<(u8, OrderId), Empty> = Map::new(keys::ORDERS_BY_STATE);
const BY_TENANT: Map<(&Addr, OrderId), Empty> = Map::new(keys::ORDERS_BY_TENANT);
const BY_DEPLOYMENT: Map<(DeploymentId, OrderId), Empty> = Map::new(keys::ORDERS_BY_DEPLOYMENT);
/// Open orders by the end of their bidding.
const BY_EXPIRY: Map<(u64, OrderId), Empty> = Map::new(keys::ORDERS_BY_EXPIRY);

pub fn load(storage: &dyn Storage, id: OrderId) -> Result<OrderRow, ContractError> {
    let terms = TERMS.may_load(storage, id)?.ok_or(ContractError::NoOrder(id))?;
    let status = ORDERS.load(storage, id)?;
    Ok(OrderRow { id, terms, indexed: Some(status.state), status })
}

/// Writes what never changes of a new order; [`save`] follows.
pub fn create(storage: &mut dyn Storage, row: &OrderRow, resources: &Vec<Resources>) -> StdResult<()> {
    TERMS.save(storage, row.id, &row.terms)?;
    RESOURCES.save(storage, row.id, resources)?;
    BY_TENANT.save(storage, (&row.terms.tenant, row.id), &Empty {})?;
    BY_DEPLOYMENT.save(storage, (row.terms.deployment, row.id), &Empty {})
}

/// Writes what changes, and moves the order in indexes and counters if its state changed.
pub fn save(
    storage: &mut dyn Storage,
    changes: &mut Changes,
    row: &mut OrderRow,
) -> Result<(), ContractError> {
    ORDERS.save(storage, row.id, &row.status)?;
    if row.indexed == Some(row.status.state) {
        return Ok(());
    }
    let (deployment, live, expiry) =
        (row.terms.deployment, Live::Order(row.id), (row.terms.open_until(), row.id));
    if let Some(old) = row.indexed {
        BY_STATE.remove(storage, (old as u8, row.id));
        if old == OrderState::Open {
            BY_EXPIRY.remove(storage, expiry);
            deployments::remove_live(storage, deployment, live);
            shrink("live count", changes.live(storage, deployment)?, 1)?;
            if let Some(delegate) = &row.terms.delegate {
                let live = changes.delegated(storage, deployment, delegate, &row.terms.group)?;
                shrink("live count of a delegate", live, 1)?;
            }
            shrink("open orders", &mut changes.counts(storage)?.orders_open, 1)?;
        }
    }
    BY_STATE.save(storage, (row.status.state as u8, row.id), &Empty {})?;
    if row.status.state == OrderState::Open {
        BY_EXPIRY.save(storage, expiry, &Empty {})?;
        deployments::add_live(storage, deployment, live)?;
        grow("live count", changes.live(storage, deployment)?, 1)?;
        if let Some(delegate) = &row.terms.delegate {
            let live = changes.delegated(storage, deployment, delegate, &row.terms.group)?;
            grow("live count of a delegate", live, 1)?;
        }
        grow("open orders", &mut changes.counts(storage)?.orders_open, 1)?;
    }
    row.indexed = Some(row.status.state);
    Ok(())
}

/// The order as queries answer it. `book_counts` says whether bids left in its book can still win.
pub fn view(storage: &dyn Storage, row: OrderRow, book_counts: bool, now: u64) -> StdResult<Order> {
    let phase = row.phase(now);
    let open_until = row.terms.open_until();
    let OrderRow { id, terms, status, .. } = row;
    Ok(Order {
        id,
        deployment: terms.deployment,
        tenant: terms.tenant,
        spec: OrderSpec {
            group: Group {
                name: terms.group,
                resources: RESOURCES.load(storage, id)?,
                requirements: terms.requirements,
            },
            term: terms.term,
            max_price: Money::new(&terms.denom, terms.max_price),
            bid_window: terms.bid_window,
            fallback: terms.fallback,
        },
        state: status.state,
        phase,
        open_until,
        match_until: status.match_until,
        locked: Money::new(terms.denom, status.locked),
        bids: if book_counts { status.bids } else { 0 },
        lease: status.lease,
        created_at: terms.created_at,
    })
}

pub type Ids<'a, T> = Box<dyn Iterator<Item = StdResult<T>> + 'a>;

/// Which index to read, with its addresses validated.
pub enum OrderIndex {
    State(OrderState),
    Tenant(Addr),
    Deployment(DeploymentId),
}

impl OrderIndex {
    pub fn new(filter: OrderFilter, validate: impl FnOnce(&str) -> StdResult<Addr>) -> StdResult<Self> {
        Ok(match filter {
            OrderFilter::State { state } => Self::State(state),
            OrderFilter::Tenant { tenant } => Self::Tenant(validate(&tenant)?),
            OrderFilter::Deployment { deployment } => Self::Deployment(deployment),
        })
    }
}

/// Ids after the cursor, ascending.
pub fn ids<'a>(storage: &'a dyn Storage, index: &'a OrderIndex, after: Option<OrderId>) -> Ids<'a, OrderId> {
    let (min, up) = (after.map(Bound::exclusive), Direction::Ascending);
    match index {
        OrderIndex::State(state) => Box::new(BY_STATE.prefix(*state as u8).keys(storage, min, None, up)),
        OrderIndex::Tenant(tenant) => Box::new(BY_TENANT.prefix(tenant).keys(storage, min, None, up)),
        OrderIndex::Deployment(id) => Box::new(BY_DEPLOYMENT.prefix(*id).keys(storage, min, None, up)),
    }
}

/// Open orders by the end of their bidding, soonest first.
pub fn ids_by_expiry(storage: &dyn Storage, after: Option<TimeCursor>) -> Ids<'_, OrderId> {
    let min = after.map(|cursor| Bound::exclusive((cursor.at, OrderId(cursor.id))));
    Box::new(BY_EXPIRY.keys(storage, min, None, Direction::Ascending).map(|key| Ok(key?.1)))
}
