//! Checks of what messages carry. Each names the field, what it got and what is accepted.

use cloud_std::{Money, Sorted, BPS_ONE};
use cosmwasm_std::{Api, HexBinary, Uint128};
use market_api::limits::{
    MAX_ACTIVATION_WINDOW, MAX_AMOUNT, MAX_AUDITORS, MAX_BID_WINDOW, MAX_BREAK_PENALTY_BPS, MAX_COUNT,
    MAX_DENOMS, MAX_FAULT_JAIL_SECONDS, MAX_FAULT_SLASH_BPS, MAX_GRANTED_GROUPS, MAX_LIVE_PER_DEPLOYMENT,
    MAX_MATCH_WINDOW, MAX_NAME_BYTES, MAX_NOTICE_WINDOW, MAX_REASON_BYTES, MAX_RESOURCES_PER_GROUP, MAX_TERM,
    MAX_VOLUMES,
};
use market_api::{DenomParams, OrderSpec, Params, Requirements, Resources, Rights, SignedBy};
use registry_api::limits::{MAX_ATTRIBUTES, MAX_ATTRIBUTE_KEY_BYTES, MAX_ATTRIBUTE_VALUE_BYTES};
use registry_api::{Attribute, WILDCARD};

use crate::error::ContractError;

const NAME: &str = "1 to 63 of a-z, 0-9 and inner hyphens";
const KEY: &str = "1 to 64 of a-z, 0-9, _ / . * and -, beginning with a letter or digit";
const WILDCARD_KEY: &str = "keys with one * at most, at the end, for anything but /";
const VALUE: &str = "1 to 128 bytes without control characters or spaces at the ends";
const REASON: &str = "1 to 256 bytes without control characters or spaces at the ends";
const DENOM: &str = "3 to 128 letters, digits and / : . _ -, beginning with a letter";

/// What is shown of a refused text.
const SHOWN_CHARS: usize = 80;

fn malformed(field: &str, got: &str, accepted: &'static str) -> ContractError {
    ContractError::Malformed {
        field: field.to_owned(),
        got: got.chars().take(SHOWN_CHARS).collect(),
        accepted,
    }
}

fn range(field: &str, unit: &'static str, got: u128, min: u128, max: u128) -> Result<(), ContractError> {
    if (min..=max).contains(&got) {
        Ok(())
    } else {
        Err(ContractError::OutOfRange { field: field.to_owned(), unit, got, min, max })
    }
}

pub fn version(version: &HexBinary) -> Result<(), ContractError> {
    match version.len() {
        32 => Ok(()),
        got => Err(ContractError::VersionLength { got }),
    }
}

pub fn reason(reason: &str) -> Result<(), ContractError> {
    let size = 1..=MAX_REASON_BYTES;
    if !size.contains(&reason.len()) || reason.chars().any(char::is_control) || reason.trim() != reason {
        return Err(malformed("reason", reason, REASON));
    }
    Ok(())
}

fn name(field: &str, name: &str) -> Result<(), ContractError> {
    let inner = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    let bytes = name.as_bytes();
    let ends_well = bytes.first() != Some(&b'-') && bytes.last() != Some(&b'-');
    if bytes.is_empty() || bytes.len() > MAX_NAME_BYTES || !ends_well || !bytes.iter().copied().all(inner) {
        return Err(malformed(field, name, NAME));
    }
    Ok(())
}

fn attribute(field: &str, Attribute { key, value }: &Attribute) -> Result<(), ContractError> {
    let first = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    let rest = |c: u8| first(c) || b"_/.*-".contains(&c);
    let well_formed = key.len() <= MAX_ATTRIBUTE_KEY_BYTES
        && key.bytes().next().is_some_and(first)
        && key.bytes().all(rest);
    if !well_formed {
        return Err(malformed(&format!("{field} key"), key, KEY));
    }
    let size = 1..=MAX_ATTRIBUTE_VALUE_BYTES;
    if !size.contains(&value.len()) || value.chars().any(char::is_control) || value.trim() != value {
        return Err(malformed(&format!("{field} value of {key}"), value, VALUE));
    }
    Ok(())
}

fn attributes(field: &str, attributes: &[Attribute]) -> Result<(), ContractError> {
    range(field, "entries", attributes.len() as u128, 0, MAX_ATTRIBUTES as u128)?;
    let mut keys = Sorted::default();
    for entry in attributes {
        attribute(field, entry)?;
        if !keys.insert(&entry.key) {
            return Err(ContractError::Duplicate { field: field.to_owned(), got: entry.key.clone() });
        }
    }
    Ok(())
}

/// Rights of a delegate. A key may occur with several values, of which each is allowed.
pub fn rights(rights: &Rights, now: u64) -> Result<(), ContractError> {
    let groups = &rights.open_groups;
    range("rights.open_groups", "groups", groups.len() as u128, 0, MAX_GRANTED_GROUPS as u128)?;
    let mut named = Sorted::default();
    for group in groups {
        name("rights.open_groups", group)?;
        if !named.insert(group) {
            return Err(ContractError::Duplicate { field: "rights.open_groups".into(), got: group.clone() });
        }
    }
    if groups.is_empty() && !rights.close_leases && !rights.top_up && !rights.set_version {
        return Err(ContractError::NothingGranted);
    }
    range("rights.max_order_price", "base units", rights.max_order_price.u128(), 0, MAX_AMOUNT)?;
    let most = MAX_LIVE_PER_DEPLOYMENT.into();
    range("rights.max_live_per_group", "orders and leases", rights.max_live_per_group.into(), 0, most)?;
    let allowed = &rights.allowed_attributes;
    range("rights.allowed_attributes", "entries", allowed.len() as u128, 0, MAX_ATTRIBUTES as u128)?;
    let mut pairs = Sorted::default();
    for entry in allowed {
        attribute("rights.allowed_attributes", entry)?;
        if !pairs.insert(entry) {
            let (field, got) = ("rights.allowed_attributes".into(), format!("{}={}", entry.key, entry.value));
            return Err(ContractError::Duplicate { field, got });
        }
    }
    if rights.expires_at <= now {
        return Err(ContractError::GrantEnded { expires_at: rights.expires_at, now });
    }
    Ok(())
}

/// Funds of a delegate's budget, in a denom that the market takes.
pub fn budget(funds: &Money, params: &Params) -> Result<(), ContractError> {
    accepted_denom(&funds.denom, params)?;
    amount("budget", funds.amount)
}

fn accepted_denom<'a>(denom: &str, params: &'a Params) -> Result<&'a DenomParams, ContractError> {
    params.denoms.iter().find(|accepted| accepted.denom == denom).ok_or_else(|| {
        let accepted = params.denoms.iter().map(|denom| denom.denom.as_str()).collect::<Vec<_>>().join(", ");
        ContractError::WrongDenom { got: denom.chars().take(SHOWN_CHARS).collect(), accepted }
    })
}

pub fn requirements(api: &dyn Api, requirements: &Requirements) -> Result<(), ContractError> {
    attributes("requirements.attributes", &requirements.attributes)?;
    for Attribute { key, .. } in &requirements.attributes {
        if key.find(WILDCARD).is_some_and(|at| at + 1 < key.len()) {
            return Err(malformed("requirements.attributes key", key, WILDCARD_KEY));
        }
    }
    signed_by(api, &requirements.signed_by)?;
    range("requirements.min_stake", "base units", requirements.min_stake.u128(), 0, MAX_AMOUNT)?;
    let least = requirements.min_reputation.0;
    range("requirements.min_reputation", "basis points", least.into(), 0, BPS_ONE.into())
}

fn signed_by(api: &dyn Api, signed_by: &SignedBy) -> Result<(), ContractError> {
    let got = signed_by.auditors().count() as u128;
    range("requirements.signed_by", "auditors", got, 0, MAX_AUDITORS as u128)?;
    for (field, auditors) in [("any_of", &signed_by.any_of), ("all_of", &signed_by.all_of)] {
        let mut named = Sorted::default();
        for auditor in auditors {
            api.addr_validate(auditor)?;
            if !named.insert(auditor) {
                let field = format!("requirements.signed_by.{field}");
                return Err(ContractError::Duplicate { field, got: auditor.clone() });
            }
        }
    }
    Ok(())
}

fn resources(field: &str, resources: &Resources) -> Result<(), ContractError> {
    let all = u128::from(u64::MAX);
    range(&format!("{field}.cpu"), "millicores", resources.cpu.into(), 1, all)?;
    range(&format!("{field}.memory"), "bytes", resources.memory.into(), 1, all)?;
    range(&format!("{field}.count"), "replicas", resources.count.into(), 1, MAX_COUNT.into())?;
    range(&format!("{field}.storage"), "volumes", resources.storage.len() as u128, 0, MAX_VOLUMES as u128)?;
    let mut names = Sorted::default();
    for volume in &resources.storage {
        name(&format!("{field}.storage name"), &volume.name)?;
        range(&format!("{field}.storage {}", volume.name), "bytes", volume.size.into(), 1, all)?;
        if let Some(class) = &volume.class {
            name(&format!("{field}.storage {} class", volume.name), class)?;
        }
        if !names.insert(&volume.name) {
            return Err(ContractError::Duplicate {
                field: format!("{field}.storage"),
                got: volume.name.clone(),
            });
        }
    }
    if let Some(gpu) = &resources.gpu {
        range(&format!("{field}.gpu"), "units", gpu.units.into(), 1, u32::MAX.into())?;
        attributes(&format!("{field}.gpu.attributes"), &gpu.attributes)?;
    }
    Ok(())
}

pub fn order(api: &dyn Api, spec: &OrderSpec, params: &Params) -> Result<(), ContractError> {
    let group = &spec.group;
    name("group.name", &group.name)?;
    let services = group.resources.len() as u128;
    range("group.resources", "entries", services, 1, MAX_RESOURCES_PER_GROUP as u128)?;
    for (at, entry) in group.resources.iter().enumerate() {
        resources(&format!("group.resources[{at}]"), entry)?;
    }
    requirements(api, &group.requirements)?;
    range("term", "seconds", spec.term.into(), params.min_term.into(), params.max_term.into())?;
    let (shortest, longest) = (params.min_bid_window.into(), params.max_bid_window.into());
    range("bid_window", "seconds", spec.bid_window.into(), shortest, longest)?;
    let price = &spec.max_price;
    let denom = accepted_denom(&price.denom, params)?;
    range("max_price", "base units", price.amount.u128(), denom.min_order_price.u128(), MAX_AMOUNT)
}

fn denom(denom: &str) -> Result<(), ContractError> {
    let inner = |c: u8| c.is_ascii_alphanumeric() || b"/:._-".contains(&c);
    let first = denom.bytes().next().is_some_and(|c| c.is_ascii_alphabetic());
    if !first || !(3..=128).contains(&denom.len()) || !denom.bytes().all(inner) {
        return Err(malformed("params.denoms", denom, DENOM));
    }
    Ok(())
}

pub fn params(params: &Params) -> Result<(), ContractError> {
    range("params.denoms", "entries", params.denoms.len() as u128, 1, MAX_DENOMS as u128)?;
    let mut names = Sorted::default();
    for entry in &params.denoms {
        denom(&entry.denom)?;
        if !names.insert(&entry.denom) {
            return Err(ContractError::Duplicate { field: "params.denoms".into(), got: entry.denom.clone() });
        }
        let amount = |field, got: Uint128, min| range(field, "base units", got.u128(), min, MAX_AMOUNT);
        amount("params.denoms.bid_deposit", entry.bid_deposit, 0)?;
        amount("params.denoms.min_order_price", entry.min_order_price, 1)?;
    }
    let seconds =
        |field, got: u64, min: u64, max: u64| range(field, "seconds", got.into(), min.into(), max.into());
    seconds("params.activation_window", params.activation_window, 1, MAX_ACTIVATION_WINDOW)?;
    seconds("params.notice_window", params.notice_window, 0, MAX_NOTICE_WINDOW)?;
    seconds("params.match_window", params.match_window, 1, MAX_MATCH_WINDOW)?;
    seconds("params.max_bid_window", params.max_bid_window, 1, MAX_BID_WINDOW)?;
    seconds("params.min_bid_window", params.min_bid_window, 1, params.max_bid_window)?;
    seconds("params.max_term", params.max_term, 1, MAX_TERM)?;
    seconds("params.min_term", params.min_term, 1, params.max_term)?;
    seconds("params.expiry_jail", params.expiry_jail, 0, MAX_FAULT_JAIL_SECONDS)?;
    let bps = |field, got: u16, max: u16| range(field, "basis points", got.into(), 0, max.into());
    bps("params.expiry_slash", params.expiry_slash.0, MAX_FAULT_SLASH_BPS)?;
    bps("params.break_slash", params.break_slash.0, MAX_FAULT_SLASH_BPS)?;
    bps("params.break_penalty", params.break_penalty.0, MAX_BREAK_PENALTY_BPS)
}

pub fn amount(field: &str, amount: Uint128) -> Result<(), ContractError> {
    range(field, "base units", amount.u128(), 1, MAX_AMOUNT)
}
