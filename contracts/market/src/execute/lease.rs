use cosmwasm_std::{HexBinary, Uint128};
use market_api::{EndReason, LeaseId, LeasePhase, LeaseState};

use super::{ending, order};
use crate::ctx::Ctx;
use crate::error::ContractError;
use crate::punish;
use crate::state::changes::{grow, shrink};
use crate::state::leases::{self, LeaseRow};
use crate::state::{deployments, orders, records};
use crate::{events, providers, validate};

pub fn activate(ctx: &mut Ctx, id: LeaseId, version: &HexBinary) -> Result<(), ContractError> {
    validate::version(version)?;
    let mut lease = leases::load(ctx.storage, id)?;
    providers::ensure_operator(ctx, &lease.terms.provider)?;
    ensure_pending(ctx, &lease)?;
    let current = deployments::load(ctx.storage, lease.terms.deployment)?.version;
    if *version != current && *version != lease.terms.matched_version {
        let (matched, got) = (lease.terms.matched_version, version.clone());
        return Err(ContractError::WrongVersion { current, matched, got });
    }
    lease.status.state = LeaseState::Active;
    lease.status.started_at = Some(ctx.now);
    leases::save(ctx.storage, &mut ctx.changes, &mut lease)?;

    // What a fall-back could have cost more is no longer needed.
    let mut order = orders::load(ctx.storage, lease.terms.order)?;
    let refund = if order.status.locked.is_zero() {
        Uint128::zero()
    } else {
        let refund = order::unlock(ctx, &mut order)?;
        orders::save(ctx.storage, &mut ctx.changes, &mut order)?;
        refund
    };
    let first = records::meets(ctx.storage, &lease.terms.provider, &lease.terms.tenant)?;
    records::update(ctx.storage, &lease.terms.provider, |tally| {
        grow("leases activated", &mut tally.activated, 1)?;
        grow("distinct tenants", &mut tally.tenants, u64::from(first))
    })?;
    let ends_at = lease.natural_end()?.unwrap_or(ctx.now);
    ctx.event(events::lease_activated(&lease, &ctx.sender, version.to_hex(), ends_at, refund));
    Ok(())
}

pub fn decline(ctx: &mut Ctx, id: LeaseId, reason: &str) -> Result<(), ContractError> {
    validate::reason(reason)?;
    let mut lease = leases::load(ctx.storage, id)?;
    providers::ensure_operator(ctx, &lease.terms.provider)?;
    ensure_pending(ctx, &lease)?;
    ending::forfeit(ctx, &mut lease, EndReason::Declined, reason)
}

pub fn expire(ctx: &mut Ctx, id: LeaseId) -> Result<(), ContractError> {
    let mut lease = leases::load(ctx.storage, id)?;
    if lease.phase(ctx.now)? != LeasePhase::Overdue {
        return Err(lease.wrong_phase(ctx.now, "it can be expired once its activation window is over"));
    }
    punish::fault(ctx, &lease, EndReason::ActivationExpired)?;
    ending::forfeit(ctx, &mut lease, EndReason::ActivationExpired, "")
}

pub fn close(ctx: &mut Ctx, id: LeaseId) -> Result<(), ContractError> {
    let mut lease = leases::load(ctx.storage, id)?;
    ctx.ensure_tenant(&lease.terms.tenant)?;
    ending::close(ctx, &mut lease)
}

pub fn give_notice(ctx: &mut Ctx, id: LeaseId) -> Result<(), ContractError> {
    let mut lease = leases::load(ctx.storage, id)?;
    let started = ensure_own_active(ctx, &lease)?;
    if let Some(notice_until) = lease.status.notice_until {
        return Err(ContractError::NoticeGiven { lease: id, notice_until });
    }
    let from = started.saturating_add(lease.terms.term);
    if ctx.now < from {
        return Err(ContractError::NoticeTooEarly { lease: id, from, now: ctx.now });
    }
    lease.status.notice_until = Some(ctx.now.saturating_add(lease.terms.notice_window));
    leases::save(ctx.storage, &mut ctx.changes, &mut lease)?;
    let ends_at = lease.natural_end()?.unwrap_or(ctx.now);
    ctx.event(events::lease_notice_given(&lease, &ctx.sender, ends_at));
    Ok(())
}

pub fn break_lease(ctx: &mut Ctx, id: LeaseId, reason: &str) -> Result<(), ContractError> {
    validate::reason(reason)?;
    let mut lease = leases::load(ctx.storage, id)?;
    ensure_own_active(ctx, &lease)?;
    let mut owed = lease.earned_at(ctx.now)?;
    shrink("earned", &mut owed, lease.status.withdrawn)?;
    let penalty = lease.terms.break_penalty.of(lease.terms.price).min(owed);
    punish::fault(ctx, &lease, EndReason::ProviderBroke)?;
    let now = ctx.now;
    ending::stop(ctx, &mut lease, now, EndReason::ProviderBroke, penalty, reason)
}

/// Activation and decline end with the window: a late decline would dodge the fault.
fn ensure_pending(ctx: &Ctx, lease: &LeaseRow) -> Result<(), ContractError> {
    match lease.phase(ctx.now)? {
        LeasePhase::Pending => Ok(()),
        _ => Err(lease.wrong_phase(ctx.now, "it can be activated or declined while it is pending")),
    }
}

/// By the provider's owner on a running lease; answers when it started.
fn ensure_own_active(ctx: &Ctx, lease: &LeaseRow) -> Result<u64, ContractError> {
    if ctx.sender != lease.terms.provider {
        let (sender, provider) = (ctx.sender.clone(), lease.terms.provider.clone());
        return Err(ContractError::NotProvider { sender, provider });
    }
    match (lease.phase(ctx.now)?, lease.status.started_at) {
        (LeasePhase::Active, Some(started)) => Ok(started),
        _ => Err(lease.wrong_phase(ctx.now, "the provider ends it while it is active")),
    }
}
