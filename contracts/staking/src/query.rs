use cloud_std::{page_limit, Bps, DEFAULT_PAGE_LIMIT, MAX_PAGE_LIMIT};
use cosmwasm_std::{to_json_binary, Binary, Deps, Env, Order, StdError, StdResult, Uint128};
use cw_storage_plus::Bound;
use staking_api::{
    limits, raw, AdminResponse, Config, Invariants, Limits, Member, MemberListResponse, MemberResponse,
    QueryMsg, StakeInfo, TotalWeightResponse,
};

use crate::{state, ContractError};

pub fn run(deps: Deps, env: Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    let answer = match msg {
        QueryMsg::Config {} => to_json_binary(&config(deps)?),
        QueryMsg::Limits {} => to_json_binary(&answer_limits()),
        QueryMsg::Stake { provider } => to_json_binary(&stake(deps, &provider)?),
        QueryMsg::Invariants {} => to_json_binary(&invariants(deps, &env)?),
        QueryMsg::Admin {} => to_json_binary(&admin(deps)?),
        QueryMsg::Member { addr, at_height } => to_json_binary(&member(deps, &addr, at_height)?),
        QueryMsg::ListMembers { start_after, limit } => {
            to_json_binary(&list_members(deps, start_after, limit)?)
        }
        QueryMsg::TotalWeight { at_height } => to_json_binary(&total_weight(deps, at_height)?),
    };
    Ok(answer?)
}

fn config(deps: Deps) -> Result<Config, ContractError> {
    let ownership = state::OWNERSHIP.load(deps.storage)?;
    Ok(Config {
        owner: ownership.owner,
        pending_owner: ownership.pending,
        market: state::market(deps.storage)?,
        params: state::params(deps.storage)?,
        floors: state::floors(deps.storage)?,
    })
}

fn answer_limits() -> Limits {
    Limits {
        max_unbondings: limits::MAX_UNBONDINGS as u32,
        min_unbonding_seconds: limits::MIN_UNBONDING_SECONDS,
        max_unbonding_seconds: limits::MAX_UNBONDING_SECONDS,
        max_slash: Bps(limits::MAX_SLASH_BPS),
        max_reason_bytes: limits::MAX_REASON_BYTES as u32,
        default_page_limit: DEFAULT_PAGE_LIMIT,
        max_page_limit: MAX_PAGE_LIMIT,
    }
}

fn stake(deps: Deps, provider: &str) -> Result<StakeInfo, ContractError> {
    let provider = deps.api.addr_validate(provider)?;
    let account = state::account(deps.storage, &provider)?;
    let unbondings = state::unbondings(deps.storage, &provider)?;
    let mut unbonding = Uint128::zero();
    for entry in &unbondings {
        unbonding = unbonding.checked_add(entry.amount)?;
    }
    Ok(StakeInfo {
        bonded: state::bonded(deps.storage, &provider)?.into(),
        provider,
        unbonding,
        compensation: account.compensation,
        unbondings,
        slashed: account.slashed,
    })
}

fn invariants(deps: Deps, env: &Env) -> Result<Invariants, ContractError> {
    let denom = state::params(deps.storage)?.denom;
    let books = state::books(deps.storage)?;
    let bonded = Uint128::from(state::total_bonded(deps.storage)?);
    let held = deps.querier.query_balance(&env.contract.address, &denom)?.amount;
    let balance = Uint128::try_from(held).map_err(StdError::from)?;
    let owed = bonded.checked_add(books.unbonding)?.checked_add(books.compensation)?;
    Ok(Invariants {
        denom,
        balance,
        bonded,
        unbonding: books.unbonding,
        compensation: books.compensation,
        unaccounted: balance.saturating_sub(owed),
        holds: balance >= owed,
        burned: books.burned,
        to_treasury: books.to_treasury,
        to_tenants: books.to_tenants,
    })
}

/// Fails unless everything that is owed is held.
pub fn ensure_invariants(deps: Deps, env: &Env) -> Result<(), ContractError> {
    let i = invariants(deps, env)?;
    if i.holds {
        return Ok(());
    }
    let owed = i.bonded.checked_add(i.unbonding)?.checked_add(i.compensation)?;
    Err(ContractError::InvariantBroken { owed, balance: i.balance })
}

fn admin(deps: Deps) -> Result<AdminResponse, ContractError> {
    Ok(AdminResponse { admin: Some(state::OWNERSHIP.load(deps.storage)?.owner.into()) })
}

fn member(deps: Deps, addr: &str, at_height: Option<u64>) -> StdResult<MemberResponse> {
    let addr = deps.api.addr_validate(addr)?;
    let weight = match at_height {
        Some(height) => raw::MEMBERS.may_load_at_height(deps.storage, &addr, height)?,
        None => raw::MEMBERS.may_load(deps.storage, &addr)?,
    };
    Ok(MemberResponse { weight })
}

fn list_members(
    deps: Deps,
    start_after: Option<String>,
    limit: Option<u32>,
) -> StdResult<MemberListResponse> {
    let start = start_after.map(|addr| deps.api.addr_validate(&addr)).transpose()?;
    let members = raw::MEMBERS
        .range(deps.storage, start.as_ref().map(Bound::exclusive), None, Order::Ascending)
        .take(page_limit(limit))
        .map(|entry| entry.map(|(addr, weight)| Member { addr: addr.into(), weight }))
        .collect::<StdResult<_>>()?;
    Ok(MemberListResponse { members })
}

fn total_weight(deps: Deps, at_height: Option<u64>) -> StdResult<TotalWeightResponse> {
    let weight = match at_height {
        Some(height) => raw::TOTAL.may_load_at_height(deps.storage, height)?,
        None => raw::TOTAL.may_load(deps.storage)?,
    };
    Ok(TotalWeightResponse { weight: weight.unwrap_or_default() })
}
