//! One event type for each change of state. Attributes are ids, the denom, who acted, why, amounts and the balances
//! after. Clients may rely on names and attributes; more attributes may join.

use cloud_std::{Money, Ownership, OwnershipAction};
use cosmwasm_std::{Addr, Event, Uint128};
use market_api::{DeploymentId, EndReason, LeaseId, OrderState, RequirementCheck};

use crate::error::requirement_name;
use crate::state::bids::StoredBid;
use crate::state::deployments::StoredDeployment;
use crate::state::grants::StoredGrant;
use crate::state::leases::{LeaseEnd, LeaseRow};
use crate::state::orders::OrderRow;
use crate::state::punishments::Due;

pub fn reason_name(reason: EndReason) -> &'static str {
    match reason {
        EndReason::TenantCancelled => "tenant_cancelled",
        EndReason::TenantClosed => "tenant_closed",
        EndReason::FundsExhausted => "funds_exhausted",
        EndReason::ProviderNotice => "provider_notice",
        EndReason::ProviderBroke => "provider_broke",
        EndReason::Declined => "declined",
        EndReason::ActivationExpired => "activation_expired",
    }
}

fn deployment(name: &str, id: DeploymentId, row: &StoredDeployment, actor: &Addr) -> Event {
    Event::new(name)
        .add_attribute("deployment", id.to_string())
        .add_attribute("tenant", &row.tenant)
        .add_attribute("actor", actor)
}

pub fn deployment_created(id: DeploymentId, row: &StoredDeployment, actor: &Addr) -> Event {
    deployment("deployment_created", id, row, actor)
        .add_attribute("version", row.version.to_hex())
        .add_attribute("revision", row.revision.to_string())
}

pub fn deployment_updated(id: DeploymentId, row: &StoredDeployment, actor: &Addr) -> Event {
    deployment("deployment_updated", id, row, actor)
        .add_attribute("version", row.version.to_hex())
        .add_attribute("revision", row.revision.to_string())
}

pub fn deployment_closing(id: DeploymentId, row: &StoredDeployment, actor: &Addr, live: u32) -> Event {
    deployment("deployment_closing", id, row, actor).add_attribute("live", live.to_string())
}

pub fn deployment_closed(id: DeploymentId, row: &StoredDeployment, actor: &Addr) -> Event {
    deployment("deployment_closed", id, row, actor).add_attribute("live", "0")
}

/// `budget` is what is left, with its denom, where there is one.
fn grant(
    name: &str,
    deployment: DeploymentId,
    tenant: &Addr,
    delegate: &Addr,
    grant: &StoredGrant,
    actor: &Addr,
) -> Event {
    let event = Event::new(name)
        .add_attribute("deployment", deployment.to_string())
        .add_attribute("tenant", tenant)
        .add_attribute("actor", actor)
        .add_attribute("delegate", delegate)
        .add_attribute("spent", grant.spent.to_string());
    match &grant.budget {
        Some(budget) => {
            event.add_attribute("denom", &budget.denom).add_attribute("budget", budget.amount.to_string())
        }
        None => event,
    }
}

pub fn delegate_granted(
    id: DeploymentId,
    tenant: &Addr,
    delegate: &Addr,
    row: &StoredGrant,
    actor: &Addr,
) -> Event {
    grant("delegate_granted", id, tenant, delegate, row, actor)
        .add_attribute("expires_at", row.rights.expires_at.to_string())
}

/// `budget` is what was returned to the tenant.
pub fn delegate_revoked(
    id: DeploymentId,
    tenant: &Addr,
    delegate: &Addr,
    row: &StoredGrant,
    actor: &Addr,
) -> Event {
    grant("delegate_revoked", id, tenant, delegate, row, actor)
}

pub fn grant_funded(
    id: DeploymentId,
    tenant: &Addr,
    delegate: &Addr,
    row: &StoredGrant,
    money: &Money,
    actor: &Addr,
) -> Event {
    grant("grant_funded", id, tenant, delegate, row, actor).add_attribute("amount", money.amount.to_string())
}

pub fn grant_spent(
    id: DeploymentId,
    tenant: &Addr,
    row: &StoredGrant,
    money: &Money,
    delegate: &Addr,
) -> Event {
    grant("grant_spent", id, tenant, delegate, row, delegate)
        .add_attribute("amount", money.amount.to_string())
}

fn order(name: &str, row: &OrderRow, actor: &Addr) -> Event {
    Event::new(name)
        .add_attribute("order", row.id.to_string())
        .add_attribute("deployment", row.terms.deployment.to_string())
        .add_attribute("tenant", &row.terms.tenant)
        .add_attribute("actor", actor)
        .add_attribute("denom", &row.terms.denom)
}

pub fn order_created(row: &OrderRow, actor: &Addr) -> Event {
    order("order_created", row, actor)
        .add_attribute("group", &row.terms.group)
        .add_attribute("max_price", row.terms.max_price.to_string())
        .add_attribute("term", row.terms.term.to_string())
        .add_attribute("open_until", row.terms.open_until().to_string())
        .add_attribute("match_until", row.status.match_until.to_string())
        .add_attribute("locked", row.status.locked.to_string())
}

/// `order_expired` or `order_closed`.
pub fn order_ended(row: &OrderRow, actor: &Addr, reason: &str, refunded: Uint128) -> Event {
    let name = if row.status.state == OrderState::Closed { "order_closed" } else { "order_expired" };
    order(name, row, actor)
        .add_attribute("reason", reason)
        .add_attribute("refunded", refunded.to_string())
        .add_attribute("locked", row.status.locked.to_string())
}

pub fn order_matched(row: &OrderRow, lease: &LeaseRow, actor: &Addr, refunded: Uint128) -> Event {
    order("order_matched", row, actor)
        .add_attribute("lease", lease.id.to_string())
        .add_attribute("provider", &lease.terms.provider)
        .add_attribute("price", lease.terms.price.to_string())
        .add_attribute("funds", lease.status.funds.to_string())
        .add_attribute("refunded", refunded.to_string())
        .add_attribute("locked", row.status.locked.to_string())
        .add_attribute("activate_until", lease.terms.activate_until.to_string())
}

pub fn order_match_progressed(row: &OrderRow, actor: &Addr, skipped: u32) -> Event {
    order("order_match_progressed", row, actor)
        .add_attribute("skipped", skipped.to_string())
        .add_attribute("bids", row.status.bids.to_string())
        .add_attribute("match_until", row.status.match_until.to_string())
        .add_attribute("locked", row.status.locked.to_string())
}

fn bid(name: &str, order: &OrderRow, provider: &Addr, bid: &StoredBid, actor: &Addr) -> Event {
    Event::new(name)
        .add_attribute("order", order.id.to_string())
        .add_attribute("deployment", order.terms.deployment.to_string())
        .add_attribute("provider", provider)
        .add_attribute("actor", actor)
        .add_attribute("denom", &order.terms.denom)
        .add_attribute("price", bid.price.to_string())
}

pub fn bid_placed(order: &OrderRow, provider: &Addr, row: &StoredBid, actor: &Addr) -> Event {
    bid("bid_placed", order, provider, row, actor)
        .add_attribute("sequence", row.sequence.to_string())
        .add_attribute("deposit", row.deposit.to_string())
        .add_attribute("bids", order.status.bids.to_string())
}

pub fn bid_lowered(order: &OrderRow, provider: &Addr, row: &StoredBid, old: Uint128, actor: &Addr) -> Event {
    bid("bid_lowered", order, provider, row, actor)
        .add_attribute("old_price", old.to_string())
        .add_attribute("sequence", row.sequence.to_string())
}

pub fn bid_withdrawn(order: &OrderRow, provider: &Addr, row: &StoredBid, actor: &Addr) -> Event {
    bid("bid_withdrawn", order, provider, row, actor)
        .add_attribute("returned", row.deposit.to_string())
        .add_attribute("depositor", &row.depositor)
        .add_attribute("bids", order.status.bids.to_string())
}

pub fn bid_skipped(
    order: &OrderRow,
    provider: &Addr,
    row: &StoredBid,
    check: &RequirementCheck,
    actor: &Addr,
) -> Event {
    bid("bid_skipped", order, provider, row, actor)
        .add_attribute("reason", requirement_name(check.requirement))
        .add_attribute("expected", &check.expected)
        .add_attribute("found", &check.found)
}

pub fn bid_deposit_returned(
    order: &OrderRow,
    provider: &Addr,
    row: &StoredBid,
    returned: Uint128,
    actor: &Addr,
) -> Event {
    bid("bid_deposit_returned", order, provider, row, actor)
        .add_attribute("returned", returned.to_string())
        .add_attribute("depositor", &row.depositor)
}

fn lease(name: &str, row: &LeaseRow, actor: &Addr) -> Event {
    Event::new(name)
        .add_attribute("lease", row.id.to_string())
        .add_attribute("order", row.terms.order.to_string())
        .add_attribute("deployment", row.terms.deployment.to_string())
        .add_attribute("tenant", &row.terms.tenant)
        .add_attribute("provider", &row.terms.provider)
        .add_attribute("actor", actor)
        .add_attribute("denom", &row.terms.denom)
}

pub fn lease_activated(
    row: &LeaseRow,
    actor: &Addr,
    version: String,
    ends_at: u64,
    refunded: Uint128,
) -> Event {
    lease("lease_activated", row, actor)
        .add_attribute("version", version)
        .add_attribute("funds", row.status.funds.to_string())
        .add_attribute("refunded", refunded.to_string())
        .add_attribute("ends_at", ends_at.to_string())
}

pub fn lease_topped_up(row: &LeaseRow, actor: &Addr, amount: Uint128, funded_seconds: u64) -> Event {
    lease("lease_topped_up", row, actor)
        .add_attribute("amount", amount.to_string())
        .add_attribute("funds", row.status.funds.to_string())
        .add_attribute("funded_seconds", funded_seconds.to_string())
}

pub fn lease_notice_given(row: &LeaseRow, actor: &Addr, ends_at: u64) -> Event {
    lease("lease_notice_given", row, actor).add_attribute("ends_at", ends_at.to_string())
}

pub fn lease_withdrawn(
    row: &LeaseRow,
    actor: &Addr,
    payout: &Addr,
    amount: Uint128,
    earned: Uint128,
) -> Event {
    lease("lease_withdrawn", row, actor)
        .add_attribute("payout", payout)
        .add_attribute("amount", amount.to_string())
        .add_attribute("earned", earned.to_string())
        .add_attribute("withdrawn", row.status.withdrawn.to_string())
}

/// `note` is what the provider said; empty when it is not asked. `penalty` is part of what was refunded.
pub fn lease_ended(row: &LeaseRow, end: &LeaseEnd, actor: &Addr, penalty: Uint128, note: &str) -> Event {
    let event = lease("lease_ended", row, actor)
        .add_attribute("reason", reason_name(end.reason))
        .add_attribute("ended_at", end.at.to_string())
        .add_attribute("funds", row.status.funds.to_string())
        .add_attribute("earned", end.earned.to_string())
        .add_attribute("withdrawn", row.status.withdrawn.to_string())
        .add_attribute("penalty", penalty.to_string())
        .add_attribute("refunded", end.refunded.to_string());
    if note.is_empty() {
        event
    } else {
        event.add_attribute("note", note)
    }
}

/// What failed of a punishment is tried again; `slash` and `jail` say which part of it.
pub fn punishment_retried(row: &LeaseRow, actor: &Addr, due: Due) -> Event {
    Event::new("punishment_retried")
        .add_attribute("lease", row.id.to_string())
        .add_attribute("provider", &row.terms.provider)
        .add_attribute("slash", due.slash.to_string())
        .add_attribute("jail", due.jail.to_string())
        .add_attribute("actor", actor)
}

/// `slash_failed` or `jail_failed`: the fault is on the record, its punishment did not go through and stays due.
pub fn punishment_failed(name: &str, lease: LeaseId, provider: &Addr, error: &str, actor: &Addr) -> Event {
    Event::new(name)
        .add_attribute("lease", lease.to_string())
        .add_attribute("provider", provider)
        .add_attribute("error", error)
        .add_attribute("actor", actor)
}

pub fn params_updated(actor: &Addr) -> Event {
    Event::new("params_updated").add_attribute("actor", actor)
}

pub fn ownership_changed(action: &OwnershipAction, ownership: &Ownership, actor: &Addr) -> Event {
    let name = match action {
        OwnershipAction::Offer { .. } => "ownership_offered",
        OwnershipAction::Withdraw {} => "ownership_offer_withdrawn",
        OwnershipAction::Accept {} => "ownership_accepted",
    };
    let event = Event::new(name).add_attribute("actor", actor).add_attribute("owner", &ownership.owner);
    match &ownership.pending {
        Some(pending) => event.add_attribute("pending_owner", pending),
        None => event,
    }
}
