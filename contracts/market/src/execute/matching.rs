use cosmwasm_std::{Addr, HexBinary};
use market_api::limits::MAX_MATCH_STEPS;
use market_api::{BidState, DeploymentState, LeaseId, LeaseState, OrderId, OrderPhase, OrderState};
use registry_api::RegistryClient;

use super::order;
use crate::ctx::Ctx;
use crate::error::ContractError;
use crate::state::bids::{self, StoredBid};
use crate::state::changes::{grow, shrink};
use crate::state::leases::{self, LeaseRow, LeaseStatus, LeaseTerms};
use crate::state::orders::{self, OrderRow};
use crate::state::{config, deployments, records, statistics};
use crate::{events, providers};

pub fn run(ctx: &mut Ctx, id: OrderId) -> Result<(), ContractError> {
    let mut order = orders::load(ctx.storage, id)?;
    match order.phase(ctx.now) {
        OrderPhase::Matching | OrderPhase::Lapsed => advance(ctx, &mut order),
        OrderPhase::Bidding => {
            Err(ContractError::StillBidding { order: id, open_until: order.terms.open_until(), now: ctx.now })
        }
        phase => {
            let expected = "it can be matched once, after its bidding";
            Err(ContractError::WrongOrderPhase { order: id, phase, expected })
        }
    }
}

/// Matches an open order with the front of its book, passing over bidders that are not eligible now, in bounded
/// steps. Ends the order when it is too late, when nobody is left, or when its deployment is being closed.
pub fn advance(ctx: &mut Ctx, order: &mut OrderRow) -> Result<(), ContractError> {
    let deployment = deployments::load(ctx.storage, order.terms.deployment)?;
    if deployment.state != DeploymentState::Active {
        return order::finish(ctx, order, OrderState::Closed, "deployment_closed");
    }
    if ctx.now >= order.status.match_until {
        return order::finish(ctx, order, OrderState::Expired, "match_window_over");
    }
    let suite = config::suite(ctx.storage)?;
    for _ in 0..MAX_MATCH_STEPS {
        let Some(provider) = bids::front(ctx.storage, order.id)? else { break };
        let bid = bids::load(ctx.storage, order.id, &provider)?;
        let record = RegistryClient(&suite.registry).provider(&ctx.querier, &provider)?;
        shrink("bids in the book", &mut order.status.bids, 1)?;
        let requirements = &order.terms.requirements;
        let Some(check) = providers::unmet(ctx, &suite, &provider, record.as_ref(), requirements)? else {
            return award(ctx, order, provider, bid, deployment.version);
        };
        let skipped = StoredBid { state: BidState::Skipped, ..bid.clone() };
        bids::save(ctx.storage, order.id, &provider, Some(&bid), Some(&skipped))?;
        ctx.event(events::bid_skipped(order, &provider, &skipped, &check, &ctx.sender));
    }
    if order.status.bids == 0 {
        return order::finish(ctx, order, OrderState::Expired, "no_eligible_bid");
    }
    orders::save(ctx.storage, &mut ctx.changes, order)?;
    ctx.event(events::order_match_progressed(order, &ctx.sender, MAX_MATCH_STEPS));
    Ok(())
}

fn award(
    ctx: &mut Ctx,
    order: &mut OrderRow,
    provider: Addr,
    bid: StoredBid,
    version: HexBinary,
) -> Result<(), ContractError> {
    let won = StoredBid { state: BidState::Won, ..bid.clone() };
    bids::save(ctx.storage, order.id, &provider, Some(&bid), Some(&won))?;

    let params = config::params(ctx.storage)?;
    let counts = ctx.changes.counts(ctx.storage)?;
    grow("leases", &mut counts.leases, 1)?;
    let id = LeaseId(counts.leases);
    let terms = LeaseTerms {
        deployment: order.terms.deployment,
        order: order.id,
        group: order.terms.group.clone(),
        tenant: order.terms.tenant.clone(),
        provider,
        denom: order.terms.denom.clone(),
        price: bid.price,
        term: order.terms.term,
        matched_version: version,
        matched_at: ctx.now,
        activate_until: ctx.now.saturating_add(params.activation_window),
        notice_window: params.notice_window,
        expiry_slash: params.expiry_slash,
        expiry_jail: params.expiry_jail,
        break_slash: params.break_slash,
        break_penalty: params.break_penalty,
        delegate: order.terms.delegate.clone(),
    };
    let status = LeaseStatus {
        state: LeaseState::Pending,
        funds: bid.price,
        withdrawn: Default::default(),
        counted_seconds: 0,
        started_at: None,
        notice_until: None,
        end: None,
    };
    let mut lease = LeaseRow::new(id, terms, status);
    leases::create(ctx.storage, &lease)?;
    leases::save(ctx.storage, &mut ctx.changes, &mut lease)?;

    shrink("money of the order", &mut order.status.locked, bid.price)?;
    let ledger = ctx.changes.ledger(ctx.storage, &order.terms.denom)?;
    shrink("money in orders", &mut ledger.orders, bid.price)?;
    grow("money in leases", &mut ledger.live, bid.price)?;
    // With fall-back the surplus stays: the next bid may cost more.
    let refund = if order.terms.fallback { Default::default() } else { order::unlock(ctx, order)? };
    order.status.state = OrderState::Matched;
    order.status.lease = Some(id);
    orders::save(ctx.storage, &mut ctx.changes, order)?;

    let mut first = false;
    records::update(ctx.storage, &lease.terms.provider, |tally| {
        first = tally.won == 0;
        grow("leases won", &mut tally.won, 1)?;
        grow("live leases", &mut tally.live, 1)
    })?;
    if first {
        statistics::count(ctx.storage, |counts| &mut counts.providers)?;
    }
    ctx.event(events::order_matched(order, &lease, &ctx.sender, refund));
    Ok(())
}
