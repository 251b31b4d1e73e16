//! What the market asks about providers: who may act for one, and whether it meets an order's requirements. They
//! read the other contracts' public storage, because a raw read costs a fraction of a smart query.

use cloud_std::Bps;
use cosmwasm_std::{Addr, QuerierWrapper, Storage, Uint128};
use market_api::eligibility::{self, Facts};
use market_api::{Reputation, RequirementCheck, Requirements};
use registry_api::{Provider, RegistryClient};
use staking_api::StakingClient;

use crate::ctx::Ctx;
use crate::error::ContractError;
use crate::state::config::{self, Suite};
use crate::state::{punishments, records};

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

/// Every requirement held against a provider. Only what is asked for is read.
pub fn checks(
    storage: &dyn Storage,
    querier: &QuerierWrapper,
    suite: &Suite,
    provider: &Addr,
    record: Option<&Provider>,
    requirements: &Requirements,
    now: u64,
) -> Result<Vec<RequirementCheck>, ContractError> {
    let mut attestations = Vec::new();
    if let Some(record) = record {
        for auditor in requirements.signed_by.auditors() {
            let auditor = Addr::unchecked(auditor);
            attestations.extend(RegistryClient(&suite.registry).attestation(querier, record, &auditor)?);
        }
    }
    let mut facts = Facts {
        record,
        attestations: &attestations,
        stake: Uint128::zero(),
        reputation: Bps(0),
        punishment_due: punishments::first_of(storage, provider)?,
    };
    if !requirements.min_stake.is_zero() {
        facts.stake = StakingClient(&suite.staking).stake(querier, provider)?;
    }
    if requirements.min_reputation > Bps(0) {
        facts.reputation = reputation(storage, querier, suite, provider)?.reputation;
    }
    Ok(eligibility::checks(requirements, &facts, now))
}

/// The first requirement that a provider does not meet.
pub fn unmet(
    ctx: &Ctx,
    suite: &Suite,
    provider: &Addr,
    record: Option<&Provider>,
    requirements: &Requirements,
) -> Result<Option<RequirementCheck>, ContractError> {
    let checks = checks(ctx.storage, &ctx.querier, suite, provider, record, requirements, ctx.now)?;
    Ok(checks.into_iter().find(|check| !check.met))
}

pub fn reputation(
    storage: &dyn Storage,
    querier: &QuerierWrapper,
    suite: &Suite,
    provider: &Addr,
) -> Result<Reputation, ContractError> {
    let staking = StakingClient(&suite.staking);
    let (stake, total_stake) = (staking.stake(querier, provider)?, staking.total_stake(querier)?);
    let record = records::fulfilment(storage, provider)?;
    // Staking keeps both within 64 bits.
    let narrow = |stake: Uint128| u64::try_from(stake.u128()).unwrap_or(u64::MAX);
    Ok(Reputation {
        provider: provider.clone(),
        reputation: Bps(lease_math::reputation(narrow(stake), narrow(total_stake), &record)),
        quality: Bps(record.quality()),
        stake,
        total_stake,
    })
}
