//! What the market asks about providers: who may act for one, and whether it meets an order's requirements. Both read
//! the other contracts' public storage, because a raw read costs a fraction of a smart query.

use cosmwasm_std::{Addr, QuerierWrapper, StdResult};
use market_api::{RequirementCheck, RequirementKind, Requirements};
use registry_api::{Provider, RegistryClient};
use staking_api::StakingClient;

use crate::ctx::Ctx;
use crate::error::ContractError;
use crate::state::config::{self, Suite};

/// The owner's address that a message names, the sender when it names none.
pub fn named(ctx: &Ctx, provider: Option<String>) -> Result<Addr, ContractError> {
    Ok(match provider {
        Some(provider) => ctx.api.addr_validate(&provider)?,
        None => ctx.sender.clone(),
    })
}

/// Fails unless the sender is the provider's owner or one of its operators; answers the provider's record. An owner
/// that is no longer registered still acts for itself, so that it can take back what is its own.
pub fn authorise(ctx: &Ctx, suite: &Suite, provider: &Addr) -> Result<Option<Provider>, ContractError> {
    let record = RegistryClient(&suite.registry).provider(&ctx.querier, provider)?;
    let may =
        ctx.sender == *provider || record.as_ref().is_some_and(|record| record.may_operate(&ctx.sender));
    if may {
        Ok(record)
    } else {
        Err(ContractError::NotOperator { sender: ctx.sender.clone(), provider: provider.clone() })
    }
}

/// As [`authorise`], where the record does not matter.
pub fn ensure_operator(ctx: &Ctx, provider: &Addr) -> Result<(), ContractError> {
    if ctx.sender != *provider {
        authorise(ctx, &config::suite(ctx.storage)?, provider)?;
    }
    Ok(())
}

/// Every requirement held against a provider. Stake is read only where it is asked for.
pub fn checks(
    querier: &QuerierWrapper,
    suite: &Suite,
    provider: &Addr,
    record: Option<&Provider>,
    requirements: &Requirements,
    now: u64,
) -> StdResult<Vec<RequirementCheck>> {
    let check = |requirement, met, expected: String, found: String| RequirementCheck {
        requirement,
        met,
        expected,
        found,
    };
    let found = if record.is_some() { "registered" } else { "not registered" };
    let mut checks =
        vec![check(RequirementKind::Registered, record.is_some(), "registered".into(), found.into())];
    let jailed_until = record.map_or(0, |record| record.jailed_until);
    checks.push(check(
        RequirementKind::NotJailed,
        record.is_some_and(|record| !record.is_jailed(now)),
        format!("not jailed at {now}"),
        if record.is_none() {
            "not registered".into()
        } else if jailed_until == 0 {
            "not jailed".into()
        } else {
            format!("jailed until {jailed_until}")
        },
    ));
    let root_until = record.map_or(0, |record| record.root_valid_until);
    checks.push(check(
        RequirementKind::ValidRoot,
        record.is_some_and(|record| record.has_valid_root(now)),
        format!("a certificate root valid at {now}"),
        if root_until == 0 { "none".into() } else { format!("valid until {root_until}") },
    ));
    for wanted in &requirements.attributes {
        let held = record
            .and_then(|record| record.attributes.iter().find(|attribute| attribute.key == wanted.key))
            .map(|attribute| attribute.value.as_str());
        checks.push(check(
            RequirementKind::Attribute,
            held == Some(wanted.value.as_str()),
            format!("{} = {}", wanted.key, wanted.value),
            held.map_or_else(|| format!("no {}", wanted.key), |value| format!("{} = {value}", wanted.key)),
        ));
    }
    if !requirements.min_stake.is_zero() {
        let stake = StakingClient(&suite.staking).stake(querier, provider)?;
        checks.push(check(
            RequirementKind::MinStake,
            stake >= requirements.min_stake,
            format!("a stake of at least {}", requirements.min_stake),
            stake.to_string(),
        ));
    }
    Ok(checks)
}

/// The first requirement that a provider does not meet.
pub fn unmet(
    ctx: &Ctx,
    suite: &Suite,
    provider: &Addr,
    record: Option<&Provider>,
    requirements: &Requirements,
) -> StdResult<Option<RequirementCheck>> {
    let checks = checks(&ctx.querier, suite, provider, record, requirements, ctx.now)?;
    Ok(checks.into_iter().find(|check| !check.met))
}
