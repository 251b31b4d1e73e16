use cloud_std::{Bps, Page, DEFAULT_PAGE_LIMIT, MAX_PAGE_LIMIT};
use cosmwasm_std::{to_json_binary, Addr, Binary, Deps, Env, StdError, StdResult, Uint128};
use governance_api::{
    limits, Ballot, Config, FullProposal, Invariants, Limits, Proposal, ProposalId, QueryMsg,
};

use crate::{state, ContractError};

pub fn run(deps: Deps, env: Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    let now = env.block.time.seconds();
    let answer = match msg {
        QueryMsg::Config {} => to_json_binary(&config(deps)?),
        QueryMsg::Limits {} => to_json_binary(&answer_limits()),
        QueryMsg::Invariants {} => to_json_binary(&invariants(deps, &env)?),
        QueryMsg::Proposal { proposal } => to_json_binary(&full_proposal(deps, now, proposal)?),
        QueryMsg::Proposals { start_after, limit } => {
            to_json_binary(&proposals(deps, now, start_after, limit)?)
        }
        QueryMsg::Vote { proposal, voter } => to_json_binary(&vote(deps, proposal, &voter)?),
        QueryMsg::Votes { proposal, start_after, limit } => {
            to_json_binary(&votes(deps, proposal, start_after, limit)?)
        }
    };
    Ok(answer?)
}

fn config(deps: Deps) -> StdResult<Config> {
    let state::Suite { staking, denom, floors } = state::suite(deps.storage)?;
    let params = state::params(deps.storage)?;
    Ok(Config { staking, denom, floors, params, last_proposal: state::last_proposal(deps.storage)? })
}

fn answer_limits() -> Limits {
    Limits {
        max_messages: limits::MAX_MESSAGES as u32,
        max_messages_bytes: limits::MAX_MESSAGES_BYTES as u32,
        max_title_bytes: limits::MAX_TITLE_BYTES as u32,
        max_description_bytes: limits::MAX_DESCRIPTION_BYTES as u32,
        max_failure_bytes: limits::MAX_FAILURE_BYTES as u32,
        max_voting_seconds: limits::MAX_VOTING_SECONDS,
        max_timelock_seconds: limits::MAX_TIMELOCK_SECONDS,
        max_upgrade_timelock_seconds: limits::MAX_UPGRADE_TIMELOCK_SECONDS,
        min_execution_seconds: limits::MIN_EXECUTION_SECONDS,
        max_execution_seconds: limits::MAX_EXECUTION_SECONDS,
        min_quorum: Bps(limits::MIN_QUORUM_BPS),
        max_quorum: Bps(limits::MAX_QUORUM_BPS),
        min_threshold: Bps(limits::MIN_THRESHOLD_BPS),
        max_threshold: Bps(limits::MAX_THRESHOLD_BPS),
        min_veto: Bps(limits::MIN_VETO_BPS),
        max_veto: Bps(limits::MAX_VETO_BPS),
        max_deposit: Uint128::new(limits::MAX_DEPOSIT),
        max_raised_deposit: Bps(limits::MAX_RAISED_DEPOSIT_BPS),
        default_page_limit: DEFAULT_PAGE_LIMIT,
        max_page_limit: MAX_PAGE_LIMIT,
    }
}

pub fn invariants(deps: Deps, env: &Env) -> Result<Invariants, ContractError> {
    let denom = state::suite(deps.storage)?.denom;
    let books = state::books(deps.storage)?;
    let held = deps.querier.query_balance(&env.contract.address, &denom)?.amount;
    let balance = Uint128::try_from(held).map_err(StdError::from)?;
    Ok(Invariants {
        denom,
        balance,
        deposits: books.held,
        treasury: balance.saturating_sub(books.held),
        holds: balance >= books.held,
        returned: books.returned,
        forfeited: books.forfeited,
    })
}

/// Fails unless every deposit that is owed is held.
pub fn ensure_invariants(deps: Deps, env: &Env) -> Result<(), ContractError> {
    let found = invariants(deps, env)?;
    if found.holds {
        return Ok(());
    }
    Err(ContractError::InvariantBroken { owed: found.deposits, balance: found.balance })
}

fn full_proposal(deps: Deps, now: u64, id: ProposalId) -> Result<FullProposal, ContractError> {
    let denom = state::suite(deps.storage)?.denom;
    let proposal = state::proposal(deps.storage, id)?.answer(&denom, now);
    let state::Text { description, messages } = state::text(deps.storage, id)?;
    Ok(FullProposal { proposal, description, messages })
}

fn proposals(
    deps: Deps,
    now: u64,
    start_after: Option<ProposalId>,
    limit: Option<u32>,
) -> StdResult<Page<Proposal, ProposalId>> {
    let denom = state::suite(deps.storage)?.denom;
    let rows = state::proposals(deps.storage, start_after);
    Page::collect(rows.map(|row| row.map(|row| row.answer(&denom, now))), limit, |proposal| proposal.id)
}

fn vote(deps: Deps, id: ProposalId, voter: &str) -> StdResult<Option<Ballot>> {
    state::ballot(deps.storage, id, &deps.api.addr_validate(voter)?)
}

fn votes(
    deps: Deps,
    id: ProposalId,
    start_after: Option<String>,
    limit: Option<u32>,
) -> StdResult<Page<Ballot, Addr>> {
    let after = start_after.map(|voter| deps.api.addr_validate(&voter)).transpose()?;
    let ballots = state::ballots(deps.storage, id, after.as_ref());
    Page::collect(ballots, limit, |ballot| ballot.voter.clone())
}
