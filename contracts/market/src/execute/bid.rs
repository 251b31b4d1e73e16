use cloud_std::Money;
use cosmwasm_std::{StdResult, Storage, Uint128};
use market_api::{BidState, DeploymentState, LeaseState, OrderId, OrderPhase, OrderState};

use crate::ctx::Ctx;
use crate::error::ContractError;
use crate::state::bids::{self, StoredBid};
use crate::state::changes::{grow, shrink};
use crate::state::orders::{self, OrderRow};
use crate::state::{config, deployments, leases};
use crate::{events, providers};

pub fn place(
    ctx: &mut Ctx,
    funds: Option<Money>,
    id: OrderId,
    provider: Option<String>,
    price: Uint128,
) -> Result<(), ContractError> {
    let provider = providers::named(ctx, provider)?;
    let suite = config::suite(ctx.storage)?;
    let record = providers::authorise(ctx, &suite, &provider)?;
    let mut order = load_bidding(ctx, id)?;
    let deployment = deployments::load(ctx.storage, order.terms.deployment)?;
    if deployment.state != DeploymentState::Active {
        let (deployment, state) = (order.terms.deployment, deployment.state);
        return Err(ContractError::DeploymentNotActive { deployment, state });
    }
    if price.is_zero() || price > order.terms.max_price {
        return Err(ContractError::PriceOutOfRange { order: id, got: price, max: order.terms.max_price });
    }
    let deposit = check_deposit(ctx, &order, funds)?;
    if bids::may_load(ctx.storage, id, &provider)?.is_some() {
        return Err(ContractError::AlreadyBid { order: id, provider });
    }
    let requirements = &order.terms.requirements;
    if let Some(check) = providers::unmet(ctx, &suite, &provider, record.as_ref(), requirements)? {
        return Err(ContractError::not_eligible(&provider, check));
    }

    let bid = StoredBid {
        price,
        sequence: next_sequence(&mut order)?,
        state: BidState::Open,
        deposit,
        depositor: ctx.sender.clone(),
        placed_at: ctx.now,
    };
    bids::save(ctx.storage, id, &provider, None, Some(&bid))?;
    grow("bids in the book", &mut order.status.bids, 1)?;
    orders::save(ctx.storage, &mut ctx.changes, &mut order)?;
    grow("bids", &mut ctx.changes.counts(ctx.storage)?.bids, 1)?;
    let ledger = ctx.changes.ledger(ctx.storage, &order.terms.denom)?;
    grow("bid deposits", &mut ledger.deposits, deposit)?;
    ctx.event(events::bid_placed(&order, &provider, &bid, &ctx.sender));
    Ok(())
}

pub fn lower(
    ctx: &mut Ctx,
    id: OrderId,
    provider: Option<String>,
    price: Uint128,
) -> Result<(), ContractError> {
    let provider = providers::named(ctx, provider)?;
    providers::ensure_operator(ctx, &provider)?;
    let mut order = load_bidding(ctx, id)?;
    let old = bids::load(ctx.storage, id, &provider)?;
    if price.is_zero() || price >= old.price {
        return Err(ContractError::NotLower { order: id, got: price, current: old.price });
    }
    let bid = StoredBid { price, sequence: next_sequence(&mut order)?, placed_at: ctx.now, ..old.clone() };
    bids::save(ctx.storage, id, &provider, Some(&old), Some(&bid))?;
    orders::save(ctx.storage, &mut ctx.changes, &mut order)?;
    ctx.event(events::bid_lowered(&order, &provider, &bid, old.price, &ctx.sender));
    Ok(())
}

pub fn withdraw(ctx: &mut Ctx, id: OrderId, provider: Option<String>) -> Result<(), ContractError> {
    let provider = providers::named(ctx, provider)?;
    providers::ensure_operator(ctx, &provider)?;
    let mut order = load_bidding(ctx, id)?;
    let bid = bids::load(ctx.storage, id, &provider)?;
    bids::save(ctx.storage, id, &provider, Some(&bid), None)?;
    shrink("bids in the book", &mut order.status.bids, 1)?;
    orders::save(ctx.storage, &mut ctx.changes, &mut order)?;
    return_deposit(ctx, &order, &bid)?;
    ctx.event(events::bid_withdrawn(&order, &provider, &bid, &ctx.sender));
    Ok(())
}

pub fn reclaim_deposit(ctx: &mut Ctx, id: OrderId, provider: &str) -> Result<(), ContractError> {
    let provider = ctx.api.addr_validate(provider)?;
    let mut order = orders::load(ctx.storage, id)?;
    let old = bids::load(ctx.storage, id, &provider)?;
    let in_book = old.state == BidState::Open;
    if in_book && ctx.now < order.status.match_until && book_counts(ctx.storage, &order, ctx.now)? {
        let match_until = order.status.match_until;
        return Err(ContractError::BidBinding { order: id, provider, match_until, now: ctx.now });
    }
    if !in_book && old.deposit.is_zero() {
        return Err(ContractError::DepositReturned { order: id, provider });
    }
    let state = if in_book { BidState::Lost } else { old.state };
    let bid = StoredBid { state, deposit: Uint128::zero(), ..old.clone() };
    bids::save(ctx.storage, id, &provider, Some(&old), Some(&bid))?;
    if in_book {
        shrink("bids in the book", &mut order.status.bids, 1)?;
        orders::save(ctx.storage, &mut ctx.changes, &mut order)?;
    }
    return_deposit(ctx, &order, &old)?;
    ctx.event(events::bid_deposit_returned(&order, &provider, &bid, old.deposit, &ctx.sender));
    Ok(())
}

/// Whether a bid that is in the order's book can still win: before the match, and with fall-back until a winner
/// activates.
pub fn book_counts(storage: &dyn Storage, order: &OrderRow, now: u64) -> StdResult<bool> {
    Ok(match (order.status.state, order.status.lease) {
        (OrderState::Open, _) => now < order.status.match_until,
        (OrderState::Matched, Some(lease)) if order.terms.fallback => {
            leases::state(storage, lease)? == LeaseState::Pending
        }
        _ => false,
    })
}

fn load_bidding(ctx: &Ctx, id: OrderId) -> Result<OrderRow, ContractError> {
    let order = orders::load(ctx.storage, id)?;
    match order.phase(ctx.now) {
        OrderPhase::Bidding => Ok(order),
        phase => {
            let expected = "bids are placed, lowered and withdrawn while it is bidding";
            Err(ContractError::WrongOrderPhase { order: id, phase, expected })
        }
    }
}

fn next_sequence(order: &mut OrderRow) -> Result<u64, ContractError> {
    grow("bids placed", &mut order.status.sequence, 1)?;
    Ok(order.status.sequence)
}

/// The deposit that a bid takes now. An order whose denom is no longer accepted takes none.
fn check_deposit(ctx: &Ctx, order: &OrderRow, funds: Option<Money>) -> Result<Uint128, ContractError> {
    let denom = &order.terms.denom;
    let params = config::params(ctx.storage)?;
    let due = params.denoms.iter().find(|entry| entry.denom == *denom);
    let due = due.map(|entry| entry.bid_deposit).unwrap_or_default();
    let expected = (!due.is_zero()).then(|| Money::new(denom, due));
    if funds == expected {
        return Ok(due);
    }
    let shown = |money: Option<Money>| money.map_or_else(|| "none".to_owned(), |money| money.to_string());
    Err(ContractError::WrongDeposit { order: order.id, expected: shown(expected), got: shown(funds) })
}

fn return_deposit(ctx: &mut Ctx, order: &OrderRow, bid: &StoredBid) -> Result<(), ContractError> {
    let ledger = ctx.changes.ledger(ctx.storage, &order.terms.denom)?;
    shrink("bid deposits", &mut ledger.deposits, bid.deposit)?;
    ctx.pay(&bid.depositor, &order.terms.denom, bid.deposit)
}
