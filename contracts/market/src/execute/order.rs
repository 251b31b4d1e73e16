use cosmwasm_std::Uint128;
use market_api::{OrderId, OrderState};

use crate::ctx::Ctx;
use crate::error::ContractError;
use crate::events;
use crate::state::changes::shrink;
use crate::state::orders::{self, OrderRow};
use crate::state::statistics;

pub fn close(ctx: &mut Ctx, id: OrderId) -> Result<(), ContractError> {
    let mut row = orders::load(ctx.storage, id)?;
    ctx.ensure_tenant(&row.terms.tenant)?;
    if row.status.state != OrderState::Open {
        let expected = "an order can be closed while it is open";
        return Err(ContractError::WrongOrderPhase { order: id, phase: row.phase(ctx.now), expected });
    }
    if row.status.bids > 0 {
        return Err(ContractError::OrderHasBids { order: id, bids: row.status.bids });
    }
    finish(ctx, &mut row, OrderState::Closed, "tenant_closed")
}

/// Ends an order: everything that it locks goes back to the tenant. Bids left in the book count as lost from now on;
/// nobody pays for taking them out.
pub fn finish(
    ctx: &mut Ctx,
    row: &mut OrderRow,
    state: OrderState,
    reason: &str,
) -> Result<(), ContractError> {
    let refund = unlock(ctx, row)?;
    row.status.state = state;
    statistics::count(ctx.storage, |counts| match state {
        OrderState::Closed => &mut counts.orders_closed,
        _ => &mut counts.orders_expired,
    })?;
    orders::save(ctx.storage, &mut ctx.changes, row)?;
    ctx.event(events::order_ended(row, &ctx.sender, reason, refund));
    Ok(())
}

/// Returns everything that an order locks to its tenant, and says how much. The caller saves the order.
pub fn unlock(ctx: &mut Ctx, row: &mut OrderRow) -> Result<Uint128, ContractError> {
    let refund = std::mem::take(&mut row.status.locked);
    let ledger = ctx.changes.ledger(ctx.storage, &row.terms.denom)?;
    shrink("money in orders", &mut ledger.orders, refund)?;
    ctx.pay(&row.terms.tenant, &row.terms.denom, refund)?;
    Ok(refund)
}
