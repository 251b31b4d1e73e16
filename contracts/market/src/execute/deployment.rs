use cloud_std::Money;
use cosmwasm_std::{Addr, HexBinary, Uint128};
use market_api::limits::{MAX_CLOSE_STEPS, MAX_LIVE_PER_DEPLOYMENT, MAX_ORDERS_PER_MESSAGE};
use market_api::{DeploymentId, DeploymentState, OrderId, OrderSpec, OrderState};

use super::{ending, grant, order};
use crate::ctx::Ctx;
use crate::error::ContractError;
use crate::state::changes::{grow, shrink};
use crate::state::deployments::{self, Live, StoredDeployment};
use crate::state::orders::{self, OrderRow, OrderStatus, OrderTerms};
use crate::state::{config, leases, statistics};
use crate::{events, validate};

pub fn create(
    ctx: &mut Ctx,
    funds: &Money,
    version: HexBinary,
    specs: Vec<OrderSpec>,
) -> Result<(), ContractError> {
    validate::version(&version)?;
    let counts = ctx.changes.counts(ctx.storage)?;
    grow("deployments", &mut counts.deployments, 1)?;
    grow("live deployments", &mut counts.deployments_live, 1)?;
    let id = DeploymentId(counts.deployments);
    let row = StoredDeployment {
        tenant: ctx.sender.clone(),
        state: DeploymentState::Active,
        version,
        revision: 1,
        created_at: ctx.now,
        updated_at: ctx.now,
    };
    if deployments::ids_of_tenant(ctx.storage, &row.tenant, None).next().is_none() {
        statistics::count(ctx.storage, |counts| &mut counts.tenants)?;
    }
    deployments::create(ctx.storage, id, &row)?;
    ctx.event(events::deployment_created(id, &row, &ctx.sender));
    open_for_funds(ctx, id, funds, specs)
}

pub fn open_orders(
    ctx: &mut Ctx,
    funds: &Money,
    id: DeploymentId,
    specs: Vec<OrderSpec>,
) -> Result<(), ContractError> {
    load_own_active(ctx, id)?;
    open_for_funds(ctx, id, funds, specs)
}

pub fn update(ctx: &mut Ctx, id: DeploymentId, version: HexBinary) -> Result<(), ContractError> {
    let row = load_own_active(ctx, id)?;
    set_version(ctx, id, row, version)
}

/// Whoever may do so has been checked.
pub fn set_version(
    ctx: &mut Ctx,
    id: DeploymentId,
    mut row: StoredDeployment,
    version: HexBinary,
) -> Result<(), ContractError> {
    validate::version(&version)?;
    if row.version == version {
        return Err(ContractError::VersionUnchanged { deployment: id, version });
    }
    row.version = version;
    grow("revision", &mut row.revision, 1)?;
    row.updated_at = ctx.now;
    deployments::save(ctx.storage, id, &row)?;
    ctx.event(events::deployment_updated(id, &row, &ctx.sender));
    Ok(())
}

pub fn close(ctx: &mut Ctx, id: DeploymentId, limit: Option<u32>) -> Result<(), ContractError> {
    let mut row = load_own(ctx, id)?;
    if row.state == DeploymentState::Closed {
        return Err(ContractError::DeploymentNotActive { deployment: id, state: row.state });
    }
    let limit = limit.unwrap_or(MAX_CLOSE_STEPS);
    if limit == 0 {
        return Err(ContractError::OutOfRange {
            field: "limit".into(),
            unit: "steps",
            got: 0,
            min: 1,
            max: MAX_CLOSE_STEPS.into(),
        });
    }
    let steps = limit.min(MAX_CLOSE_STEPS) as usize;
    grant::revoke_all(ctx, id, &row.tenant)?;
    for live in deployments::live(ctx.storage, id, steps)? {
        match live {
            Live::Order(order) => {
                let mut row = orders::load(ctx.storage, order)?;
                order::finish(ctx, &mut row, OrderState::Closed, "deployment_closed")?;
            }
            Live::Lease(lease) => {
                let mut row = leases::load(ctx.storage, lease)?;
                ending::close(ctx, &mut row)?;
            }
        }
    }
    let left = *ctx.changes.live(ctx.storage, id)?;
    let state = if left == 0 { DeploymentState::Closed } else { DeploymentState::Closing };
    if row.state != state {
        row.state = state;
        row.updated_at = ctx.now;
        deployments::save(ctx.storage, id, &row)?;
    }
    if state == DeploymentState::Closed {
        let counts = ctx.changes.counts(ctx.storage)?;
        shrink("live deployments", &mut counts.deployments_live, 1)?;
        ctx.event(events::deployment_closed(id, &row, &ctx.sender));
    } else {
        ctx.event(events::deployment_closing(id, &row, &ctx.sender, left));
    }
    Ok(())
}

pub fn load_own(ctx: &Ctx, id: DeploymentId) -> Result<StoredDeployment, ContractError> {
    let row = deployments::load(ctx.storage, id)?;
    ctx.ensure_tenant(&row.tenant)?;
    Ok(row)
}

pub fn load_own_active(ctx: &Ctx, id: DeploymentId) -> Result<StoredDeployment, ContractError> {
    let row = load_own(ctx, id)?;
    ensure_active(id, &row)?;
    Ok(row)
}

pub fn ensure_active(id: DeploymentId, row: &StoredDeployment) -> Result<(), ContractError> {
    match row.state {
        DeploymentState::Active => Ok(()),
        state => Err(ContractError::DeploymentNotActive { deployment: id, state }),
    }
}

/// Opens orders for a deployment of the sender, and locks their maximum prices from exactly these funds.
fn open_for_funds(
    ctx: &mut Ctx,
    id: DeploymentId,
    funds: &Money,
    specs: Vec<OrderSpec>,
) -> Result<(), ContractError> {
    let expected = price_of(ctx, &specs)?;
    if *funds != expected {
        return Err(ContractError::WrongOrderFunds { expected, got: funds.clone() });
    }
    let tenant = ctx.sender.clone();
    open(ctx, id, &tenant, None, &expected, specs)
}

/// Checks orders, and adds up their maximum prices.
pub fn price_of(ctx: &Ctx, specs: &[OrderSpec]) -> Result<Money, ContractError> {
    let (got, max) = (specs.len() as u128, MAX_ORDERS_PER_MESSAGE as u128);
    let (Some(first), true) = (specs.first(), got <= max) else {
        return Err(ContractError::OutOfRange { field: "orders".into(), unit: "entries", got, min: 1, max });
    };
    let params = config::params(ctx.storage)?;
    let mut price = Money::new(&first.max_price.denom, Uint128::zero());
    for spec in specs {
        validate::order(ctx.api, spec, &params)?;
        if spec.max_price.denom != price.denom {
            return Err(ContractError::MixedDenoms {
                expected: price.denom,
                group: spec.group.name.clone(),
                got: spec.max_price.denom.clone(),
            });
        }
        grow("orders' maximum prices", &mut price.amount, spec.max_price.amount)?;
    }
    Ok(price)
}

/// Opens orders that [`price_of`] has checked, and locks this money, which has been taken for them.
pub fn open(
    ctx: &mut Ctx,
    id: DeploymentId,
    tenant: &Addr,
    delegate: Option<&Addr>,
    price: &Money,
    specs: Vec<OrderSpec>,
) -> Result<(), ContractError> {
    let match_window = config::params(ctx.storage)?.match_window;
    for spec in specs {
        create_order(ctx, id, tenant, delegate, spec, match_window)?;
    }
    let ledger = ctx.changes.ledger(ctx.storage, &price.denom)?;
    grow("money in orders", &mut ledger.orders, price.amount)?;
    let live = *ctx.changes.live(ctx.storage, id)?;
    if live > MAX_LIVE_PER_DEPLOYMENT {
        return Err(ContractError::TooManyLive { deployment: id, got: live, max: MAX_LIVE_PER_DEPLOYMENT });
    }
    Ok(())
}

fn create_order(
    ctx: &mut Ctx,
    deployment: DeploymentId,
    tenant: &Addr,
    delegate: Option<&Addr>,
    spec: OrderSpec,
    match_window: u64,
) -> Result<(), ContractError> {
    let counts = ctx.changes.counts(ctx.storage)?;
    grow("orders", &mut counts.orders, 1)?;
    let id = OrderId(counts.orders);
    let terms = OrderTerms {
        deployment,
        tenant: tenant.clone(),
        group: spec.group.name,
        requirements: spec.group.requirements,
        denom: spec.max_price.denom,
        max_price: spec.max_price.amount,
        term: spec.term,
        bid_window: spec.bid_window,
        match_window,
        fallback: spec.fallback,
        created_at: ctx.now,
        delegate: delegate.cloned(),
    };
    let status = OrderStatus {
        state: OrderState::Open,
        match_until: terms.open_until().saturating_add(match_window),
        locked: terms.max_price,
        bids: 0,
        sequence: 0,
        lease: None,
    };
    let mut row = OrderRow::new(id, terms, status);
    orders::create(ctx.storage, &row, &spec.group.resources)?;
    orders::save(ctx.storage, &mut ctx.changes, &mut row)?;
    ctx.event(events::order_created(&row, &ctx.sender));
    Ok(())
}
