//! One event for each change of state. Attribute names are interface: the agent and frontends parse them.

use cloud_std::{Ownership, OwnershipAction};
use cosmwasm_std::{Addr, Event};
use registry_api::raw::Signed;
use registry_api::Provider;

use crate::state::StoredRoot;

fn provider(name: &str, provider: &Provider) -> Event {
    Event::new(name)
        .add_attribute("provider", &provider.owner)
        .add_attribute("actor", &provider.owner)
        .add_attribute("payout", &provider.payout)
        .add_attribute("endpoints", provider.endpoints.join(","))
        .add_attribute("jailed_until", provider.jailed_until.to_string())
        .add_attribute("root_valid_until", provider.root_valid_until.to_string())
}

pub fn provider_registered(record: &Provider) -> Event {
    provider("provider_registered", record)
}

pub fn provider_updated(record: &Provider) -> Event {
    provider("provider_updated", record)
}

pub fn provider_deregistered(owner: &Addr) -> Event {
    Event::new("provider_deregistered").add_attribute("provider", owner).add_attribute("actor", owner)
}

pub fn operator_added(provider: &Addr, operator: &Addr) -> Event {
    operator_event("operator_added", provider, operator)
}

pub fn operator_removed(provider: &Addr, operator: &Addr) -> Event {
    operator_event("operator_removed", provider, operator)
}

fn operator_event(name: &str, provider: &Addr, operator: &Addr) -> Event {
    Event::new(name)
        .add_attribute("provider", provider)
        .add_attribute("actor", provider)
        .add_attribute("operator", operator)
}

pub fn root_published(account: &Addr, root: &StoredRoot, root_valid_until: Option<u64>) -> Event {
    changed_root("root_published", account, root, root_valid_until)
        .add_attribute("not_before", root.not_before.to_string())
        .add_attribute("not_after", root.not_after.to_string())
}

pub fn root_revoked(account: &Addr, root: &StoredRoot, root_valid_until: Option<u64>) -> Event {
    changed_root("root_revoked", account, root, root_valid_until)
}

/// With `root_valid_until` when the account is a provider, whose eligibility it decides.
fn changed_root(name: &str, account: &Addr, root: &StoredRoot, root_valid_until: Option<u64>) -> Event {
    let event = root_event(name, account, root);
    match root_valid_until {
        Some(until) => event.add_attribute("root_valid_until", until.to_string()),
        None => event,
    }
}

/// An expired or revoked root made room for a new one.
pub fn root_dropped(account: &Addr, root: &StoredRoot) -> Event {
    root_event("root_dropped", account, root)
}

fn root_event(name: &str, account: &Addr, root: &StoredRoot) -> Event {
    Event::new(name)
        .add_attribute("account", account)
        .add_attribute("actor", account)
        .add_attribute("fingerprint", root.fingerprint.to_hex())
        .add_attribute("key_hash", root.key_hash.to_hex())
}

pub fn attestation_signed(provider: &Addr, auditor: &Addr, signed: &Signed) -> Event {
    attestation_event("attestation_signed", provider, auditor, signed)
        .add_attribute("attested_at", signed.attested_at.to_string())
}

pub fn attestation_revoked(provider: &Addr, auditor: &Addr, signed: &Signed) -> Event {
    attestation_event("attestation_revoked", provider, auditor, signed)
}

/// `keys` are those of the signed attributes; keys hold no comma.
fn attestation_event(name: &str, provider: &Addr, auditor: &Addr, signed: &Signed) -> Event {
    let keys: Vec<_> = signed.attributes.iter().map(|attribute| attribute.key.as_str()).collect();
    Event::new(name)
        .add_attribute("provider", provider)
        .add_attribute("actor", auditor)
        .add_attribute("auditor", auditor)
        .add_attribute("keys", keys.join(","))
}

pub fn provider_jailed(provider: &Addr, actor: &Addr, jailed_until: u64, reason: &str) -> Event {
    let event = Event::new("provider_jailed")
        .add_attribute("provider", provider)
        .add_attribute("actor", actor)
        .add_attribute("jailed_until", jailed_until.to_string());
    if reason.is_empty() {
        event
    } else {
        event.add_attribute("reason", reason)
    }
}

pub fn provider_unjailed(provider: &Addr, actor: &Addr) -> Event {
    Event::new("provider_unjailed").add_attribute("provider", provider).add_attribute("actor", actor)
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
