//! Ends of leases. The tenant's part is sent at once; the provider's part stays in the contract until someone
//! withdraws it, so that no payout address can hold up a tenant's money.

use cosmwasm_std::Uint128;
use market_api::{EndReason, LeasePhase, LeaseState, OrderState};

use super::{matching, order};
use crate::ctx::Ctx;
use crate::error::ContractError;
use crate::events;
use crate::state::changes::{grow, shrink};
use crate::state::leases::{self, LeaseEnd, LeaseRow};
use crate::state::{orders, records, statistics};

/// Ends a live lease for its tenant: a pending one returns everything, an active one pays to the second, and one that
/// is due ends as it would have by itself.
pub fn close(ctx: &mut Ctx, lease: &mut LeaseRow) -> Result<(), ContractError> {
    match lease.phase(ctx.now)? {
        LeasePhase::Pending | LeasePhase::Overdue => cancel(ctx, lease),
        LeasePhase::Active => {
            let now = ctx.now;
            stop(ctx, lease, now, EndReason::TenantClosed, Uint128::zero(), "")
        }
        LeasePhase::Due => settle(ctx, lease),
        LeasePhase::Ended => Err(lease.wrong_phase(ctx.now, "it has ended already")),
    }
}

/// Ends a due lease at the second at which its time was over, whenever that is noticed. When funds and notice run out
/// together, the funds are the reason.
pub fn settle(ctx: &mut Ctx, lease: &mut LeaseRow) -> Result<(), ContractError> {
    let Some(end) = lease.natural_end()?.filter(|end| ctx.now >= *end) else {
        return Err(lease.wrong_phase(ctx.now, "its time is not over"));
    };
    let started = lease.status.started_at.unwrap_or_default();
    let by_funds = started.saturating_add(lease.funded_seconds()?) == end;
    let reason = if by_funds { EndReason::FundsExhausted } else { EndReason::ProviderNotice };
    stop(ctx, lease, end, reason, Uint128::zero(), "")
}

/// Ends an active lease at this second. `penalty` is taken from what it earned and returned to the tenant.
pub fn stop(
    ctx: &mut Ctx,
    lease: &mut LeaseRow,
    at: u64,
    reason: EndReason,
    penalty: Uint128,
    note: &str,
) -> Result<(), ContractError> {
    let mut earned = lease.earned_at(at)?;
    shrink("earned", &mut earned, penalty)?;
    let mut owed = earned;
    shrink("earned and not withdrawn", &mut owed, lease.status.withdrawn)?;
    let mut refunded = lease.status.funds;
    shrink("funds of the lease", &mut refunded, earned)?;
    let mut uncounted = lease.served_at(at)?;
    shrink("seconds served", &mut uncounted, lease.status.counted_seconds)?;

    let (provider, denom) = (lease.terms.provider.clone(), lease.terms.denom.clone());
    records::serve(ctx.storage, &provider, &denom, uncounted, owed)?;
    records::update(ctx.storage, &provider, |tally| {
        shrink("live leases", &mut tally.live, 1)?;
        match reason {
            EndReason::ProviderBroke => grow("leases broken", &mut tally.broken, 1),
            _ => grow("leases completed", &mut tally.completed, 1),
        }
    })?;
    let ledger = ctx.changes.ledger(ctx.storage, &denom)?;
    shrink("money in leases", &mut ledger.live, refunded)?;
    shrink("money in leases", &mut ledger.live, owed)?;
    grow("earned and not withdrawn", &mut ledger.earned, owed)?;
    grow("earned in all", &mut ledger.earned_in_all, owed)?;
    ctx.pay(&lease.terms.tenant, &denom, refunded)?;

    grow("seconds served", &mut lease.status.counted_seconds, uncounted)?;
    finish(ctx, lease, LeaseEnd { at, reason, earned, refunded }, penalty, note)
}

/// The tenant ends a pending lease: everything returns, with what the order still locks for a fall-back.
fn cancel(ctx: &mut Ctx, lease: &mut LeaseRow) -> Result<(), ContractError> {
    let refunded = lease.status.funds;
    release(ctx, lease, refunded)?;
    ctx.pay(&lease.terms.tenant, &lease.terms.denom, refunded)?;
    records::update(ctx.storage, &lease.terms.provider, |tally| shrink("live leases", &mut tally.live, 1))?;
    let mut order = orders::load(ctx.storage, lease.terms.order)?;
    if !order.status.locked.is_zero() {
        order::unlock(ctx, &mut order)?;
        orders::save(ctx.storage, &mut ctx.changes, &mut order)?;
    }
    let end = LeaseEnd { at: ctx.now, reason: EndReason::TenantCancelled, earned: Uint128::zero(), refunded };
    finish(ctx, lease, end, Uint128::zero(), "")
}

/// Ends a pending lease that its winner did not take up. Without fall-back the tenant gets everything back and the
/// order expires; with fall-back the price returns to the order and the match goes on.
pub fn forfeit(
    ctx: &mut Ctx,
    lease: &mut LeaseRow,
    reason: EndReason,
    note: &str,
) -> Result<(), ContractError> {
    let mut order = orders::load(ctx.storage, lease.terms.order)?;
    release(ctx, lease, lease.status.funds)?;
    let mut refunded = lease.status.funds;
    if order.terms.fallback {
        let price = lease.terms.price;
        shrink("funds of the lease", &mut refunded, price)?;
        grow("money of the order", &mut order.status.locked, price)?;
        let ledger = ctx.changes.ledger(ctx.storage, &lease.terms.denom)?;
        grow("money in orders", &mut ledger.orders, price)?;
    }
    ctx.pay(&lease.terms.tenant, &lease.terms.denom, refunded)?;
    records::update(ctx.storage, &lease.terms.provider, |tally| {
        shrink("live leases", &mut tally.live, 1)?;
        match reason {
            EndReason::Declined => grow("leases declined", &mut tally.declined, 1),
            _ => grow("leases expired", &mut tally.expired, 1),
        }
    })?;
    let end = LeaseEnd { at: ctx.now, reason, earned: Uint128::zero(), refunded };
    finish(ctx, lease, end, Uint128::zero(), note)?;

    if !order.terms.fallback {
        return order::finish(ctx, &mut order, OrderState::Expired, events::reason_name(reason));
    }
    order.status.state = OrderState::Open;
    let until = ctx.now.saturating_add(order.terms.match_window);
    order.status.match_until = order.status.match_until.max(until);
    matching::advance(ctx, &mut order)
}

/// Takes a pending lease's funds out of the ledger of leases.
fn release(ctx: &mut Ctx, lease: &LeaseRow, amount: Uint128) -> Result<(), ContractError> {
    let ledger = ctx.changes.ledger(ctx.storage, &lease.terms.denom)?;
    shrink("money in leases", &mut ledger.live, amount)
}

fn finish(
    ctx: &mut Ctx,
    lease: &mut LeaseRow,
    end: LeaseEnd,
    penalty: Uint128,
    note: &str,
) -> Result<(), ContractError> {
    statistics::count(ctx.storage, |counts| &mut counts.ends[end.reason as usize])?;
    lease.status.state = LeaseState::Ended;
    ctx.event(events::lease_ended(lease, &end, &ctx.sender, penalty, note));
    lease.status.end = Some(end);
    leases::save(ctx.storage, &mut ctx.changes, lease)
}
