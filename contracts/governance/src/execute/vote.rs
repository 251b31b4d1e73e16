use cosmwasm_std::{DepsMut, Env, MessageInfo, Response};
use governance_api::{Ballot, ProposalId, Vote};
use staking_api::StakingClient;

use crate::{events, state, verdict, ContractError};

pub fn run(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    proposal: ProposalId,
    vote: Vote,
) -> Result<Response, ContractError> {
    let voter = info.sender;
    let mut row = state::proposal(deps.storage, proposal)?;
    let now = env.block.time.seconds();
    if now >= row.voting_ends_at {
        return Err(ContractError::VotingOver { proposal, ended_at: row.voting_ends_at, now });
    }
    if let Some(Ballot { vote, .. }) = state::ballot(deps.storage, proposal, &voter)? {
        return Err(ContractError::AlreadyVoted { voter, proposal, vote });
    }
    let staking = state::suite(deps.storage)?.staking;
    let weight = StakingClient(&staking).weight_at(&deps.querier, &voter, row.start_height)?;
    if weight == 0 {
        return Err(ContractError::NoWeight { account: voter, height: row.start_height });
    }

    row.tally = verdict::with_vote(row.tally, vote, weight.into());
    state::save_proposal(deps.storage, &row)?;
    let ballot = Ballot { voter, vote, weight: weight.into() };
    state::save_ballot(deps.storage, proposal, &ballot)?;
    Ok(Response::new().add_event(events::proposal_voted(&row, &ballot)))
}
