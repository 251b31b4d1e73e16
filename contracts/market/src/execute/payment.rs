use cloud_std::Money;
use market_api::limits::MAX_FUNDED_SECONDS;
use market_api::{DeploymentState, LeaseId, LeasePhase, LeaseState};
use registry_api::RegistryClient;

use super::ending;
use crate::ctx::Ctx;
use crate::error::ContractError;
use crate::state::changes::{grow, shrink};
use crate::state::{config, deployments, leases, records};
use crate::{events, validate};

pub fn top_up(ctx: &mut Ctx, funds: &Money, id: LeaseId) -> Result<(), ContractError> {
    let mut lease = leases::load(ctx.storage, id)?;
    match lease.phase(ctx.now)? {
        LeasePhase::Pending | LeasePhase::Active => {}
        _ => return Err(lease.wrong_phase(ctx.now, "funds are added while it is pending or active")),
    }
    if let Some(notice_until) = lease.status.notice_until {
        return Err(ContractError::NoticeGiven { lease: id, notice_until });
    }
    if funds.denom != lease.terms.denom {
        let (expected, got) = (lease.terms.denom, funds.denom.clone());
        return Err(ContractError::WrongTopUpDenom { lease: id, expected, got });
    }
    validate::amount("funds", funds.amount)?;
    let deployment = deployments::load(ctx.storage, lease.terms.deployment)?;
    if deployment.state != DeploymentState::Active {
        let (deployment, state) = (lease.terms.deployment, deployment.state);
        return Err(ContractError::DeploymentNotActive { deployment, state });
    }
    grow("funds of the lease", &mut lease.status.funds, funds.amount)?;
    let seconds = lease.funded_seconds()?;
    if seconds > MAX_FUNDED_SECONDS {
        return Err(ContractError::FundedTooLong { lease: id, got: seconds, max: MAX_FUNDED_SECONDS });
    }
    let ledger = ctx.changes.ledger(ctx.storage, &lease.terms.denom)?;
    grow("money in leases", &mut ledger.live, funds.amount)?;
    leases::save(ctx.storage, &mut ctx.changes, &mut lease)?;
    ctx.event(events::lease_topped_up(&lease, &ctx.sender, funds.amount, seconds));
    Ok(())
}

pub fn withdraw(ctx: &mut Ctx, id: LeaseId) -> Result<(), ContractError> {
    let mut lease = leases::load(ctx.storage, id)?;
    match lease.phase(ctx.now)? {
        LeasePhase::Due => ending::settle(ctx, &mut lease)?,
        LeasePhase::Active | LeasePhase::Ended => {}
        LeasePhase::Pending | LeasePhase::Overdue => {
            return Err(lease.wrong_phase(ctx.now, "a lease earns from its activation on"));
        }
    }
    let earned = lease.earned_at(ctx.now)?;
    let withdrawn = lease.status.withdrawn;
    let mut amount = earned;
    shrink("earned", &mut amount, withdrawn)?;
    if amount.is_zero() {
        return Err(ContractError::NothingToWithdraw { lease: id, earned, withdrawn });
    }
    lease.status.withdrawn = earned;
    let (provider, denom) = (lease.terms.provider.clone(), lease.terms.denom.clone());
    let ledger = ctx.changes.ledger(ctx.storage, &denom)?;
    if lease.status.state == LeaseState::Ended {
        shrink("earned and not withdrawn", &mut ledger.earned, amount)?;
    } else {
        shrink("money in leases", &mut ledger.live, amount)?;
        grow("earned in all", &mut ledger.earned_in_all, amount)?;
        let served = lease.served_at(ctx.now)?;
        let mut uncounted = served;
        shrink("seconds served", &mut uncounted, lease.status.counted_seconds)?;
        lease.status.counted_seconds = served;
        records::serve(ctx.storage, &provider, &denom, uncounted, amount)?;
    }
    leases::save(ctx.storage, &mut ctx.changes, &mut lease)?;
    let suite = config::suite(ctx.storage)?;
    // A provider that left the registry is paid at its owner's address.
    let payout = RegistryClient(&suite.registry)
        .provider(&ctx.querier, &provider)?
        .map_or(provider, |record| record.payout);
    ctx.pay(&payout, &denom, amount)?;
    ctx.event(events::lease_withdrawn(&lease, &ctx.sender, &payout, amount, earned));
    Ok(())
}

pub fn settle(ctx: &mut Ctx, id: LeaseId) -> Result<(), ContractError> {
    let mut lease = leases::load(ctx.storage, id)?;
    ending::settle(ctx, &mut lease)
}
