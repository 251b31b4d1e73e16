//! One event for each change of state. Attribute names are interface: the agent and frontends parse them.

use cloud_std::{Bps, Ownership, OwnershipAction};
use cosmwasm_std::{Addr, Event, Uint128};
use staking_api::{Destination, Fault, Params};

pub fn stake_bonded(account: &Addr, amount: Uint128, bonded: u64, total: u64, denom: &str) -> Event {
    Event::new("stake_bonded")
        .add_attribute("provider", account)
        .add_attribute("actor", account)
        .add_attribute("amount", amount)
        .add_attribute("denom", denom)
        .add_attribute("bonded", bonded.to_string())
        .add_attribute("total_bonded", total.to_string())
}

pub struct Unbonded<'a> {
    pub account: &'a Addr,
    pub id: u64,
    pub amount: Uint128,
    pub denom: &'a str,
    pub matures_at: u64,
    pub bonded: u64,
    pub total: u64,
}

pub fn stake_unbonded(e: &Unbonded) -> Event {
    Event::new("stake_unbonded")
        .add_attribute("provider", e.account)
        .add_attribute("actor", e.account)
        .add_attribute("unbonding_id", e.id.to_string())
        .add_attribute("amount", e.amount)
        .add_attribute("denom", e.denom)
        .add_attribute("matures_at", e.matures_at.to_string())
        .add_attribute("bonded", e.bonded.to_string())
        .add_attribute("total_bonded", e.total.to_string())
}

pub struct Claimed<'a> {
    pub account: &'a Addr,
    pub matured: Uint128,
    pub compensation: Uint128,
    pub amount: Uint128,
    pub denom: &'a str,
    /// What of the account is still unbonding.
    pub unbonding: Uint128,
}

pub fn stake_claimed(e: &Claimed) -> Event {
    Event::new("stake_claimed")
        .add_attribute("provider", e.account)
        .add_attribute("actor", e.account)
        .add_attribute("amount", e.amount)
        .add_attribute("denom", e.denom)
        .add_attribute("matured", e.matured)
        .add_attribute("compensation", e.compensation)
        .add_attribute("unbonding", e.unbonding)
}

pub struct Slashed<'a> {
    pub provider: &'a Addr,
    pub actor: &'a Addr,
    pub fault: Fault,
    pub fault_at: u64,
    pub fraction: Bps,
    pub from_bonded: Uint128,
    pub from_unbonding: Uint128,
    pub amount: Uint128,
    pub denom: &'a str,
    pub destination: Destination,
    pub harmed: Option<&'a Addr>,
    pub reason: &'a str,
    pub bonded: u64,
    pub unbonding: Uint128,
    pub total: u64,
}

pub fn stake_slashed(e: &Slashed) -> Event {
    let mut event = Event::new("stake_slashed")
        .add_attribute("provider", e.provider)
        .add_attribute("actor", e.actor)
        .add_attribute("fault", fault(e.fault))
        .add_attribute("fault_at", e.fault_at.to_string())
        .add_attribute("fraction_bps", e.fraction.0.to_string())
        .add_attribute("amount", e.amount)
        .add_attribute("from_bonded", e.from_bonded)
        .add_attribute("from_unbonding", e.from_unbonding)
        .add_attribute("denom", e.denom)
        .add_attribute("destination", destination(e.destination))
        .add_attribute("bonded", e.bonded.to_string())
        .add_attribute("unbonding", e.unbonding)
        .add_attribute("total_bonded", e.total.to_string());
    if let Some(harmed) = e.harmed {
        event = event.add_attribute("harmed", harmed);
    }
    if !e.reason.is_empty() {
        event = event.add_attribute("reason", e.reason);
    }
    event
}

pub fn params_updated(actor: &Addr, params: &Params) -> Event {
    Event::new("params_updated")
        .add_attribute("actor", actor)
        .add_attribute("denom", &params.denom)
        .add_attribute("unbonding_seconds", params.unbonding_seconds.to_string())
        .add_attribute("treasury", &params.treasury)
        .add_attribute("on_activation_expired", destination(params.on_activation_expired))
        .add_attribute("on_lease_broken", destination(params.on_lease_broken))
        .add_attribute("on_governance", destination(params.on_governance))
}

pub fn market_set(actor: &Addr, market: &Addr) -> Event {
    Event::new("market_set").add_attribute("actor", actor).add_attribute("market", market)
}

pub fn ownership(actor: &Addr, action: &OwnershipAction, after: &Ownership) -> Event {
    let name = match action {
        OwnershipAction::Offer { .. } => "ownership_offered",
        OwnershipAction::Withdraw {} => "ownership_offer_withdrawn",
        OwnershipAction::Accept {} => "ownership_accepted",
    };
    let event = Event::new(name).add_attribute("actor", actor).add_attribute("owner", &after.owner);
    match &after.pending {
        Some(pending) => event.add_attribute("pending_owner", pending),
        None => event,
    }
}

fn fault(fault: Fault) -> &'static str {
    match fault {
        Fault::ActivationExpired => "activation_expired",
        Fault::LeaseBroken => "lease_broken",
        Fault::Governance => "governance",
    }
}

fn destination(destination: Destination) -> &'static str {
    match destination {
        Destination::Burn => "burn",
        Destination::Tenant => "tenant",
        Destination::Treasury => "treasury",
    }
}
